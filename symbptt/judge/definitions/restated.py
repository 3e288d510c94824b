"""A quantity that is defined again, otherwise than before: a new recurrence, or the old one with a slip.

Where other quantities are defined beside it, or anew since it was, it belongs to a new recurrence. Else it is
a slip where one small edit makes it say what was said before. That alone is only pointed at, for a variant of
a cell is a small edit too. It fails where relations after it are true by the definition before and false by
this one, and none the other way round; where it defines in a circle what was defined before; and where the
words before it say that it was said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from symbptt.judge.definitions.losses import is_derived
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.circumstances import recalls
from symbptt.judge.notation.sided import claim_names
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.trial import tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.differences import difference
from symbptt.judge.repairs.repairs import Repair
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Derivative, Gradient, Name

MOST_CLAIMS = 8  # relations after it that are asked


def other_gradient(
    claim: Claim, one: Definition, first: Definition, scope: Scope, claims: Sequence[Claim]
) -> Definition | None:
    """What \\delta_t, the gradient by h_t, is from here on: that by z_t, say; None where it stays the same.

    So it is where relations after it are true by that, false by the definition before, and none the
    reverse. A recursion that is true of z_t says it as well: \\delta_t = (W^T \\delta_{t+1}) f'(z_t).
    """
    if isinstance(one.right, Derivative | Gradient):
        return one if _gains(claim, one, scope, claims) else None
    entries = scope.vocabulary.entries_of(claim)
    for meant in _others(first, scope):
        true = tried(claim, scope.redefined(meant), False, entries).status == "equal"
        if true and _gains(claim, meant, scope, claims):
            return meant
    return None


def _others(first: Definition, scope: Scope) -> Iterator[Definition]:
    """The gradients of the same by what else the network computes at the same time."""
    match first.right:
        case Derivative(denominators=(Name() as by,)) as slope:
            forward = [one for one in scope.every() if one.pattern == "t" and not is_derived(one)]
            names = dict.fromkeys(scope.vocabulary.names.split(one.left)[2] for one in forward)
            for name in islice((name for name in names if name.stem != by.stem), MOST_CLAIMS):
                at_now = replace(name, at=by.at, time=by.time, style=by.style)
                yield replace(first, right=replace(slope, denominators=(at_now,)))


def _gains(claim: Claim, one: Definition, scope: Scope, claims: Sequence[Claim]) -> bool:
    """Do relations after a claim become true by a definition, and none false?"""
    anew = scope.redefined(one)
    place = next(number for number, other in enumerate(claims) if other is claim)
    after = takewhile(lambda other: not _is_gradient(other, one), claims[place + 1 :])
    gained = 0
    for other in islice((other for other in after if _speaks_of(other, one)), MOST_CLAIMS):
        entries = scope.vocabulary.entries_of(other)
        now, then = (tried(other, within, False, entries).status for within in (anew, scope))
        if now != "equal" and then == "equal":
            return False
        gained += now == "equal" and then != "equal"
    return gained > 0


def _is_gradient(claim: Claim, one: Definition) -> bool:
    """Is the same name said to be a derivative once more?"""
    named = isinstance(claim.left, Name) and claim.left.stem == one.left.stem
    return named and isinstance(claim.right, Derivative | Gradient)


def _speaks_of(claim: Claim, one: Definition) -> bool:
    return any(name.stem == one.left.stem for name in claim_names(claim))


@dataclass(frozen=True, slots=True)
class Restated:
    """A relation that defines ``one`` anew, with how it ``fares`` as a claim by the definition ``before``."""

    claim: Claim
    fares: Finding
    before: Definition
    one: Definition
    circular: bool = False  # is nothing defined by it, but in a circle?

    def slip(self) -> Repair | None:
        """What is meant, where it differs from the definition before in one sign or name."""
        return difference(self.claim, replace(self.claim, right=self.before.right))

    def alone(self, renewed: Iterable[Definition], defined: Iterable[Definition]) -> bool:
        """Does nothing else become new with it, of all that is defined anew, and for the first time?

        What was renewed in between and uses the quantity belongs to the recurrence that it was defined in.
        """
        first, here = self.before.display, self.claim.display
        since = [one for one in renewed if one.key != self.one.key and first < one.display <= here + 1]
        others = [one for one in since if one.display >= here or not self._is_used(one)]
        return not others and not any(one.display == here and one.key != self.one.key for one in defined)

    def _is_used(self, other: Definition) -> bool:
        """Does another definition hold the quantity?"""
        return any(name.stem == self.one.left.stem for name in names_in(other.right))

    def finding(self, repair: Repair | None, claims: Sequence[Claim], scopes: Mapping[int, Scope]) -> Finding:
        """The verdict on the relation, with the slip that it may be."""
        name = self.one.left.canonical
        if repair is None:
            return Finding("definition", f"It defines {name} anew.")
        line = next((one.place.line for one in claims if one.right is self.before.right), None)
        place = "before" if line is None else f"in line {line}"
        against = ", by which what follows is true" if self._is_refuted(claims, scopes) else ""
        if against or recalls(self.claim) or self.circular:
            message = f"It contradicts the definition {place}{against}. {repair.sentence}"
            evidence = self.fares.evidence or Evidence("form")
            return Finding("fails", message, evidence=evidence, suggestion=repair.latex, at=repair.at)
        message = f"It defines {name} anew, not as {place}. If the same is meant: {repair.said}."
        return Finding("definition", message, suggestion=repair.latex, at=repair.at)

    def _is_refuted(self, claims: Sequence[Claim], scopes: Mapping[int, Scope]) -> bool:
        """Does what follows need the definition before, and never this one?"""
        against = 0
        for claim in list(self._after(claims, scopes))[:MOST_CLAIMS]:
            scope = scopes[id(claim)]
            entries = scope.vocabulary.entries_of(claim)
            now = tried(claim, scope, False, entries).status
            then = tried(claim, scope.redefined(self.before), False, entries).status
            if now == "equal" and then == "differs":
                return False
            against += now == "differs" and then == "equal"
        return against > 0

    def _after(self, claims: Sequence[Claim], scopes: Mapping[int, Scope]) -> Iterator[Claim]:
        """The relations that were tried by the new definition."""
        for claim in claims:
            scope = scopes.get(id(claim))
            if scope is not None and any(one is self.one for one in scope.definitions.get(self.one.key, ())):
                yield claim
