"""Documents from files and from standard input: Markdown, TeX and notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from symbptt.errors import SymbpttError
from symbptt.judge.judge import verify as judged_text
from symbptt.judge.limits import within_memory
from symbptt.judge.verdicts import Judged, Judgement, Region
from symbptt.reader.document import read_document
from symbptt.reader.included import Whole, whole
from symbptt.reader.notebook import Notebook, read_notebook

LARGEST_FILE = 20_000_000
LONGEST_NAME = 255
STANDARD_INPUT = "-"
SUFFIXES = (".md", ".markdown", ".tex", ".ipynb")
Heard = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the judge: inline formulas too, and how each relation was read."""

    inline: bool = False
    explain: bool = False


def verify(
    document: str | Path, source: str = "<text>", *, inline: bool = False, explain: bool = False
) -> Judgement:
    r"""The verdicts on a document: its text, its file, or a bare relation such as `h_t = \tanh(W h_{t-1})`.

    `inline` judges the relations of inline formulas too, `explain` adds how each relation was read.
    Raises SymbpttError for a file that cannot be read or is no text.
    """
    if isinstance(document, Path) or _names_a_file(document):
        return verify_file(document, Wanted(inline, explain))
    return judged_text(document, source, inline, explain)


def verify_given(given: str, text: str, explain: bool = False) -> Judgement:
    """The verdicts on the relations of a text by what a page before it says; places count in the text."""
    before = read_document(given, "<given>").displays
    page = read_document(text, "<text>")
    bare = not (page.displays or page.unclosed)
    lead = f"{given}\n\n$$\n" if bare else f"{given}\n\n"
    lines = lead.count("\n")
    whole = f"{lead}{text}\n$$\n" if bare else lead + text
    found = judged_text(whole, "<text>", explain=explain, given=len(before))
    kept = [
        replace(
            one,
            display=None if one.display is None else one.display - len(before),
            region=_up(one.region, lines),
            part=None if one.part is None else _up(one.part, lines),
        )
        for one in found.relations
        if one.region.line > lines
    ]
    return replace(found, relations=tuple(kept))


def _up(region: Region, lines: int) -> Region:
    return replace(region, line=region.line - lines, end_line=region.end_line - lines)


def _names_a_file(text: str) -> bool:
    """Is a text the name of a file rather than a document?"""
    if "\n" in text or len(text) > LONGEST_NAME:
        return False
    return text.endswith(SUFFIXES) or Path(text).is_file()


def verify_file(
    path: str | Path, wanted: Wanted | None = None, heard: Heard | None = None, given: bytes | None = None
) -> Judgement:
    """The verdicts on a document; `-` is standard input, and ``given`` what has been read from it already.

    Raises SymbpttError, with the file's name, for what cannot be read or is no text.
    """
    source = _named(str(path))
    text = _decoded(source, _data(str(path)) if given is None else given)
    wanted = wanted or Wanted()
    if _is_notebook(source, text):
        notebook = read_notebook(text, source)
        found = judged_text(notebook.text, source, wanted.inline, wanted.explain, heard)
        return replace(found, relations=tuple(_in_cell(one, notebook) for one in found.relations))
    if source.endswith(".tex") and given is None:
        return _with_parts(text, source, wanted, heard)
    return judged_text(text, source, wanted.inline, wanted.explain, heard)


def _with_parts(text: str, source: str, wanted: Wanted, heard: Heard | None) -> Judgement:
    """The verdicts on a TeX document with the files that it takes in; each relation knows its file."""
    document = whole(text, Path(source), _opener(LARGEST_FILE - len(text)))
    found = judged_text(document.text, source, wanted.inline, wanted.explain, heard)
    if len(document.lines) == text.count("\n") + 1:
        return found
    return replace(found, relations=tuple(_in_part(one, document, Path(source)) for one in found.relations))


def _in_part(judged: Judged, document: Whole, path: Path) -> Judged:
    """A relation with its place in the file where it starts."""
    spot = document.spot(judged.region.line)
    up = judged.region.line - spot.number
    part = None if judged.part is None else _up(judged.part, up)
    file = str(path.parent / spot.file) if spot.file else ""
    return replace(judged, region=_up(judged.region, up), part=part, file=file)


def _opener(left: int) -> Callable[[Path], str | None]:
    """What gives the text of a part: None for no text, and once so many characters have been read."""

    def opened(path: Path) -> str | None:
        nonlocal left
        try:
            text = _decoded(str(path), _data(str(path)))
        except SymbpttError:
            return None
        left -= len(text)
        return text if left >= 0 else None

    return opened


def judged_file(
    path: str, wanted: Wanted, heard: Heard | None = None, given: bytes | None = None
) -> Judgement:
    """As verify_file; what cannot be judged is a judgement without relations that says why."""
    try:
        return verify_file(path, wanted, heard, given)
    except SymbpttError as problem:
        said = str(problem)
        return Judgement(_named(path), (), trouble=said.removeprefix(f"{_named(path)}: "))


def judged_each(
    paths: Sequence[str], wanted: Wanted, finished: Callable[[Judgement], None]
) -> list[Judgement]:
    """Documents one after the other, in this process; ``finished`` hears of each."""
    found = []
    for path in paths:
        with within_memory():
            found.append(judged_file(path, wanted))
        finished(found[-1])
    return found


def _named(path: str) -> str:
    return "<stdin>" if path == STANDARD_INPUT else path


def _data(path: str) -> bytes:
    """What a file holds, or a little more than is allowed. Raises SymbpttError."""
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as problem:
        raise SymbpttError(f"{path}: cannot be read: {_lowered(problem.strerror or '')}") from problem


def _decoded(source: str, data: bytes) -> str:
    """The text of a document. Raises SymbpttError for what is too large, or no text."""
    if len(data) > LARGEST_FILE:
        raise SymbpttError(f"{source}: is larger than {LARGEST_FILE // 1_000_000} MB")
    if b"\0" in data:
        raise SymbpttError(f"{source}: is no text: a zero byte stands at offset {data.index(0)}")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as problem:
        raise SymbpttError(f"{source}: is no text in UTF-8: see byte {problem.start}") from None


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _is_notebook(source: str, text: str) -> bool:
    """By its name, or by its beginning where it has none."""
    return source.endswith(".ipynb") or (
        source == "<stdin>" and text.lstrip()[:1] == "{" and '"cells"' in text
    )


def _in_cell(judged: Judged, notebook: Notebook) -> Judged:
    """A relation with its places counted within the cell, and in the notebook's file."""
    cell, region, file_region = _moved(judged.region, notebook)
    part = None if judged.part is None else _moved(judged.part, notebook)
    return replace(
        judged,
        cell=cell,
        region=region,
        file_region=file_region,
        part=None if part is None else part[1],
        file_part=None if part is None else part[2],
    )


def _moved(region: Region, notebook: Notebook) -> tuple[int, Region, Region]:
    first = notebook.spot(region.line, region.column)
    last = notebook.spot(region.end_line, region.end_column)
    within = Region(first.line, first.column, last.line, last.column, region.text)
    in_file = Region(first.file_line, first.file_column, last.file_line, last.file_column, region.text)
    return first.cell, within, in_file
