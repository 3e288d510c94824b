"""What was probably meant: the slightest edit of a relation that makes it true.

An edit is first tried where every size is 1: there products commute and nothing is transposed, so that one
trial tells whether a factor is missing, wherever it belongs. What passes is tried with sizes that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from symbptt.errors import SymbpttError
from symbptt.judge.gradients.factors import Factor, entrywise_sign, factors_near
from symbptt.judge.notation.normal import complemented
from symbptt.judge.notation.sided import bound_letters, claim_names
from symbptt.judge.notation.times import split
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.bindings import free_in
from symbptt.judge.numeric.trial import FEW_READINGS, NEARLY, Settled, Trial
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.edits import edits, family, moment_of
from symbptt.judge.repairs.patches import patched
from symbptt.judge.repairs.products import Term, terms, with_factor
from symbptt.judge.repairs.stock import Edit, Stock
from symbptt.reader.syntax import Name, Span, Surface
from symbptt.reader.walks import walk
from symbptt.reader.written import written

MOST_READINGS = 400  # of all edits of a relation
MOST_PARTS = 15_000  # evaluated in all of them
LEFT = 2  # how much heavier an edit of the left side is


@dataclass(frozen=True, slots=True)
class Repair:
    """What should stand at a stretch of the formula, or for the whole relation, and what was wrong.

    ``layout``: in another layout of derivatives it would stand as it is.
    """

    latex: str
    said: str
    at: Span | None = None
    layout: bool = False

    @property
    def sentence(self) -> str:
        """What was wrong, as a sentence; a name at its beginning stays as it is."""
        word = self.said.split(maxsplit=1)[0]
        start = self.said[:1].upper() if word.isalpha() and len(word) > 1 else self.said[:1]
        return f"{start}{self.said[1:]}."


def repair(claim: Claim, trial: Trial, claims: Iterable[Claim], settled: Settled) -> Repair | None:
    """The slightest edit that makes a relation hold, or None."""
    near = sorted(claims, key=lambda one: (one is not claim, abs(one.display - claim.display)))
    search = Search(claim, trial, settled, near)
    with search.bounded():
        return search.found()


def widened(claim: Claim, trial: Trial, claims: Iterable[Claim], settled: Settled) -> Repair | None:
    """The slightest edit by which a relation that is true of plain numbers is true of all sizes, or None."""
    search = Search(claim, trial, settled, list(claims))
    with search.bounded():
        return search.widened()


@dataclass
class Search:
    """The search for an edit of a relation; ``near`` are the relations of the document, the nearest first."""

    claim: Claim
    trial: Trial
    settled: Settled
    near: list[Claim]
    plain: Trial = field(init=False)
    status: str = field(init=False)  # of the relation where every size is 1
    readings: int = FEW_READINGS  # in which an edit is tried; one where edits are many

    def __post_init__(self) -> None:
        self.plain = Trial(self.claim, self.trial.scope, True, self.trial.entries)
        outcome = self.plain.outcome(self.settled)
        rounding = outcome.status == "differs" and outcome.error < NEARLY
        self.status = "vanish" if rounding else outcome.status

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """In the block only so much is evaluated, with sizes of 1 and with others."""
        with self.trial.world.work.of(MOST_PARTS), self.plain.world.work.of(MOST_PARTS):
            yield

    def found(self) -> Repair | None:
        """The first edit that makes the relation true and says more than that a side is itself."""
        said_elsewhere = {(one.left, one.right) for one in self.near}
        again: Repair | None = None  # what the document says in another place is less likely
        for edited, said in self._first_readings_first(self._tries()):
            if self._late():
                break
            if edited.left is None or edited.left == edited.right or not self._holds(edited):
                continue
            if (edited.left, edited.right) not in said_elsewhere:
                return as_repair(self.claim, edited, said)
            again = again or as_repair(self.claim, edited, said)
        return again

    def widened(self) -> Repair | None:
        """The first edit of form alone that makes the relation true."""
        for edited, edit in self._edited():
            if edit.form and not self._late() and self._holds(edited):
                return replace(as_repair(self.claim, edited, edit.said), layout=edit.layout)
        return None

    def _late(self) -> bool:
        """Has enough been tried?"""
        return self.trial.edited + self.plain.edited > MOST_READINGS

    def _holds(self, edited: Claim) -> bool:
        """Is an edited relation true?"""
        try:
            return self.trial.holds(edited, self.settled, self.readings)
        except SymbpttError:
            return False

    def _passes(self, edited: Claim) -> bool:
        """Is nothing found against an edited relation where every size is 1?"""
        try:
            return self.status != "differs" or self.plain.may_hold(edited, self.settled, self.readings)
        except SymbpttError:
            return False

    def _tries(self) -> Iterator[tuple[Claim, str]]:
        """The edited relations that are worth a trial with sizes that differ, the slightest edit first."""
        slight = self._edited()
        if self.status == "equal":  # what plain numbers do not tell apart comes first
            slight.sort(key=lambda item: not item[1].form)
        elif self.status == "differs":
            slight = [item for item in slight if not item[1].form]
        if self.trial.unfit(self.claim, self.settled):
            slight = [item for item in slight if item[1].form or item[1].resized]
        light = 1 if self.status == "differs" else 2
        yield from self._passing(item for item in slight if item[1].weight <= light)
        if self.status != "equal":
            yield from self._lost_factors()
        yield from self._passing(item for item in slight if item[1].weight > light)

    def _first_readings_first(self, tries: Iterator[tuple[Claim, str]]) -> Iterator[tuple[Claim, str]]:
        """All tries in the usual reading before any in others: there nearly all repairs are found."""
        held = []
        self.readings = 1
        for one in tries:
            held.append(one)
            yield one
        self.readings = FEW_READINGS
        yield from held

    def _passing(self, items: Iterable[tuple[Claim, Edit]]) -> Iterator[tuple[Claim, str]]:
        for edited, edit in items:
            if self._passes(edited):
                yield edited, edit.said

    def _edited(self) -> list[tuple[Claim, Edit]]:
        """The relation with one slight edit; the left side is edited where a chain begins."""
        claim, stock = self.claim, self._stock()
        found = [(replace(claim, right=edit.node), edit) for edit in edits(claim.right, stock)]
        if claim.left is not None and claim.link == 0:
            bare = replace(stock, letters=())
            left = [replace(edit, weight=edit.weight + LEFT) for edit in edits(claim.left, bare)]
            found += [(replace(claim, left=edit.node), edit) for edit in left]
        return sorted(found, key=lambda item: item[1].weight)

    def _stock(self) -> Stock:
        """What the document offers near the relation: names of the same kind and size, open letters."""
        nodes = [side for one in self.near for side in (one.left, one.right) if side is not None]
        within = (complemented(below) for node in nodes for below in walk(node))
        gates = frozenset(name.stem for name in within if name is not None)
        letters = _letters(self.claim, self.trial)
        return Stock(_namesakes(nodes, self.trial), letters, gates, running=_running(self.claim))

    def _lost_factors(self) -> Iterator[tuple[Claim, str]]:
        """The relation with one factor more, where plain numbers allow it."""
        factors = factors_near(self.claim, self.trial, self.near)
        groups: dict[Surface, list[Factor]] = {}
        for factor in factors:
            groups.setdefault(factor.number, []).append(factor)
        for group in groups.values():
            for term in terms(self.claim.right):
                whole = with_factor(term.whole.node, 0, "", group[0].node)
                if self._late():
                    return
                if self._passes(replace(self.claim, right=term.whole.put(whole))):
                    yield from self._placed(group, term)

    def _placed(self, group: list[Factor], term: Term) -> Iterator[tuple[Claim, str]]:
        """A factor in all places of a term, the likeliest first."""
        entrywise = entrywise_sign(self.near)
        places = [
            (distance + number, right, factor)
            for number, factor in enumerate(group)
            for spot in term.spots
            for distance, right in factor.inside(spot, entrywise)
        ]
        for _, right, factor in sorted(places, key=lambda item: item[0]):
            yield replace(self.claim, right=right), f"the factor {written(factor.node)} is missing"


def as_repair(claim: Claim, edited: Claim, said: str) -> Repair:
    """The smallest change of the text, or the whole relation."""
    patch = patched(claim, edited)
    if patch is not None:
        return Repair(patch.latex, said, patch.at)
    left = "" if edited.left is None else written(edited.left)
    return Repair(f"{left} {edited.op} {written(edited.right)}", said)


def _namesakes(nodes: Iterable[Surface], trial: Trial) -> dict[str, tuple[Name, ...]]:
    found: dict[str, dict[str, Name]] = {}
    scope = trial.scope
    for name in (name for node in nodes for name in names_in(node)):
        key = scope.vocabulary.refer(name, trial.entries).key
        if key in trial.world.sizes:
            found.setdefault(family(name), {}).setdefault(key, name)
    return {kind: tuple(names.values()) for kind, names in found.items()}


def _running(claim: Claim) -> tuple[str, ...]:
    """The letters that run in the times of a relation, where there are several."""
    moments = filter(None, map(moment_of, claim_names(claim)))
    letters = [letter for letter, _ in map(split, moments) if isinstance(letter, Name)]
    found = {letter.base for letter in letters} | bound_letters(claim.right)
    return tuple(sorted(found)) if len(found) > 1 else ()


def _letters(claim: Claim, trial: Trial) -> tuple[str, ...]:
    """The letters that nothing binds on the right and the left does not speak of."""
    left = free_in(claim.left, trial.scope, trial.entries) if claim.left is not None else set()
    return tuple(sorted(free_in(claim.right, trial.scope, trial.entries) - left - {"T"}))
