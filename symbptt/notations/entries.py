"""One entry of an expression, as an expression of numbers: the rule for each node of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, product
from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.functions.special.tensor_functions import KroneckerDelta

from symbptt.expressions import (
    Apply,
    Axis,
    Block,
    Braced,
    Commutation,
    Diagonal,
    Dot,
    Entry,
    Eye,
    Gradient,
    Immediate,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    Power,
    ProductOver,
    Quantity,
    Slice,
    SumOver,
    Times,
    Total,
    Transposed,
    Vec,
    Zeros,
    shape_of,
    size,
)
from symbptt.functions import is_columnwise
from symbptt.notations.contraction import contract, flat_factors
from symbptt.notations.places import Letters, Part, Place, plain, split

LONGEST_POWER = 4  # a matrix power up to this is written out


def entry(node: Basic, rows: Place, cols: Place, letters: Letters) -> Basic:
    """The entry of a node at a place, one index for every size of its rows and columns; a scalar.

    New indices of summation are taken from `letters`. Raises TypeError for a node that has no rule.
    """
    if isinstance(node, sympy.Expr):
        return node
    rule = RULES.get(type(node))
    if rule is None:
        raise TypeError(f"no index notation for {type(node).__name__}")
    return rule(node, rows, cols, letters)


Rule = Callable[[Any, Place, Place, Letters], Basic]


def _opaque(node: Basic, rows: Place, cols: Place, letters: Letters) -> Basic:
    """The entry of what is not looked into."""
    return Entry(node, *plain(rows), *plain(cols))


def delta(left: Place, right: Place) -> Basic:
    """One where two places along the same axis are the same, else zero."""
    found: Basic = sympy.S.One
    for one, other in zip(left, right, strict=True):
        if isinstance(one, Part) and isinstance(other, Part) and one.axis == other.axis:
            same = one.offset == other.offset
            found = Times(found, delta(one.indices, other.indices)) if same else sympy.S.Zero
        else:
            found = Times(found, KroneckerDelta(*plain((one, other))))
    return found


# ------------------------------------------------------------------ elementwise


def _elementwise(node: Basic, rows: Place, cols: Place, letters: Letters) -> Basic:
    return node.func(*(_broadcast(part, rows, cols, letters) for part in node.args))


def _broadcast(part: Basic, rows: Place, cols: Place, letters: Letters) -> Basic:
    """The entry of a part that may lack an axis of the whole."""
    own = shape_of(part)
    return entry(part, rows if own.rows else (), cols if own.cols else (), letters)


def _power(node: Power, rows: Place, cols: Place, letters: Letters) -> Basic:
    return Power(entry(node.args[0], rows, cols, letters), node.args[1])


def _apply(node: Apply, rows: Place, cols: Place, letters: Letters) -> Basic:
    if is_columnwise(node.function):
        return _opaque(node, rows, cols, letters)
    return Apply(node.function, entry(node.argument, rows, cols, letters), node.order)


def _braced(node: Braced, rows: Place, cols: Place, letters: Letters) -> Basic:
    body, label, over = node.args
    fits = shape_of(label) == shape_of(body)
    named = entry(label, rows, cols, letters) if fits else label
    return Braced(entry(body, rows, cols, letters), named, over == sympy.true)


# ------------------------------------------------------------------ products


def _dot(node: Dot, rows: Place, cols: Place, letters: Letters) -> Basic:
    """A sum over every axis in between; where blocks are stacked on it, a sum over each block."""
    ways = [_runs(left, right) for left, right in zip(node.args, node.args[1:], strict=False)]
    return Plus(*(_dot_along(node, way, rows, cols, letters) for way in product(*ways)))


Run = tuple[sympy.Expr | None, Axis]  # the start and axis of a block; None for a whole axis


def _runs(left: Basic, right: Basic) -> list[Run]:
    """The stretches that a contraction is summed over."""
    parts = split(left, 1) or split(right, 0)
    return list(parts) if parts else [(None, shape_of(left).cols)]


def _dot_along(node: Dot, way: tuple[Run, ...], rows: Place, cols: Place, letters: Letters) -> Basic:
    places: list[Place] = [rows]
    indices: list[tuple[sympy.Symbol, sympy.Expr]] = []
    for start, axis in way:
        names, letters = letters.take(len(axis))
        indices.extend(zip(names, axis, strict=True))
        places.append(names if start is None else (Part(start, axis, names),))
    places.append(cols)
    pairs = pairwise(places)
    return contract([entry(f, r, c, letters) for f, (r, c) in zip(node.args, pairs, strict=True)], indices)


def _kron(node: Kron, rows: Place, cols: Place, letters: Letters) -> Basic:
    left, right = node.args
    r, c = (len(axis) for axis in shape_of(left))
    parts = entry(left, rows[:r], cols[:c], letters), entry(right, rows[r:], cols[c:], letters)
    return Times(*parts)


def _inner(node: Inner, rows: Place, cols: Place, letters: Letters) -> Basic:
    left, right = node.args
    own = shape_of(left)
    down, letters = letters.take(len(own.rows))
    along, letters = letters.take(len(own.cols))
    indices = [*zip(down, own.rows, strict=True), *zip(along, own.cols, strict=True)]
    return contract([entry(part, down, along, letters) for part in (left, right)], indices)


def _matrix_power(node: MatrixPower, rows: Place, cols: Place, letters: Letters) -> Basic:
    base, exponent = node.args
    if exponent.is_Integer and 1 < exponent <= LONGEST_POWER:
        return entry(Dot(*[base] * int(exponent)), rows, cols, letters)
    return _opaque(node, rows, cols, letters)


# ------------------------------------------------------------------ arrangements


def _transposed(node: Transposed, rows: Place, cols: Place, letters: Letters) -> Basic:
    return entry(node.args[0], cols, rows, letters)


def _diagonal(node: Diagonal, rows: Place, cols: Place, letters: Letters) -> Basic:
    return Times(delta(rows, cols), entry(node.args[0], rows, (), letters))


def _vec(node: Vec, rows: Place, cols: Place, letters: Letters) -> Basic:
    (value,) = node.args
    width = len(shape_of(value).cols)
    return entry(value, rows[width:], rows[:width], letters)


def _commutation(node: Commutation, rows: Place, cols: Place, letters: Letters) -> Basic:
    """K vec(X) = vec(X^T): the entry (r, c; c', r') is one where both pairs are the same."""
    r, c = map(len, node.args)
    return Times(delta(rows[:r], cols[c:]), delta(rows[r:], cols[:c]))


def _block(node: Block, rows: Place, cols: Place, letters: Letters) -> Basic:
    """The block that the place is in; where that cannot be told from the index, the node stays whole."""
    r, down = _in_blocks([row.args[0] for row in node.args], 0, rows)
    c, along = _in_blocks(node.args[0].args, 1, cols)
    if r is None or c is None:
        return _opaque(node, rows, cols, letters)
    return entry(node.args[r].args[c], down, along, letters)


def _in_blocks(firsts: Iterable[Basic], which: int, place: Place) -> tuple[int | None, Place]:
    """The number of the block along one axis, and the place in it."""
    axes = [shape_of(block)[which] for block in firsts]
    if len(axes) == 1:
        return 0, place
    (index,) = place
    start: sympy.Expr = sympy.S.Zero
    for n, axis in enumerate(axes):
        if isinstance(index, Part) and index.axis == axis and sympy.expand(index.offset - start) == 0:
            return n, index.indices
        if not isinstance(index, Part) and len(axis) < 2 and _within(index, start, size(axis)):
            return n, tuple([index - start] if axis else [])
        start = start + size(axis)
    return None, place


def _within(index: sympy.Expr, start: sympy.Expr, length: sympy.Expr) -> bool:
    """Whether an index is known to lie in a stretch: only numbers are."""
    numbers = all(part.is_Integer for part in (index, start, length))
    return bool(numbers and start < index <= start + length)


def _slice(node: Slice, rows: Place, cols: Place, letters: Letters) -> Basic:
    """The place in the whole; an axis that is itself compound is left alone."""
    value, axis, start, _, target = node.args
    which = int(axis)
    place = [rows, cols]
    if len(shape_of(value)[which]) != 1:
        return _opaque(node, rows, cols, letters)
    place[which] = (Part(start, tuple(target.args), plain(place[which])),)
    return entry(value, place[0], place[1], letters)


# ------------------------------------------------------------------ over an index


def _sum_over(node: SumOver, rows: Place, cols: Place, letters: Letters) -> Basic:
    body, *limits = node.args
    return SumOver(entry(body, rows, cols, letters), *limits)


def _product_over(node: ProductOver, rows: Place, cols: Place, letters: Letters) -> Basic:
    """A sum over all paths of indices from the column to the row."""
    body, k, high, low = node.args
    axis = shape_of(body).rows
    names, letters = letters.take(len(axis))
    paths = [sympy.Function(name.name) for name in names]
    here, before = (tuple(path(time) for path in paths) for time in (k, k - 1))
    factor = entry(body, here, before, letters)
    straight = _straight_path(factor, here, before, plain(rows))
    if straight is not None:
        return Times(delta(rows, cols), ProductOver(straight, k, high, low))
    return PathSum(factor, paths, k, high, low, axis, plain(rows), plain(cols))


def _straight_path(factor: Basic, here: Place, before: Place, row: Place) -> Basic | None:
    """The factor along the one path that there is where every factor is diagonal; None where one is not."""
    parts = flat_factors([factor])
    deltas = {KroneckerDelta(*pair) for pair in zip(here, before, strict=True)}
    if not deltas <= set(parts):
        return None
    rest = Times(*(part for part in parts if part not in deltas))
    return rest.xreplace(dict([*zip(here, row, strict=True), *zip(before, row, strict=True)]))


RULES: dict[type, Rule] = {
    Quantity: _opaque,
    Total: _opaque,
    Immediate: _opaque,
    Gradient: _opaque,
    Joint: _opaque,
    Entry: lambda node, rows, cols, letters: node,
    PathSum: lambda node, rows, cols, letters: node,
    Zeros: lambda node, rows, cols, letters: sympy.S.Zero,
    Ones: lambda node, rows, cols, letters: sympy.S.One,
    Eye: lambda node, rows, cols, letters: delta(rows, cols),
    Commutation: _commutation,
    Plus: _elementwise,
    Times: _elementwise,
    Power: _power,
    Apply: _apply,
    Braced: _braced,
    Dot: _dot,
    Kron: _kron,
    Inner: _inner,
    MatrixPower: _matrix_power,
    Transposed: _transposed,
    Diagonal: _diagonal,
    Vec: _vec,
    Block: _block,
    Slice: _slice,
    SumOver: _sum_over,
    ProductOver: _product_over,
}
