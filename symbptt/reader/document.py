r"""The formulas of a document, Markdown or TeX, each knowing its place.

    display      $$ $$, \[ \], \begin{equation} \begin{align} ..., ```math
    inline       $ $ (not `$5 to $10`), \( \)
    declaration  <!-- symbptt: ... --> and, in TeX, % symbptt: ...

Code is not mathematics: markdown-it says what is code, and a scanner of offsets finds the formulas in the
rest. One pass, linear in the length of the text. A delimiter that is never closed opens nothing, and is
noted; a display does not go on over prose or the end of a page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from symbptt.errors import Place
from symbptt.reader.macros import Macro, definitions
from symbptt.reader.packages import PAGES, letter_macros
from symbptt.reader.tex import declarations_of, macros_of, shorthands, text_of

_ENVIRONMENTS = (
    r"equation|align|gather|multline|eqnarray|flalign|alignat|displaymath|math|IEEEeqnarray|dmath|dgroup|xalignat"
    r"|empheq"
)
_BEGIN = rf"\\begin\{{(?:{_ENVIRONMENTS})\*?\}}"
_OTHER_OPENERS = (
    r"(?P<declaration><!--\s*symbptt:)|(?P<comment><!--)|(?P<escaped>\\[$\\](?!\[|\()|\\\\(?=[\[(]))"
    r"|(?P<dollars>\$\$)|(?P<brackets>\\\[)|(?P<parentheses>\\\()"
    r"|(?P<dollar>(?<![A-Za-z0-9])\$(?=[^\s$]|[^\S\n]+[^\s$][^$\n]*[\\_^=][^$\n]*[^\S\n]\$(?!\d)))"
)
_CLOSERS = {"declaration": "-->", "comment": "-->", "dollars": "$$", "brackets": "\\]", "parentheses": "\\)"}
NEAR = 1000  # how far after a blank line prose is looked for
DISPLAYS = ("environment", "dollars", "brackets")
_INLINE_END = re.compile(r"\$|\n[^\S\n]*\n")
_MAY_BE_CODE = re.compile(  # a fence, or an indented line with something that could open a formula
    r"^(?:> ?)*(?: {4}| {0,3}\t).*?(?:[$`]|\\[\[(]|\\begin\{|<!--)|^[ >*+\-\d.)]*(?:```|~~~)", re.MULTILINE
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)[^`]+?(?<!`)\1(?!`)")
_GAP = re.compile(r"\n[^\S\n]*\n")
_PROSE = re.compile(
    r"^[^\S\n]*(?:#+ |(?:[-*]|\d+\.)[^\S\n]+[A-Za-z]{2})|\b[A-Za-z]{2,},? [a-z]{2,},? [a-z]{2,}\b",
    re.MULTILINE,
)
_IN_TEXT = re.compile(r"\\(?:text|textrm|textit|mbox|intertext|mathrm|operatorname)\s*\{[^{}]*\}")
_BRACKETED = re.compile(r"[\w ,./%-]*(?:\]|\\\](?=\]))")  # \[volts], [\[1\]](link): escaped in prose
PAGE_END = "\f"  # no formula goes beyond it


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as written, with its kind and its place.

    ``line`` and ``column`` (from 1) are those of its first character, at ``start`` in the document.
    """

    latex: str
    source: str
    line: int
    column: int
    kind: str
    start: int = 0
    document: str = field(default="", repr=False, compare=False)

    def place(self, offset: int) -> Place:
        """The place of an offset in the formula."""
        offset = min(max(offset, 0), len(self.latex))
        at = self.start + offset
        first = self.document.rfind("\n", 0, at) + 1
        last = self.document.find("\n", at)
        text = self.document[first : last if last >= 0 else len(self.document)]
        return Place(self.source, self.line + self.latex.count("\n", 0, offset), at - first + 1, text)


@dataclass(frozen=True, slots=True)
class Document:
    """The formulas of a document, each kind in its order; ``inline`` holds the declarations too.

    ``unclosed`` are the openings of displays that are never closed.
    """

    source: str
    displays: list[Formula]
    inline: list[Formula]
    macros: dict[str, Macro]
    unclosed: list[Formula] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    start: int
    stop: int


def read_document(text: str, source: str) -> Document:
    """The formulas and macros of a text; a name ending in .tex is TeX, anything else Markdown."""
    tex = source.endswith(".tex")
    macros = macros_of(text) if tex else {**letter_macros(text), **PAGES, **definitions(text)}
    plain = text_of(text) if tex else text
    found = list(_in_tex(text, plain, shorthands(macros)) if tex else _in_markdown(text))
    found.sort(key=lambda item: item.start)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    formulas = [_formula(text, plain, source, starts, item) for item in found]
    displays = [formula for formula in formulas if formula.kind == "display"]
    unclosed = [formula for formula in formulas if formula.kind == "unclosed"]
    inline = [formula for formula in formulas if formula.kind not in ("display", "unclosed")]
    return Document(source, displays, inline, macros, unclosed)


def _formula(text: str, plain: str, source: str, starts: list[int], item: _Found) -> Formula:
    """The formula between two offsets; in a block quote the marks of its further lines become blanks."""
    first = bisect_right(starts, item.start) - 1
    latex = (text if item.kind == "declaration" else plain)[item.start : item.stop]
    if "\n" in latex and text[starts[first] : item.start].lstrip().startswith(">"):
        latex = re.sub(r"(?<=\n)[^\S\n]*>", lambda match: " " * len(match.group()), latex)
    return Formula(latex, source, first + 1, item.start - starts[first] + 1, item.kind, item.start, text)


