r"""What is zero beyond the ends of a series.

A gradient that is found from itself at later times, \delta_t = \ldots \delta_{t+1}, is zero after the last
one, for nothing comes from there; one of states that run backwards is zero before the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symbptt.judge.definitions.losses import is_derived
from symbptt.judge.notation.vocabulary import Vocabulary, integer, names_in
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import Definition


def from_later(definitions: Sequence[Definition], vocabulary: Vocabulary) -> frozenset[str]:
    """The keys of what is found from itself at later times, at once or by way of others."""
    return _in_circles(definitions, vocabulary, 1)


def from_earlier(definitions: Sequence[Definition], vocabulary: Vocabulary) -> frozenset[str]:
    """The keys of gradients found from themselves at earlier times, where states run backwards."""
    derived = [one for one in definitions if is_derived(one)]
    states = [one for one in definitions if not is_derived(one)]
    return _in_circles(derived, vocabulary, -1) if _in_circles(states, vocabulary, 1) else frozenset()


def _in_circles(definitions: Sequence[Definition], vocabulary: Vocabulary, sign: int) -> frozenset[str]:
    """The keys that lead back to themselves by way of a step to a later (1) or an earlier (-1) time."""
    below: dict[str, set[str]] = {}
    steps: set[tuple[str, str]] = set()
    for one in definitions:
        for key, lag in _uses(one, vocabulary):
            below.setdefault(one.key, set()).add(key)
            if lag * sign > 0:
                steps.add((one.key, key))
    found: set[str] = set()
    for key, other in steps:
        ahead = _reached(below, other)
        if key in ahead:
            found |= {one for one in ahead if key in _reached(below, one)}
    return frozenset(found)


def _reached(below: Mapping[str, set[str]], key: str) -> set[str]:
    """All that a quantity speaks of, at any depth, itself among it."""
    found, waiting = {key}, [key]
    while waiting:
        fresh = below.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def _uses(one: Definition, vocabulary: Vocabulary) -> Iterator[tuple[str, int]]:
    """What a definition speaks of, with how much later it takes it than it gives its own."""
    letter = {vocabulary.names.letter: 0}
    for reference in map(vocabulary.refer, names_in(one.right)):
        if reference.time is None or one.time is None:
            continue
        try:
            yield reference.key, integer(reference.time, letter) - integer(one.time, letter)
        except Undecided:
            continue
