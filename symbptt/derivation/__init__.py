"""Derivations: from a recurrence to a derivative, step by step, in its forms."""

from __future__ import annotations

import sympy

from symbptt.derivation.adjoint import adjoint_steps
from symbptt.derivation.expanded import expanded_steps
from symbptt.derivation.frame import Frame
from symbptt.derivation.nested import nested_steps
from symbptt.derivation.paths import path_steps
from symbptt.derivation.steps import Derivation, Step
from symbptt.derivation.unrolled import unrolled_steps
from symbptt.errors import SymbpttError
from symbptt.expressions import Immediate, Quantity
from symbptt.recurrence import Recurrence, T, t

__all__ = ["FORMS", "Derivation", "Step", "derive"]


def _unrolled(frame: Frame, steps: int) -> Derivation:
    """`of` at time T = steps (or at the time it was given); a loss over the times 1..steps."""
    horizon = sympy.Integer(steps)
    last = frame.direction.last.xreplace({T: horizon}) if len(frame.parts) == 1 else horizon
    of, by = (q.xreplace({t: last, T: horizon}) for q in (frame.of, frame.by))
    if by.time is not None and not by.time.is_Integer:
        raise SymbpttError(
            f"the unrolled form needs a time for {by.name}, such as 1 or {steps}; found {by.time}"
        )
    concrete = Frame(frame.local.at_horizon(horizon), of, by)
    return _derivation(concrete, "unrolled", unrolled_steps(concrete))


def _nested(frame: Frame, _: int) -> Derivation:
    return _derivation(frame, "nested", nested_steps(frame))


def _expanded(frame: Frame, _: int) -> Derivation:
    definitions: dict[Quantity, object] = {}
    for part in frame.parts:
        if len(part.components) > 1:
            definitions |= {part.stack: part.stacked(t), part.transition: part.jacobian(t, Immediate)}
    return _derivation(frame, "expanded", expanded_steps(frame), definitions)


def _adjoint(frame: Frame, _: int) -> Derivation:
    steps, definitions = adjoint_steps(frame)
    return _derivation(frame, "adjoint", steps, definitions)


def _paths(frame: Frame, _: int) -> Derivation:
    return _derivation(frame, "paths", path_steps(frame))


FORMS = {
    "unrolled": _unrolled,
    "nested": _nested,
    "expanded": _expanded,
    "adjoint": _adjoint,
    "paths": _paths,
}


def _derivation(
    frame: Frame, form: str, steps: list[Step], definitions: dict[Quantity, object] | None = None
) -> Derivation:
    return Derivation(frame.local.recurrence, frame.of, frame.by, form, tuple(steps), definitions or {})


def derive(
    recurrence: Recurrence, of: Quantity, by: Quantity, form: str = "expanded", steps: int = 3
) -> Derivation:
    """Derive the total derivative of `of` by `by`.

    `of` is a state, intermediate or output at time t, or the loss; `by` a parameter, or an input, state or
    initial value at a time. `steps` is the horizon T of the unrolled form. Raises SymbpttError where `of`
    does not depend on `by`, or for an unknown form.
    """
    if form not in FORMS:
        raise SymbpttError(f"unknown form {form}: expected {', '.join(FORMS)}")
    return FORMS[form](Frame.make(recurrence, of, by), steps)
