r"""Sums and products with dots, for proofs: the terms run with a letter of their own.

    J_t J_{t-1} \cdots J_{k+1}

is the ordered product of J_i for i from t down to k + 1. The terms are found where the numbers find them, but
with a bound time in the place of a number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.judge.notation.dots import Value, begins, steps_between, terms_at
from symbptt.judge.proofs.times import FRESH, Numbers, Time, Unproved
from symbptt.reader.syntax import Elided, Surface


@dataclass(frozen=True)
class Run:
    """What dots stand for: ``terms`` at the time ``base``, from ``low`` to ``high``, with the rest around."""

    head: tuple[Surface, ...]
    terms: tuple[Surface, ...]
    tail: tuple[Surface, ...]
    base: int
    low: Time
    high: Time
    latest_left: bool


def run_of(node: Elided, value: Value, numbers: Numbers, main: str) -> Run:
    """The run that dots leave out. Raises Unproved where it is not between two times."""
    for width in range(1, min(len(node.before), len(node.after)) + 1):
        left, right = node.before[-width:], node.after[:width]
        steps = list(steps_between(left, right, value))
        if None in steps or len({abs(step) for step in steps if step}) != 1:
            continue
        head, tail = node.before[:-width], node.after[width:]
        if len(head) >= width and begins(head[-width:], left, value):
            head, left = head[:-width], head[-width:]
        start, stop = _first_moving(left, right, value)
        base = next(FRESH)
        way = 1 if stop > start else -1
        terms = terms_at(left, right, value, way * (numbers.number(base) - start))
        first, last = numbers.time(start), numbers.time(stop)
        latest_left = _later(first, last, main)
        low, high = (last, first) if latest_left else (first, last)
        return Run(head, terms, tail, base, low, high, latest_left)
    raise Unproved("dots between terms that do not form a run")


def _first_moving(left: tuple[Surface, ...], right: tuple[Surface, ...], value: Value) -> tuple[int, int]:
    """The first time that moves: where it starts, and where it stops."""
    seen: list[int] = []

    def note(node: Surface) -> int:
        seen.append(value(node))
        return seen[-1]

    for step in steps_between(left, right, note):
        if step:
            return seen[-1], seen[-2]  # the end is asked for before the start
    raise Unproved("dots between terms that are the same")


def _later(one: Time, other: Time, main: str) -> bool:
    """Is one time after another? The order of letters is 1, k, t, T."""
    if one[0] == other[0]:
        return one[1] > other[1]
    order = {"": 0, main: 2, "T": 3}
    if order.get(str(one[0]), 1) == order.get(str(other[0]), 1):
        raise Unproved("times of an open order")
    return order.get(str(one[0]), 1) > order.get(str(other[0]), 1)
