r"""Times that run from t_0 to t_1: \sum_{t=t_0+1}^{t_1} E(t) is a sum from 1 to T.

A document that sums over time between these two gives its first and its last moment these names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import BigOperator, Chain, Name, Number, Surface
from symbptt.reader.walks import walk

FIRST, LAST = "0", "1"


def with_first_and_last(chains: Iterable[Chain]) -> Change:
    """The change that reads t_0 as 0 and t_1 as T, where a sum over t runs between them."""
    nodes = [node for chain in chains for side in sides_of(chain) for node in walk(side)]
    sums = (node for node in nodes if isinstance(node, BigOperator))
    letters = {letter for node in sums for letter in _between(node)}
    if not letters:
        return unchanged

    def change(node: Surface) -> Surface:
        match node:
            case Name(base=base) if base in letters and node.time is None:
                if _number(node) == FIRST:
                    return Number(node.at, "0")
                if _number(node) == LAST:
                    return Name(node.at, "T")
        return node

    return change


def _between(node: BigOperator) -> Iterator[str]:
    """The index that runs from t_0, or the step after it, to t_1, or the step before it."""
    for letter in (index.base for index in node.indices if isinstance(index, Name)):
        found = [
            {_number(one) for one in walk(limit) if isinstance(one, Name) and one.base == letter}
            for limit in (node.lower, node.upper)
            if limit is not None
        ]
        if found == [{FIRST}, {LAST}]:
            yield letter


def _number(name: Name) -> str:
    """The number below a letter that stands with no other script."""
    match name:
        case Name(subscripts=(Number(text=text),), superscripts=(), time=None, primes=0, accents=()):
            return text
    return ""
