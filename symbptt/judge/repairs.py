"""What was probably meant: the slightest edit of a relation that makes it true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from symbptt.errors import SymbpttError
from symbptt.judge.bindings import free_in
from symbptt.judge.edits import Edit, Stock, edits, factors_of, family
from symbptt.judge.reading import Claim
from symbptt.judge.trial import Settled, Trial
from symbptt.judge.vocabulary import names_in, walk
from symbptt.reader.syntax import BigOperator, Binary, Bracket, Name, Negative, Number, Surface
from symbptt.reader.written import written

MOST_EDITS = 400
MOST_FACTORS = 16
SECONDS = 0.6


@dataclass(frozen=True, slots=True)
class Repair:
    """The whole relation as it should stand, and what was wrong."""

    latex: str
    said: str


def repair(claim: Claim, trial: Trial, claims: Iterable[Claim], settled: Settled) -> Repair | None:
    """The slightest edit that makes a relation hold, or None."""
    stock = stock_of(claim, trial, claims)
    return first_that_holds(claim, candidates(claim, stock), lambda edited: trial.holds(edited, settled))


def candidates(claim: Claim, stock: Stock) -> list[tuple[Claim, Edit]]:
    """The relation with one edit, the slightest first; the left side is edited where a chain begins."""
    found = [(replace(claim, right=edit.node), edit) for edit in edits(claim.right, stock)]
    if claim.left is not None and claim.link == 0:
        bare = replace(stock, factors=(), letters=())
        found += [(replace(claim, left=edit.node), edit) for edit in edits(claim.left, bare)]
    return sorted(found, key=lambda item: item[1].weight)[:MOST_EDITS]


def first_that_holds(
    claim: Claim, tries: Iterable[tuple[Claim, Edit]], holds: Callable[[Claim], bool]
) -> Repair | None:
    """The first edit that makes a relation true and says more than that a side is itself."""
    until = time.process_time() + SECONDS
    for edited, edit in tries:
        if time.process_time() > until:
            return None
        if edited.left is None or edited.left == edited.right:
            continue
        try:
            if holds(edited):
                return Repair(f"{written(edited.left)} {claim.op} {written(edited.right)}", edit.said)
        except SymbpttError:
            continue
    return None


def stock_of(claim: Claim, trial: Trial, claims: Iterable[Claim]) -> Stock:
    """What the document offers near a relation: names of the same kind and size, factors, open letters."""
    near = sorted(claims, key=lambda one: (one is not claim, abs(one.display - claim.display)))
    nodes = [side for one in near for side in (one.left, one.right) if side is not None]
    return Stock(_namesakes(nodes, trial), _factors(nodes), _letters(claim, trial))


def _namesakes(nodes: Iterable[Surface], trial: Trial) -> dict[str, tuple[Name, ...]]:
    found: dict[str, dict[str, Name]] = {}
    scope = trial.scope
    for name in (name for node in nodes for name in names_in(node)):
        key = scope.vocabulary.refer(name, trial.entries).key
        if key in trial.world.sizes:
            found.setdefault(family(name), {}).setdefault(key, name)
    return {kind: tuple(names.values()) for kind, names in found.items()}


def _factors(nodes: Iterable[Surface]) -> tuple[Surface, ...]:
    found: dict[Surface, None] = {}
    for node in nodes:
        for factor in _all_factors(node):
            found.setdefault(factor)
        if len(found) >= MOST_FACTORS:
            break
    return tuple(found)[:MOST_FACTORS]


def _all_factors(node: Surface) -> Iterator[Surface]:
    """The factors of every product in a formula."""
    for item in walk(node):
        factors, signs = factors_of(item)
        loose = (Number, Negative, BigOperator)
        if signs:
            yield from (factor for factor in factors if not isinstance(factor, loose) and not _empty(factor))


def _empty(factor: Surface) -> bool:
    return isinstance(factor, Bracket | Binary) and not list(names_in(factor))


def _letters(claim: Claim, trial: Trial) -> tuple[str, ...]:
    """The letters that nothing binds on the right and the left does not speak of."""
    left = free_in(claim.left, trial.scope, trial.entries) if claim.left is not None else set()
    return tuple(sorted(free_in(claim.right, trial.scope, trial.entries) - left - {"T"}))
