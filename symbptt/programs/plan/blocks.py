"""Slices, blocks and padding: arrays are cut and joined rather than multiplied by zeros and ones."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Axis,
    Block,
    Dot,
    Eye,
    Plus,
    Slice,
    Times,
    Transposed,
    Zeros,
    is_zero,
    shape_of,
    size,
)


def cut_and_joined(node: Basic) -> Basic:
    """One node with the rules of this module, for rewriting from the inside."""
    if isinstance(node, Slice):
        return slices_inside(node)
    if isinstance(node, Dot):
        return padded(node)
    return tiled(node) if isinstance(node, Plus) else node


# ------------------------------------------------------------------ slices


def slices_inside(node: Basic) -> Basic:
    """A slice of a product is a product with a slice of its first (or last) factor, which is smaller."""
    if not isinstance(node, Slice):
        return node
    value, axis, start, stop, target = node.args

    def cut(part: Basic, along: int) -> Basic:
        return slices_inside(Slice(part, along, start, stop, target))

    if isinstance(value, Dot) and axis == 0:
        return Dot(cut(value.args[0], 0), *value.args[1:])
    if isinstance(value, Dot):
        return Dot(*value.args[:-1], cut(value.args[-1], 1))
    if isinstance(value, Transposed):
        return Transposed(cut(value.args[0], 1 - int(axis)))
    if isinstance(value, (Times, Plus)):
        return value.func(
            *(cut(part, int(axis)) if shape_of(part)[int(axis)] else part for part in value.args)
        )
    return _block_at(node)


def _block_at(node: Slice) -> Basic:
    """The block that a slice of a block matrix is, where it is one."""
    value, axis, start, stop = node.args[:4]
    if isinstance(value, Block):
        for first, part in _places(value, int(axis)):
            if (
                sympy.expand(first - start) == 0
                and sympy.expand(first + size(shape_of(part)[int(axis)]) - stop) == 0
            ):
                return part
    return node


def _places(block: Block, axis: int) -> Iterator[tuple[Basic, Basic]]:
    """Where each part of a stack (axis 0) or of a row of blocks (axis 1) starts; nothing for other blocks."""
    parts = _stack(block) if axis == 0 else block.args[0].args if len(block.args) == 1 else []
    start: Basic = sympy.S.Zero
    for part in parts:
        yield start, part
        start += size(shape_of(part)[axis])


def _stack(block: Block) -> list[Basic]:
    """The parts of a block matrix that is a stack; nothing for others."""
    return [row.args[0] for row in block.args] if len(block.args[0].args) == 1 else []


def blocks_apart(node: Basic) -> Basic:
    """W [a; x] as a slice of W times a, plus one times x, so that each can be computed in its own time."""
    if not (isinstance(node, Dot) and isinstance(node.args[-1], Block)):
        return node
    *left, block = node.args
    if any(len(row.args) > 1 for row in block.args):
        return node
    start: Basic = sympy.S.Zero
    terms = []
    for (part,) in (row.args for row in block.args):
        rows = shape_of(part).rows
        terms.append(Dot(*left[:-1], Slice(left[-1], 1, start, start + size(rows), rows), part))
        start += size(rows)
    return Plus(*terms)


def products_apart(node: Basic) -> Basic:
    """g [a; x]^T as the row of blocks g a^T, g x^T: the long columns are not joined, only what comes out."""
    if not (isinstance(node, Dot) and isinstance(node.args[-1], Transposed)):
        return node
    *left, last = node.args
    parts = _stack(last.args[0]) if isinstance(last.args[0], Block) else []
    return Block([Dot(*left, Transposed(part)) for part in parts]) if parts else node


# ------------------------------------------------------------------ padding


def padded(node: Dot) -> Basic:
    """A product by a stack of zeros and one identity puts its other factor among zeros."""
    first, last = node.args[0], node.args[-1]
    if _is_padding(first):
        rest = Dot(*node.args[1:])
        return Block(*([Dot(row.args[0], rest)] for row in first.args))
    if isinstance(last, Transposed) and _is_padding(last.args[0]):
        rest = Dot(*node.args[:-1])
        return Block([Dot(rest, Transposed(row.args[0])) for row in last.args[0].args])
    return node


def _is_padding(node: Basic) -> bool:
    return isinstance(node, Block) and all(
        len(row.args) == 1 and isinstance(row.args[0], (Eye, Zeros, sympy.Integer)) for row in node.args
    )


def tiled(node: Plus) -> Basic:
    """Terms that lie among zeros in different places, joined where together they fill the whole."""
    for axis in (0, 1):
        pieces = [found for term in node.args for found in [_piece(term, axis)] if found is not None]
        if len(pieces) == len(node.args):
            parts = _in_a_row(dict(pieces), shape_of(node)[axis], axis)
            if parts:
                return Block(*([part] for part in parts)) if axis == 0 else Block(parts)
    return node


def _piece(term: Basic, axis: int) -> tuple[Basic, Basic] | None:
    """Where the one part of a padded term starts, and that part."""
    if not isinstance(term, Block):
        return None
    found = [(sympy.expand(start), part) for start, part in _places(term, axis) if not is_zero(part)]
    return found[0] if len(found) == 1 else None


def _in_a_row(pieces: dict[Basic, Basic], axis_of_all: Axis, axis: int) -> list[Basic]:
    """The pieces from the first to the last, each where the one before ends; none where they leave gaps."""
    place: Basic = sympy.S.Zero
    parts = []
    while place in pieces:
        parts.append(pieces[place])
        place = sympy.expand(place + size(shape_of(parts[-1])[axis]))
    return parts if len(parts) == len(pieces) and sympy.expand(place - size(axis_of_all)) == 0 else []
