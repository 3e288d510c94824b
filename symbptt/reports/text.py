"""Judgements as a linter writes them: FILE:LINE:COL verdict: message, the line, and a caret under the part.

What needs a look is shown whole, what is in doubt on one line; the rest is counted. A line is a row of
pieces, each with its role, so that a terminal can colour what a file gets plain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from symbptt.judge.verdicts import Evidence, Finding, Judged, Judgement, Verdict

Piece = tuple[str, str]  # text, role
Line = tuple[Piece, ...]

WORDS: dict[Verdict, tuple[str, str]] = {
    "definition": ("definition", "definitions"),
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "unreadable": ("unreadable", "unreadable"),
    "undetermined": ("undetermined", "undetermined"),
}
NARROW = 60  # numbers wider than this stand on lines of their own


def as_text(judgements: Iterable[Judgement], everything: bool = False) -> str:
    """The report on all documents, without colours."""
    return "\n".join("".join(text for text, _ in line) for line in report(judgements, everything))


def report(judgements: Iterable[Judgement], everything: bool = False) -> Iterator[Line]:
    """The lines of the report: each document with its summary, and a summary of all."""
    held = list(judgements)
    for one in held:
        yield from document(one, everything)
    if len(held) > 1:
        without = sum(bool(one.trouble) for one in held)
        said = f" ({without} not judged)" if without else ""
        yield (("all", "place"), (f": {len(held)} documents{said}, {_counted(held)}", "summary"))


def document(judgement: Judgement, everything: bool) -> Iterator[Line]:
    """The relations of one document that are to be shown, and its summary."""
    for judged in sorted(judgement.relations, key=_place):
        if everything or striking(judged):
            yield from _whole(judgement.source, judged)
        elif judged.finding.verdict == "undetermined" or judged.finding.scope == "scalar":
            yield _head(judgement.source, judged)
    explained = any(one.explanation is not None for one in judgement.relations)
    if explained:
        yield from _conventions(judgement)
    if judgement.relations or not judgement.trouble:
        yield ((judgement.source, "place"), (f": {_counted([judgement])}", "summary"))


def _place(judged: Judged) -> tuple[str, int, int, int]:
    return judged.file, judged.cell or 0, judged.concerned.line, judged.concerned.column


def relation(source: str, judged: Judged) -> str:
    """One relation in full, without colours."""
    return "\n".join("".join(text for text, _ in line) for line in _whole(source, judged)).rstrip("\n")


def summary(judgement: Judgement) -> str:
    """The counts of one document in words."""
    return _counted([judgement])


def striking(judged: Judged) -> bool:
    """Does a relation want a look: wrong, unreadable, or probably meant otherwise?"""
    return judged.finding.verdict in ("fails", "unreadable") or bool(judged.finding.suggestion)


def where(source: str, judged: Judged) -> str:
    """FILE:LINE:COL, or FILE:cell N:LINE:COL in a notebook."""
    cell = "" if judged.cell is None else f":cell {judged.cell}"
    return f"{judged.file or source}{cell}:{judged.concerned.line}:{judged.concerned.column}"


def _head(source: str, judged: Judged) -> Line:
    finding = judged.finding
    scope = " for scalars" if finding.scope == "scalar" else ""
    message = f": {finding.message}" if finding.message else ""
    return (
        (where(source, judged), "place"),
        (": ", ""),
        (finding.verdict + scope, "scalar" if scope else finding.verdict),
        (message, ""),
    )


def _whole(source: str, judged: Judged) -> Iterator[Line]:
    yield _head(source, judged)
    line, caret = judged.concerned.place(source).excerpt().split("\n")
    yield ((line, "source"),)
    yield ((caret, judged.finding.verdict),)
    yield from _notes(judged)
    yield ()


def _notes(judged: Judged) -> Iterator[Line]:
    finding = judged.finding
    if finding.verdict == "fails" and finding.evidence is not None:
        yield from _counterexample(finding.evidence)
    if finding.evidence is not None and finding.evidence.idea:
        yield (("  proved: ", "note"), (finding.evidence.idea, ""))
    if finding.suggestion:
        yield (("  did you mean: ", "note"), (finding.suggestion, "suggestion"))
    if judged.explanation is not None:
        yield from _explanation(judged)


def _counterexample(evidence: Evidence) -> Iterator[Line]:
    """Where the two sides were evaluated, and what they were."""
    if not evidence.sizes:
        return
    error = evidence.relative_error
    said = "" if error is None else f" (relative error {error:.2g})"
    if not evidence.left and not evidence.right:
        yield ((f"  sizes: {evidence.sizes}{said}", "note"),)
        return
    if len(evidence.left) + len(evidence.right) <= NARROW:
        sides = f"left {evidence.left}, right {evidence.right}{said}"
        yield ((f"  at {evidence.sizes}: ", "note"), (sides, ""))
        return
    yield ((f"  at {evidence.sizes}:{said}", "note"),)
    yield (("    left  ", "note"), (evidence.left, ""))
    yield (("    right ", "note"), (evidence.right, ""))


def _explanation(judged: Judged) -> Iterator[Line]:
    explanation = judged.explanation
    if explanation is None:
        return
    yield (("  read as: ", "note"), (explanation.latex, ""))
    if explanation.shapes:
        shapes = ", ".join(f"{name}: {shape}" for name, shape in explanation.shapes)
        yield (("  shapes:  ", "note"), (shapes, ""))
    if judged.finding.reading:
        yield (("  chosen:  ", "note"), (judged.finding.reading, ""))


def _conventions(judgement: Judgement) -> Iterator[Line]:
    source = judgement.source
    for question, answer in judgement.conventions.items():
        yield ((source, "place"), (": convention", "note"), (f": {question}: {answer}", ""))
    for equation in judgement.recurrences:
        plain = " ".join(equation.replace("&", "").split())
        yield ((source, "place"), (": recurrence", "note"), (f": {plain}", ""))


def _counted(judgements: Sequence[Judgement]) -> str:
    """25 relations: 7 definitions, 13 hold (2 for scalars only), 4 fail, 1 undetermined."""
    findings = [judged.finding for one in judgements for judged in one.relations]
    number = _number(len(findings), ("relation", "relations"))
    counts = Counter(finding.verdict for finding in findings)
    parts = [_part(verdict, counts[verdict], findings) for verdict in WORDS if counts[verdict]]
    return f"{number}: {', '.join(parts)}" if parts else number


def _part(verdict: Verdict, count: int, findings: Sequence[Finding]) -> str:
    scalar = sum(finding.scope == "scalar" for finding in findings) if verdict == "holds" else 0
    return _number(count, WORDS[verdict]) + (f" ({scalar} for scalars only)" if scalar else "")


def _number(count: int, words: tuple[str, str]) -> str:
    return f"{count} {words[0] if count == 1 else words[1]}"
