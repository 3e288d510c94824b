r"""A TeX document with the files that it takes in: \input{part}, \include{part}, \usepackage{style}.

Only files in the folder of the document or below are opened, where the command has a line of its own. The
text is put together line by line, so that every line knows its file and its number there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 8
_TAKES_IN = re.compile(
    r"^[^\S\n]*\\(?P<command>input|include|subfile|usepackage)\s*(?:\[[^\[\]]*\])?\s*"
    r"(?:\{(?P<names>[^{}]*)\}|(?P<bare>[^\s{}%]+))[^\S\n]*(?:%.*)?$"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text put together, with its file ("" for the document itself) and its number there."""

    text: str
    file: str
    number: int


@dataclass(frozen=True, slots=True)
class Whole:
    """A text put together from files."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The text as one."""
        return "\n".join(line.text for line in self.lines)

    def spot(self, number: int) -> Line:
        """What a line of the text is, counted from 1."""
        return self.lines[min(max(number, 1), len(self.lines)) - 1]


def whole(text: str, path: Path, opened: Callable[[Path], str | None]) -> Whole:
    """A document with its parts; ``opened`` gives the text of a file, or None where it has none."""
    folder = path.resolve().parent
    return Whole(tuple(_lines(text, "", folder, opened, (path.resolve(),))))


def _lines(
    text: str, file: str, folder: Path, opened: Callable[[Path], str | None], open_now: tuple[Path, ...]
) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        taken = _TAKES_IN.match(line) if "\\" in line else None
        parts = [] if taken is None else list(_parts(taken, folder, open_now))
        yield Line(line, file, number)
        for part in parts:
            inside = opened(part)
            if inside is not None and len(open_now) < DEEPEST:
                name = str(part.relative_to(folder))
                yield from _lines(inside, name, folder, opened, (*open_now, part))


def _parts(match: re.Match[str], folder: Path, open_now: tuple[Path, ...]) -> Iterator[Path]:
    """The files of a command that lie in the folder, and are not being read already."""
    ending = ".sty" if match["command"] == "usepackage" else ".tex"
    for name in (match["names"] or match["bare"]).split(","):
        plain = name.strip()
        for part in (folder / plain, folder / f"{plain}{ending}"):
            found = part.resolve()
            if found.suffix in (".tex", ".sty") and found.is_file() and found.is_relative_to(folder):
                yield from () if found in open_now else (found,)
                break
