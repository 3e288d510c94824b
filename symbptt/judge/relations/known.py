"""Functions that a document leaves open, and that turn out to be known ones by what it says of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.numeric.numbers import evidence_of, reading_of
from symbptt.judge.numeric.trial import tried
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding

MOST_OPEN = 2  # functions that may turn out to be known ones
USUAL = ("sigmoid", "tanh")


def with_known_function(claim: Claim, scope: Scope, open_: Iterable[str]) -> tuple[Scope, Finding] | None:
    """The scope in which one of some open functions, S, is the sigmoid or tanh, and the verdict by that.

    None where S' = S(1 - S) does not hold by any of them.
    """
    vocabulary = scope.vocabulary
    for letter, function in product(sorted(open_)[:MOST_OPEN], USUAL):
        known = replace(vocabulary, spoken={**vocabulary.spoken, letter: function})
        within = replace(scope, vocabulary=known, shapes=None, worlds={})
        outcome = tried(claim, within, False, known.entries_of(claim))
        if outcome.status == "equal":
            message = f"It holds where {letter} is the {function}."
            return within, Finding("holds", message, "any", evidence_of(outcome), reading_of(outcome))
    return None
