"""Matrix products of batched values as the array product that a person would write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbptt.programs.source.code import (
    SWAPPED,
    Code,
    Level,
    as_rows,
    flipped,
    multiplied,
    summed_all,
    summed_cols,
    summed_lead,
    summed_rows,
)
from symbptt.programs.source.dialect import Dialect

# `inner` of a product is the length of the axis that its factors share, as source; "" where they share none.


def product(dialect: Dialect, left: Code, right: Code, inner: str) -> Code:
    """left @ right, each with or without leading axes."""
    if not inner:
        return multiplied([left, right])
    if not left.cols and not right.rows:
        return multiplied([Code(inner), left, right])
    if not left.cols:
        return multiplied([left, summed_rows(dialect, right)])
    if not right.rows:
        return multiplied([summed_cols(dialect, left), right])
    return _contracted(dialect, left, right)


def _contracted(dialect: Dialect, left: Code, right: Code) -> Code:
    row, column = not left.rows, not right.cols
    if row and column and (left.lead or right.lead):
        return _inner(dialect, left, right)
    if left.lead and right.lead and row != column:
        return einsum(dialect, left, right)
    if column and right.lead:  # a matrix times batched columns, which lie along the last axis
        if dialect.over_rows and right.lead == 2 and not left.lead:
            return Code(dialect.over_rows.format(x=right.text, W=flipped(left).text), Level.ATOM, 2, True)
        return _matmul(right, flipped(left), rows=True, cols=False)
    return _matmul(left, right, left.rows, right.cols)


def _matmul(left: Code, right: Code, rows: bool, cols: bool) -> Code:
    text = f"{left.at(Level.POWER)} @ {right.at(Level.POWER)}"
    return Code(text, Level.MATMUL, max(left.lead, right.lead), rows, cols)


def _inner(dialect: Dialect, left: Code, right: Code) -> Code:
    """A row times a column, sample by sample."""
    if not left.lead or not right.lead:
        batched, fixed = (left, right) if left.lead else (right, left)
        return _matmul(batched, fixed, rows=False, cols=False)
    return summed_rows(dialect, multiplied([flipped(left), right]))


def einsum(dialect: Dialect, left: Code, right: Code, summed: bool = False) -> Code:
    """The product by einsum; `summed` over the leading axes too."""
    lead = max(left.lead, right.lead)
    rows, cols = left.rows, right.cols
    places = ("i" * rows + "k", "k" + "j" * cols)
    first, second = (_operand(code, axes) for code, axes in zip((left, right), places, strict=True))
    result = ("" if summed else "tb"[2 - lead :]) + "i" * rows + "j" * cols
    text = dialect.called("einsum", f'"{first[0]},{second[0]}->{result}"', first[1], second[1])
    return Code(text, Level.ATOM, 0 if summed else lead, rows, cols)


def _operand(code: Code, axes: str) -> tuple[str, str]:
    """Letters and source of an operand; a transpose at its end becomes an order of letters."""
    if code.text.endswith(SWAPPED) and code.level is Level.ATOM:
        return "tb"[2 - code.lead :] + axes[::-1], code.text.removesuffix(SWAPPED)
    return "tb"[2 - code.lead :] + axes, code.text


# ------------------------------------------------------------------ chains of factors


@dataclass
class _Chain:
    dialect: Dialect
    codes: list[Code]
    inner: list[str]  # one shorter: between each two neighbours

    def cheapest(self) -> int:
        """The neighbours whose product has the fewest axes, the rightmost of equals."""
        pairs = range(len(self.inner))
        return min(pairs, key=lambda i: (*_cost(self.codes[i], self.codes[i + 1], self.inner[i]), -i))

    def merge(self, i: int) -> None:
        self.codes[i : i + 2] = [product(self.dialect, self.codes[i], self.codes[i + 1], self.inner[i])]
        del self.inner[i]


def _cost(left: Code, right: Code, inner: str) -> tuple[int, int]:
    kept = max(left.lead, right.lead) + left.rows + right.cols
    return kept, kept + bool(inner)


def chained(dialect: Dialect, codes: Sequence[Code], inner: Sequence[str]) -> Code:
    """The product of a chain, in the cheapest order."""
    chain = _Chain(dialect, list(codes), list(inner))
    while len(chain.codes) > 1:
        chain.merge(chain.cheapest())
    return chain.codes[0]


def chained_and_summed(dialect: Dialect, codes: Sequence[Code], inner: Sequence[str]) -> Code:
    """The product of a chain summed over time and batch, as one product over all rows where that can be."""
    chain = _Chain(dialect, list(codes), list(inner))
    while len(chain.codes) > 2:
        chain.merge(chain.cheapest())
    left, right = chain.codes
    if left.lead != right.lead and left.lead and right.lead:
        return summed_lead(dialect, product(dialect, left, right, chain.inner[0]))
    if not left.lead:
        return product(dialect, left, summed_lead(dialect, right), chain.inner[0])
    if not right.lead:
        return product(dialect, summed_lead(dialect, left), right, chain.inner[0])
    if not chain.inner[0]:
        return _outer_sum(dialect, left, right)
    if left.cols and right.rows and not left.rows and not right.cols:
        return summed_all(dialect, multiplied([flipped(left), right]))
    if left.cols and right.rows and (left.rows or right.cols):
        return einsum(dialect, left, right, summed=True)
    return summed_lead(dialect, product(dialect, left, right, chain.inner[0]))


def _outer_sum(dialect: Dialect, left: Code, right: Code) -> Code:
    if not (left.rows and right.cols):
        return summed_lead(dialect, multiplied([left, right]))
    first, second = as_rows([left, right])
    return Code(f"{first}.T @ {second}", Level.MATMUL, 0, True, True)
