"""The nested form: d a_t = immediate + Jacobian d a_{t-1}, the recursion that runs forward in time.

It is forward accumulation, known as real-time recurrent learning (Williams and Zipser 1989, equation 4).
"""

from __future__ import annotations

from functools import partial

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame, Local
from symbptt.derivation.products import later
from symbptt.derivation.readout import readout_steps
from symbptt.derivation.stages import stages
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Dot, Plus, Quantity, Times, Total, Zeros, is_zero, vec_axis
from symbptt.recurrence import t
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
    why = f"what enters in this step, and what the {frame.earlier} states carry on"
    return stages(
        frame.local,
        Total(y, frame.by),
        partial(recursion, frame, y),
        "total derivative",
        why,
        _later(frame, y),
    )


def recursion(frame: Frame, y: Quantity, link: Local) -> Basic:
    """Immediate derivative, and the sum of Jacobians times total derivatives one step earlier."""
    total: Basic = Zeros(vec_axis(y), vec_axis(frame.by))
    assert y.time is not None
    if frame.by.time is None and frame.local.reaches(frame.by, y):
        total = link(y, frame.by)
    elif frame.by.time is not None and _part(frame, y).others:
        total = _entering_somewhere(frame, y, link)
    for c in frame.components:
        x = c.before(y.time)
        if frame.local.reaches(x, y) and not is_zero(frame.known_total(x)):
            total = Plus(total, Dot(link(y, x), frame.known_total(x)))
    return total


def _part(frame: Frame, y: Quantity) -> Frame:
    """The part of a state."""
    part = frame.part_of(y.name)
    assert part is not None
    return part


def _entering_somewhere(frame: Frame, y: Quantity, link: Local) -> Basic:
    """How a timed variable enters at its own times, where the state depends on it at others too."""
    total: Basic = Zeros(vec_axis(y), vec_axis(frame.by))
    for entry in _part(frame, y).enters_at:
        if frame.local.reaches(frame.by, y.at(entry)):
            total = Plus(total, Times(sympy.KroneckerDelta(y.time, entry), link(y.at(entry), frame.by)))
    return total


def start_steps(frame: Frame) -> list[Step]:
    """Where the recursion starts: at time 0 for a parameter, where it enters for a timed quantity."""
    if frame.by.time is None:
        return [_initial_step(frame, c.at(c.direction.start)) for c in frame.components]
    return [
        step
        for part in frame.parts
        for entry in part.enters_at
        for state in part.states
        for step in entering_steps(part, state.at(entry))
        if not part.others or state.name == frame.by.name
    ]


def entering_steps(frame: Frame, y: Quantity) -> list[Step]:
    """The total derivative of a state at a time at which a timed variable enters it."""
    local, by = frame.local, frame.by
    if not local.reaches(by, y):
        return []
    if y == by:
        return [
            Step(Total(y, by), local.chain(y, y), "start", "a quantity by itself", times=frame.times_of_by)
        ]
    carried = (
        recursion(frame, y, local.primes)
        if y.time != frame.enters_at[0]
        else Zeros(vec_axis(y), vec_axis(by))
    )
    right = local.with_values(Plus(local.primes(y, by), carried))
    return [Step(Total(y, by), right, "start", "where the variable enters", times=frame.times_of_by)]


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


def _later(frame: Frame, y: Quantity) -> tuple[TimeRange, ...]:
    """The recursion holds after the last time at which `by` enters."""
    part = _part(frame, y)
    assert y.time is not None
    if y.time.is_Integer:
        return part.times_of_by
    _, low, high = later(part, (part.after_entering,))[0]
    return (*part.times_of_by, (t, sympy.Max(low, 1) if low.is_Integer else low, high))
