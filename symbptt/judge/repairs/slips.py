r"""A slip of time in an equation that defines a quantity: h_t = \tanh(W h_{t+1} + U x_t), once and for all.

Nothing contradicts a definition but what is said of it later. Where another time in one definition makes true
at least two relations that fail, and half of all that do, and none false that holds, the mistake is there and
not in all that follows. Of a recurrence that does run backwards nothing fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.normal import renamed
from symbptt.judge.notation.times import split, time_of
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.numbers import evidence_of
from symbptt.judge.numeric.trial import Outcome, tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.repairs import Repair, as_repair
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Surface
from symbptt.reader.written import written

LEAST = 2  # relations that another time makes true
MOST_CLAIMS = 8  # relations that are asked
MOST_EDITS = 12
CIRCLE = "is defined in a circle"


@dataclass(frozen=True, slots=True)
class Slip:
    """The relation that defines a quantity by a wrong time, what is meant, and what holds by that."""

    claim: Claim
    repair: Repair
    mended: Mapping[int, Outcome]
    against: Evidence

    def finding(self) -> Finding:
        """The verdict on the definition."""
        said = f"It contradicts {len(self.mended)} relations that speak of it. {self.repair.sentence}"
        return Finding("fails", said, evidence=self.against, suggestion=self.repair.latex, at=self.repair.at)

    def mends(self, claim: Claim) -> Finding:
        """The verdict on a relation that holds by what is meant."""
        said = f"It holds once the time in line {self.claim.place.line} is mended."
        return Finding("holds", said, "any", evidence_of(self.mended[id(claim)]))


def slip(
    claims: Sequence[Claim],
    findings: Mapping[int, Finding],
    scopes: Mapping[int, Scope],
    first: Iterable[tuple[Claim, Definition]],
) -> Slip | None:
    """The definition whose time is wrong, or None."""
    asked = [claim for claim in claims if id(claim) in scopes]
    refuted = [claim for claim in asked if _is_against(findings[id(claim)])][:MOST_CLAIMS]
    if len(refuted) < LEAST:
        return None
    true = [claim for claim in asked if findings[id(claim)].verdict == "holds"][:MOST_CLAIMS]
    search = _Search(refuted, true, scopes)
    edits = [(*each, *edit) for each in first if _is_step(each[1]) for edit in _edits(*each)]
    for claim, one, said, right in sorted(edits, key=_likelihood)[:MOST_EDITS]:
        mended = search.mended(replace(one, right=right))
        if mended:
            numbers = findings[next(iter(mended))].evidence or Evidence("form")
            return Slip(claim, as_repair(claim, replace(claim, right=right), said), mended, numbers)
    return None


def _is_against(finding: Finding) -> bool:
    """Do numbers speak against a relation? An error of form is its own, whatever anything is defined by."""
    if finding.verdict == "fails":
        return finding.evidence is not None and finding.evidence.kind == "numeric"
    return finding.verdict == "undetermined" and CIRCLE in finding.message


def _is_step(one: Definition) -> bool:
    """Does a definition say what a quantity is at every time, by other quantities?"""
    return one.pattern == "t" and not is_gradient(one) and not one.assumed


def _edits(claim: Claim, one: Definition) -> Iterator[tuple[str, Surface]]:
    """The right side with one name at another time, next to that of the left side."""
    if one.time is None:
        return
    letter, now = split(one.time)
    for name in dict.fromkeys(names_in(claim.right)):
        if letter is None or name.time is None or split(name.time)[0] != letter:
            continue
        for offset in (now - 1, now, now + 1):
            if offset != split(name.time)[1]:
                new = time_of(letter, offset)
                said = f"the time of {written(name)} should be {written(new)}"
                yield said, renamed(claim.right, name, replace(name, time=new))


def _likelihood(edit: tuple[Claim, Definition, str, Surface]) -> bool:
    """Comes an edit late? Those come first of definitions that look ahead, or at the same time."""
    _, one, _, _ = edit
    offsets = [split(name.time)[1] for name in names_in(one.right) if name.time is not None]
    return one.time is None or max(offsets, default=0) <= split(one.time)[1]


@dataclass
class _Search:
    """The relations that fail and those that hold, in the scopes in which they were tried."""

    refuted: Sequence[Claim]
    true: Sequence[Claim]
    scopes: Mapping[int, Scope]
    changed: dict[int, Scope] = field(default_factory=dict)  # by the scope, the one with the edit

    def mended(self, one: Definition) -> dict[int, Outcome]:
        """How the relations fare that another definition makes true; none where it is no better."""
        self.changed = {}
        found: dict[int, Outcome] = {}
        for number, claim in enumerate(self.refuted):
            outcome = self._tried(claim, one)
            if outcome.status == "equal":
                found[id(claim)] = outcome
            if 2 * (number + 1 - len(found)) > len(self.refuted):
                return {}
        broken = any(self._tried(claim, one).status == "differs" for claim in self.true)
        return found if len(found) >= LEAST and not broken else {}

    def _tried(self, claim: Claim, one: Definition) -> Outcome:
        scope = self.scopes[id(claim)]
        if id(scope) not in self.changed:
            self.changed[id(scope)] = scope.redefined(one, False)
        return tried(claim, self.changed[id(scope)], False, scope.vocabulary.entries_of(claim))
