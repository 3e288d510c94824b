r"""Matrices that the prose says to be symmetric: "where $Q$ and $R$ are symmetric", "a symmetric matrix $P$".

What is said under a condition ("if $W$ is symmetric") or denied is no statement about the document's matrix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbptt.reader.document import Formula

_ITEM = r"(?:\$[^$]+\$|\\\(.+?\\\))"
_ITEMS = rf"{_ITEM}(?:(?:\s*,\s*|\s+)(?:(?:and|und|et|y|e|и)\s+)?{_ITEM})*"
_SYMMETRIC = r"(?<![\w-])(?:symm?etri|symétri|simétri|simmetri|симметричн)\w*"
_SAID = re.compile(
    rf"(?P<before>{_ITEMS})\s+(?:is|are|be|ist|sind|sei(?:en)?|est|sont|es|son|sono|è)\s+"
    rf"(?:(?:both|all|also|each|assumed|taken|to|be|beide|alle|auch)\s+)*{_SYMMETRIC}"
    r"(?!\w|\s+(?:in|under|about|around|function))"
    rf"|{_SYMMETRIC}(?:\s+[\w()-]+){{0,4}}\s+(?:matri\w+|matrices|матриц\w*)\s+(?P<after>{_ITEMS})",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"(?<!\w)(?:if|when|whenever|unless|were|not|no|suppos\w+|case|falls|wenn|nicht|lorsque|si|pas|если)(?!\w)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.;:!?](?=\s)|\n\s*\n|\$\$|\\end\{|\\\]")
_MATRIX = re.compile(
    r"\s*(?:\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{\s*)?(?:[A-Z]|\\[A-Z][a-z]+)\s*\}?(?:_(?:\w|\{\w+\}))?\s*"
)
_FAR = 1000  # characters before what is said in which its sentence begins


def said_symmetric(formulas: Iterable[Formula]) -> Iterator[Formula]:
    r"""The statement Q = Q^\top for each inline formula that is a matrix said to be symmetric."""
    spans: dict[str, list[range]] = {}
    for formula in formulas:
        text = formula.document
        if text not in spans:
            spans[text] = list(_spans(text))
        if _MATRIX.fullmatch(formula.latex) and any(formula.start in span for span in spans[text]):
            yield replace(formula, latex=rf"{formula.latex} = {formula.latex}^\top")


def _spans(text: str) -> Iterator[range]:
    """Where the formulas stand of which a text says so without a condition."""
    for found in _SAID.finditer(text):
        far = max(0, found.start() - _FAR)
        start = max((end.end() for end in _SENTENCE.finditer(text, far, found.start())), default=far)
        stop = _SENTENCE.search(text, found.end())
        if not _DOUBT.search(text, start, stop.start() if stop else len(text)):
            group = "before" if found["before"] else "after"
            yield range(*found.span(group))
