r"""Equations in columns: (i_t; f_t) = (a; b), and (i_t; f_t) = (\sigma; \tanh) W [h_{t-1}; x_t].

A column of functions takes the rows of what follows in as many blocks: i_t = \sigma(W_i [h_{t-1}; x_t]),
where W_i are the rows of W that belong to i_t. In (i_t; f_t) = (W_i; W_f) x_t + (b_i; b_f) the rows are
written. A binomial of quantities is a column as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbptt.reader.scripts import FUNCTION_SYMBOLS
from symbptt.reader.syntax import Apply, Binary, Bracket, Chain, Juxtaposed, Link, Matrix, Name, Surface, Word
from symbptt.reader.walks import walk

FUNCTIONS = FUNCTION_SYMBOLS | {"f", "g", "\\operatorname{sigm}", "sigm", "sigmoid"}


def with_blocks(chain: Chain) -> Chain:
    """A statement about a column with a column on the right as well, where the rows of that can be told."""
    if not isinstance(chain.first, Matrix):
        return chain
    labels = _column(chain.first)
    return replace(chain, links=tuple(_applied(link, labels) for link in chain.links))


def stacked(node: Surface) -> Surface:
    r"""\binom{h_{t-1}}{x_t} as the column that it shows."""
    match node:
        case Apply(function="binom", argument=Bracket(items=(above, below))) if _has_time(above):
            return Matrix(node.at, "pmatrix", ((above,), (below,)))
    return node


def _has_time(node: Surface) -> bool:
    return any(isinstance(one, Name) and one.time is not None for one in walk(node))


def equations(chain: Chain) -> Iterator[tuple[Name, str, Surface]]:
    """The first equation of a statement, name op right; those of its rows where both sides are columns."""
    if not chain.links:
        return
    link = chain.links[0]
    if isinstance(chain.first, Name):
        yield chain.first, link.op, link.right
    elif isinstance(chain.first, Matrix) and isinstance(link.right, Matrix):
        for left, right in zip(_column(chain.first), _column(link.right), strict=False):
            if isinstance(left, Name):
                yield left, link.op, right


def _column(node: Surface) -> list[Surface]:
    """The cells of a column."""
    return [row[0] for row in node.rows] if isinstance(node, Matrix) and _is_column(node) else []


def _is_column(node: Matrix) -> bool:
    return all(len(row) == 1 for row in node.rows)


def _applied(link: Link, labels: list[Surface]) -> Link:
    if not isinstance(link.right, Matrix):
        written = [_row(link.right, at, len(labels)) for at in range(len(labels))]
        rows = tuple((row,) for row in written if row is not None)
        if rows and len(rows) == len(labels):
            return replace(link, right=Matrix(link.right.at, "bmatrix", rows))
    head, rest = _first_factor(link.right)
    functions = _column(head)
    names = [one for one in labels if isinstance(one, Name)]
    if rest is None or len(names) != len(functions) or not all(map(_is_function, functions)):
        return link
    cells = [_rows(rest, name) for name in names]
    if any(cell is None for cell in cells):
        return link
    rows = tuple((_call(one, cell),) for one, cell in zip(functions, cells, strict=True) if cell is not None)
    return replace(link, right=replace(head, rows=rows)) if isinstance(head, Matrix) else link


def _row(node: Surface, at: int, count: int) -> Surface | None:
    """A row of a sum of columns of so many rows, and of products that begin with one; None for all else."""
    match node:
        case Binary(op="+" | "-", left=left, right=right):
            first, second = _row(left, at, count), _row(right, at, count)
            return None if first is None or second is None else replace(node, left=first, right=second)
        case Binary(op="\\cdot" | "*", left=left) | Juxtaposed(left=left):
            first = _row(left, at, count)
            return None if first is None else replace(node, left=first)
        case Matrix():
            cells = _column(node)
            return cells[at] if len(cells) == count > 1 and not any(map(_is_function, cells)) else None
    return None


def _first_factor(node: Surface) -> tuple[Surface, Surface | None]:
    """The first factor of a product, and the product of the others."""
    if not isinstance(node, Juxtaposed):
        return node, None
    first, rest = _first_factor(node.left)
    return first, node.right if rest is None else replace(node, left=rest)


def _is_function(node: Surface) -> bool:
    match node:
        case Apply(argument=None):
            return True
        case Name(base=base, time=None, subscripts=()):
            return base in FUNCTIONS
    return False


def _call(function: Surface, argument: Surface) -> Surface:
    inside = argument if isinstance(argument, Bracket) else Bracket(argument.at, "()", (argument,), ())
    if isinstance(function, Apply):
        return replace(function, argument=inside)
    return Juxtaposed(function.at, function, inside, direct=True)


def _rows(node: Surface, label: Name) -> Surface | None:
    """The rows of a formula that belong to a name; None where they cannot be told."""
    match node:
        case Bracket(kind="()", items=(inside,)):
            rows = _rows(inside, label)
            return None if rows is None else replace(node, items=(rows,))
        case Binary(op="+" | "-", left=left, right=right):
            first, second = _rows(left, label), _rows(right, label)
            return None if first is None or second is None else replace(node, left=first, right=second)
        case Binary(op="\\cdot" | "*", left=left) | Juxtaposed(left=left):
            rows = _rows(left, label)
            return None if rows is None else replace(node, left=rows)
        case Name(time=None, primes=0):
            kept = tuple(item for item in node.subscripts if isinstance(item, Name) and not _is_size(item))
            return replace(node, subscripts=(*kept, Word(node.at, f"{label.base} rows")))
    return None


def _is_size(item: Name) -> bool:
    return item.base in ("n", "m", "d")
