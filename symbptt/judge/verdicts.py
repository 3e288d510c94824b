"""What the judge says: a verdict for each relation, with its evidence, and the judgement of a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from symbptt.errors import Place
from symbptt.reader.syntax import Span

Verdict = Literal["definition", "holds", "fails", "unreadable", "undetermined"]
Scope = Literal["any", "scalar"]
VERDICTS: tuple[Verdict, ...] = ("definition", "holds", "fails", "unreadable", "undetermined")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: a proof, the form alone, or numbers.

    The numbers say where both sides were evaluated, and how far apart they were at most; ``idea`` says what a
    proof rests on.
    """

    kind: Literal["proved", "numeric", "form"]
    relative_error: float | None = None
    sizes: str = ""
    left: str = ""
    right: str = ""
    idea: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one relation, before it is tied to its place in the document.

    ``at`` are the offsets, in the formula, of the part that the message is about; a suggestion is what should
    stand there, or in place of the whole relation where ``at`` is None.
    """

    verdict: Verdict
    message: str = ""
    scope: Scope | None = None
    evidence: Evidence | None = None
    reading: str = ""
    suggestion: str = ""
    at: Span | None = None

    def __post_init__(self) -> None:
        if self.verdict == "fails" and self.evidence is None:
            raise ValueError("a relation fails only with evidence")
        if (self.scope is not None) != (self.verdict == "holds"):
            raise ValueError("what holds, and nothing else, has a scope")

    @property
    def proved(self) -> bool:
        """Does the verdict rest on a proof?"""
        return self.evidence is not None and self.evidence.kind == "proved"


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a document: its first character, and the one after its last (lines and columns from 1).

    ``text`` is the whole first line.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    def place(self, source: str) -> Place:
        """The part of the region on its first line, as errors show places."""
        stop = self.end_column if self.end_line == self.line else len(self.text.rstrip()) + 1
        return Place(source, self.line, self.column, self.text, max(1, stop - self.column))


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a relation was read: in LaTeX with every product written out, and the shapes of its names."""

    latex: str
    shapes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A relation of a document with its verdict.

    ``display`` counts the displays from 0 and is None for an inline formula. ``region`` is where the relation
    stands, ``part`` the part of it that the message is about. In a notebook both count within the ``cell``
    (from 1), and ``file_region`` and ``file_part`` are the places in the notebook's own file. ``file`` is
    where the relation stands, if not in the document itself but in a file that it takes in.
    """

    display: int | None
    region: Region
    latex: str
    finding: Finding
    part: Region | None = None
    explanation: Explanation | None = None
    cell: int | None = None
    file_region: Region | None = None
    file_part: Region | None = None
    file: str = ""

    @property
    def line(self) -> int:
        """The line where the relation starts, from 1."""
        return self.region.line

    @property
    def column(self) -> int:
        """The column where the relation starts, from 1."""
        return self.region.column

    @property
    def concerned(self) -> Region:
        """What the message is about: a part of the relation, or all of it."""
        return self.part or self.region

    @property
    def in_file(self) -> Region:
        """The same as a place in the file itself."""
        return self.file_part or self.file_region or self.concerned


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything the judge has to say about one document.

    ``trouble`` says why a document could not be judged, or not to its end; it is empty where all went well.
    """

    source: str
    relations: tuple[Judged, ...]
    conventions: dict[str, str] = field(default_factory=dict)
    recurrences: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def failed(self) -> bool:
        """Does any relation fail?"""
        return any(one.finding.verdict == "fails" for one in self.relations)

    @property
    def doubtful(self) -> bool:
        """Is any relation unreadable or undetermined?"""
        return any(one.finding.verdict in ("unreadable", "undetermined") for one in self.relations)

    def count(self, verdict: Verdict) -> int:
        """How many relations got this verdict."""
        return sum(one.finding.verdict == verdict for one in self.relations)

    def _repr_html_(self) -> str:
        from symbptt.reports import as_html  # the reports stand above this layer

        return as_html(self)

    def _repr_markdown_(self) -> str:
        from symbptt.reports import as_markdown  # the reports stand above this layer

        return as_markdown(self)

    def __str__(self) -> str:
        from symbptt.reports import as_text  # the reports stand above this layer

        return as_text([self])
