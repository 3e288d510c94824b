"""The expanded form: a sum over the times of entry, each with the ordered product of Jacobians since.

The stages are the recursion, the sum of products, the same expanded by the chain rule, then in activations
and weights; and, only where all factors commute (numbers), merged.
Source of the sum of products: Werbos 1990, Backpropagation through time: what it does and how to do it.
"""

from __future__ import annotations

from functools import partial

from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.local import Edge
from symbptt.derivation.merged import merged_step
from symbptt.derivation.nested import start_steps
from symbptt.derivation.products import meant_for, recursion_step, running_time, sum_of_products
from symbptt.derivation.readout import readout_steps
from symbptt.derivation.stacked import stacked_stages
from symbptt.derivation.stages import stages
from symbptt.derivation.steps import Step
from symbptt.expressions import Total, is_zero


def expanded_steps(frame: Frame) -> list[Step]:
    """Readout, the stacked state where there is one, and the chain of the four stages."""
    if not frame.components:
        return readout_steps(frame)
    steps = readout_steps(frame)
    for part in frame.parts:
        steps.extend(_stages(part) if part.single else stacked_stages(part))
        steps.extend(_picked_out(part))
    return steps


def _stages(frame: Frame) -> list[Step]:
    local, time, times = frame.local, running_time(frame), meant_for(frame)
    recursion = recursion_step(frame)

    def unfolded(link: Edge) -> Basic:
        return sum_of_products(
            frame,
            time,
            partial(frame.jacobian, local=link),
            partial(frame.source, local=link),
            partial(frame.crossing, local=link),
        )

    last = "latest" if frame.direction.sign > 0 else "earliest"
    why = f"the recursion applied until it starts: the {last} Jacobian stands leftmost"
    chain = stages(local, recursion.left, unfolded, "sum of products", why, times)
    merged = merged_step(frame, recursion.left, unfolded(local.primes), times)
    starts = [] if is_zero(frame.start) else start_steps(frame)
    return [*starts, recursion, *chain, *merged]


def _picked_out(frame: Frame) -> list[Step]:
    """The rows of the state that was asked for, out of the stacked state."""
    if frame.single:
        return []
    time = running_time(frame)
    now = [c for c in frame.components if c.back == 0]
    asked = [c for c in now if c.state.name == frame.of.name] or now
    return [
        Step(Total(c.at(time), frame.by), frame.part(c, frame.total(time)), "part of the stacked state",
             "its own rows", times=meant_for(frame))
        for c in asked
    ]  # fmt: skip
