"""Recurrences that can be cut at any step: what is looked back to is a state; no equation names the time."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, quantities, rewrite, subexpressions
from symbptt.recurrence import Equation, Recurrence, T, t


def without_time(recurrence: Recurrence, what: str) -> None:
    """Raise SymbpttError, `what` and why, where an equation names the time or the number of steps."""
    for e in recurrence.steps:
        for node in subexpressions(e.right):
            if isinstance(node, sympy.Expr) and node.free_symbols & {t, T}:
                raise SymbpttError(
                    f"{what}: the equation for {e.left.name} names the time or the number of steps"
                )


def from_parameters(started: tuple[Equation, ...], what: str) -> None:
    """Raise SymbpttError, `what` and why, where an initial value is not one at time 0 made of parameters."""
    for e in started:
        if e.left.time != 0 or any(q.time is not None for q in quantities(e.right)):
            raise SymbpttError(
                f"{what}: the initial value of {e.left.name} at time {e.left.time} is expected to be "
                "at time 0, and computed from parameters alone"
            )


def with_inputs_remembered(recurrence: Recurrence) -> Recurrence:
    """The same recurrence where an input that is looked back to is a state: nothing else is carried on."""
    given = {x.name: x for x in recurrence.inputs}
    back = {q.name for e in recurrence.steps for q in quantities(e.right) if q.name in given and q.time != t}

    def remembered(node: Basic) -> Basic:
        if isinstance(node, Quantity) and node.name in back and node.time is not None and node.time != t:
            return _memory(node)
        return node

    equations = [
        replace(e, right=rewrite(e.right, remembered)) if e.left.time == t else e
        for e in recurrence.equations
    ]
    seen = [Equation(_memory(given[name]), given[name]) for name in sorted(back)]
    return replace(recurrence, equations=(*seen, *equations))


def _memory(x: Quantity) -> Quantity:
    return Quantity(f"{x.name} _seen", *x.shape, x.time)
