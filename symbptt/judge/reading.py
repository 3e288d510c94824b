"""From a document to its claims: every relation of every display, in order, with its place.

A chain A = B = C makes the claims A = B and B = C; ``head`` is A in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from symbptt.errors import Place, SpecificationError
from symbptt.judge.normal import called_names, normal_chain, timed_calls
from symbptt.reader.document import Document, Formula, read_document
from symbptt.reader.parser import parse_each
from symbptt.reader.syntax import Braced, Chain, Span, Surface, children

EQUALS = frozenset(["=", ":=", "\\equiv", "\\coloneqq", "\\triangleq", "\\doteq"])
ASSIGNS = frozenset(["\\leftarrow", "\\gets", "+=", "-=", "<-"])
DECLARES = frozenset(["\\in", ":", "\\colon", "\\subset", "\\subseteq"])


@dataclass(frozen=True, eq=False, slots=True)
class Claim:
    """One relation as written; ``link`` is its number in its chain, ``left`` is None where nothing stands."""

    display: int
    place: Place
    latex: str
    op: str
    left: Surface | None
    right: Surface
    head: Surface | None
    link: int
    aside: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A statement that could not be parsed."""

    display: int
    place: Place
    latex: str
    message: str


@dataclass(frozen=True)
class Reading:
    """A document as the judge sees it."""

    document: Document
    claims: tuple[Claim | Unread, ...]
    chains: tuple[Chain, ...] = field(default=())
    inline: tuple[tuple[Formula, Chain], ...] = field(default=())
    text: str = ""

    def inline_of(self, formula: Formula) -> Iterator[Chain]:
        """The statements of one inline formula."""
        return (chain for one, chain in self.inline if one is formula)


def read(text: str, source: str) -> Reading:
    """Every relation of the displays of a text, and the statements of its inline mathematics."""
    document = read_document(text, source)
    parsed = [
        (number, formula, item)
        for number, formula in enumerate(document.displays)
        for item in parse_each(formula.latex, place_of=formula.place, macros=document.macros)
    ]
    change = timed_calls(called_names(item for *_, item in parsed if isinstance(item, Chain)))
    claims: list[Claim | Unread] = []
    chains: list[Chain] = []
    for number, formula, item in parsed:
        if isinstance(item, Chain):
            chains.append(normal_chain(item, change))
            claims.extend(_claims(chains[-1], number, formula))
        else:
            claims.append(_unread(item, number, formula))
    return Reading(document, tuple(claims), tuple(chains), tuple(_inline(document)), text)


def _inline(document: Document) -> Iterator[tuple[Formula, Chain]]:
    for formula in document.inline:
        for item in parse_each(formula.latex, place_of=formula.place, macros=document.macros):
            if isinstance(item, Chain) and item.links:
                yield formula, item


def _claims(chain: Chain, number: int, formula: Formula) -> Iterator[Claim]:
    left = chain.first
    for link, step in enumerate(chain.links):
        start = step.at.start if left is None or link else left.at.start
        latex = formula.latex[(left.at.start if left is not None else start) : step.at.stop]
        yield Claim(
            number,
            formula.place(start),
            latex,
            step.op,
            left,
            step.right,
            chain.first,
            link,
            chain.aside,
            formula.latex,
        )
        left = step.right


def _unread(error: SpecificationError, number: int, formula: Formula) -> Unread:
    place = error.place or formula.place(0)
    return Unread(number, place, formula.latex.strip()[:200], error.message)


_SPOKEN = re.compile(
    r"\$?\\?(?P<name>[A-Za-z]+)\$?\s*(?:代表|表示|是|为|denotes?|is|stands\s+for|represents?)\s*"
    r"(?:the\s+|a\s+)?\$?\\?(?P<function>sigmoid|tanh)\b"
)


def spoken_functions(text: str) -> dict[str, str]:
    """The functions that the prose gives a letter: "where S denotes the sigmoid"."""
    found = {}
    for match in _SPOKEN.finditer(text):
        name = match["name"]
        if len(name) == 1:
            found[name] = match["function"]
        elif name in ("sigma", "phi", "varphi", "psi"):
            found["\\" + name] = match["function"]
    return found


def braces(node: Surface) -> Iterator[Braced]:
    """The braces with a label, outermost first."""
    if isinstance(node, Braced) and node.label is not None:
        yield node
    for child in children(node):
        yield from braces(child)


def source_of(formula: Formula, at: Span) -> str:
    """The text of a stretch of a formula."""
    return formula.latex[at.start : at.stop]
