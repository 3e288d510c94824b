"""Readings of a formula, one after the other: what is chosen where it can be read in several ways.

An evaluation asks ``choice(key, count)``; the answers are kept, and ``readings`` runs the evaluation again
with other answers until it is satisfied or has tried them all. What a part of a formula gave is remembered
as a decision tree, the questions that it asked with what came of each answer, so that it is evaluated once
for the answers that matter to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from symbptt.errors import SymbpttError
from symbptt.judge.numeric.tensors import Tensor
from symbptt.reader.syntax import Surface

Asked = tuple[tuple[object, ...], int, int]  # the question, how many answers it has, the one given


@dataclass
class Choice:
    """The answers of one reading: ``settled`` ones, then ``script``, then the usual answer 0."""

    script: tuple[int, ...] = ()
    settled: Mapping[tuple[object, ...], int] = field(default_factory=dict)
    made: dict[tuple[object, ...], int] = field(default_factory=dict)
    trail: list[tuple[tuple[object, ...], int]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    met: dict[tuple[object, ...], int] = field(default_factory=dict)  # settled questions that came up

    def __call__(self, key: tuple[object, ...], count: int) -> int:
        """The answer to a question, the same whenever it is asked."""
        if key in self.settled:
            self.met[key] = count
            self.asked.append((key, count, self.settled[key]))
            return self.settled[key]
        if key not in self.made:
            place = len(self.trail)
            self.made[key] = self.script[place] if place < len(self.script) else 0
            self.trail.append((key, count))
        answer = min(self.made[key], count - 1)
        self.asked.append((key, count, answer))
        return answer

    def next_script(self) -> tuple[int, ...] | None:
        """The script of the next reading, or None after the last."""
        answers = [self.made[key] for key, _ in self.trail]
        for place in reversed(range(len(answers))):
            if answers[place] + 1 < self.trail[place][1]:
                return (*answers[:place], answers[place] + 1)
        return None

    def spoken(self) -> dict[str, str]:
        """The answers in words, where the question named them."""
        found = {}
        for key in (*self.met, *(key for key, _ in self.trail)):
            names = key[-1]
            if isinstance(names, tuple) and key[0] != "kind":
                answer = names[min(self.made.get(key, self.settled.get(key, 0)), len(names) - 1)]
                found[" ".join(str(part) for part in key[:-1]).strip()] = str(answer)
        return found


def readings(most: int, settled: Mapping[tuple[object, ...], int] | None = None) -> Iterator[Choice]:
    """Choices to evaluate under, each different, until none is left or the limit is reached."""
    script: tuple[int, ...] | None = ()
    for _ in range(most):
        if script is None:
            return
        choice = Choice(script, settled or {})
        yield choice
        script = choice.next_script()


@dataclass
class Question:
    """A node of a decision tree: what was asked, and what followed each answer."""

    key: tuple[object, ...]
    count: int
    answers: dict[int, Question | Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What an evaluation came to: a value, or the error that it ended in.

    Of an error its kind and its words are kept: the error itself would hold on to all that was at work.
    """

    value: Tensor | None
    error: type[SymbpttError] = SymbpttError
    said: str = ""


@dataclass
class Memory:
    """Decision trees by place; a place is a node with the letters that have a value."""

    trees: dict[object, Question | Result] = field(default_factory=dict)
    nodes: list[Surface] = field(default_factory=list)  # kept alive, for their identity is their place

    def recall(self, place: object, choice: Choice) -> Result | None:
        """What came of a place under these answers, or None; asks what the evaluation would ask."""
        tree = self.trees.get(place)
        while isinstance(tree, Question):
            tree = tree.answers.get(choice(tree.key, tree.count))
        return tree

    def keep(self, node: Surface, place: object, asked: list[Asked], result: Result) -> None:
        """Remembers what came of a place after these questions."""
        self.nodes.append(node)
        path = list(dict.fromkeys(asked))
        if not path:
            self.trees[place] = result
            return
        key, count, answer = path[0]
        tree = self.trees.setdefault(place, Question(key, count))
        for below in path[1:]:
            if not isinstance(tree, Question):
                return
            following = tree.answers.setdefault(answer, Question(below[0], below[1]))
            tree, answer = following, below[2]
        if isinstance(tree, Question):
            tree.answers[answer] = result
