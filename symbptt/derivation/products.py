"""Sums of ordered products of Jacobians, and the recursion that they unfold."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Dot, Immediate, Plus, ProductOver, SumOver, is_zero
from symbptt.recurrence import T, t

At = Callable[[sympy.Expr], Basic]


def sum_of_products(frame: Frame, time: sympy.Expr, jacobian: At, source: At) -> Basic:
    """sum_i (prod_{k=i+1..t} J_k) G_i, and what the initial state brings."""
    i, k = frame.index("i", "j", "r"), frame.index("k", "l", "q")

    def since(start: sympy.Expr) -> Basic:
        return ordered_product(jacobian, k, time, start + 1)

    if frame.by.time is not None:
        return Plus(*(Dot(since(entry), source(entry)) for entry in frame.enters_at))
    total = SumOver(Dot(since(i), source(i)), i, sympy.S.One, time)
    return total if is_zero(frame.start) else Plus(total, Dot(since(sympy.S.Zero), frame.start))


def ordered_product(factor: At, index: sympy.Symbol, high: sympy.Expr, low: sympy.Expr) -> Basic:
    """factor(high) ... factor(low); written out where the number of factors is known and small."""
    count = sympy.expand(high - low + 1)
    if count.is_Integer and 0 < count <= 3:
        return Dot(*(factor(high - n) for n in range(int(count))))
    return ProductOver(factor(index), index, high, low)


def running_time(frame: Frame) -> sympy.Expr:
    """The time at which the state is looked at: that of `of`, or t under a loss."""
    return t if frame.of.time is None else frame.of.time


def meant_for(frame: Frame) -> tuple[TimeRange, ...]:
    """The times for which the formula of the state is meant."""
    if frame.of.time is not None:
        return frame.times
    return (
        *frame.times,
        (
            t,
            frame.enters_at[-1]
            if frame.enters_at and frame.by.time and not frame.by.time.is_nonpositive
            else sympy.S.One,
            T,
        ),
    )


def recursion_step(frame: Frame) -> Step:
    """The recursion that a sum of products unfolds."""
    time = running_time(frame)
    carried = Dot(frame.transition_at(time), frame.total(time - 1))
    right = Plus(frame.source(time, Immediate), carried) if frame.by.time is None else carried
    times = meant_for(frame)
    if frame.by.time is not None and times and times[-1][0] == t:
        times = (*times[:-1], (t, times[-1][1] + (1 if not frame.by.time.is_nonpositive else 0), T))
    return Step(
        frame.total(time),
        right,
        "recursion",
        "what enters in this step, and what the earlier state carries on",
        times=times,
    )
