"""What is said of a relation once all of the document has been judged.

The layout of derivatives is that of most of the document, and what is true in another alone fails. Of a
chain A = B = C with a wrong B, C is held against A: one mistake is one failure. What fails is repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbptt.judge.layouts import Layouts
from symbptt.judge.reading import Claim
from symbptt.judge.repairs import repair
from symbptt.judge.scope import Scope
from symbptt.judge.trial import Outcome, Settled, Trial
from symbptt.judge.verdicts import Evidence, Finding


@dataclass
class Revision:
    """The claims of a document with what was found first; ``scopes`` are those in which they were tried."""

    claims: Sequence[Claim]
    findings: dict[int, Finding]
    scopes: Mapping[int, Scope]

    def __post_init__(self) -> None:
        self.trials: dict[int, Trial] = {}
        layouts = Layouts()
        for claim in self.claims:
            finding = self.findings[id(claim)]
            if finding.verdict == "holds" and finding.scope == "any" and id(claim) in self.scopes:
                asked = [part.split(":")[0].strip() for part in finding.reading.split(";")]
                if any(part in ("gradient", "matrix gradient", "Jacobian") for part in asked):
                    layouts.hear(id(claim), self.trial(claim), asked)
        self.layouts = layouts
        self.settled: Settled = layouts.settled()

    def spoken(self) -> dict[str, str]:
        """The layout in words."""
        return {
            str(question[0]): str(question[1][answer])
            for question, answer in self.settled.items()
            if isinstance(question[1], tuple)
        }

    def trial(self, claim: Claim) -> Trial:
        """The numbers of a claim, in the scope in which it was tried."""
        if id(claim) not in self.trials:
            scope = self.scopes[id(claim)]
            self.trials[id(claim)] = Trial(claim, scope, False, scope.vocabulary.entries_of(claim))
        return self.trials[id(claim)]

    def revised(self, claim: Claim) -> Finding:
        """The finding in the light of the whole document."""
        finding = self.findings[id(claim)]
        if id(claim) not in self.scopes:
            return finding
        finding = self._in_layout(claim, finding)
        if finding.verdict == "fails" and claim.link:
            finding = self._against_head(claim, finding)
        if finding.verdict == "fails" and not finding.suggestion:
            finding = self._repaired(claim, finding)
        self.findings[id(claim)] = finding
        return finding

    def _in_layout(self, claim: Claim, finding: Finding) -> Finding:
        """What is true in another layout than the document's fails."""
        question = self.layouts.against(id(claim), self.settled)
        if question is None or finding.verdict != "holds":
            return finding
        outcome = self.trial(claim).outcome(self.settled)
        if outcome.status != "differs":
            return finding
        answers = question[1]
        meant = answers[self.settled[question]] if isinstance(answers, tuple) else ""
        message = f"It is false in the layout of this document ({question[0]}: {meant})."
        return Finding("fails", message, evidence=_numbers(outcome))

    def _against_head(self, claim: Claim, finding: Finding) -> Finding:
        """After a wrong line, the next one is held against the head of the chain."""
        place = next(i for i, one in enumerate(self.claims) if one is claim)
        earlier = [self.findings[id(one)] for one in self.claims[place - claim.link : place]]
        if claim.head is None or not any(one.verdict == "fails" for one in earlier):
            return finding
        outcome = replace(self.trial(claim), claim=replace(claim, left=claim.head)).outcome(self.settled)
        if outcome.status != "equal":
            return finding
        said = "It holds for the head of the chain; the mistake is in a line before."
        return Finding("holds", said, "any", _numbers(outcome))

    def _repaired(self, claim: Claim, finding: Finding) -> Finding:
        """A failure with the slightest edit that mends it."""
        found = repair(claim, self.trial(claim), self.claims, self.settled)
        if found is None:
            return finding
        said = found.said[:1].upper() + found.said[1:]
        return replace(finding, message=f"{finding.message} {said}.", suggestion=found.latex)


def _numbers(outcome: Outcome) -> Evidence:
    return Evidence("numeric", outcome.error, outcome.where, outcome.left, outcome.right)
