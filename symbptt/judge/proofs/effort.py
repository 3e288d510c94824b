"""How much work a proof may be: a number of terms, so that a busy machine proves what an idle one does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from symbptt.judge.proofs.times import Unproved

UNBOUNDED = 10**9


class Effort(threading.local):
    """The terms that may still be made in this thread."""

    left = UNBOUNDED

    def spend(self, terms: int) -> None:
        """Raises Unproved where that is too much."""
        self.left -= terms
        if self.left < 0:
            raise Unproved("too long a calculation")

    @contextmanager
    def of(self, most: int) -> Iterator[None]:
        """In the block at most so many terms are made; an effort inside another is its own."""
        before, self.left = self.left, most
        try:
            yield
        finally:
            self.left = before


EFFORT = Effort()
