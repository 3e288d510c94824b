"""Notebooks of Jupyter: their Markdown cells as one text, and where each of its lines stands.

The cells come from nbformat, which knows all versions of the format. Where their text stands in the file is
read off the JSON itself, string by string, with its escapes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.errors import SymbpttError
from symbptt.reader.document import PAGE_END

BETWEEN = f"\n{PAGE_END}\n"  # no formula goes from one cell to the next
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}\[\]]')
_CHARACTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a notebook: in a cell (from 1) and in the file; lines and columns count from 1."""

    cell: int
    line: int
    column: int
    file_line: int
    file_column: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A Markdown cell; ``start`` is its first line in the text, ``offsets`` the places of its characters."""

    number: int
    start: int
    text: str
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Notebook:
    """The Markdown of a notebook, and the file that it came from."""

    text: str
    cells: tuple[Cell, ...]
    newlines: tuple[int, ...]

    def spot(self, line: int, column: int) -> Spot:
        """Where a line and column of the text stand; they must lie in a cell."""
        cell = self.cells[bisect_right([cell.start for cell in self.cells], line) - 1]
        within = line - cell.start
        lines = cell.text.split("\n")
        before = sum(len(one) + 1 for one in lines[:within]) + column - 1
        at = cell.offsets[min(before, len(cell.offsets) - 1)] if cell.offsets else 0
        file_line = bisect_right(self.newlines, at - 1)
        start = self.newlines[file_line - 1] + 1 if file_line else 0
        return Spot(cell.number, within + 1, column, file_line + 1, at - start + 1)


def read_notebook(raw: str, source: str) -> Notebook:
    """The Markdown cells of a notebook's file.

    Raises SymbpttError for what is no notebook, and where nbformat is not installed.
    """
    try:
        import nbformat
    except ImportError:
        raise SymbpttError(
            f"{source}: reading notebooks needs nbformat: pip install 'symbptt[notebook]'"
        ) from None
    try:
        found = nbformat.reads(raw, as_version=4)
    except (
        nbformat.reader.NotJSONError,
        nbformat.ValidationError,
        KeyError,
        TypeError,
        AttributeError,
    ) as problem:
        raise SymbpttError(
            f"{source}: the file is no notebook: {str(problem).splitlines()[0][:200]}"
        ) from None
    places = _sources(raw)
    cells, parts, line = [], [], 1
    for number, cell in enumerate(found.cells, 1):
        if cell.cell_type != "markdown":
            continue
        text = cell.source
        offsets = places.get(number - 1, ())
        cells.append(Cell(number, line, text, offsets if len(offsets) >= len(text) else offsets[:1]))
        parts.append(text)
        line += text.count("\n") + 2
    newlines = tuple(match.start() for match in re.finditer("\n", raw))
    return Notebook(BETWEEN.join(parts), tuple(cells), newlines)


def _sources(raw: str) -> dict[int, tuple[int, ...]]:
    """For each cell the offset in the file of every character of its source, and of the end."""
    found: dict[int, list[int]] = {}
    for number, match in _strings(raw):
        start = match.start() + 1
        offsets = found.setdefault(number, [])
        if offsets:
            offsets.pop()
        body = raw[start : match.end() - 1]
        offsets += [start + character.start() for character in _CHARACTER.finditer(body)]
        offsets.append(match.end() - 1)
    return {number: tuple(offsets) for number, offsets in found.items()}


def _strings(raw: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The strings of each cell's source, with the number of the cell in the order of the file."""
    path: list[str] = []  # the keys above; a list is "cells[]", and what stands in it has no key
    key, cell = "", -1
    for match in _TOKEN.finditer(raw):
        text = match.group()
        if text == "{":
            cell += path[-1:] == ["cells[]"]
            path.append(key)
            key = ""
        elif text == "[":
            path.append(f"{key}[]")
            key = ""
        elif text in "}]":
            del path[-1:]
            key = ""
        elif match[2]:
            key = match[1][1:-1]
        else:
            if [*path, key][-3:] == ["cells[]", "", "source"] or path[-3:] == ["cells[]", "", "source[]"]:
                yield cell, match
            key = ""
