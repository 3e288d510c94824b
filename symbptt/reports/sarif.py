"""Judgements as SARIF 2.1.0, the interchange format of static analysis (OASIS standard, 2020)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import PurePath
from urllib.parse import quote

from symbptt.judge.verdicts import Judged, Judgement, Region
from symbptt.reports.github import message
from symbptt.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Identifier, level of its results, and what it means. What is no failure has a kind of its own and no level.
RULES = {
    "differs": ("error", "The two sides of a relation differ in every reading."),
    "form": ("error", "A relation is malformed: a sign, an index or a limit cannot be meant as written."),
    "unreadable": ("warning", "A relation could not be read."),
    "suspect": ("note", "A relation is probably not written as it was meant."),
    "scalar": ("note", "A relation holds only where every size is one."),
    "holds": ("none", "A relation holds."),
    "definition": ("none", "A relation defines a symbol."),
    "undetermined": ("none", "A relation could not be decided."),
}
KINDS = {"holds": "pass", "definition": "informational", "undetermined": "open"}


def as_sarif(judgements: Iterable[Judgement], everything: bool = False) -> str:
    """One run over all documents; without ``everything`` only the results that have a level."""
    held = list(judgements)
    run = {
        "tool": {"driver": {"name": "symbptt", "version": __version__, "rules": _rules()}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(held)],
        "artifacts": [{"location": _artifact(one.source)} for one in held],
        "results": [found for number, one in enumerate(held) for found in _results(one, number, everything)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _rules() -> list[dict[str, object]]:
    return [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for rule, (level, text) in RULES.items()
    ]


def rule_of(judged: Judged) -> str:
    """The rule whose result a relation is."""
    finding = judged.finding
    if finding.verdict == "fails":
        return "form" if finding.evidence is not None and finding.evidence.kind == "form" else "differs"
    if finding.verdict == "unreadable":
        return "unreadable"
    if finding.suggestion:
        return "suspect"
    return "scalar" if finding.scope == "scalar" else finding.verdict


def _results(judgement: Judgement, artifact: int, everything: bool) -> list[dict[str, object]]:
    return [
        _result(judgement.source, artifact, judged)
        for judged in judgement.relations
        if everything or RULES[rule_of(judged)][0] != "none"
    ]


def _result(source: str, artifact: int, judged: Judged) -> dict[str, object]:
    rule = rule_of(judged)
    location = {
        "physicalLocation": {
            "artifactLocation": _artifact(judged.file or source)
            | ({} if judged.file else {"index": artifact}),
            "region": _region(judged.in_file),
        }
    }
    result: dict[str, object] = {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "kind": KINDS.get(rule, "fail"),
        "level": RULES[rule][0],
        "message": {"text": message(judged)},
        "locations": [location],
        "partialFingerprints": {"relation/v1": _fingerprint(judged)},
    }
    return result | ({"fixes": [_fix(source, judged)]} if _repairs(judged) else {})


def _repairs(judged: Judged) -> bool:
    """Does the suggestion stand for a part of the file? (In a notebook the file holds it with escapes.)"""
    return bool(judged.finding.suggestion) and judged.part is not None and judged.cell is None


def _fix(source: str, judged: Judged) -> dict[str, object]:
    replacement = {
        "deletedRegion": _region(judged.in_file),
        "insertedContent": {"text": judged.finding.suggestion},
    }
    return {
        "description": {"text": "What was probably meant."},
        "artifactChanges": [
            {"artifactLocation": _artifact(judged.file or source), "replacements": [replacement]}
        ],
    }


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _artifact(source: str) -> dict[str, object]:
    """A relative path as a reference below the root of the sources, an absolute one as a file URI."""
    path = PurePath(source)
    return {"uri": f"file://{quote(path.as_posix())}" if path.is_absolute() else quote(path.as_posix())}


def _fingerprint(judged: Judged) -> str:
    """The same as long as the relation is written the same, wherever it stands."""
    return sha256(" ".join(judged.latex.split()).encode()).hexdigest()[:16]


def _invocation(judgements: Sequence[Judgement]) -> dict[str, object]:
    notes = [
        {
            "level": "error",
            "message": {"text": one.trouble},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(one.source)}}],
        }
        for one in judgements
        if one.trouble
    ]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
