"""A quantity that is defined a second time: by the same network in other words, or by another network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.introduced import keys_of
from symbptt.judge.definitions.recurrences import is_step
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import bound_letters
from symbptt.judge.notation.vocabulary import Vocabulary, names_in
from symbptt.judge.numeric.trial import TOLERANCE, difference
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim


def fresh(claim: Claim, display: int, claims: Iterable[Claim], vocabulary: Vocabulary) -> set[str]:
    """The names on the right of a claim that no relation up to a display holds."""
    met = set().union(*(keys_of(one, vocabulary) for one in claims if one.display <= display))
    return keys_of(replace(claim, left=None), vocabulary) - met - bound_letters(claim.right)


def is_of_another(claim: Claim, one: Definition, scope: Scope, claims: Iterable[Claim]) -> bool:
    """Does a relation speak of another network: by quantities not met where its left side is defined?"""
    steps = [old for old in scope.definitions.get(one.key, ()) if old.pattern == "t"]
    if not steps:
        return False
    new = fresh(claim, steps[-1].display, claims, scope.vocabulary)
    return any(old.pattern == "t" for key in new for old in scope.definitions.get(key, ()))


def outgrown(one: Definition, scope: Scope) -> list[Definition]:
    """The steps of a quantity before, h_2 = w h_1 + u x_2, that are of another network than its definition.

    They do where one of them, by the state before it, says something else than the definition at any time.
    """
    steps = [
        old
        for old in scope.definitions.get(one.key, ())
        if one.pattern == "t" and old.pattern.isdigit() and not old.initial and old.display < one.display
    ]
    return steps if any(_differs(old, scope) for old in steps if _looks_back(old, scope)) else []


def _looks_back(old: Definition, scope: Scope) -> bool:
    """Does a step go on from the quantity itself?"""
    return any(scope.vocabulary.refer(name).key == old.key for name in names_in(old.right))


def _differs(old: Definition, scope: Scope) -> bool:
    """Is a step another one than by the definition at any time?"""
    time = int(old.pattern)
    try:
        one, other = (
            within.world(False, 1, ()).value(old.key, time) for within in (scope, scope.without([old]))
        )
    except SymbpttError:
        return False
    return one.out != other.out or difference(one, other)[0] > TOLERANCE


def is_closed_form(one: Definition, scope: Scope) -> bool:
    """Does a definition say all at once what is defined by steps, by names that stand in definitions?"""
    if one.pattern != "t" or one.indices or is_step(one, scope.vocabulary):
        return False
    entries = scope.vocabulary.writing.entries(one.right)
    keys = {scope.vocabulary.refer(name, entries).key for name in names_in(one.right)}
    letters = bound_letters(one.right) | {scope.vocabulary.names.letter, "T"}
    return keys - letters <= scope.keys_of_definitions()
