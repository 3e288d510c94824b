r"""Vectors with arrows: \vec{c}^{(t)} is c^{(t)}, which the same document writes as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import application, names_of
from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import Chain, Name, Surface
from symbptt.reader.walks import walk

ARROW = "\\vec"
DIRECTIONS = frozenset(["\\overleftarrow", "\\overrightarrow"])  # of a state that runs forward or back
LEAST = 2  # names that a document writes with arrows, where these mean that they are vectors


def without_arrows(chains: Iterable[Chain]) -> Change:
    """The change that leaves the arrows out; none where they tell one quantity from another."""
    chains = list(chains)
    every = [name for chain in chains for name in names_of(chain)]
    arrowed = {name.base for name in every if ARROW in name.accents}
    plain = {name.base for name in every if not name.accents}
    directed = any(DIRECTIONS & set(name.accents) for name in every)
    if len(arrowed) < LEAST or not arrowed & plain or directed:
        return unchanged
    calls = (application(node) for chain in chains for side in sides_of(chain) for node in walk(side))
    kept = {call[0].base for call in calls if call is not None}

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and ARROW in node.accents and node.base not in kept:
            return replace(node, accents=tuple(one for one in node.accents if one != ARROW))
        return node

    return change
