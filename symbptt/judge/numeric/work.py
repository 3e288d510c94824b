"""Work that is counted: an evaluation gives up after so many parts, the same on a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from symbptt.judge.numeric.tensors import Undecided


class TooLong(Undecided):
    """An evaluation that has done all the work that it may."""


@dataclass(slots=True)
class Work:
    """How many parts of formulas were evaluated, and at how many to give up: the same on a busy machine."""

    done: int = 0
    most: float = float("inf")

    def go_on(self) -> None:
        """Counts one part more. Raises TooLong."""
        self.done += 1
        if self.done > self.most:
            raise TooLong("it takes too long")

    @contextmanager
    def of(self, parts: int) -> Iterator[None]:
        """In the block at most so many parts are evaluated, and no more than the one around it may."""
        before, self.most = self.most, min(self.most, self.done + parts)
        try:
            yield
        finally:
            self.most = before
