"""Pieces of array source with the axes their value has, and the elementwise ways to combine them.

Every value has up to four axes, in this order: leading ones (none for a parameter, B for a quantity at one
time, T and B for one at many times), rows, columns. An axis along which a value is constant may be missing:
it is broadcast where it meets a value that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from symbptt.programs.source.dialect import Dialect

SWAPPED = ".swapaxes(-1, -2)"


class Level(IntEnum):
    """How tightly the outermost operator of a piece of source binds."""

    SUM = 1
    MATMUL = 2  # binds like * in Python; in parentheses beside it, for the reader's sake
    PRODUCT = 3
    SIGN = 4
    POWER = 5
    ATOM = 6


@dataclass(frozen=True)
class Code:
    """Source, and the axes of its value; `kept` is the source with the axis just summed kept as size one."""

    text: str
    level: Level = Level.ATOM
    lead: int = 0
    rows: bool = False
    cols: bool = False
    kept: str = ""

    def at(self, level: Level) -> str:
        """The source, in parentheses where its operator binds less tightly than asked."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def is_new(self) -> bool:
        """Whether the value is computed, and not a view of something else."""
        made = self.level is not Level.ATOM or self.text.endswith(")")
        return made and "broadcast_to(" not in self.text

    @property
    def axes(self) -> int:
        """How many axes the value has."""
        return self.lead + self.rows + self.cols


def number(value: int) -> Code:
    """A plain number."""
    return Code(str(value), Level.ATOM if value >= 0 else Level.SIGN)


def aligned(code: Code, rows: bool, cols: bool) -> Code:
    """The same value with the axes it lacks put in as size one, where broadcasting needs to see them."""
    more_rows, more_cols = rows and not code.rows, cols and not code.cols
    if code.kept and (more_rows, more_cols) in ((True, False), (False, True)):
        return replace(code, text=code.kept, rows=rows, cols=cols, kept="")
    if not code.lead and not (code.rows and more_cols):
        return code
    inserted = (["None"] if more_rows else [":"] if code.rows and more_cols else []) + (
        ["None"] if more_cols else [":"] if code.cols and more_rows else []
    )
    while inserted[:1] == [":"]:
        inserted = inserted[1:]
    if not inserted:
        return code
    return Code(f"{code.at(Level.ATOM)}[..., {', '.join(inserted)}]", Level.ATOM, code.lead, rows, cols)


def _aligned_together(codes: Sequence[Code]) -> tuple[list[Code], int, bool, bool]:
    rows, cols = any(c.rows for c in codes), any(c.cols for c in codes)
    return [aligned(c, rows, cols) for c in codes], max((c.lead for c in codes), default=0), rows, cols


def added(terms: Sequence[tuple[bool, Code]]) -> Code:
    """A sum of (is it subtracted, term)."""
    codes, lead, rows, cols = _aligned_together([code for _, code in terms])
    text = ""
    for (minus, _), code in zip(terms, codes, strict=True):
        if not text:
            text = f"-{code.at(Level.PRODUCT)}" if minus else code.text
        else:
            text += f" - {code.at(Level.MATMUL)}" if minus else f" + {code.at(Level.SUM)}"
    if len(terms) == 1:
        return negated(terms[0][1]) if terms[0][0] else terms[0][1]
    return Code(text, Level.SUM, lead, rows, cols)


def negated(code: Code) -> Code:
    """The value with its sign changed."""
    return replace(code, text=f"-{code.at(Level.PRODUCT)}", level=Level.SIGN, kept="")


def multiplied(above: Sequence[Code], below: Sequence[Code] = ()) -> Code:
    """The elementwise product of the factors above the line, divided by those below."""
    above = [code for code in above if code.text != "1"] or [number(1)]
    if len(above) == 1 and not below:
        return above[0]
    codes, lead, rows, cols = _aligned_together([*above, *below])
    tops, bottoms = codes[: len(above)], codes[len(above) :]
    text = tops[0].at(Level.PRODUCT) + "".join(f" * {_factor(code)}" for code in tops[1:])
    text += "".join(f" / {_factor(code)}" for code in bottoms)
    return Code(text, Level.PRODUCT, lead, rows, cols)


def _factor(code: Code) -> str:
    return code.at(Level.POWER)


def called(function: str, code: Code) -> Code:
    """A function applied to every entry (or along an axis: the value keeps its axes)."""
    return Code(f"{function}({code.text})", Level.ATOM, code.lead, code.rows, code.cols)


def powered(code: Code, exponent: str) -> Code:
    """An elementwise power; the exponent is written as given."""
    sign = "**" if code.text.isidentifier() else " ** "
    return Code(f"{code.at(Level.ATOM)}{sign}{exponent}", Level.POWER, code.lead, code.rows, code.cols)


def flipped(code: Code) -> Code:
    """The transpose: the axes change places; with one of them missing nothing moves."""
    if not (code.rows and code.cols):
        return replace(code, rows=code.cols, cols=code.rows)
    turn = SWAPPED if code.lead else ".T"
    if code.text.endswith(turn) and code.level is Level.ATOM:
        return replace(code, text=code.text.removesuffix(turn), kept="")
    return replace(code, text=f"{code.at(Level.ATOM)}{turn}", level=Level.ATOM, kept="")


def summed_rows(dialect: Dialect, code: Code) -> Code:
    """The sum over the rows that the value has."""
    return _summed_along(dialect, code, -2 if code.cols else -1, replace(code, rows=False, level=Level.ATOM))


def summed_cols(dialect: Dialect, code: Code) -> Code:
    """The sum over the columns that the value has."""
    return _summed_along(dialect, code, -1, replace(code, cols=False, level=Level.ATOM))


def _summed_along(dialect: Dialect, code: Code, axis: int, result: Code) -> Code:
    kept = dialect.summed_and_kept(code.text, str(axis))
    return replace(result, text=dialect.summed(code.text, str(axis)), kept=kept)


def summed_lead(dialect: Dialect, code: Code) -> Code:
    """The sum over time and batch (or over the batch alone), of a value that has such axes."""
    axes = "" if code.lead == code.axes else "0" if code.lead == 1 else "(0, 1)"
    return Code(dialect.summed(code.text, axes), Level.ATOM, 0, code.rows, code.cols)


def summed_all(dialect: Dialect, code: Code) -> Code:
    """The sum of all entries, over time and batch as well."""
    return Code(dialect.summed(code.text))


def with_axes(code: Code, rows: bool, cols: bool) -> Code:
    """The value with every axis asked for really there, of size one where it was missing."""
    if code.rows == rows and code.cols == cols:
        return code
    tail = [":" if code.rows else "None"] * rows + [":" if code.cols else "None"] * cols
    return Code(f"{code.at(Level.ATOM)}[..., {', '.join(tail)}]", Level.ATOM, code.lead, rows, cols)


def as_rows(codes: Iterable[Code]) -> list[str]:
    """The columns of all times and samples as the rows of one matrix: the sources."""
    return [f"rows({code.text})" for code in codes]
