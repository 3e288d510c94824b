"""Reads what people write: documents, LaTeX formulas, and from them recurrences and expressions.

tokens -> macros -> syntax (an untyped surface tree) -> parser; document finds formulas in Markdown and TeX.
Then symbols (times, powers) -> resolve (terms) -> shapes, ranks (what fits) -> build (expressions);
statements and elaborate put a whole document together, context reads a formula beside a recurrence.
"""

from __future__ import annotations

from pathlib import Path

from symbptt.errors import SpecificationError
from symbptt.reader.context import read_expression, read_quantity
from symbptt.reader.elaborate import read
from symbptt.recurrence import Recurrence

LARGEST_FILE = 5_000_000

__all__ = ["read_expression", "read_quantity", "read_recurrence", "read_recurrence_file"]


def read_recurrence(text: str, name: str = "recurrence", source: str = "<text>") -> Recurrence:
    """The recurrence of a Markdown or TeX page, or of bare LaTeX. Raises SpecificationError."""
    if len(text) > LARGEST_FILE:
        raise SpecificationError(f"{source}: the text is longer than {LARGEST_FILE} characters")
    return read(text, name, source)


def read_recurrence_file(path: str | Path) -> Recurrence:
    """The recurrence of a file; its name is the file's, or of spec.md its folder's.

    Raises SpecificationError for a text that is none, OSError for a file that cannot be opened.
    """
    file = Path(path)
    if file.stat().st_size > LARGEST_FILE:
        raise SpecificationError(f"{file}: the file is larger than {LARGEST_FILE} bytes")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SpecificationError(f"{file}: the file is not text in UTF-8") from None
    name = file.resolve().parent.name if file.stem == "spec" else file.stem
    return read_recurrence(text, name, str(path))
