"""Products of weights, the same at all times, and columns, which are not; names around such products.

The gradients by r and by a in W (r * a) both go through the gradient by r * a: with a name it is computed
once. The gradient by r in r * (W a) needs W a again, which a name keeps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sympy.core.basic import Basic

from symbptt.expressions import (
    Block,
    Dot,
    Quantity,
    Slice,
    Times,
    quantities,
    rewrite,
    shape_of,
    subexpressions,
)
from symbptt.recurrence import Equation, Recurrence, t


def is_static(node: Basic) -> bool:
    """Whether a value is the same at all times."""
    return all(q.time is None for q in quantities(node)) and t not in node.free_symbols


def is_column(node: Basic) -> bool:
    """Whether a value is a column of more than one entry."""
    rows, cols = shape_of(node)
    return bool(rows) and not cols


def is_weighted(node: Basic) -> bool:
    """Whether a node is weights times a column that changes with time."""
    if not isinstance(node, Dot) or not is_column(node.args[-1]):
        return False
    return all(map(is_static, node.args[:-1])) and not is_static(node.args[-1])


def with_named_products(recurrence: Recurrence) -> Recurrence:
    """Names for what weights multiply, and for their products inside of elementwise products."""
    names = _Named(set(recurrence.quantities))
    equations: list[Equation] = []
    for e in recurrence.equations:
        right = rewrite(e.right, names.rule) if e.left.time == t else e.right
        equations += [*names.taken_out(), replace(e, right=right)]
    return replace(recurrence, equations=tuple(equations))


@dataclass
class _Named:
    """The values that have got a name, and those whose equations are still to be put somewhere."""

    taken: set[str]
    names: dict[Basic, Quantity] = field(default_factory=dict)
    fresh: list[Equation] = field(default_factory=list)

    def rule(self, node: Basic) -> Basic:
        """A node with names for its parts, for rewriting from the inside."""
        if is_weighted(node):
            return Dot(*node.args[:-1], self.column(node.args[-1]))
        if isinstance(node, Times):
            return Times(*(self.of(f) if self.has_product(f) else f for f in node.args))
        return node

    def column(self, node: Basic) -> Basic:
        """A column that weights multiply, by its name; a stack with names for its parts."""
        if isinstance(node, Block) and all(len(row.args) == 1 for row in node.args):
            return Block(*([self.column(row.args[0])] for row in node.args))
        plain = isinstance(node, (Quantity, Block, Slice)) or is_static(node)
        return node if plain else self.of(node)

    def has_product(self, node: Basic) -> bool:
        """Whether a factor is a column with a product of weights in it."""
        return is_column(node) and any(map(is_weighted, subexpressions(node)))

    def of(self, value: Basic) -> Quantity:
        """The name of a value."""
        if value not in self.names:
            stem = "_".join(q.name for q in quantities(value)[:2])
            name = next(name for name in _candidates(stem) if name not in self.taken)
            self.taken.add(name)
            self.names[value] = Quantity(name, *shape_of(value), t)
            self.fresh.append(Equation(self.names[value], value))
        return self.names[value]

    def taken_out(self) -> list[Equation]:
        """The equations of the names given since the last call."""
        found, self.fresh = self.fresh, []
        return found


def _candidates(stem: str) -> Iterator[str]:
    return (stem + "'" * i for i in itertools.count())
