"""Arrays of entries that are symbols, with axes that are named and not counted.

They answer to what the judge does with arrays of numbers (``numpy.einsum``, transposes, arithmetic), so that
one evaluator reads a formula for numbers and for proofs, and a product means the same in both. The shape of
an array holds a number for each axis that stands for its size and tells axes apart: 1 is an axis of size 1,
and two axes have one number only where they must be of one size. What would count entries raises Unproved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np

from symbptt.judge.numeric.tensors import Array, Key, Tensor
from symbptt.judge.proofs import functions
from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.sums import Sum, constant, single
from symbptt.judge.proofs.times import Unproved

PLAIN = (1, 1, 1, 1, 1)


class Entries:
    """``sum`` is the entry whose place on axis number k is the label k."""

    def __init__(self, shape: tuple[int, ...], entry: Sum) -> None:
        self.shape, self.entry = shape, entry

    def __array_ufunc__(self, ufunc: object, method: str, *inputs: object, **options: object) -> Entries:
        operation = OPERATIONS.get(ufunc)
        if operation is None or method != "__call__" or options:
            raise Unproved(f"{ufunc} of symbols")
        return operation(*map(entries, inputs))

    def __array_function__(
        self, function: object, types: object, inputs: Sequence[Any], options: Mapping[str, Any]
    ) -> object:
        if function is np.einsum:
            return einsum(*inputs)
        if function is np.all:
            return True
        if function is np.broadcast_to:
            return entries(inputs[0]).broadcast(tuple(inputs[1]))
        raise Unproved(f"{getattr(function, '__name__', '')} of symbols")

    def __array__(self, *wanted: object, **options: object) -> object:
        raise Unproved("numbers of symbols")

    def __getitem__(self, place: object) -> Entries:
        raise Unproved("single entries of symbols")

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unproved(f"{name} of symbols")

    def __add__(self, other: object) -> Entries:
        return _both(self, entries(other), Sum.__add__)

    __radd__ = __add__

    def __sub__(self, other: object) -> Entries:
        return _both(self, entries(other), Sum.__sub__)

    def __mul__(self, other: object) -> Entries:
        return _both(self, entries(other), Sum.__mul__)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Entries:
        return _both(self, entries(other).power(-1), Sum.__mul__)

    def __neg__(self) -> Entries:
        return Entries(self.shape, self.entry.scaled(Fraction(-1)))

    def __pow__(self, other: object) -> Entries:
        return self.power(entries(other).whole())

    def power(self, exponent: int) -> Entries:
        """A whole power of every entry."""
        return Entries(self.shape, self.entry.power(exponent))

    def whole(self) -> int:
        """The whole number that this is. Raises Unproved."""
        number = self.entry.terms.get(next(iter(constant(1).terms)), Fraction(0))
        if self.entry != constant(number) or number.denominator != 1:
            raise Unproved("a power that is no whole number")
        return int(number)

    def transpose(self, *order: int) -> Entries:
        """The axes in another order."""
        places: dict[Label, Label] = {old: new for new, old in enumerate(order)}
        return Entries(tuple(self.shape[old] for old in order), self.entry.moved(places, {}))

    def swapaxes(self, one: int, other: int) -> Entries:
        """Two axes exchanged."""
        order = list(range(len(self.shape)))
        order[one], order[other] = other, one
        return self.transpose(*order)

    def reshape(self, *shape: Any) -> Entries:
        """The same axes in the same order, with others of size 1 between them."""
        target: tuple[int, ...] = tuple(shape[0]) if len(shape) == 1 else shape
        held = [place for place, size in enumerate(self.shape) if size != 1]
        wanted = [place for place, size in enumerate(target) if size != 1]
        if [self.shape[place] for place in held] != [target[place] for place in wanted]:
            raise Unproved("axes that are made one")
        return Entries(target, self.entry.moved(dict(zip(held, wanted, strict=True)), {}))

    def broadcast(self, shape: tuple[int, ...]) -> Entries:
        """The same for every place on the axes that had size 1."""
        if any(old not in (1, new) for old, new in zip(self.shape, shape, strict=True)):
            raise Unproved("axes that differ")
        return Entries(shape, self.entry)

    def sum(self, axis: int | tuple[int, ...], keepdims: bool) -> Entries:
        """The sum over axes, which stay with size 1."""
        entry, shape = self.entry, list(self.shape)
        for place in (axis,) if isinstance(axis, int) else axis:
            if shape[place] != 1:
                entry, shape[place] = entry.bound({place: shape[place]}), 1
        return Entries(tuple(shape), entry)


def entries(value: object) -> Entries:
    """A number, or an array of one, as symbols. Raises Unproved."""
    if isinstance(value, Entries):
        return value
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, int | float):
        return Entries(PLAIN, constant(Fraction(value)))
    if isinstance(value, complex) and not value.imag:
        return Entries(PLAIN, constant(Fraction(value.real)))
    raise Unproved("numbers among symbols")


def tensor(value: Entries, of: Key | None = None, by: Key | None = None) -> Tensor:
    """Symbols in the place of numbers."""
    return Tensor(cast(Array, value), of, by)


def symbols(value: Tensor) -> Entries:
    """The symbols that a tensor holds."""
    return entries(value.data)


def unit(size: int) -> Tensor:
    """The identity matrix."""
    return tensor(Entries((1, size, size, 1, 1), delta(1, 2) if size != 1 else constant(1)))


def number(value: Fraction | int) -> Tensor:
    """A number."""
    return tensor(Entries(PLAIN, constant(value)))


def _both(one: Entries, other: Entries, join: Callable[[Sum, Sum], Sum]) -> Entries:
    """Entry by entry, an axis of size 1 stretched."""
    if len(one.shape) != len(other.shape):
        if PLAIN not in (one.shape, other.shape):
            raise Unproved("arrays with different axes")
        shape = one.shape if other.shape == PLAIN else other.shape
        return Entries(shape, join(one.entry, other.entry))
    pairs = list(zip(one.shape, other.shape, strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise Unproved("axes that differ")
    return Entries(tuple(max(pair) for pair in pairs), join(one.entry, other.entry))


OPERATIONS: dict[object, Callable[..., Entries]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.true_divide: lambda a, b: a / b,
    np.negative: lambda a: -a,
    np.power: lambda a, b: a**b,
    np.exp: lambda a: applied("exp", a),
    np.sqrt: lambda a: applied("sqrt", a),
}


def applied(function: str, value: Entries, primes: int = 0) -> Entries:
    """A function of every entry, or its derivative."""
    return Entries(value.shape, functions.value(function, value.entry, primes))


def einsum(spec: str, *operands: object) -> Entries:
    """A sum of products over axes, as numpy writes it."""
    inputs, output = spec.split("->")
    sizes: dict[str, int] = {}
    product = constant(1)
    for letters, operand in zip(inputs.split(","), map(entries, operands), strict=True):
        for letter, size in zip(letters, operand.shape, strict=True):
            if sizes.get(letter, 1) != 1 and size not in (1, sizes[letter]):
                raise Unproved("axes that differ")
            sizes[letter] = max(size, sizes.get(letter, 1))
        places: dict[Label, Label] = {place: f"@{letter}" for place, letter in enumerate(letters)}
        product = product * operand.entry.moved(places, {})
    product = product.bound({f"@{letter}": sizes[letter] for letter in sorted(sizes.keys() - set(output))})
    back: dict[Label, Label] = {f"@{letter}": place for place, letter in enumerate(output)}
    return Entries(tuple(sizes[letter] for letter in output), product.moved(back, {}))


def delta(one: Label, other: Label) -> Sum:
    """1 where two labels are the same, else 0."""
    return single(Atom("delta", (), (one, other)))
