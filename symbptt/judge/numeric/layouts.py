"""The layout of derivatives that a document writes: the one under which most of its relations hold.

A gradient has the shape of its variable or stands transposed, a Jacobian has the outputs in its rows or in
its columns. Each question is answered once for a document. A relation has a say when it is true under one
answer alone; where the document is of two minds, the question stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from symbptt.judge.numeric.tensors import JACOBIAN
from symbptt.judge.numeric.trial import Settled, Trial

GRADIENT = ("gradient", ("shape of the variable", "transposed"))
MATRIX = ("matrix gradient", ("shape of the variable", "transposed"))
QUESTIONS: tuple[tuple[str, tuple[str, str]], ...] = (GRADIENT, MATRIX, JACOBIAN)
CLEAR = 2  # so many relations for one answer, to each against it, settle a question


@dataclass
class Layouts:
    """The votes of the relations that hold."""

    votes: dict[int, dict[tuple[object, ...], int]] = field(default_factory=dict)

    def hear(self, place: int, trial: Trial, asked: Iterable[str]) -> None:
        """Notes under which answers alone a relation holds."""
        names = set(asked)
        for question in QUESTIONS:
            if question[0] not in names:
                continue
            true = [trial.outcome({question: answer}).status == "equal" for answer in (0, 1)]
            if true[0] != true[1]:
                self.votes.setdefault(place, {})[question] = 0 if true[0] else 1

    def settled(self) -> Settled:
        """The answers that the document gives clearly."""
        found: dict[tuple[object, ...], int] = {}
        for question in QUESTIONS:
            counts = Counter(vote[question] for vote in self.votes.values() if question in vote)
            (first, most), *rest = counts.most_common() or [(0, 0)]
            others = sum(number for _, number in rest)
            if most >= CLEAR * others and most:
                found[question] = first
            elif question == MATRIX and most == others:
                found[question] = 0  # the usual one
        return found

    def against(self, place: int, settled: Settled) -> tuple[object, ...] | None:
        """The question that a relation answers otherwise than the document does."""
        for question, answer in self.votes.get(place, {}).items():
            if settled.get(question, answer) != answer:
                return question
        return None
