"""The expanded form: a sum over the times of entry, each with the ordered product of Jacobians since.

The stages are the recursion, the sum of products, the same expanded by the chain rule, then in activations
and weights; and, only where all factors commute (numbers), merged.
Source of the sum of products: Werbos 1990, Backpropagation through time: what it does and how to do it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.local import Edge
from symbptt.derivation.merged import merged_step
from symbptt.derivation.nested import start_steps
from symbptt.derivation.readout import readout_steps
from symbptt.derivation.stages import stages
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Dot, Immediate, Plus, ProductOver, SumOver, Total, is_zero
from symbptt.recurrence import T, t

At = Callable[[sympy.Expr], Basic]
BLOCKS = "block by block"


def expanded_steps(frame: Frame) -> list[Step]:
    """Readout, the stacked state where there is one, and the chain of the four stages."""
    if not frame.components:
        return readout_steps(frame)
    stages = _stages(frame) if frame.single else _stacked_stages(frame)
    return [*readout_steps(frame), *stages, *_picked_out(frame)]


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


def _time(frame: Frame) -> sympy.Expr:
    return t if frame.of.time is None else frame.of.time


def _times(frame: Frame) -> tuple[TimeRange, ...]:
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


def _recursion_step(frame: Frame) -> Step:
    time = _time(frame)
    carried = Dot(frame.transition_at(time), frame.total(time - 1))
    right = Plus(frame.source(time, Immediate), carried) if frame.by.time is None else carried
    times = _times(frame)
    if frame.by.time is not None and times and times[-1][0] == t:
        times = (*times[:-1], (t, times[-1][1] + (1 if not frame.by.time.is_nonpositive else 0), T))
    return Step(
        frame.total(time),
        right,
        "recursion",
        "what enters in this step, and what the earlier state carries on",
        times=times,
    )


def _stages(frame: Frame) -> list[Step]:
    local, time, times = frame.local, _time(frame), _times(frame)
    recursion = _recursion_step(frame)

    def unfolded(link: Edge) -> Basic:
        return sum_of_products(
            frame, time, partial(frame.jacobian, local=link), partial(frame.source, local=link)
        )

    why = "the recursion applied until it starts: the latest Jacobian stands leftmost"
    chain = stages(local, recursion.left, unfolded, "sum of products", why, times)
    merged = merged_step(frame, recursion.left, unfolded(local.primes), times)
    starts = [] if is_zero(frame.start) else start_steps(frame)
    return [*starts, recursion, *chain, *merged]


def _stacked_stages(frame: Frame) -> list[Step]:
    """The same with the states in one column: J and what enters are written block by block."""
    time = _time(frame)
    stack, every = frame.stack.at(time), ((t, sympy.S.One, T),)
    here = every if time == t else ()
    steps = [
        Step(
            stack,
            frame.stacked(time),
            "stack the states",
            "one state for all that carry the dependence",
            times=here,
        ),
        *stages(
            frame.local,
            frame.transition.at(time),
            partial(frame.jacobian, time),
            "Jacobian of the stacked state",
            BLOCKS,
            here,
        ),
    ]
    if frame.by.time is None:
        steps += stages(
            frame.local,
            Immediate(stack, frame.by),
            partial(frame.source, time),
            "what enters in a step",
            BLOCKS,
            here,
        )
    steps += [] if is_zero(frame.start) else start_steps(frame)
    enters = _source_symbol(frame)
    if frame.enters_at:
        first_entry = frame.enters_at[0]
        loose = tuple(r for r in frame.times if r[0] != t)
        entering = partial(frame.source, first_entry)
        steps += stages(
            frame.local, Total(frame.stack.at(first_entry), frame.by), entering, "what enters", BLOCKS, loose
        )
    recursion = _recursion_step(frame)
    carried = Dot(frame.transition_at(time), frame.total(time - 1))
    first = Plus(enters(time), carried) if frame.by.time is None else carried
    total = sum_of_products(frame, time, frame.transition_at, enters)
    return [
        *steps,
        Step(recursion.left, first, recursion.rule, recursion.why, times=recursion.times),
        Step(
            recursion.left,
            total,
            "sum of products",
            "the recursion applied until it starts",
            times=_times(frame),
        ),
    ]


def _source_symbol(frame: Frame) -> At:
    """What enters at a time, as a symbol of the stacked state."""

    def source(time: sympy.Expr) -> Basic:
        stack = frame.stack.at(time)
        if frame.by.time is not None and time == frame.enters_at[0]:
            return Total(stack, frame.by)
        return Immediate(stack, frame.by)

    return source


def _picked_out(frame: Frame) -> list[Step]:
    """The rows of the state that was asked for, out of the stacked state."""
    if frame.single:
        return []
    time = _time(frame)
    asked = [
        c
        for c in frame.components
        if c.back == 0 and (frame.of.time is None or c.state.name == frame.of.name)
    ]
    if frame.of.time is not None and not asked:
        asked = [c for c in frame.components if c.back == 0]
    return [
        Step(Total(c.at(time), frame.by), frame.part(c, frame.total(time)), "part of the stacked state",
             "its own rows", times=_times(frame))
        for c in asked
    ]  # fmt: skip
