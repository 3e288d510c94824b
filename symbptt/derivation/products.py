"""Sums of ordered products of Jacobians, and the recursion that they unfold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Dot, Immediate, Plus, ProductOver, SumOver, Times, is_zero
from symbptt.recurrence import t

At = Callable[[sympy.Expr], Basic]


def sum_of_products(frame: Frame, time: sympy.Expr, jacobian: At, source: At, crossing: At) -> Basic:
    """sum_i (prod_{k=i+1..t} J_k) G_i, and what the initial state brings.

    What runs backwards in time is summed over i from t to T, with the product J_t ... J_{i-1}. A timed
    variable enters at its own times only, but through another part of the frame at any time.
    """
    i, k = frame.index("i", "j", "r"), frame.index("k", "l", "q")

    def since(start: sympy.Expr) -> Basic:
        return ordered_product(frame, jacobian, k, time, start)

    def over_time(entering: Basic) -> Basic:
        return SumOver(Dot(since(i), entering), i, *frame.direction.span(frame.direction.first, time))

    if frame.by.time is None:
        total = over_time(Plus(source(i), crossing(i)))
        return total if is_zero(frame.start) else Plus(total, Dot(since(frame.direction.start), frame.start))
    each = (_once_entered(frame, time, entry, Dot(since(entry), source(entry))) for entry in frame.enters_at)
    direct = Plus(*each)
    return Plus(direct, over_time(crossing(i))) if frame.others else direct


def _once_entered(frame: Frame, time: sympy.Expr, entry: sympy.Expr, value: Basic) -> Basic:
    """The value from the time of entry on; where nothing enters from elsewhere, only such times are meant."""
    if not frame.others:
        return value
    low, high = frame.direction.span(entry, time)
    return Times(sympy.Piecewise((1, low <= high), (0, True)), value)


def ordered_product(
    frame: Frame, factor: At, index: sympy.Symbol, last: sympy.Expr, start: sympy.Expr
) -> Basic:
    """factor(last) ... factor of the time after the start; written out where they are few."""
    d = frame.direction
    count = sympy.expand(d.sign * (last - start))
    if count.is_Integer and 0 < count <= 3:
        return Dot(*(factor(d.before(last, n)) for n in range(int(count))))
    if d.sign > 0:
        return ProductOver(factor(index), index, last, start + 1)
    return ProductOver(factor(start - index), index, start - last, 1)


def running_time(frame: Frame) -> sympy.Expr:
    """The time at which the state is looked at: that of `of`, or t under a loss."""
    return t if frame.of.time is None else frame.of.time


def meant_for(frame: Frame) -> tuple[TimeRange, ...]:
    """The times for which the formula of the state is meant."""
    if frame.of.time is not None:
        return frame.times
    return (*frame.times, frame.after_entering)


def recursion_step(frame: Frame) -> Step:
    """The recursion that a sum of products unfolds."""
    time = running_time(frame)
    source, crossing = (partial(enters, local=Immediate) for enters in (frame.source, frame.crossing))
    return Step(
        frame.total(time),
        recursion_of(frame, time, source, crossing),
        "recursion",
        f"what enters in this step, and what the {frame.earlier} state carries on",
        times=later(frame, meant_for(frame)),
    )


def recursion_of(frame: Frame, time: sympy.Expr, source: At, crossing: At) -> Basic:
    """What enters at a time, and the Jacobian times the total derivative one step before."""
    carried = Dot(frame.transition_at(time), frame.total(frame.direction.before(time)))
    if frame.by.time is None:
        return Plus(source(time), crossing(time), carried)
    if not frame.others:
        return carried
    entering = (Times(sympy.KroneckerDelta(time, entry), source(entry)) for entry in frame.enters_at)
    return Plus(*entering, crossing(time), carried)


def later(frame: Frame, times: tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    """The times without the one at which a timed variable enters, for which the recursion does not hold."""
    if frame.by.time is None or frame.by_starts or frame.others or not times or times[-1][0] != t:
        return times
    symbol, low, high = times[-1]
    return (*times[:-1], (symbol, low + 1, high) if frame.direction.sign > 0 else (symbol, low, high - 1))
