"""The errors of symbptt, and how a place in a source is shown to the user.

An error of a specification is one line ``FILE:LINE:COL: message`` with the source line and a caret under it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

WIDEST_LINE = 100


class SymbpttError(Exception):
    """Base of every error that symbptt raises on purpose."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one source line; line and column count from 1, ``text`` is the whole line."""

    source: str
    line: int
    column: int
    text: str
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The source line, cut around the place when it is long, with carets under the place."""
        start = max(0, self.column - 1)
        text = self.text.replace("\t", " ")
        left = (
            0 if len(text) <= WIDEST_LINE else max(0, min(start - WIDEST_LINE // 2, len(text) - WIDEST_LINE))
        )
        shown = text[left : left + WIDEST_LINE]
        before = "..." if left else ""
        after = "..." if left + WIDEST_LINE < len(text) else ""
        lead = _width(before + text[left:start])
        marked = text[start : min(start + self.length, left + WIDEST_LINE)]
        caret = "^" + "~" * (_width(marked) - 1)
        return f"{before}{shown}{after}\n{' ' * lead}{caret}"


class SpecificationError(SymbpttError):
    """What was wrong in what the user wrote, and where (``place`` is None for equations built in Python)."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message, place)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        if self.place is None:
            return self.message
        return f"{self.place}: {self.message}\n{self.place.excerpt()}"


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: full-width characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
