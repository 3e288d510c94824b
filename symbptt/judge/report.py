"""Judgements as text (as a linter writes), as JSON (the contract of the command line), for GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterable

from symbptt.judge.verdicts import VERDICTS, Judged, Judgement


def as_json(judgements: Iterable[Judgement]) -> str:
    """One JSON object for all documents."""
    documents = [
        {
            "file": one.source,
            "conventions": one.conventions,
            "recurrences": list(one.recurrences),
            "relations": [_relation(judged) for judged in one.relations],
        }
        for one in judgements
    ]
    return json.dumps({"documents": documents}, ensure_ascii=False, indent=1)


def _relation(judged: Judged) -> dict[str, object]:
    finding = judged.finding
    evidence = finding.evidence
    return {
        "display": judged.display,
        "line": judged.line,
        "column": judged.column,
        "latex": judged.latex,
        "verdict": finding.verdict,
        "scope": finding.scope,
        "evidence": evidence.kind if evidence else None,
        "relative_error": evidence.relative_error if evidence else None,
        "reading": finding.reading,
        "message": finding.message,
        "suggestion": finding.suggestion,
        "counterexample": (
            {"sizes": evidence.sizes, "left": evidence.left, "right": evidence.right}
            if evidence and finding.verdict == "fails" and evidence.sizes
            else None
        ),
    }


def as_text(judgements: Iterable[Judgement]) -> str:
    """FILE:LINE:COL verdict: message, the line with a caret, for all that needs a look; then a summary."""
    lines: list[str] = []
    for one in judgements:
        for judged in one.relations:
            if judged.finding.verdict in ("fails", "unreadable") or judged.finding.suggestion:
                lines += _paragraph(one.source, judged)
        counts = ", ".join(f"{one.count(verdict)} {verdict}" for verdict in VERDICTS)
        lines.append(f"{one.source}: {len(one.relations)} relations: {counts}")
    return "\n".join(lines)


def _paragraph(source: str, judged: Judged) -> list[str]:
    finding = judged.finding
    lines = [f"{source}:{judged.line}:{judged.column}: {finding.verdict}: {finding.message}", judged.excerpt]
    if finding.evidence is not None and finding.evidence.sizes:
        evidence = finding.evidence
        lines.append(
            f"  at {evidence.sizes}: left {evidence.left}, right {evidence.right}"
            f" (relative error {evidence.relative_error:.2g})"
        )
    if finding.suggestion:
        lines.append(f"  did you mean: {finding.suggestion}")
    return [*lines, ""]


def as_github(judgements: Iterable[Judgement]) -> str:
    """Workflow commands that mark the lines of a pull request."""
    lines = []
    for one in judgements:
        for judged in one.relations:
            level = {"fails": "error", "unreadable": "warning"}.get(judged.finding.verdict, "")
            level = level or ("notice" if judged.finding.suggestion else "")
            if level:
                message = judged.finding.message + (
                    f" Did you mean {judged.finding.suggestion}" if judged.finding.suggestion else ""
                )
                lines.append(
                    f"::{level} file={one.source},line={judged.line},col={judged.column}::{_escaped(message)}"
                )
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


FORMATS = {"json": as_json, "text": as_text, "github": as_github}
