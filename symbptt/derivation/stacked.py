"""The expanded form with several states: stacked into one column, the Jacobian written block by block."""

from __future__ import annotations

from functools import partial

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.local import Edge
from symbptt.derivation.nested import start_steps
from symbptt.derivation.products import (
    At,
    meant_for,
    recursion_of,
    recursion_step,
    running_time,
    sum_of_products,
)
from symbptt.derivation.stages import stages
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Immediate, Total, is_zero, subexpressions
from symbptt.recurrence import T, t


def stacked_stages(frame: Frame) -> list[Step]:
    """The stack, its Jacobian and what enters it, each block worked out; then the sum of products."""
    time = running_time(frame)
    stack = frame.stack.at(time)
    here = ((t, sympy.S.One, T),) if time == t else ()
    why = "one state for all that carry the dependence"
    transition = frame.jacobian(time, Immediate)
    return [
        Step(stack, frame.stacked(time), "stack the states", why, times=here),
        *_block_by_block(frame, frame.transition.at(time), transition, "Jacobian of the stacked state", here),
        *_entering(frame, here),
        *([] if is_zero(frame.start) else start_steps(frame)),
        *_unfolding(frame),
    ]


def _entering(frame: Frame, here: tuple[TimeRange, ...]) -> list[Step]:
    """How the variable enters: at every time for a parameter, at its own for a timed quantity."""
    if frame.by.time is None:
        left = Immediate(frame.stack.at(running_time(frame)), frame.by)
        value = frame.source(running_time(frame), Immediate)
        return _block_by_block(frame, left, value, "what enters in a step", here)
    if not frame.enters_at:
        return []
    first = frame.enters_at[0]
    kind = Immediate if frame.others else Total
    left = kind(frame.stack.at(first), frame.by)
    return _block_by_block(frame, left, frame.source(first, Immediate), "what enters", frame.times_of_by)


def _block_by_block(
    frame: Frame, left: Basic, value: Basic, rule: str, times: tuple[TimeRange, ...]
) -> list[Step]:
    """A matrix of immediate Jacobians, and then each of them down to values."""
    steps = [Step(left, value, rule, "block by block", times=times)]
    for block in dict.fromkeys(n for n in subexpressions(value) if isinstance(n, Immediate)):
        _, *worked_out = stages(frame.local, block, partial(_linked, block), rule, "", times)
        steps.extend(worked_out)
    return steps


def _linked(block: Immediate, link: Edge) -> Basic:
    return link(block.of, block.by)


def _unfolding(frame: Frame) -> list[Step]:
    """The recursion of the stack and the sum of products it leads to."""
    time, recursion, enters = running_time(frame), recursion_step(frame), _source_symbol(frame)
    crossing = partial(frame.crossing, local=Immediate)
    total = sum_of_products(frame, time, frame.transition_at, enters, crossing)
    return [
        Step(
            recursion.left,
            recursion_of(frame, time, enters, crossing),
            recursion.rule,
            recursion.why,
            times=recursion.times,
        ),
        Step(
            recursion.left,
            total,
            "sum of products",
            "the recursion applied until it starts",
            times=meant_for(frame),
        ),
    ]


def _source_symbol(frame: Frame) -> At:
    """What enters at a time, as a symbol of the stacked state."""

    def source(time: sympy.Expr) -> Basic:
        stack = frame.stack.at(time)
        if frame.by.time is not None and not frame.others and time == frame.enters_at[0]:
            return Total(stack, frame.by)
        return Immediate(stack, frame.by)

    return source
