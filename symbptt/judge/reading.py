"""From a document to its claims: every relation of every display, in order, with its place.

A chain A = B = C makes the claims A = B and B = C; ``head`` is A in both.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from symbptt.errors import Place, SpecificationError
from symbptt.judge.limits import SECONDS_A_FORMULA, Overtime, within
from symbptt.judge.notation.abbreviations import with_derivatives
from symbptt.judge.notation.accents import accented
from symbptt.judge.notation.arguments import with_arguments
from symbptt.judge.notation.arrows import without_arrows
from symbptt.judge.notation.calls import with_calls
from symbptt.judge.notation.capitals import with_capitals
from symbptt.judge.notation.cases import conditions_apart
from symbptt.judge.notation.codewords import with_codewords
from symbptt.judge.notation.columns import stacked, with_blocks
from symbptt.judge.notation.deltas import gradients
from symbptt.judge.notation.dots import elided
from symbptt.judge.notation.enumerated import with_enumerated
from symbptt.judge.notation.layers import Layers
from symbptt.judge.notation.likelihoods import with_likelihoods
from symbptt.judge.notation.normal import (
    EQUALS,
    Change,
    called_names,
    entries_of_brackets,
    exponentials,
    in_turn,
    labels_in_brackets,
    normal_chain,
    timed_calls,
)
from symbptt.judge.notation.pairs import with_pairs
from symbptt.judge.notation.primed import with_primes
from symbptt.judge.notation.spans import with_first_and_last
from symbptt.judge.notation.starts import said_zero
from symbptt.judge.notation.sums import reaching, with_index
from symbptt.judge.notation.symmetric import said_symmetric
from symbptt.judge.notation.timeless import with_neighbours, with_time
from symbptt.judge.notation.words import with_words
from symbptt.reader.document import Document, Formula, read_document
from symbptt.reader.parser import parse_each
from symbptt.reader.spelling import Spelling, names_of
from symbptt.reader.syntax import Apply, Braced, Bracket, Chain, Juxtaposed, Name, Span, Surface
from symbptt.reader.walks import children

ASSIGNS = frozenset(["\\leftarrow", "\\longleftarrow", "\\gets", "+=", "-=", "<-"])
DECLARES = frozenset(["\\in", ":", "\\colon", "\\subset", "\\subseteq"])

Parsed = tuple[int, Formula, Chain | SpecificationError]  # a statement of a display, and the display's number

IN_THE_LIGHT_OF_ALL = (  # of changes that need the whole document, in their order
    without_arrows,
    with_calls,
    with_words,
    with_enumerated,
    with_capitals,
    with_codewords,
    with_neighbours,
    with_arguments,
    with_time,
    with_likelihoods,
    with_derivatives,
    with_pairs,
    accented,
)


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
    formula: Formula | None = None
    at: Span | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A statement that could not be parsed; ``place`` is where."""

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
    numbers: tuple[int | None, ...] = ()  # of each formula that is judged, its number among the displays


def read(text: str, source: str, inline: bool = False) -> Reading:
    """Every relation of the displays of a text, and the statements of its inline mathematics.

    With ``inline`` the relations of inline formulas are claims as well, in their place among the displays.
    """
    document = _or_bare(read_document(text, source), text)
    numbers: tuple[int | None, ...] = tuple(range(len(document.displays)))
    if inline:
        document, numbers = _with_inline(document)
    parsed: list[Parsed] = [
        (number, formula, with_blocks(item) if isinstance(item, Chain) else item)
        for number, formula in enumerate(document.displays)
        for item in _parsed(formula, document)
    ]
    change = in_turn(
        with_first_and_last(_statements(parsed)),
        written_as_functions(spoken_functions(text)),
        timed_calls(*called_names(_statements(parsed))),
        exponentials,
        entries_of_brackets,
        stacked,
        with_index,
        reaching,
        conditions_apart,
        labels_in_brackets,
        elided,
        with_primes(_statements(parsed)),
    )
    parsed = _changed(parsed, change)
    inlines = tuple(_inline(document, change))
    for found in IN_THE_LIGHT_OF_ALL:
        change = found([*_statements(parsed), *(item for _, item in inlines)])
        parsed = _changed(parsed, change)
        inlines = tuple((formula, normal_chain(item, change)) for formula, item in inlines)
    meant = gradients(_statements(parsed), [item for _, item in inlines])
    parsed = _changed(parsed, meant)
    inlines = tuple((formula, normal_chain(item, meant)) for formula, item in inlines)
    inlines = (*inlines, *_of_layers(parsed, inlines))
    claims: list[Claim | Unread] = list(_unclosed(document))
    for number, formula, item in parsed:
        if isinstance(item, Chain):
            claims.extend(_claims(item, number, formula, _gone_on_from(item, claims, number)))
        else:
            claims.append(_unread(item, number, formula))
    claims.sort(key=lambda item: item.display)
    chains = tuple(_statements(parsed))
    return Reading(document, tuple(claims), chains, inlines, text, (*numbers, len(numbers)))


