"""A quantity that is defined a second time: by the same network in other words, or by another network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.definitions.introduced import keys_of
from symbptt.judge.definitions.recurrences import is_step
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import bound_letters
from symbptt.judge.notation.vocabulary import Vocabulary, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim


def fresh(claim: Claim, display: int, claims: Iterable[Claim], vocabulary: Vocabulary) -> set[str]:
    """The names on the right of a claim that no relation up to a display holds."""
    met = set().union(*(keys_of(one, vocabulary) for one in claims if one.display <= display))
    return keys_of(replace(claim, left=None), vocabulary) - met


def is_of_another(claim: Claim, one: Definition, scope: Scope, claims: Iterable[Claim]) -> bool:
    """Does a relation speak of another network: by quantities not met where its left side is defined?"""
    steps = [old for old in scope.definitions.get(one.key, ()) if old.pattern == "t"]
    if not steps:
        return False
    new = fresh(claim, steps[-1].display, claims, scope.vocabulary) - bound_letters(claim.right)
    return any(old.pattern == "t" for key in new for old in scope.definitions.get(key, ()))


def is_closed_form(one: Definition, scope: Scope) -> bool:
    """Does a definition say all at once what is defined by steps, by names that stand in definitions?"""
    if one.pattern != "t" or one.indices or is_step(one, scope.vocabulary):
        return False
    entries = scope.vocabulary.writing.entries(one.right)
    keys = {scope.vocabulary.refer(name, entries).key for name in names_in(one.right)}
    letters = bound_letters(one.right) | {scope.vocabulary.names.letter, "T"}
    return keys - letters <= scope.keys_of_definitions()
