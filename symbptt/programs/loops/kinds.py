"""Kinds of expressions that the numba target tells apart, and short names for their values."""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Block,
    Braced,
    Dot,
    Plus,
    Quantity,
    Shape,
    Slice,
    Transposed,
    quantities,
    shape_of,
    size,
)
from symbptt.functions import Columnwise
from symbptt.functions import entry as table_entry
from symbptt.programs.plan.names import by_what, is_adjoint
from symbptt.programs.plan.places import Scope

Place = tuple[sympy.Expr, sympy.Expr]


def bare(node: Basic) -> Basic:
    """An expression without the braces around it."""
    return bare(node.args[0]) if isinstance(node, Braced) else node


def is_fixed(node: Basic) -> bool:
    """Whether a value is the same at all times and for all samples."""
    times = {symbol.name for symbol in node.free_symbols if isinstance(symbol, sympy.Symbol)} & {"t", "k"}
    return not times and all(q.time is None for q in quantities(node))


def is_vector(shape: Shape) -> bool:
    """Whether a shape is that of a column or of a row."""
    return bool(shape.rows) != bool(shape.cols)


def is_contracted(node: Dot) -> bool:
    """Whether a product sums over something: a column times a row does not."""
    return len(node.args) > 2 or bool(shape_of(node.args[0]).cols)


def is_product(node: Basic) -> bool:
    """A column, or a row, times matrices that are the same at all times."""
    return (
        isinstance(node, Dot)
        and is_contracted(node)
        and is_vector(shape_of(node))
        and sum(not is_fixed(factor) for factor in node.args) == 1
    )


def terms(node: Basic) -> tuple[Basic, ...]:
    """What a sum adds up; an expression that is no sum alone."""
    return node.args if isinstance(node, Plus) else (node,)


def products_of(value: Basic, target: Quantity, scope: Scope) -> list[Basic]:
    """The terms of a value that are products handled for all samples at once, straight into their place."""
    if scope.kind not in ("loop", "whole") or not is_vector(target.shape):
        return []
    return [term for term in terms(value) if is_product(term)]


def is_view(node: Basic) -> bool:
    """Whether a matrix is there as an array, perhaps turned or cut."""
    return isinstance(node, Quantity) or (isinstance(node, (Transposed, Slice)) and is_view(node.args[0]))


def is_of_columns(node: Basic) -> bool:
    """Whether an expression is a function of whole columns."""
    return (
        isinstance(node, Apply)
        and isinstance(table_entry(node.function), Columnwise)
        and bool(shape_of(node).rows)
    )


def cost(left: Basic, right: Basic) -> tuple[int, int]:
    """How many axes a product has, those of time and samples among them."""
    timed = not (is_fixed(left) and is_fixed(right))
    kept = 2 * timed + bool(shape_of(left).rows) + bool(shape_of(right).cols)
    return kept, kept + bool(shape_of(left).cols)


def blocks(node: Block) -> Iterable[tuple[Place, Basic]]:
    """Where each block of a block matrix starts, and the block; blocks of blocks too."""
    row: sympy.Expr = sympy.S.Zero
    for line in node.args:
        column: sympy.Expr = sympy.S.Zero
        for part in line.args:
            inner = blocks(part) if isinstance(part, Block) else [((row * 0, row * 0), part)]
            yield from (((row + down, column + right), within) for (down, right), within in inner)
            column += size(shape_of(part).cols)
        row += size(shape_of(line.args[0]).rows)


def spread(left: Basic, right: Basic) -> Basic:
    """A column times a row, where one is made of blocks, as blocks."""
    if isinstance(left, Block):
        return Block(*([Dot(line.args[0], right)] for line in left.args))
    return Block([Dot(left, part) for part in right.args[0].args])


def title(node: Basic) -> str:
    """A short name for the value of an expression."""
    node = bare(node)
    if isinstance(node, Quantity):
        return rf"d\_{by_what(node)}" if is_adjoint(node) else node.name
    if isinstance(node, Transposed):
        return (
            f"{title(node.args[0])}_T" if shape_of(node).rows and shape_of(node).cols else title(node.args[0])
        )
    if isinstance(node, Slice):
        return rf"{title(node.args[0])}\_part"
    if isinstance(node, Apply):
        return rf"{node.function.name}\_{title(node.argument)}"
    return {"Times": "product", "Plus": "total"}.get(type(node).__name__, type(node).__name__.lower())
