"""Where an entry stands: places along an axis, parts of a stacked axis, and letters that are still free.

A place along an axis is a tuple with one index for each size of the axis. An index counts from 1. Along an
axis that blocks are stacked on, the index may be a `Part`: a place in one of the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Block,
    Braced,
    Dot,
    Plus,
    Power,
    Shape,
    SumOver,
    Times,
    Transposed,
    children,
    shape_of,
    size,
)
from symbptt.functions import is_columnwise


@dataclass(frozen=True)
class Part:
    """The place `indices` on the axis `axis` of a block that starts after `offset` rows (or columns)."""

    offset: sympy.Expr
    axis: Axis
    indices: tuple[sympy.Expr, ...]

    @property
    def flat(self) -> sympy.Expr:
        """The same place counted along the whole stacked axis."""
        return sympy.expand(self.offset + flat(self.axis, self.indices))


Index = Any  # a SymPy expression or a Part
Place = tuple[Index, ...]


def flat(axis: Axis, indices: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """A place as one index: the left part of a compound axis runs slowest."""
    count: sympy.Expr = sympy.S.Zero
    for part, index in zip(axis, indices, strict=True):
        count = count * part + index - 1
    return count + 1


def plain(place: Place) -> tuple[sympy.Expr, ...]:
    """The place with every part counted along the whole axis."""
    return tuple(index.flat if isinstance(index, Part) else index for index in place)


def rows_first(places: Sequence[Basic], shape: Shape) -> list[Basic]:
    """Indices along a vec axis (columns, then rows) in the order in which an entry shows them."""
    width = len(shape.cols)
    return [*places[width:], *places[:width]]


# ------------------------------------------------------------------ how an axis is stacked

Split = tuple[tuple[sympy.Expr, Axis], ...]


def split(node: Basic, which: int) -> Split | None:
    """The blocks (offset, axis) that the rows (0) or columns (1) of a node are stacked of; None where not."""
    if isinstance(node, Block):
        return _split_of_block(node, which) or _first_split(children(node), which)
    if isinstance(node, Transposed):
        return split(node.args[0], 1 - which)
    if isinstance(node, Dot):
        return split(node.args[0 if which == 0 else -1], which)
    if isinstance(node, Apply) and is_columnwise(node.function):
        return None
    if isinstance(node, (Plus, Times, Power, Apply, Braced, SumOver)):
        axis = shape_of(node)[which]
        return _first_split([part for part in children(node) if shape_of(part)[which] == axis], which)
    return None


def _first_split(nodes: Any, which: int) -> Split | None:
    return next((found for part in nodes if (found := split(part, which)) is not None), None)


def _split_of_block(node: Block, which: int) -> Split | None:
    """Each block's own axis and where it starts; None where the blocks lie the other way."""
    firsts = [row.args[0] for row in node.args] if which == 0 else list(node.args[0].args)
    if len(firsts) == 1:
        return None
    axes = [shape_of(block)[which] for block in firsts]
    starts = [sympy.Add(*map(size, axes[:n])) for n in range(len(axes))]
    return tuple(zip(starts, axes, strict=True))


# ------------------------------------------------------------------ letters


@dataclass(frozen=True)
class Letters:
    """The letters that no index in sight has taken, in the order in which they are taken."""

    free: tuple[sympy.Symbol, ...]

    @staticmethod
    def without(taken: set[str]) -> Letters:
        """The usual index letters, then the same with a prime; names in `taken` are left out."""
        names = [letter + prime for prime in ("", "'", "''", "'''") for letter in "ijklpqrsuvw"]
        return Letters(tuple(sympy.Symbol(name, integer=True) for name in names if name not in taken))

    def take(self, count: int) -> tuple[tuple[sympy.Symbol, ...], Letters]:
        """The next letters, and the rest."""
        return self.free[:count], Letters(self.free[count:])
