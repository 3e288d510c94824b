"""Chains A = B = C whose middle cannot be evaluated: the author says that A = C all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbptt.judge.notation.normal import EQUALS
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding

HOLDS = "It holds for the head of the chain; what stands between them is not decided."
FAILS = "It contradicts the head of the chain: the mistake is in this line, or in one that is not decided."


def before(claim: Claim, found: Sequence[tuple[Claim, Finding]]) -> list[Finding]:
    """What was found of the equations before one in its chain; nothing where another sign breaks it."""
    rows = found[-claim.link :] if claim.link else []
    same = all(one.formula is claim.formula and one.head is claim.head for one, _ in rows)
    joined = all(one.op in EQUALS for one, _ in rows)
    return [finding for _, finding in rows] if same and joined and claim.head is not None else []


def asks_head(finding: Finding, earlier: Sequence[Finding]) -> bool:
    """Is an equation to be held against the head of its chain?

    So it is where its own left side cannot be evaluated, or where what leads to that side is not decided.
    """
    if not earlier or finding.verdict not in ("undetermined", "holds"):
        return False
    if any(one.verdict == "fails" for one in earlier) or any(
        one.verdict == "definition" for one in earlier[1:]
    ):
        return False  # the mistake is known, or the chain goes on from something new
    return "undetermined" in (finding.verdict, earlier[-1].verdict)


def of_head(finding: Finding, earlier: Sequence[Finding], whole: Finding) -> Finding:
    """The verdict on an equation from that on its right side and the head of the chain.

    It fails only where the first equation holds: else nothing shows how the head itself is meant.
    """
    if whole.verdict == "holds":
        return replace(whole, message=HOLDS)
    known = earlier[0].verdict in ("holds", "definition")
    return replace(whole, message=FAILS) if whole.verdict == "fails" and known else finding
