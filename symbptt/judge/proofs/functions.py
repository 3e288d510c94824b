"""Functions of entries and their derivatives, for proofs: what the numbers find by difference quotients."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.changes import differential
from symbptt.judge.proofs.sums import ZERO, Sum, constant, single
from symbptt.judge.proofs.times import FRESH, Unproved

Slope = Callable[[Atom], Sum]
HALF = Fraction(1, 2)


def value(function: str, argument: Sum, primes: int = 0) -> Sum:
    """A function of a number, or its derivative there."""
    if primes and function in DERIVATIVES:
        return DERIVATIVES[function](argument) if primes == 1 else _refused()
    if not argument and not primes and function in AT_ZERO:
        return constant(AT_ZERO[function])
    return single(Atom("function", (function, primes), inner=(argument,)))


def _refused() -> Sum:
    raise Unproved("a higher derivative")


AT_ZERO = {"tanh": 0, "sin": 0, "sinh": 0, "sqrt": 0, "exp": 1, "cos": 1, "cosh": 1}
DERIVATIVES: dict[str, Callable[[Sum], Sum]] = {
    "tanh": lambda x: constant(1) - value("tanh", x).power(2),
    "sigmoid": lambda x: value("sigmoid", x) - value("sigmoid", x).power(2),
    "exp": lambda x: value("exp", x),
    "log": lambda x: x.power(-1),
    "sin": lambda x: value("cos", x),
    "cos": lambda x: value("sin", x).scaled(Fraction(-1)),
    "sinh": lambda x: value("cosh", x),
    "cosh": lambda x: value("sinh", x),
    "softplus": lambda x: value("sigmoid", x),
    "sqrt": lambda x: value("sqrt", x).power(-1).scaled(HALF),
}
OF_VALUE: dict[str, Callable[[Sum], Sum]] = {
    "tanh": lambda y: constant(1) - y.power(2),
    "sigmoid": lambda y: y - y.power(2),
}


def differentiated(whole: Sum, slope: Slope) -> Sum:
    """The derivative of a sum, where ``slope`` is that of the value of a name."""

    def through(atom: Atom) -> Sum:
        match atom.kind:
            case "value":
                return slope(atom)
            case "function":
                inner = differentiated(atom.inner[0], slope)
                function, primes = str(atom.what[0]), int(str(atom.what[1]))
                return inner * value(function, atom.inner[0], primes + 1) if inner else ZERO
            case "call":
                return _through_call(atom, slope)
            case "delta" | "part" | "letter" | "size":
                return ZERO
        raise Unproved(f"the derivative of a {atom.kind}")

    return differential(whole, through)


PLACES: tuple[Label, ...] = ("$1", "$2")  # where an argument of a function of several arguments is taken


def call(name: str, arguments: tuple[tuple[Sum, tuple[int, int]], ...], out: tuple[int, int]) -> Sum:
    """A function of several tensors, each with its axes, whose labels are 1 and 2; its value has them too."""
    labels = tuple(place + 1 for place, size in enumerate(out) if size != 1)
    inner = tuple(entry.moved({1: "$1", 2: "$2"}, {}) for entry, _ in arguments)
    shapes = tuple(shape for _, shape in arguments)
    return single(Atom("call", (name, out, shapes, ()), labels, (), inner))


def _through_call(atom: Atom, slope: Slope) -> Sum:
    """The chain rule over every entry of every argument."""
    name, out, shapes, slots = atom.what
    result = ZERO
    if not isinstance(shapes, tuple) or not isinstance(slots, tuple):
        raise TypeError("a call without the shapes of its arguments")
    for place, (argument, shape) in enumerate(zip(atom.inner, shapes, strict=True)):
        inner = differentiated(argument, slope)
        if not inner:
            continue
        if slots:
            raise Unproved("a second derivative")
        axes = [(PLACES[k], f"${next(FRESH)}"[1:], size) for k, size in enumerate(shape) if size != 1]
        names: dict[Label, Label] = {old: new for old, new, _ in axes}
        labels = (*atom.labels, *(new for _, new, _ in axes))
        outer = Atom("call", (name, out, shapes, (place,)), labels, (), atom.inner)
        product = single(outer) * inner.moved(names, {})
        result = result + product.bound({new: size for _, new, size in axes})
    return result
