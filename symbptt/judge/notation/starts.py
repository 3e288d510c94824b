r"""Quantities that start at zero by the words around them: "the initial states $h_0$ and $c_0$ are zero".

Each formula of such a list is one name at time 0; the words "is zero" follow the last one. It is read as
h_0 = 0, as a document that writes it so is, unless a condition ("if $h_0$ is zero") stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symbptt.reader.document import Formula
from symbptt.reader.spelling import names_of
from symbptt.reader.syntax import Chain, Link, Number

_IS = (
    r"(?:are|is|being|=|starts?|begins?|sind|ist|seien|sei|sont|est|sono|è|son|es|são|é)"
    r"(?:\s+(?:both|all|each|taken|assumed|chosen|fixed|set|initiali[sz]ed|beide|alle|tous(?:\s+deux)?|entrambi))*"
    r"(?:\s+(?:to|at|from|as|with|be|a|the|auf|gleich|à|a))*"
)
_ZERO = r"(?:zeros?|all[- ]zeros?|null|nullvektor(?:en)?|nuls?|nulles?|zéro|cero|nul[oai]s?|nulli|0)(?![\w-])"
_SAID = re.compile(
    rf"[\s,]*{_IS}\s+{_ZERO}|[\s,]*(?:都|均|皆|初始化)?(?:为|為|是|设为)(?:零|0)", re.IGNORECASE
)
_AND = re.compile(r"\s*(?:,|and|, and|und|et|e|y|和|与|、)\s*")
_UNDER = re.compile(
    r"(?<!\w)(?:if|when|whenever|unless|suppose|wenn|falls|si|quando|se)\s[^.$]*$|(?:如果|若|当)[^。$]*$",
    re.IGNORECASE,
)
_ZEROTH = re.compile(r"(?<![0-9A-Za-z.])0(?![0-9.])")
_FAR = 80  # characters before and after the names that are looked at


def said_zero(parsed: Iterable[tuple[Formula, Sequence[object]]]) -> Iterator[tuple[Formula, Chain]]:
    """The statements h_0 = 0 that the prose makes, each with the formula that names the quantity.

    ``parsed`` holds the formulas of the prose in their order, each with what was read of it.
    """
    listed: list[tuple[Formula, Chain]] = []
    stop = 0
    for formula, items in parsed:
        if listed and not _AND.fullmatch(_plain(formula.document[stop : formula.start])):
            listed = []
        named = _named(formula, items)
        listed = [*listed, *((formula, one) for one in named)] if named else []
        stop = formula.start + len(formula.latex)
        said = _SAID.match(_plain(formula.document[stop : stop + _FAR])) if listed else None
        if said is not None and not _conditional(listed[0][0]):
            yield from ((one, _zero(chain)) for one, chain in listed)


def _named(formula: Formula, items: Sequence[object]) -> list[Chain]:
    """The quantities at time 0 that are all of an inline formula."""
    if formula.kind != "inline" or not _ZEROTH.search(formula.latex):
        return []
    found = [item for item in items if isinstance(item, Chain) and not item.links]
    alone = all(len(list(names_of(one))) == 1 for one in found)
    return found if alone and len(found) == len(items) else []


def _plain(prose: str) -> str:
    """Prose between two formulas, without the signs that close the one and open the other."""
    return prose.removeprefix("$").removeprefix("\\)").removesuffix("$").removesuffix("\\(")


def _conditional(formula: Formula) -> bool:
    """Does the sentence set a case, "if $h_0$ is zero", rather than say what is?"""
    before = _plain(formula.document[max(0, formula.start - _FAR) : formula.start])
    return _UNDER.search(before) is not None


def _zero(chain: Chain) -> Chain:
    """A quantity as the statement that it is zero."""
    return replace(chain, links=(Link(chain.at, "=", Number(chain.at, "0")),))
