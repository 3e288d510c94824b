"""The nested form: d a_t = immediate + Jacobian d a_{t-1}, the recursion that runs forward in time.

It is forward accumulation, known as real-time recurrent learning (Williams and Zipser 1989, equation 4).
"""

from __future__ import annotations

from functools import partial

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame, Local
from symbptt.derivation.readout import readout_steps
from symbptt.derivation.stages import stages
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Dot, Plus, Quantity, Total, Zeros, is_zero, vec_axis
from symbptt.recurrence import T, t
from symbptt.rules import jacobian


def nested_steps(frame: Frame) -> list[Step]:
    """The recursion of every state that carries the dependence, each down to activations and weights."""
    steps = readout_steps(frame)
    for state in frame.states:
        steps.extend(recursion_steps(frame, state, frame.of.time if frame.of.time is not None else t))
    return [*steps, *start_steps(frame)]


def recursion_steps(frame: Frame, state: Quantity, time: sympy.Expr) -> list[Step]:
    """The total derivative of a state at a time by the ones before, down to values."""
    y = state.at(time)
    why = "what enters in this step, and what the earlier states carry on"
    return stages(
        frame.local,
        Total(y, frame.by),
        partial(recursion, frame, y),
        "total derivative",
        why,
        _later(frame, time),
    )


def recursion(frame: Frame, y: Quantity, link: Local) -> Basic:
    """Immediate derivative, and the sum of Jacobians times total derivatives one step earlier."""
    total: Basic = Zeros(vec_axis(y), vec_axis(frame.by))
    if frame.by.time is None and frame.local.reaches(frame.by, y):
        total = link(y, frame.by)
    assert y.time is not None
    for c in frame.components:
        x = c.at(y.time - 1)
        if frame.local.reaches(x, y) and not is_zero(frame.known_total(x)):
            total = Plus(total, Dot(link(y, x), frame.known_total(x)))
    return total


def start_steps(frame: Frame) -> list[Step]:
    """Where the recursion starts: at time 0 for a parameter, where it enters for a timed quantity."""
    if frame.by.time is None:
        return [_initial_step(frame, c.at(sympy.S.Zero)) for c in frame.components]
    return [
        step
        for entry in frame.enters_at
        for state in frame.states
        for step in entering_steps(frame, state.at(entry))
    ]


def entering_steps(frame: Frame, y: Quantity) -> list[Step]:
    """The total derivative of a state at a time at which a timed variable enters it."""
    local, by = frame.local, frame.by
    if not local.reaches(by, y):
        return []
    if y == by:
        return [
            Step(Total(y, by), local.chain(y, y), "start", "a quantity by itself", times=_at_start(frame))
        ]
    carried = (
        recursion(frame, y, local.primes)
        if y.time != frame.enters_at[0]
        else Zeros(vec_axis(y), vec_axis(by))
    )
    right = local.with_values(Plus(local.primes(y, by), carried))
    return [Step(Total(y, by), right, "start", "where the variable enters", times=_at_start(frame))]


def _initial_step(frame: Frame, y: Quantity) -> Step:
    values = frame.local.recurrence.initial_values
    if y in values:
        why = (
            "the initial state is zero"
            if is_zero(values[y])
            else "the initial state is computed from parameters"
        )
        return Step(Total(y, frame.by), jacobian(values[y], frame.by), "start", why)
    return Step(
        Total(y, frame.by),
        Zeros(vec_axis(y), vec_axis(frame.by)),
        "start",
        "the initial state is given: it does not depend on parameters",
    )


def _at_start(frame: Frame) -> tuple[TimeRange, ...]:
    return tuple(r for r in frame.times if r[0] != t)


def _later(frame: Frame, time: sympy.Expr) -> tuple[TimeRange, ...]:
    """The recursion holds after the last time at which `by` enters."""
    if time.is_Integer:
        return _at_start(frame)
    if frame.by.time is None or not frame.enters_at:
        return ((t, sympy.S.One, T),)
    last = frame.enters_at[-1]
    low = 2 + t - last if t in last.free_symbols else last + 1
    return (*_at_start(frame), (t, sympy.Max(low, 1) if low.is_Integer else low, T))
