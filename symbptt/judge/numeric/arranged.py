r"""Lists, block matrices and cases: [a; x], diag(a, b), pmatrix, \begin{cases}, \mathbf{1}_{x > 0}.

A list stands as the vectors of the document do. The cells of a matrix are numbers or blocks: in a row all
have the same height, in a column the same width, and 0 and I are as large as their place. Dots between cells
are written out. A condition that compares quantities is one of each entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from symbptt.judge.notation.dots import written_out
from symbptt.judge.notation.vocabulary import integer
from symbptt.judge.numeric.differentiate import Differentiating
from symbptt.judge.numeric.tensors import Array, Misfit, Tensor, Undecided, matched, numbers
from symbptt.reader.syntax import (
    Bracket,
    Dots,
    Elided,
    Matrix,
    Name,
    Number,
    Relation,
    Surface,
    Text,
)

Truth = NDArray[np.bool_]
ORDERS: dict[str, Callable[..., Truth]] = {
    **dict.fromkeys(("<",), np.less),
    **dict.fromkeys((">",), np.greater),
    **dict.fromkeys(("\\le", "\\leq", "\\leqslant", "<="), np.less_equal),
    **dict.fromkeys(("\\ge", "\\geq", "\\geqslant", ">="), np.greater_equal),
}
ZEROS = frozenset(["\\mathbf{0}", "\\boldsymbol{0}"])
OTHERWISE = re.compile(r"otherwise|else|sonst|andernfalls|sinon|autrement|иначе|其他|其它|否则|その他|그 외")
Size = tuple[int, int]
ANGLES = "\\langle\\rangle"  # an inner product, where two stand between them
PAIR = 2


@dataclass(frozen=True)
class Arranging(Differentiating):
    """Evaluates what is put together from several values."""

    def _bracket(self, node: Bracket) -> Tensor:
        if len(node.items) == 1 and not isinstance(node.items[0], Relation):
            return self.value(node.items[0])
        if node.kind == ANGLES and len(node.items) == PAIR:
            return self._inner(*(self.value(item) for item in node.items))
        if node.kind != "[]":
            raise Undecided("a list of several values is no value")
        return self._stacked([self.value(item) for item in self._listed(node)])

    def _inner(self, one: Tensor, other: Tensor) -> Tensor:
        """The inner product of two arrays of one size; a gradient has the shape of its variable."""
        first, second = matched(one, other, self.choose)
        if first.out != second.out:
            raise Misfit("sizes differ in an inner product")
        return Tensor((first.data * second.data).sum(axis=(1, 2), keepdims=True))

    def _listed(self, node: Bracket) -> tuple[Surface, ...]:
        """The items of a list, those that dots leave out among them."""
        return self._spread(node, node.items)

    def _spread(self, node: Surface, items: tuple[Surface, ...]) -> tuple[Surface, ...]:
        """Items with those that dots leave out, where dots stand in one place."""
        places = [place for place, item in enumerate(items) if _is_dots(item)]
        if len(places) != 1:
            return items
        whole = Elided(node.at, ",", items[: places[0]], items[places[0] + 1 :])
        run = written_out(whole, partial(self.counted, node), 1, self.world.horizon)
        return (*run.head, *run.terms, *run.tail)

    def _stacked(self, values: list[Tensor]) -> Tensor:
        """Values one after the other, as the vectors of the document stand."""
        if not values or not all(value.plain for value in values):
            raise Undecided("a list of derivatives, or of nothing")
        return _joined(values, 2 if self.rows else 1)

    def _matrix(self, node: Matrix) -> Tensor:
        rows = [self._spread(node, row) for row in self._rows(node)]
        if all(len(row) == 1 for row in rows):
            return self._stacked([self.value(row[0]) for row in rows])
        if len({len(row) for row in rows}) != 1:
            raise Misfit("the rows of a matrix differ in length")
        cells = [[self._cell(item) for item in row] for row in rows]
        heights = [_common(row, 0) for row in cells]
        widths = [_common(column, 1) for column in zip(*cells, strict=True)]
        blocks = [
            _joined([_filled(cell, (high, wide)) for cell, wide in zip(row, widths, strict=True)], 2)
            for row, high in zip(cells, heights, strict=True)
        ]
        return _joined(blocks, 1)

    def _rows(self, node: Matrix) -> list[tuple[Surface, ...]]:
        """The rows of a matrix, those that dots leave out among them."""
        lists: list[Surface] = [
            Dots(node.at, "\\vdots") if all(map(_is_dots, row)) else Bracket(node.at, "list", row)
            for row in node.rows
        ]
        return [row.items for row in self._spread(node, tuple(lists)) if isinstance(row, Bracket)]

    def _cell(self, node: Surface) -> Tensor | str:
        """The value of a block, or "0" and "I", which are as large as their place."""
        if (isinstance(node, Number) and float(node.text) == 0) or (
            isinstance(node, Name) and node.base in ZEROS
        ):
            return "0"
        if isinstance(node, Name) and self._identity(node):
            return "I"
        value = self.value(node)
        if not value.plain:
            raise Undecided("a block that is a derivative")
        return value

    def _truth(self, condition: Surface | None, of: Surface | None = None) -> Truth:
        """Where a condition is true; ``of`` stands on its left where nothing is written there: 1_{> 0}(x)."""
        match condition:
            case Relation(op="=", left=left, right=right):
                return np.asarray(integer(left, self.bound) == integer(right, self.bound))
            case Relation(op="\\ne" | "\\neq", left=left, right=right):
                return np.asarray(integer(left, self.bound) != integer(right, self.bound))
            case Relation(op="\\in", left=left, right=right) if (held := self._members(right)) is not None:
                return np.asarray(integer(left, self.bound) in held)
            case Relation(op=op, left=left, right=right) if op in ORDERS:
                bare = isinstance(left, Text) and not left.text.strip()
                first = self.value(of if bare and of is not None else left)
                other = self.value(right)
                if not first.plain or not other.plain:
                    raise Undecided("a condition on a derivative")
                return ORDERS[op](numbers(first).real, numbers(other).real)
            case Bracket(items=items):
                truths = [self._truth(item) for item in items]
                return np.asarray(np.all(np.broadcast_arrays(*truths), axis=0))
        raise Undecided("a condition in words, or one that compares nothing")

    def _indicator(self, condition: Surface, of: Surface | None = None) -> Tensor:
        """One where a condition is true, and zero elsewhere."""
        return _filling(self._truth(condition, of).astype(np.complex128))

    def _cases(self, rows: tuple[tuple[Surface, Surface | None], ...]) -> Tensor:
        """The value of the first case that applies, entry by entry."""
        result: Array | None = None
        done: Truth = np.asarray(False)
        for node, condition in rows:
            truth = np.asarray(True) if _is_rest(condition) else self._truth(condition)
            if (truth & ~done).any():
                value = self.value(node)
                if not value.plain:
                    raise Undecided("a case that is a derivative")
                result = np.where(truth & ~done, numbers(value), 0 if result is None else result)
            done = done | truth
            if done.all():
                break
        if result is None or not done.all():
            raise Undecided("no case applies")
        return _filling(result)


def _is_rest(condition: Surface | None) -> bool:
    """Does a case stand for all that is left?"""
    if not isinstance(condition, Text):
        return condition is None
    return not condition.text.strip() or OTHERWISE.search(condition.text.lower()) is not None


def _filling(data: Array) -> Tensor:
    return Tensor(data if data.ndim == 5 else data.reshape(1, 1, 1, 1, 1))


def _is_dots(node: Surface) -> bool:
    """Dots, or an empty cell beside them."""
    return isinstance(node, Dots)


def _common(cells: Sequence[Tensor | str], axis: int) -> int:
    """The size that the blocks of a row or column share; 1 where none says it. Raises Misfit."""
    sizes = {cell.out[axis] for cell in cells if isinstance(cell, Tensor)}
    if len(sizes) > 1:
        raise Misfit("the blocks of a matrix differ in size")
    return sizes.pop() if sizes else 1


def _filled(cell: Tensor | str, size: Size) -> Tensor:
    """A block of its size. Raises Misfit for an identity that is not square."""
    if isinstance(cell, Tensor):
        return cell
    if cell == "I" and size[0] != size[1]:
        raise Misfit("an identity that is not square")
    values = np.zeros(size) if cell == "0" else np.eye(size[0])
    return Tensor(values.astype(np.complex128)[None, :, :, None, None])


def _joined(values: Sequence[Tensor], axis: int) -> Tensor:
    """Values side by side along an axis. Raises Misfit."""
    count = max(value.data.shape[0] for value in values)
    data = [np.broadcast_to(numbers(value), (count, *value.data.shape[1:])) for value in values]
    try:
        return Tensor(np.concatenate(data, axis=axis))
    except ValueError:
        raise Misfit("sizes do not fit in a concatenation") from None
