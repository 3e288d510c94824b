"""A name that nothing defines, where a namesake that the document defines makes the relation hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbptt.errors import SymbpttError
from symbptt.judge.notation.normal import renamed
from symbptt.judge.notation.sided import claim_names
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.trial import Settled, Trial
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.repairs import Repair
from symbptt.reader.syntax import Name
from symbptt.reader.written import written

MOST = 8  # namesakes that are tried
UNKNOWN = "is nowhere defined."


def namesake(claim: Claim, trial: Trial, claims: Iterable[Claim], settled: Settled) -> Repair | None:
    """The relation with x_1 for an x_0 that nothing defines, where it then holds."""
    if claim.left is None:
        return None
    for name, other in list(_pairs(claim, trial, claims))[:MOST]:
        edited = replace(claim, right=renamed(claim.right, name, other))
        try:
            if trial.holds(edited, settled):
                said = f"{written(other)} is meant, not {written(name)}"
                return Repair(f"{written(claim.left)} {claim.op} {written(edited.right)}", said)
        except SymbpttError:
            continue
    return None


def _pairs(claim: Claim, trial: Trial, claims: Iterable[Claim]) -> Iterator[tuple[Name, Name]]:
    """Each unknown name on the right with the names of the same letter that are known."""
    scope, vocabulary = trial.scope, trial.scope.vocabulary
    known = scope.keys_of_definitions()
    every = dict.fromkeys(name for one in claims for name in claim_names(one))
    for name in dict.fromkeys(names_in(claim.right)):
        key = vocabulary.refer(name, trial.entries).key
        if key in known or key not in trial.world.leaves:
            continue
        for other in every:
            if other.stem == name.stem and other != name and vocabulary.refer(other).key in known:
                yield name, other if other.time is None else replace(other, time=name.time or other.time)