def _statements(parsed: Iterable[Parsed]) -> list[Chain]:
    """The statements that could be read."""
    return [item for *_, item in parsed if isinstance(item, Chain)]


def _of_layers(
    parsed: Sequence[Parsed], inlines: Sequence[tuple[Formula, Chain]]
) -> Iterator[tuple[Formula, Chain]]:
    """What the statements about any layer say of each layer that the document names."""
    shown = [(formula, item) for _, formula, item in parsed if isinstance(item, Chain)]
    every = [chain for _, chain in (*shown, *inlines)]
    layers = Layers.of(every, Spelling.of(every))
    for formula, chain in (*inlines, *shown):
        for change in layers.changes(list(names_of(chain))):
            yield formula, normal_chain(chain, change)


def _changed(parsed: Iterable[Parsed], change: Change) -> list[Parsed]:
    """The statements rewritten; what could not be read stays."""
    return [
        (number, formula, normal_chain(item, change) if isinstance(item, Chain) else item)
        for number, formula, item in parsed
    ]


def _or_bare(document: Document, text: str) -> Document:
    """A text, not a file, that is a relation itself rather than a page with formulas: one display."""
    formulas = document.displays or document.inline or document.unclosed
    if formulas or not _RELATED.search(text) or document.source.endswith((".md", ".tex", ".ipynb")):
        return document
    return replace(document, displays=[Formula(text, document.source, 1, 1, "display", 0, text)])


def _unclosed(document: Document) -> Iterator[Unread]:
    """The openings that nothing closes; each counts with the display after it."""
    starts = [formula.start for formula in document.displays]
    for one in document.unclosed:
        number = bisect_left(starts, one.start)
        place = replace(one.place(0), length=len(one.latex))
        yield Unread(number, place, one.latex, f"nothing closes {one.latex} in the same paragraph")


def _with_inline(document: Document) -> tuple[Document, tuple[int | None, ...]]:
    """The document with its inline relations among the displays; their number is None."""
    related = [one for one in document.inline if one.kind == "inline" and _RELATED.search(one.latex)]
    rest = [one for one in document.inline if one.kind != "inline" or not _RELATED.search(one.latex)]
    every = sorted([*document.displays, *related], key=lambda formula: formula.start)
    number = {id(formula): count for count, formula in enumerate(document.displays)}
    return replace(document, displays=every, inline=rest), tuple(number.get(id(one)) for one in every)


def _parsed(formula: Formula, document: Document) -> tuple[Chain | SpecificationError, ...]:
    """The statements of a formula; one that takes too long to read is an error at its start."""
    try:
        with within(SECONDS_A_FORMULA):
            return parse_each(formula.latex, place_of=formula.place, macros=document.macros)
    except (Overtime, MemoryError, RecursionError):
        return (SpecificationError("this formula takes too long to read", formula.place(0)),)


def _inline(document: Document, change: Change) -> Iterator[tuple[Formula, Chain]]:
    parsed = [(formula, _parsed(formula, document)) for formula in document.inline]
    also = [(formula, _parsed(formula, document)) for formula in said_symmetric(document.inline)]
    for formula, items in (*parsed, *also):
        for item in items:
            if isinstance(item, Chain) and item.links:
                yield formula, normal_chain(item, change)
    for formula, item in said_zero(parsed):
        yield formula, normal_chain(item, change)


