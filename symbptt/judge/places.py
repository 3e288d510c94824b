"""Where in a document a relation, or a part of one, stands."""

from __future__ import annotations

from symbptt.errors import Place
from symbptt.judge.reading import Claim, Unread
from symbptt.judge.verdicts import Finding, Region
from symbptt.reader.document import Formula
from symbptt.reader.parser import parse_each
from symbptt.reader.syntax import Chain, Span


def region_of(item: Claim | Unread) -> Region:
    """The relation itself, or the token that could not be read."""
    if isinstance(item, Unread):
        return _at(item.place)
    if item.formula is None or item.at is None:
        return _at(item.place)
    return stretch(item.formula, item.at)


def part_of(item: Claim | Unread, finding: Finding) -> Region | None:
    """The part of a relation that a message is about: all of it where the suggestion is a relation itself."""
    if isinstance(item, Unread) or item.formula is None:
        return None
    if finding.at is not None:
        return stretch(item.formula, finding.at)
    whole = item.at is not None and item.link == 0 and _is_relation(finding.suggestion)
    return region_of(item) if whole else None


def _is_relation(latex: str) -> bool:
    return any(isinstance(one, Chain) and one.first and one.links for one in parse_each(latex))


def stretch(formula: Formula, at: Span) -> Region:
    """The offsets [start, stop) of a formula, without the blanks at their ends."""
    written = formula.latex[at.start : at.stop]
    start = at.start + len(written) - len(written.lstrip())
    stop = max(start + 1, at.start + len(written.rstrip()))
    first, last = formula.place(start), formula.place(stop)
    return Region(first.line, first.column, last.line, last.column, first.text)


def _at(place: Place) -> Region:
    return Region(place.line, place.column, place.line, place.column + place.length, place.text)
