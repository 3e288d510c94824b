"""From what is asked for (an output, an intermediate, a loss) to the states that carry the dependence."""

from __future__ import annotations

from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.stages import with_values
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Quantity, Total, quantities, vec_axis
from symbptt.functions import prime
from symbptt.recurrence import t
from symbptt.rules import differential


def readout_steps(frame: Frame) -> list[Step]:
    """One total derivative after another, from `of` down to the states; none where `of` is a state itself.

    Each is the differential of one equation; pre-activations are passed through.
    """
    steps: list[Step] = []
    waiting, done = [frame.of], set()
    while waiting:
        y = waiting.pop(0)
        if y in done or y == frame.by or any(y.name == s.name for s in frame.states):
            continue
        done.add(y)
        steps.extend(_one_readout(frame, y))
        waiting.extend(
            q for q in quantities(_right(frame, y)) if q.name in frame.between & set(frame.local.equations)
        )
    return steps


def _one_readout(frame: Frame, y: Quantity) -> list[Step]:
    by_primes = differential(_right(frame, y), lambda q: _tangent(frame, q), vec_axis(frame.by), prime)
    why = "through what the equation is made of"
    return with_values(frame.local, Total(y, frame.by), by_primes, "chain rule", why, _times(frame, y))


def _right(frame: Frame, y: Quantity) -> Basic:
    """The right side of y's equation."""
    loss = frame.local.recurrence.loss
    right = loss.right if loss is not None and loss.left == y else frame.local.right_side(y)
    assert right is not None
    return right


def _tangent(frame: Frame, q: Quantity) -> Basic | None:
    if q.name not in frame.between:
        return None
    return frame.known_total(q)


def _times(frame: Frame, y: Quantity) -> tuple[TimeRange, ...]:
    if y.time is not None and t in y.time.free_symbols and frame.of.time is None:
        return (*frame.times_of_by, frame.from_entry(0))
    return frame.times if y.time is not None or frame.of.time is None else ()
