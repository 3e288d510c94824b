"""What is said of a relation once all of the document has been judged.

The layout of derivatives is that of most of the document, and what is true in another alone fails. Of a
chain A = B = C with a wrong B, C is held against A: one mistake is one failure. What fails is repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbptt.judge.definitions.restated import Restated
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.circumstances import circumstance, numbers_set
from symbptt.judge.numeric.layouts import MATRIX, QUESTIONS, Layouts
from symbptt.judge.numeric.numbers import ALONE, UNFIT, evidence_of, only_of_numbers
from symbptt.judge.numeric.trial import Settled, Trial
from symbptt.judge.reading import Claim
from symbptt.judge.relations.forms import says_scalars
from symbptt.judge.relations.namesakes import UNKNOWN, namesake
from symbptt.judge.repairs.products import grouped
from symbptt.judge.repairs.repairs import Repair, as_repair, repair, widened
from symbptt.judge.repairs.slips import Slip
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Apply, Bracket, Transpose

FROM_ZERO = "It holds where the states start at zero."
FEWEST = (
    2  # relations with transposes or diagonals that hold for all sizes, by which a document means matrices
)
SHARE = 2  # and they are to be as many times those that hold for plain numbers alone


@dataclass
class Revision:
    """The claims of a document with what was found first; ``scopes`` are those in which they were tried.

    ``across`` are the claims that were held against the head of their chain, as they were then, and ``anew``
    those that define a quantity otherwise than before; ``shorter`` are the scopes of as many steps as are
    written out.
    """

    claims: Sequence[Claim]
    findings: dict[int, Finding]
    scopes: Mapping[int, Scope]
    across: Mapping[int, Claim]
    anew: Mapping[int, Restated]
    shorter: Mapping[int, Scope]
    slip: Slip | None = None  # a definition whose time is wrong

    def __post_init__(self) -> None:
        self.trials: dict[int, Trial] = {}
        layouts = Layouts()
        for claim in self.claims:
            finding = self.findings[id(claim)]
            if finding.verdict == "holds" and finding.scope == "any" and id(claim) in self.scopes:
                asked = [part.split(":")[0].strip() for part in finding.reading.split(";")]
                if any(part == question for part in asked for question, _ in QUESTIONS):
                    layouts.hear(id(claim), self.trial(claim), asked)
        self.layouts = layouts
        self.settled: Settled = layouts.settled()
        self.matrices = self._keeps_to_matrices()

    def spoken(self) -> dict[str, str]:
        """The layout in words."""
        return {
            str(question[0]): str(question[1][answer])
            for question, answer in self.settled.items()
            if isinstance(question[1], tuple)
        }

    def trial(self, claim: Claim) -> Trial:
        """The numbers of a claim, in the scope in which it was tried."""
        place = id(claim)
        if place not in self.trials:
            scope = self.scopes[place]
            claim = self.across.get(id(claim), claim)
            self.trials[place] = Trial(claim, scope, False, scope.vocabulary.entries_of(claim))
        return self.trials[place]

    def revised(self, claim: Claim) -> Finding:
        """The finding in the light of the whole document."""
        finding = self.findings[id(claim)]
        if self.slip is not None and claim is self.slip.claim:
            return self.slip.finding()
        if id(claim) not in self.scopes:
            return finding
        if self.slip is not None and id(claim) in self.slip.mended:
            return self.slip.mends(claim)
        if id(claim) in self.anew and not finding.suggestion:
            within = replace(claim, link=1)  # what is defined is not in question
            found = self.anew[id(claim)].slip()
            found = found or repair(within, self.trial(claim), self.claims, self.settled)
            return self.anew[id(claim)].finding(found, self.claims, self.scopes)
        finding = self._in_layout(claim, finding)
        if finding.verdict == "fails" and claim.link:
            finding = self._against_head(claim, finding)
        unfit = finding.verdict == "undetermined" and finding.message.startswith(UNFIT)
        if (unfit or finding.verdict == "fails") and not finding.suggestion:
            finding = self._as_diagonal(claim, finding) or self._repaired(claim, finding)
        if finding.scope == "scalar" and not finding.suggestion:
            finding = self._widened(claim, finding)
        if finding.message == FROM_ZERO and not finding.suggestion:
            finding = self._from_anywhere(claim, finding)
        if finding.message.endswith(UNKNOWN) and not finding.suggestion:
            found = namesake(claim, self.trial(claim), self.claims, self.settled)
            finding = _pointed(finding, found)
        finding = _in_special_case(claim, finding)
        self.findings[id(claim)] = finding
        return finding

    def _in_layout(self, claim: Claim, finding: Finding) -> Finding:
        """What is true in another layout than the document's fails."""
        question = self.layouts.against(id(claim), self.settled)
        if question is None or finding.verdict != "holds":
            return finding
        outcome = self.trial(claim).outcome(self.settled)
        unfit = question == MATRIX and outcome.status in ("clash", "misfit")
        if outcome.status != "differs" and not unfit:
            return finding
        answers = question[1]
        meant = answers[self.settled[question]] if isinstance(answers, tuple) else ""
        message = f"It is false in the layout of this document ({question[0]}: {meant})."
        numbers = Evidence("form") if unfit else evidence_of(outcome)
        finding = Finding("fails", message, evidence=numbers)
        turned = replace(claim, right=Transpose(claim.right.at, grouped(claim.right), "\\top"))
        if not self.trial(claim).holds(turned, self.settled):
            return finding
        return _pointed(finding, as_repair(claim, turned, "the right side is to be transposed"))

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
        return Finding("holds", said, "any", evidence_of(outcome))

    def _from_anywhere(self, claim: Claim, finding: Finding) -> Finding:
        """What holds where the states start at zero, with the edit that makes it hold for any start."""
        trial = self.trial(claim)
        found = repair(trial.claim, trial, self.claims, self.settled)
        return _pointed(finding, found, f"To hold for any start: {found.said}." if found else "")

    def _keeps_to_matrices(self) -> bool:
        """Is the document written with care for what matrices need and plain numbers do not?

        Its relations with transposes or diagonals hold for all sizes, but for a few.
        """
        held = [claim for claim in self.claims if self.findings[id(claim)].verdict == "holds"]
        alone = [claim for claim in held if self.findings[id(claim)].scope == "scalar"]
        rest = [claim for claim in held if claim not in alone and id(claim) in self.scopes]
        careful = [claim for claim in rest if self.scopes[id(claim)].speaks_of_vectors(claim)]
        return len(careful) >= max(FEWEST, SHARE * len(alone))

    def _widened(self, claim: Claim, finding: Finding) -> Finding:
        """What is true of plain numbers alone, with the edit that makes it true of all sizes.

        It fails in a document that keeps to matrices, unless the layout of derivatives is all that is amiss.
        """
        trial = self.trial(claim)
        if says_scalars(claim) or not any(1 not in size for size in trial.world.sizes.values()):
            return finding  # it is meant for numbers, or the document speaks of no matrix
        found = widened(trial.claim, trial, self.claims, self.settled)
        if found is None or found.layout or not self.matrices:
            return _pointed(finding, found, f"For larger ones: {found.said}." if found else "")
        outcome = trial.outcome(self.settled)
        return _pointed(only_of_numbers(outcome), found)

    def _as_diagonal(self, claim: Claim, finding: Finding) -> Finding | None:
        """What is true of the diagonal of a Jacobian, which many write for all of it; None for any other."""
        if finding.verdict != "fails" or not finding.message.startswith(ALONE):
            return None
        trial = self.trial(claim)
        at = claim.right.at
        meant = replace(trial.claim, right=Apply(at, "diag", Bracket(at, "()", (claim.right,))))
        outcome = replace(trial, claim=meant).outcome(self.settled)
        if outcome.status != "equal":
            return None
        said = "It is true entry by entry; as a matrix the Jacobian is diagonal."
        diagonal = as_repair(trial.claim, meant, "the right side is its diagonal")
        return _pointed(Finding("holds", said, "scalar", evidence_of(outcome)), diagonal)

    def _repaired(self, claim: Claim, finding: Finding) -> Finding:
        """A failure with the slightest edit that mends it; sizes that an edit makes fit fail, too."""
        trial = self.trial(claim)
        if says_scalars(claim):
            trial = Trial(trial.claim, trial.scope, True, trial.entries)
        found = repair(trial.claim, trial, self.claims, self.settled)
        if found is None and id(claim) in self.shorter:
            trial = Trial(trial.claim, self.shorter[id(claim)], False, trial.entries)
            found = repair(trial.claim, trial, self.claims, self.settled)
        if found is not None and finding.verdict == "undetermined":
            finding = Finding("fails", finding.message, evidence=Evidence("form"))
        return _pointed(finding, found)


def _in_special_case(claim: Claim, finding: Finding) -> Finding:
    """A failure that no slight edit mends is open where the words around may set a case of their own."""
    by_form = finding.evidence is not None and finding.evidence.kind == "form"
    case = None if finding.verdict != "fails" or finding.suggestion or by_form else circumstance(claim)
    if case is None or numbers_set(claim):  # with those numbers it was tried
        return finding
    said = f"Not decided: it does not hold in general; it may be meant for a case set before it ({case})."
    return Finding("undetermined", said)


def _pointed(finding: Finding, found: Repair | None, said: str = "") -> Finding:
    """A finding with what was probably meant."""
    if found is None:
        return finding
    message = f"{finding.message} {said or found.sentence}"
    return replace(finding, message=message, suggestion=found.latex, at=found.at)
