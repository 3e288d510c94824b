r"""Quantities whose name has a prime: the candidate c'_t beside the cell c_t.

A prime is a part of the name where a display defines or declares what is written so, and the right side
speaks of other things than the name without it; \sigma' = \sigma (1 - \sigma) says what a slope is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.normal import EQUALS, Change
from symbptt.judge.notation.vocabulary import application, names_in
from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import Chain, Derivative, Gradient, Name, Surface
from symbptt.reader.walks import walk

DEFINING = EQUALS | {"\\in"}
LEAST = 2  # names besides the one that is defined


def with_primes(chains: Iterable[Chain]) -> Change:
    """The change that takes the prime of a quantity into its name; a slope keeps it apart."""
    chains = tuple(chains)
    found = {_spelled(chain.first) for chain in chains if isinstance(chain.first, Name) and _defines(chain)}
    applied = _applied(chains) if found else frozenset()
    quantities = {one for one in found if one[0] not in applied}

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and _spelled(node) in quantities:
            return replace(node, base=node.base + "'" * node.primes, primes=0)
        return node

    return change


def _spelled(name: Name) -> tuple[str, tuple[str, ...], int]:
    return name.base, name.accents, name.primes


def _applied(chains: Iterable[Chain]) -> frozenset[str]:
    """The letters that are applied as functions."""
    sides = [side for chain in chains for side in sides_of(chain)]
    calls = [application(node) for side in sides for node in walk(side)]
    return frozenset(call[0].base for call in calls if call is not None)


def _defines(chain: Chain) -> bool:
    """Does a statement say what its left side is, rather than what a slope is worth?"""
    left, links = chain.first, chain.links
    if not isinstance(left, Name) or not left.primes or not links or links[0].op not in DEFINING:
        return False
    right = links[0].right
    if any(isinstance(node, Derivative | Gradient) for node in walk(right)):
        return False
    return links[0].op == "\\in" or len({name.base for name in names_in(right)} - {left.base}) >= LEAST
