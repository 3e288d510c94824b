"""Recurrences from texts and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from symbptt.errors import SpecificationError
from symbptt.reader.elaborate import read
from symbptt.recurrence import Recurrence

LARGEST_FILE = 5_000_000


def read_recurrence(
    text: str, name: str = "recurrence", source: str = "<text>", numbers: Mapping[str, int] | None = None
) -> Recurrence:
    """The recurrence of a Markdown or TeX page, or of bare LaTeX.

    `numbers` gives values to sizes, and to bounds such as the number of layers L; they stand before those
    of the text. Raises SpecificationError.
    """
    if len(text) > LARGEST_FILE:
        raise SpecificationError(f"{source}: the text is longer than {LARGEST_FILE} characters")
    return read(text, name, source, numbers)


def read_recurrence_file(path: str | Path, numbers: Mapping[str, int] | None = None) -> Recurrence:
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
    return read_recurrence(text, name, str(path), numbers)
