"""Where an edit of a relation is: the smallest stretch of its formula, and what should stand there instead.

Whether the rest of the formula still says the same is not argued but read: the changed text must give the
edited relation. Where none does, the whole relation is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from symbptt.judge.reading import Claim
from symbptt.reader.macros import definitions
from symbptt.reader.parser import parse_each
from symbptt.reader.syntax import Chain, Name, Span, Surface
from symbptt.reader.written import written

BLANKS = re.compile(r"\\(left|right)(?![a-z])|\\[,;:! ]|\s")  # what says nothing: also how large brackets are


@dataclass(frozen=True, slots=True)
class Patch:
    """What should stand at a stretch of a formula."""

    at: Span
    latex: str


def patched(claim: Claim, edited: Claim) -> Patch | None:
    """The smallest change of the formula of a claim after which it holds the edited claim, or None."""
    if claim.formula is None or claim.left is None or edited.left is None:
        return None
    source, macros = claim.formula.latex, definitions(claim.formula.document)
    kept = claim.left == edited.left  # a side that stays need not be read: it may have been rewritten

    def said(text: str) -> Counter[str]:
        chains = [item for item in parse_each(text, macros=macros) if isinstance(item, Chain)]
        relations = [relation for chain in chains for relation in chain.relations()]
        return Counter(_bare(None if kept else one.left, one.op, one.right) for one in relations)

    meant = _bare(None if kept else edited.left, edited.op, edited.right)
    before = said(source)[meant]
    for old, new in reversed([*_changed(claim.left, edited.left), *_changed(claim.right, edited.right)]):
        lead, latex = source[: old.at.start], written(new)
        if lead.rstrip().endswith(("_", "^")):
            latex = f"{{{latex}}}"
        if said(lead + latex + source[old.at.stop :])[meant] > before:
            return Patch(old.at, latex)
    return None


def _bare(left: Surface | None, op: str, right: Surface) -> str:
    """A relation in one way of writing, without blanks and sizes of brackets."""
    return BLANKS.sub("", f"{'' if left is None else written(left)}{op}{written(right)}")


def _changed(old: Surface, new: Surface) -> Iterator[tuple[Surface, Surface]]:
    """The parts that hold the one change between two formulas, with what they become; the whole first."""
    if old == new:
        return
    yield old, new
    if type(old) is type(new) and not isinstance(old, Name):
        parts = [pair for pair in _parts(old, new) if pair[0] != pair[1]]
        one, other = parts[0] if len(parts) == 1 else (None, None)
        if isinstance(one, Surface) and isinstance(other, Surface):
            yield from _changed(one, other)


def _parts(old: Surface, new: Surface) -> Iterator[tuple[object, object]]:
    """What two nodes of one kind hold, side by side."""
    for part in fields(old):
        if part.name != "at":
            one, other = getattr(old, part.name), getattr(new, part.name)
            if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
                yield from zip(one, other, strict=True)
            else:
                yield one, other
