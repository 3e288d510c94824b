"""The number that a SymPy expression of scalar notation stands for, in a world whose sizes are all one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Entry, Immediate, Quantity, Total, shape_of
from symbptt.notations.opaque import JointFunction, ScalarFunction
from symbptt.notations.symbols import ImmediateDerivative, KeptDerivative, TotalDerivative, symbol_of
from symbptt.oracle import STEP, World, evaluate

Leaf = tuple[Quantity, tuple[Any, ...]]  # a quantity at its time, and the indices of an entry of it


def scalar_value(scalar: sympy.Expr, world: World, numbers: Mapping[Basic, Any] | None = None) -> float:
    """The value of an expression, found as a user would: put in the times, `doit`, `lambdify`.

    `numbers` gives the times. Raises KeyError for a symbol that the recurrence does not have.
    """
    plain = scalar.subs({**world.values().numbers, **(numbers or {})}).doit()
    leaves = _leaves(plain)
    names = {leaf: sympy.Dummy("v") for leaf in leaves}
    known = _known(world)
    values = [_value(leaf, world, known) for leaf in leaves]
    run = sympy.lambdify(list(names.values()), plain.xreplace(names), [_generic(plain, world), "numpy"])
    return float(run(*values))


def _leaves(node: Basic) -> list[Basic]:
    """The outermost symbols and kept derivatives, without repeats."""
    found: dict[Basic, None] = {}
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, (sympy.Indexed, sympy.Symbol, KeptDerivative)):
            found.setdefault(top)
        else:
            stack.extend(top.args)
    return list(found)


def _known(world: World) -> dict[Basic, Leaf]:
    """Every symbol without time, and the base of every timed one, with the quantity it stands for."""
    r = world.recurrence
    ones = dict.fromkeys(r.sizes, sympy.S.One)
    found: dict[Basic, Leaf] = {}
    for q in (*r.quantities.values(), *world.names):
        small = q.xreplace(ones)
        if small.time is not None:
            found[sympy.IndexedBase(q.name)] = small, ()
            continue
        axis = (*small.shape.rows, *small.shape.cols)
        for places in product(*(range(1, int(part) + 1) for part in axis)):
            found[symbol_of(small, places)] = small, places
    return found


def _value(leaf: Basic, world: World, known: Mapping[Basic, Leaf]) -> float:
    if isinstance(leaf, KeptDerivative):
        (y, i), (x, j) = (_quantity(part, known) for part in leaf.args)
        kind = {TotalDerivative: Total, ImmediateDerivative: Immediate}[type(leaf)]
        node = Entry(kind(y, x), *_columns_first(i, y), *_columns_first(j, x))
    else:
        q, i = _quantity(leaf, known)
        node = Entry(q, *i)
    return float(np.real(evaluate(node, world.values())[0, 0]))


def _columns_first(indices: tuple[Any, ...], q: Quantity) -> tuple[Any, ...]:
    """Indices of an entry in the order of a vec axis."""
    count = len(shape_of(q).rows)
    return (*indices[count:], *indices[:count])


def _quantity(symbol: Basic, known: Mapping[Basic, Leaf]) -> Leaf:
    if not isinstance(symbol, sympy.Indexed):
        return known[symbol]
    time, *indices = symbol.indices
    return known[symbol.base][0].at(time), tuple(indices)


def _generic(scalar: sympy.Expr, world: World) -> dict[str, Callable[[Any], Any]]:
    """The world's functions for those that are generic; their derivatives by complex step."""
    found: dict[str, Callable[[Any], Any]] = {}
    for application in scalar.atoms(JointFunction):
        function = world.functions[application.symbol.name]
        found[type(application).__name__] = _of_numbers(function, application.by)
    for application in scalar.atoms(ScalarFunction):
        if application.is_generic:
            function = world.functions[application.symbol.name]
            found[type(application).__name__] = function if application.order == 0 else _slope_of(function)
    return found


def _of_numbers(function: Callable[..., Any], by: tuple[int, ...]) -> Callable[..., Any]:
    """A function of columns of one number each, or its derivative by one of them."""

    def value(*numbers: Any) -> Any:
        return function(*(np.array([[x]]) for x in numbers))[0, 0]

    if not by:
        return value
    (place,) = by
    return lambda *x: np.imag(value(*(u + 1j * STEP * (n == place) for n, u in enumerate(x, 1)))) / STEP


def _slope_of(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.imag(function(x + 1j * STEP)) / STEP