def _in_markdown(text: str) -> Iterator[_Found]:
    """The formulas of Markdown outside its code, and those of fenced mathematics."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    starts.append(len(text) + 1)
    pieces: list[tuple[int, int]] = []
    for start, stop, language in _code_blocks(text):
        if language == "math":
            yield _Found(
                "display", starts[start + 1], max(starts[start + 1], starts[max(start + 1, stop - 1)] - 1)
            )
        pieces.append((starts[start], min(starts[stop], len(text))))
    masked = _blanked(text, pieces)
    masked = _CODE_SPAN.sub(
        lambda match: match.group() if "$" in _outside(match) else _blank(match.group()), masked
    )
    yield from _scan(masked)


def _outside(match: re.Match[str]) -> str:
    """A blank line inside means that the ticks belong to two paragraphs: the dollars in it are then kept."""
    return "$" if re.search(r"\n\s*\n", match.group()) else ""


def _code_blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """First line, line after the last, and language of each code block."""
    if not _MAY_BE_CODE.search(text):
        return iter(())
    from symbptt.reader.blocks import code_blocks  # few pages need the Markdown parser, which loads slowly

    return code_blocks(text)


def _in_tex(text: str, plain: str, shorthands: Mapping[str, str]) -> Iterator[_Found]:
    """The formulas of TeX in what is text of it, and the declarations in its comments."""
    for start, stop in declarations_of(text):
        yield _trimmed("declaration", text, start, stop)
    yield from _scan(plain, shorthands)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _blanked(text: str, pieces: list[tuple[int, int]]) -> str:
    """The text with blanks in place of some pieces, every offset kept."""
    parts, at = [], 0
    for start, stop in sorted(pieces):
        parts += [text[at:start], _blank(text[max(at, start) : stop])]
        at = max(at, stop)
    return "".join([*parts, text[at:]])


class _Ahead:
    """Finds what comes next in a text, and looks at no stretch twice."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, int] = {}

    def find(self, sign: str, start: int) -> int:
        """The offset of a sign from `start` on, or the length of the text; starts must not go back."""
        if self.found.get(sign, -1) < start:
            at = self.text.find(sign, start)
            self.found[sign] = at if at >= 0 else len(self.text)
        return self.found[sign]


def _scan(text: str, shorthands: Mapping[str, str] = MappingProxyType({})) -> Iterator[_Found]:
    r"""The formulas of a text whose code and comments are blanked; ``shorthands`` as \beq with its \eeq."""
    at = 0
    ahead = _Ahead(text)
    opener = _opener(shorthands)
    while match := opener.search(text, at):
        kind, at = match.lastgroup or "", match.end()
        if kind == "escaped" or (kind == "brackets" and _BRACKETED.match(text, at)):
            continue
        if kind == "dollar":
            stop = _inline_end(text, at)
            if stop > at:
                yield _Found("inline", at, stop)
                at = stop + 1
            continue
        sign = match.group()
        closer = _CLOSERS.get(kind) or shorthands.get(sign) or sign.replace("\\begin", "\\end")
        stop = ahead.find(closer, at)
        if stop == len(text) or (kind in DISPLAYS and _leaves(text, at, stop, ahead.find(PAGE_END, at))):
            yield from _opened(kind, match)
            continue
        yield from _closed(kind, text, match, stop, len(closer))
        at = stop + len(closer)


def _opener(shorthands: Iterable[str]) -> re.Pattern[str]:
    """What opens a formula, a document's own commands that do among them."""
    names = [rf"{re.escape(name)}(?![A-Za-z])" for name in shorthands]
    return re.compile(rf"(?P<environment>{'|'.join([_BEGIN, *names])})|{_OTHER_OPENERS}")


def _leaves(text: str, start: int, stop: int, page_end: int) -> bool:
    """Would a display here go over a page's end, over prose, or over nothing but a blank line?"""
    if page_end < stop:
        return True
    gap = _GAP.search(text, start, stop)
    if gap is None or not text[start : min(stop, start + NEAR)].strip():
        return gap is not None
    return _PROSE.search(_IN_TEXT.sub("", text[gap.end() : min(stop, gap.end() + NEAR)])) is not None


def _opened(kind: str, match: re.Match[str]) -> Iterator[_Found]:
    """The opening of a display that nothing closes."""
    if kind in DISPLAYS:
        yield _Found("unclosed", match.start(), match.end())


def _closed(kind: str, text: str, match: re.Match[str], stop: int, closer: int) -> Iterator[_Found]:
    """The formula of a pair of delimiters, if it holds one."""
    if kind == "comment" or not text[match.end() : stop].strip(" \t\n%"):
        return
    if kind == "environment":
        yield _Found("display", match.start(), stop + closer)
    elif kind in ("dollars", "brackets"):
        yield _Found("display", match.end(), stop)
    elif kind == "declaration":
        yield _trimmed(kind, text, match.end(), stop)
    else:
        yield _Found("inline", match.end(), stop)


def _trimmed(kind: str, text: str, start: int, stop: int) -> _Found:
    """A stretch without the blanks and dollars at its ends."""
    inside = text[start:stop]
    lead = len(inside) - len(inside.lstrip(" \t\n$"))
    return _Found(kind, start + lead, max(start + lead, start + len(inside.rstrip(" \t\n$"))))


def _inline_end(text: str, start: int) -> int:
    """Offset of the dollar that closes one before ``start``; -1 when none may: `$5 to $10` is money."""
    for match in _INLINE_END.finditer(text, start):
        if match.group() != "$":
            return -1
        before, after = text[match.start() - 1], text[match.end() : match.end() + 1]
        if before == "\\":
            continue
        spaced = text[start : start + 1].isspace()  # $ x_t $, of which the opening has seen the end
        money = (before.isspace() and not spaced) or after.isdigit()
        return -1 if money or match.start() == start else match.start()
    return -1
