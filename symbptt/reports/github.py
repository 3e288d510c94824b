"""Judgements as workflow commands of GitHub, which mark the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from symbptt.judge.verdicts import Judged, Judgement

LEVELS = {"fails": "error", "unreadable": "warning"}


def as_github(judgements: Iterable[Judgement], everything: bool = False) -> str:
    """A command for each relation that fails, is unreadable or carries a suggestion; or for everything."""
    return "\n".join(line for one in judgements for line in _commands(one, everything))


def _commands(judgement: Judgement, everything: bool) -> list[str]:
    lines = [
        _command(judgement.source, judged)
        for judged in judgement.relations
        if everything or judged.finding.verdict in LEVELS or judged.finding.suggestion
    ]
    if judgement.trouble:
        lines.append(f"::error file={_property(judgement.source)}::{_data(judgement.trouble)}")
    return lines


def _command(source: str, judged: Judged) -> str:
    finding, region = judged.finding, judged.in_file
    level = LEVELS.get(finding.verdict, "notice")
    properties = {
        "file": judged.file or source,
        "line": region.line,
        "endLine": region.end_line,
        "title": f"symbptt {finding.verdict}",
    }
    if region.line == region.end_line:  # GitHub wants columns only where both ends stand on one line
        properties |= {"col": region.column, "endColumn": region.end_column}
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {said}::{_data(message(judged))}"


def message(judged: Judged) -> str:
    """What is wrong, the counterexample and the suggestion, a line each."""
    finding, evidence = judged.finding, judged.finding.evidence
    lines = [finding.message or f"The relation {finding.verdict}."]
    if finding.verdict == "fails" and evidence is not None and evidence.sizes:
        sides = f": left {evidence.left}, right {evidence.right}" if evidence.left or evidence.right else ""
        lines.append(f"At {evidence.sizes}{sides}.")
    if finding.suggestion:
        lines.append(f"Did you mean {finding.suggestion}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
