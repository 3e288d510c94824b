"""Bounds on what one formula may cost: documents come from anywhere, and the rest of each is judged as well.

The clock is a signal of the operating system, and counts the time that this process works: how busy the
machine is makes no difference to a verdict. It works in the main thread, where there is such a clock and
nobody else has set it; elsewhere the bounds that the reader and the judge keep by themselves must do.

A stroke may come between any two instructions, so also in code that others run in between (a callback of the
garbage collector, a finaliser), where an exception is lost or does harm. There it waits, though not for ever.

The garbage collector is bounded as well: nearly all that the judge makes is freed without it, and to go
through all that is held again and again took a fifth of the time.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

if sys.platform == "linux":
    import resource

SECONDS_A_FORMULA = 2.0
SECONDS_TO_BEGIN = 20.0  # for the definitions of a whole document
AGAIN = 0.2  # the clock strikes again, should the first stroke be lost
SOON = 0.001
PATIENCE = 40  # strokes that the code of others may take; one that runs outside Python is a single one
PACKAGE = str(Path(__file__).parents[1]) + os.sep
MEMORY = 1_000_000_000  # bytes
COLLECTIONS = (10_000, 10, 100)  # objects more before the youngest are gone through; such rounds before older

Answer = TypeVar("Answer")


class Overtime(Exception):
    """The time is up. No error of the input: nothing that handles those may take it for one."""


class _Stroke:
    """What the clock does to one block: it ends it, but waits where the code of others is at work."""

    def __init__(self) -> None:
        self.put_off = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raises Overtime in the frame that is interrupted."""
        where = frame.f_code.co_filename if frame is not None else ""
        if where == __file__:
            return  # a block begins or ends just now
        self.put_off += 1
        if where.startswith(PACKAGE) or self.put_off > PATIENCE:
            raise Overtime
        if signal.getitimer(signal.ITIMER_PROF)[0]:
            signal.setitimer(signal.ITIMER_PROF, SOON, AGAIN)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises Overtime in the block when this process works longer on it.

    A block inside another has its own time, and that of the outer one stands still meanwhile.
    """
    if not _has_clock():
        yield
        return
    before = signal.signal(signal.SIGPROF, _Stroke())
    left, _ = signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
    try:
        yield
    finally:
        outer = max(left, SOON) if isinstance(before, _Stroke) else 0
        signal.setitimer(signal.ITIMER_PROF, outer, AGAIN)
        signal.signal(signal.SIGPROF, before or signal.SIG_DFL)


def in_time(ask: Callable[[], Answer], otherwise: Answer, forget: Callable[[], None]) -> Answer:
    """An answer about one formula; where it takes too long the other, with what was half found forgotten."""
    try:
        with within(SECONDS_A_FORMULA):
            return ask()
    except (Overtime, MemoryError):
        forget()
        return otherwise


class _Seldom:
    """How many blocks want few collections at this time, and what the garbage collector did before them."""

    def __init__(self) -> None:
        self.blocks, self.before = 0, gc.get_threshold()
        self.lock = threading.Lock()

    def enter(self) -> None:
        """One block more; a collector that is off, or looks still less often, is left as it is."""
        with self.lock:
            self.blocks += 1
            if self.blocks == 1:
                self.before = gc.get_threshold()
                if 0 < self.before[0] < COLLECTIONS[0]:
                    gc.set_threshold(*COLLECTIONS)

    def leave(self) -> None:
        """One block less."""
        with self.lock:
            self.blocks -= 1
            if not self.blocks:
                gc.set_threshold(*self.before)


_SELDOM = _Seldom()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """In the block the garbage collector of the process goes to work less often."""
    _SELDOM.enter()
    try:
        yield
    finally:
        _SELDOM.leave()


def limit_of(doubt: Overtime | MemoryError) -> str:
    """The bound that was met, in words."""
    return "a gigabyte of memory" if isinstance(doubt, MemoryError) else f"{SECONDS_A_FORMULA:g} seconds"


def _has_clock() -> bool:
    """Is there a clock that this thread may set, and that nobody else uses?"""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    ours = isinstance(signal.getsignal(signal.SIGPROF), _Stroke)
    return ours or signal.getitimer(signal.ITIMER_PROF)[0] == 0


@contextmanager
def within_memory(extra: int = MEMORY) -> Iterator[None]:
    """In the block MemoryError is raised where this process wants `extra` bytes more than it had before.

    Only where the operating system tells and keeps such bounds (Linux); other threads are bound as well.
    """
    statistics = Path("/proc/self/statm")
    if sys.platform != "linux" or not statistics.exists():
        yield
        return
    taken = int(statistics.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    before, hardest = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [bound for bound in (taken + extra, before, hardest) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hardest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hardest))