def _gone_on_from(chain: Chain, claims: Sequence[Claim | Unread], number: int) -> Claim | None:
    """What "= B" at the beginning of a display goes on from: the last relation of the display before."""
    last = claims[-1] if claims else None
    goes_on = chain.first is None and bool(chain.links) and chain.links[0].op in EQUALS
    near = isinstance(last, Claim) and last.display == number - 1 and last.op in EQUALS
    return last if isinstance(last, Claim) and goes_on and near else None


def _claims(chain: Chain, number: int, formula: Formula, before: Claim | None) -> Iterator[Claim]:
    left, head, done = (
        (chain.first, chain.first, 0) if before is None else (before.right, before.head, before.link + 1)
    )
    for link, step in enumerate(chain.links):
        start = chain.first.at.start if chain.first is not None and link == 0 else step.at.start
        written = left.at.start if left is not None and (link or before is None) else start
        latex = formula.latex[written : step.at.stop]
        yield Claim(
            number,
            formula.place(start),
            latex,
            step.op,
            left,
            step.right,
            head,
            link + done,
            chain.aside,
            formula.latex,
            formula,
            Span(start, step.at.stop),
        )
        left = step.right


def _unread(error: SpecificationError, number: int, formula: Formula) -> Unread:
    place = error.place or formula.place(0)
    return Unread(number, place, formula.latex.strip()[:200], error.message)


_RELATED = re.compile(
    r"[=<>]|\\(?:equiv|coloneqq|triangleq|doteq|leftarrow|gets|in|le|ge|leq|geq|approx|propto)\b"
)
_SPOKEN = re.compile(
    r"\$?\\?(?:(?:mathbf|mathrm|mathcal|boldsymbol|operatorname)\s*\{?\s*\\?)?(?P<name>[A-Za-z]+)\}?\$?\s*"
    r"(?:代表|表示|是|为|denotes?|is|stands\s+for|represents?|means)\s*"
    r"(?:the\s+|a\s+)?\$?\\?(?:(?:mathrm|text|operatorname)\s*\{\s*)?(?P<function>sigmoid|logistic|tanh|diag)\b"
)
_TANH = re.compile(
    r"(?<![A-Za-z\\{])tanh(?!\s*[A-Za-z\\({}])|hyperbolic\s+tangent|双曲正切|雙曲正切|쌍곡\s*탄젠트|双曲線正接"
)
_SIGMOID = re.compile(r"sigmoid|logistic\s+(?:function|activation)|シグモイド|시그모이드", re.IGNORECASE)


def spoken_functions(text: str) -> dict[str, str]:
    """The functions that the prose gives a letter: "where S denotes the sigmoid", "D is $\\mathrm{diag}$"."""
    found = {}
    for match in _SPOKEN.finditer(text):
        name, function = match["name"], match["function"].replace("logistic", "sigmoid")
        if len(name) == 1:
            found[name] = function
        elif name in ("sigma", "phi", "varphi", "psi"):
            found["\\" + name] = function
    return found


def is_other_activation(text: str) -> bool:
    """Does a text speak of tanh as an activation, and nowhere of a sigmoid?"""
    return _TANH.search(text) is not None and _SIGMOID.search(text) is None


def written_as_functions(spoken: dict[str, str]) -> Change:
    """D(x) as diag(x), where the prose says so."""
    letters = {letter for letter, function in spoken.items() if function == "diag"}

    def change(node: Surface) -> Surface:
        match node:
            case Juxtaposed(left=Name(base=base), right=Bracket() as inside, direct=True) if base in letters:
                return Apply(node.at, "diag", inside)
        return node

    return change


def braces(node: Surface) -> Iterator[Braced]:
    """The braces with a label, outermost first."""
    if isinstance(node, Braced) and node.label is not None:
        yield node
    for child in children(node):
        yield from braces(child)


def source_of(formula: Formula, at: Span) -> str:
    """The text of a stretch of a formula."""
    return formula.latex[at.start : at.stop]
