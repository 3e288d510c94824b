"""What the judge says: a verdict for each relation, with its evidence, and the judgement of a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["definition", "holds", "fails", "unreadable", "undetermined"]
Scope = Literal["any", "scalar"]
VERDICTS: tuple[Verdict, ...] = ("definition", "holds", "fails", "unreadable", "undetermined")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Numbers behind a verdict: where both sides were evaluated, and how far apart they were at most."""

    kind: Literal["numeric", "form"]
    relative_error: float | None = None
    sizes: str = ""
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one relation, before it is tied to its place in the document."""

    verdict: Verdict
    message: str = ""
    scope: Scope | None = None
    evidence: Evidence | None = None
    reading: str = ""
    suggestion: str = ""

    def __post_init__(self) -> None:
        if self.verdict == "fails" and self.evidence is None:
            raise ValueError("a relation fails only with evidence")
        if (self.scope is not None) != (self.verdict == "holds"):
            raise ValueError("what holds, and nothing else, has a scope")


@dataclass(frozen=True, slots=True)
class Judged:
    """A relation of a document with its verdict; ``line`` and ``column`` count from 1, ``display`` from 0."""

    display: int
    line: int
    column: int
    latex: str
    finding: Finding
    excerpt: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything the judge has to say about one document."""

    source: str
    relations: tuple[Judged, ...]
    conventions: dict[str, str] = field(default_factory=dict)
    recurrences: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Does any relation fail?"""
        return any(one.finding.verdict == "fails" for one in self.relations)

    def count(self, verdict: Verdict) -> int:
        """How many relations got this verdict."""
        return sum(one.finding.verdict == verdict for one in self.relations)
