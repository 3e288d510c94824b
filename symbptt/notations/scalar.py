"""Scalar notation: every size is one, and every side of a step is a plain SymPy expression.

A state a_t is `IndexedBase("a")[t]`, a parameter `Symbol("W_{aa}")`, sums and products over time are SymPy's
Sum and Product, functions are closed (see opaque.py) and derivatives stay what they are (see symbols.py).
What is stacked of several numbers is written entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import groupby, product
from typing import Any

import numpy as np
import sympy
from sympy.core.basic import Basic

from symbptt.derivation.steps import SCALAR_ONLY, Derivation, Step, choices_of
from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Apply,
    Axis,
    Braced,
    Commutation,
    Derivative,
    Entry,
    Eye,
    Gradient,
    Immediate,
    Joint,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    Power,
    ProductOver,
    Quantity,
    SumOver,
    Times,
    Zeros,
    shape_of,
)
from symbptt.notations.entries import entry
from symbptt.notations.opaque import applied, jointly
from symbptt.notations.places import Letters, rows_first
from symbptt.notations.symbols import ImmediateDerivative, OrderedProductEntry, TotalDerivative, symbol_of
from symbptt.notations.values import scalar_value
from symbptt.oracle import Values, World, difference

MOST_ENTRIES = 64


@dataclass(frozen=True)
class ScalarDerivation(Derivation):
    """A derivation whose sides are SymPy expressions; its errors are found at sizes of one."""

    def errors(self, sizes: Mapping[str, int] | None = None, horizon: int = 4) -> list[float]:
        """For each step the largest relative difference of its two sides over all its times."""
        world = self.world({str(s): 1 for s in self.recurrence.sizes}, horizon)
        return [self._error(step, world) for step in self.steps]

    @staticmethod
    def _error(step: Step, world: World) -> float:
        def value(side: sympy.Expr, values: Values) -> Any:
            return np.array([[scalar_value(side, world, values.numbers)]])

        choices = choices_of(step.times, world.values())
        return max((difference(value(step.left, v), value(step.right, v)) for v in choices), default=0.0)


def to_scalar(derivation: Derivation) -> Derivation:
    """The derivation with every size one: the sides of its steps are SymPy expressions.

    Sizes that are numbers already stay, and what has them is written entry by entry. Raises SymbpttError
    where that would be more than MOST_ENTRIES equations.
    """
    ones = dict.fromkeys(derivation.recurrence.sizes, sympy.S.One)
    steps: list[Step] = []
    for _, chain in groupby(derivation.steps, key=lambda step: step.left):
        steps.extend(_numbers_of_chain(list(chain), ones))
    kept = {f.name: getattr(derivation, f.name) for f in fields(derivation)}
    return ScalarDerivation(**{**kept, "steps": tuple(steps), "notation": "scalar"})


def _numbers_of_chain(chain: list[Step], ones: Mapping[Basic, Basic]) -> list[Step]:
    """The chain for each entry of what is stacked; a line that repeats the one before is left out."""
    found: list[Step] = []
    places = _entries_of(chain[0].left.xreplace(ones))
    kept = [step for step in chain if step.scope != SCALAR_ONLY or len(places) == 1]
    for rows, cols in places:
        lines: list[Step] = []
        for step in kept:
            left, right = (_number(side.xreplace(ones), rows, cols) for side in (step.left, step.right))
            if not lines or right != lines[-1].right:
                lines.append(Step(left, right, step.rule, step.why, step.scope, step.times))
        found.extend(lines)
    return found


def _entries_of(node: Basic) -> list[tuple[Any, Any]]:
    """Every place in what is left of a shape when all symbolic sizes are one."""
    rows, cols = shape_of(node)
    lengths = [part for axis in (rows, cols) for part in axis]
    if not all(part.is_Integer for part in lengths) or sympy.Mul(*lengths) > MOST_ENTRIES:
        raise SymbpttError(
            f"scalar notation: {shape_of(node)} is too much to write entry by entry; named sizes become one"
        )
    return list(product(_places(rows), _places(cols)))


def _places(axis: Axis) -> list[tuple[sympy.Integer, ...]]:
    return list(product(*([sympy.Integer(i) for i in range(1, int(part) + 1)] for part in axis)))


def _number(node: Basic, rows: Any, cols: Any) -> sympy.Expr:
    taken = {symbol.name for symbol in node.atoms(sympy.Symbol)}
    return _convert(entry(node, rows, cols, Letters.without(taken)))


def ones(node: Basic) -> dict[Basic, Basic]:
    """Every symbolic size in a node, as one."""
    leaves = node.atoms(Quantity, Zeros, Ones, Eye, Commutation)
    axes = [axis for leaf in leaves for axis in shape_of(leaf)]
    return {symbol: sympy.S.One for axis in axes for part in axis for symbol in part.free_symbols}


def to_sympy(node: Basic) -> sympy.Expr:
    """An expression as a SymPy expression, all its symbolic sizes taken as one.

    Raises SymbpttError where its shape is not a number then.
    """
    small = node.xreplace(ones(node))
    if shape_of(small) != ((), ()):
        raise SymbpttError(f"scalar notation: the shape stays {shape_of(small)} when every size is one")
    return _number(small, (), ())


# ------------------------------------------------------------------ from entries to SymPy


def _convert(node: Basic) -> sympy.Expr:
    if isinstance(node, sympy.Expr):
        return node
    rule = CONVERT.get(type(node))
    if rule is None:
        raise TypeError(f"no scalar notation for {type(node).__name__}")
    return rule(node)


def _entry(node: Entry) -> sympy.Expr:
    base, *indices = node.args
    if isinstance(base, Quantity):
        return symbol_of(base, tuple(indices))
    if isinstance(base, Derivative):
        return _derivative(base, tuple(indices))
    raise SymbpttError(f"scalar notation: an entry of {type(base).__name__} stays open")


def _derivative(node: Derivative, indices: tuple[Any, ...] = ()) -> sympy.Expr:
    kind = ImmediateDerivative if isinstance(node, Immediate) else TotalDerivative
    if isinstance(node, Gradient):
        return kind(symbol_of(node.of), symbol_of(node.by, indices))
    count = sum(map(len, shape_of(node.of)))
    parts = ((node.of, indices[:count]), (node.by, indices[count:]))
    return kind(*(symbol_of(q, tuple(rows_first(place, q.shape))) for q, place in parts))


def _sum(node: SumOver) -> sympy.Expr:
    body, index, low, high = node.args
    if low.is_Integer and high.is_Integer:
        return sympy.Add(
            *(_convert(body.xreplace({index: sympy.Integer(i)})) for i in range(int(low), int(high) + 1))
        )
    return sympy.Sum(_convert(body), (index, low, high))


def _product(node: ProductOver) -> sympy.Expr:
    body, index, high, low = node.args
    return sympy.Product(_convert(body), (index, low, high))


def _path_sum(node: PathSum) -> sympy.Expr:
    """Along the one axis that is still stacked, as an entry of a product of SymPy matrices."""
    body, _, index, high, low, bounds, (p,), (q,) = node.args
    (path,), (bound,) = node.paths, bounds
    places = [sympy.Integer(i) for i in range(1, int(bound) + 1)]
    matrix = [[_convert(body.xreplace({path(index): r, path(index - 1): c})) for c in places] for r in places]
    return OrderedProductEntry(matrix, index, high, low, p, q)


CONVERT: dict[type, Callable[[Any], sympy.Expr]] = {
    Quantity: symbol_of,
    Entry: _entry,
    Plus: lambda node: sympy.Add(*map(_convert, node.args)),
    Times: lambda node: sympy.Mul(*map(_convert, node.args)),
    Power: lambda node: sympy.Pow(*map(_convert, node.args)),
    MatrixPower: lambda node: sympy.Pow(*map(_convert, node.args)),
    Joint: lambda node: jointly(
        node.function, [_number(argument, (), ()) for argument in node.arguments], node.by
    ),
    Apply: lambda node: applied(node.function, _number(node.argument, (), ()), node.order),
    Braced: lambda node: _convert(node.args[0]),
    SumOver: _sum,
    ProductOver: _product,
    PathSum: _path_sum,
    **dict.fromkeys(Derivative.__subclasses__(), _derivative),
}
