"""A document that means something else than was read: its relations differ, and no slight edit mends one.

People make slips, and a slip is mended by a small edit. Where several relations of a document differ in their
numbers with no such edit, and few hold beside them, the reading is at fault more often than the author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbptt.judge.verdicts import Finding

FEWEST = 3  # relations that differ with no slight edit, from which on they are counted
SHARE = 2  # and as many times these are to be no fewer than the relations that hold


def misread(findings: Mapping[int, Finding]) -> dict[int, Finding]:
    """The findings of a document; failures that no edit mends are open where there are too many of them."""
    unmended = [place for place, finding in findings.items() if _is_unmended(finding)]
    held = sum(finding.verdict == "holds" for finding in findings.values())
    if len(unmended) < FEWEST or SHARE * len(unmended) < held:
        return dict(findings)
    count = len(unmended)
    said = f"Not decided: {count} relations here differ, none by a slip: others may be meant than were read."
    return {
        place: replace(finding, verdict="undetermined", message=said, scope=None, evidence=None)
        if place in unmended
        else finding
        for place, finding in findings.items()
    }


def _is_unmended(finding: Finding) -> bool:
    """Does this differ in numbers alone, with no edit that mends it?"""
    numeric = finding.evidence is not None and finding.evidence.kind == "numeric"
    return finding.verdict == "fails" and numeric and not finding.suggestion
