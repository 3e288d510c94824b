"""Parts of a document: what one network takes, with its own loss; losses of the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from symbptt.judge.definitions.definitions import Found, first_definitions
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.judge.numeric.numbers import by_numbers
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim, Reading
from symbptt.judge.verdicts import Finding


@dataclass
class AtEnd:
    """The losses that nothing defines as those of the last time, where that says something else."""

    losses: Sequence[Definition]
    latest: tuple[Scope, Scope] | None = None  # what was asked last, with the answer

    @staticmethod
    def of(reading: Reading, vocabulary: Vocabulary, first: Found) -> AtEnd:
        """The losses of a document whose definitions, with losses of all times, are known."""
        found = first_definitions(reading, vocabulary, at_end=True)
        return AtEnd([one for slot, (_, one) in found.items() if repr(one) != repr(first[slot][1])])

    def within(self, scope: Scope) -> Scope | None:
        """A scope with these losses; None where there are none."""
        if not self.losses:
            return None
        if self.latest is None or self.latest[0] is not scope:
            changed = reduce(lambda one, loss: one.redefined(loss, False), self.losses, scope)
            self.latest = scope, changed
        return self.latest[1]


def in_section(claim: Claim, reading: Reading, scope: Scope, loss: str) -> tuple[Finding, Scope]:
    """The verdict on what fails by a loss of several networks, from the part of the document that it is in.

    It fails where that part is of one network, by a loss of each time and by one of the last.
    """
    within = [section(reading, scope, claim.display, at_end) for at_end in (False, True)]
    found = [by_numbers(claim, one)[0] for one in within]
    for finding, one in zip(found, within, strict=True):
        if finding.verdict == "holds" and finding.scope == "any":
            return replace(finding, message="It holds by what this part of the document defines."), one
    if all(finding.verdict == "fails" for finding in found) and not within[0].doubtful_loss(claim):
        return found[0], within[0]
    said = f"Several networks are defined, and nothing says of which one {loss} is the loss."
    return Finding("undetermined", said), scope


def section(reading: Reading, scope: Scope, display: int, at_end: bool = False) -> Scope:
    """The definitions since the last network began, up to a display, and those before that still hold.

    A loss that the document leaves open is then one of what this part computes; ``at_end``: at the last time.
    """
    claims = [one for one in reading.claims if isinstance(one, Claim)]
    here = tuple(one for one in claims if scope.start <= one.display <= display)
    stop = reading.document.displays[display].start
    said = tuple(one for one in reading.inline if one[0].start < stop)
    first = first_definitions(replace(reading, claims=here, inline=said), scope.vocabulary, at_end)
    before = {
        key: [one for one in found if one.display <= display and not one.assumed]
        for key, found in scope.definitions.items()
    }
    definitions = {key: found for key, found in before.items() if found}
    for (key, _), (_, one) in first.items():
        if one.assumed or key not in definitions:
            definitions[key] = [*definitions.get(key, []), one]
    return Scope(scope.vocabulary, definitions, scope.declarations, scope.start, scope.horizon)
