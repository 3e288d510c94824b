r"""Vectors that lie: rows in a document whose other vectors are columns, g_t = g_{t+1} J_{t+1}.

How a name is multiplied tells: a row stands left of a matrix, g_t U, and with a sign of transposition left of
another one, g_t^\top x_t^\top; a column right of a matrix, U g_t, or left of a transpose, g_t x_t^\top. And
what it is equal to: a row is (o_t - y_t)^\top V, a column V^\top (o_t - y_t).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Literal

from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import (
    Apply,
    Binary,
    Bracket,
    Chain,
    Derivative,
    Juxtaposed,
    Name,
    Surface,
    Transpose,
)
from symbptt.reader.walks import walk

Way = Literal["row", "column"]
PRODUCTS = frozenset(["\\cdot", "*", "\\times", "\\ast"])
MARGIN = 2  # times as many uses as a row, so that one mistake changes nothing


def lying(
    chains: Iterable[Chain], key: Callable[[Name], str], timed: Callable[[Name], bool]
) -> frozenset[str]:
    """The names at a time that are used as rows, where others are used as columns."""
    chains = tuple(chains)
    used: Counter[tuple[str, Way]] = Counter()
    for side in (side for chain in chains for side in sides_of(chain)):
        for one, other in (pair for node in _products(side) for pair in pairwise(factors(node))):
            used.update((key(name), way) for name, way in _ways(one, other) if _is_vector(name, timed))
    for chain in chains:
        if isinstance(chain.first, Name) and _is_vector(chain.first, timed) and chain.links:
            used.update((key(chain.first), way) for way in _shapes(chain.links[0].right))
    rows = {name for name, way in used if way == "row" and used[name, way] >= MARGIN * used[name, "column"]}
    columns = {name for name, way in used if way == "column"} - rows
    return frozenset(rows) if columns else frozenset()


def factors(node: Surface) -> Iterator[Surface]:
    """The factors of a product."""
    match node:
        case Juxtaposed(left=left, right=right) if not (node.direct and isinstance(left, Name)):
            yield from (*factors(left), *factors(right))
        case Binary(op=op, left=left, right=right) if op in PRODUCTS:
            yield from (*factors(left), *factors(right))
        case _:
            yield node


def _is_vector(name: Name, timed: Callable[[Name], bool]) -> bool:
    """Is this a quantity at a time, and no capital, which may hold a batch or a Jacobian?"""
    return timed(name) and not (len(name.base) == 1 and name.base.isupper())


def _shapes(node: Surface) -> Iterator[Way]:
    """What the terms of a sum are, told by the ends of their products."""
    match node:
        case Binary(op="+" | "-", left=left, right=right):
            yield from (*_shapes(left), *_shapes(right))
        case Juxtaposed():
            every = list(factors(node))
            first, last = every[0], every[-1]
            if isinstance(first, Transpose) and not _is_matrix(first) and _is_matrix(last):
                yield "row"
            elif _is_matrix(first) and isinstance(last, Name | Bracket) and not _is_matrix(last):
                yield "column"


def _products(root: Surface) -> Iterator[Surface]:
    r"""The products without a sign that are no part of a longer one; \cdot may mean any product."""
    products = [node for node in walk(root) if isinstance(node, Juxtaposed)]
    inner = {id(part) for node in products for part in (node.left, node.right)}
    yield from (node for node in products if id(node) not in inner)


def _ways(one: Surface, other: Surface) -> Iterator[tuple[Name, Way]]:
    """How the names of two neighbouring factors are used."""
    match one, other:
        case Name() as name, _ if _is_matrix(other):
            yield name, "row"
        case Transpose(operand=Name() as name), _ if _is_matrix(other):
            yield name, "column"
        case _, Name() as name if _is_matrix(one):
            yield name, "column"
        case _, Transpose(operand=Name() as name) if _is_matrix(one):
            yield name, "row"
        case Transpose(operand=Name() as name), Transpose():
            yield name, "row"
        case Name() as name, Transpose():
            yield name, "column"


def _is_matrix(node: Surface) -> bool:
    """Is this a matrix: a capital letter without a time, a diagonal, a Jacobian, or a transpose of one?"""
    match node:
        case Transpose(operand=inside) | Bracket(kind="()", items=(inside,)):
            return _is_matrix(inside)
        case Apply(function="diag" | "Diag"):
            return True
        case Derivative(numerator=Name(time=Surface()), denominators=(Name(time=Surface()),)):
            return True
        case Name(base=base, time=None, prefix=""):
            return len(base) == 1 and base.isupper()
    return False
