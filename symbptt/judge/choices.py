"""Readings of a formula, one after the other: what is chosen where it can be read in several ways.

An evaluation asks ``choice(key, count)``; the answers are kept, and ``Readings`` runs the evaluation again
with other answers until it is satisfied or has tried them all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Choice:
    """The answers of one reading: ``script`` first, then the usual answer 0."""

    script: tuple[int, ...] = ()
    made: dict[tuple[object, ...], int] = field(default_factory=dict)
    trail: list[tuple[tuple[object, ...], int]] = field(default_factory=list)

    def __call__(self, key: tuple[object, ...], count: int) -> int:
        """The answer to a question, the same whenever it is asked."""
        if key not in self.made:
            place = len(self.trail)
            self.made[key] = self.script[place] if place < len(self.script) else 0
            self.trail.append((key, count))
        return min(self.made[key], count - 1)

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
        for key, _ in self.trail:
            names = key[-1]
            if isinstance(names, tuple) and key[0] != "kind":
                answer = names[min(self.made[key], len(names) - 1)]
                found[" ".join(str(part) for part in key[:-1]).strip()] = str(answer)
        return found


def readings(most: int, seconds: float) -> Iterator[Choice]:
    """Choices to evaluate under, each different, until none is left or the limits are reached."""
    until = time.monotonic() + seconds
    script: tuple[int, ...] | None = ()
    for _ in range(most):
        if script is None or time.monotonic() > until:
            return
        choice = Choice(script)
        yield choice
        script = choice.next_script()
