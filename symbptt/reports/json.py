"""Judgements as JSON: one object for all documents, the contract of the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from symbptt.judge.verdicts import Evidence, Judged, Judgement, Region


def as_json(judgements: Iterable[Judgement], everything: bool = True) -> str:
    """Every relation of every document; numbers that JSON has no word for are null."""
    documents = [_document(one) for one in judgements]
    return json.dumps({"documents": documents}, ensure_ascii=False, indent=1, allow_nan=False)


def _document(judgement: Judgement) -> dict[str, object]:
    found: dict[str, object] = {
        "file": judgement.source,
        "conventions": judgement.conventions,
        "recurrences": list(judgement.recurrences),
        "relations": [_relation(judged) for judged in judgement.relations],
    }
    return found | ({"error": judgement.trouble} if judgement.trouble else {})


def _relation(judged: Judged) -> dict[str, object]:
    finding = judged.finding
    evidence = finding.evidence
    return {
        "display": judged.display,
        **({} if judged.cell is None else {"cell": judged.cell}),
        **({"file": judged.file} if judged.file else {}),
        "line": judged.line,
        "column": judged.column,
        "latex": judged.latex,
        "verdict": finding.verdict,
        "scope": finding.scope,
        "evidence": evidence.kind if evidence else None,
        "relative_error": _number(evidence.relative_error) if evidence else None,
        "reading": finding.reading,
        "message": finding.message,
        "suggestion": finding.suggestion,
        "counterexample": _counterexample(evidence) if evidence and finding.verdict == "fails" else None,
        "part": None if judged.part is None else _region(judged.part),
        **_explanation(judged),
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _counterexample(evidence: Evidence) -> dict[str, str] | None:
    return (
        {"sizes": evidence.sizes, "left": evidence.left, "right": evidence.right} if evidence.sizes else None
    )


def _region(region: Region) -> dict[str, int]:
    return {
        "line": region.line,
        "column": region.column,
        "end_line": region.end_line,
        "end_column": region.end_column,
    }


def _explanation(judged: Judged) -> dict[str, object]:
    if judged.explanation is None:
        return {}
    return {"read_as": judged.explanation.latex, "shapes": dict(judged.explanation.shapes)}
