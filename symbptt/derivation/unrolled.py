"""The unrolled form: the equations at the times 1..T, the chain rule at each, and the nested expression.

The braces name the parts of the nested expression, as lecture notes write it for T = 3.
"""

from __future__ import annotations

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.nested import entering_steps, recursion_steps, start_steps
from symbptt.derivation.readout import readout_steps
from symbptt.derivation.steps import Step
from symbptt.expressions import (
    Apply,
    Braced,
    Diagonal,
    Dot,
    Eye,
    Immediate,
    Plus,
    Quantity,
    Total,
    Zeros,
    is_zero,
    quantities,
    rewrite,
    shape_of,
    subexpressions,
    vec_axis,
)
from symbptt.recurrence import t

MOST_TERMS = 12  # of a nested expression that a person would still read


def unrolled_steps(frame: Frame, last: int) -> list[Step]:
    """Equations at 1..last, then the total derivatives from the last time down to the first."""
    steps = [*_initial_equations(frame)]
    for time in range(1, last + 1):
        steps.extend(_equations(frame, time))
    steps.extend(readout_steps(frame))
    first = int(frame.enters_at[-1]) + 1 if frame.by.time is not None else 1
    for time in range(last, max(first, 1) - 1, -1):
        for state in frame.states:
            steps.extend(recursion_steps(frame, state, sympy.Integer(time)))
    steps.extend(_entries(frame, max(first, 1) - 1))
    return [*steps, *_nested_expression(frame)]


def _initial_equations(frame: Frame) -> list[Step]:
    values = frame.local.recurrence.initial_values
    return [Step(q, value, "initial value", "given with the recurrence") for q, value in values.items()]


def _equations(frame: Frame, time: int) -> list[Step]:
    """The equations of the recurrence at one time; the argument of a function stands over its name."""
    recurrence = frame.local.recurrence
    arguments = {e.left.name for e in recurrence.steps if _is_argument(frame, e.left)}
    shown = [
        e.left.at(time)
        for e in recurrence.steps
        if e.left.name not in arguments and e.left.name in frame.local.ancestors(frame.of.name)
    ]
    return [Step(q, _braced(frame, q, arguments), "recurrence", f"at time {time}") for q in shown]


def _is_argument(frame: Frame, q: Quantity) -> bool:
    """Whether q was named only as the argument of a function."""
    recurrence = frame.local.recurrence
    users = [e.right for e in recurrence.steps if q in quantities(e.right)]
    parts = (n for right in users for n in subexpressions(right))
    inside = [n for n in parts if isinstance(n, Apply) and n.argument == q]
    return bool(users) and len(inside) >= len(users) and q.name not in recurrence.lags


def _braced(frame: Frame, q: Quantity, arguments: set[str]) -> Basic:
    def open_up(node: Basic) -> Basic:
        if (
            isinstance(node, Apply)
            and isinstance(node.argument, Quantity)
            and node.argument.name in arguments
        ):
            return Apply(
                node.function, Braced(frame.local.right_side(node.argument), node.argument), node.order
            )
        return node

    right = frame.local.right_side(q)
    assert right is not None
    return rewrite(right, open_up)


def _entries(frame: Frame, last: int) -> list[Step]:
    """Where the variable enters the state: a learned initial value, or the times of a timed variable."""
    if frame.by.time is None:
        return [] if is_zero(frame.start) else start_steps(frame)
    times = range(int(frame.enters_at[0]), last + 1)
    return [
        step for time in times for state in frame.states for step in entering_steps(frame, state.at(time))
    ]


# ------------------------------------------------------------------ the nested expression


def _nested_expression(frame: Frame) -> list[Step]:
    state = next((s for s in frame.states if s.name == frame.of.name), None)
    if state is None or (frame.by.time is not None and not frame.by.time.is_Integer):
        return []
    if _terms(frame, frame.of, {}) > MOST_TERMS:
        return []
    value = _nested(frame, frame.of)
    return [
        Step(
            Total(frame.of, frame.by),
            value,
            "nested expression",
            "each total derivative written where it stands",
        )
    ]


def _terms(frame: Frame, y: Quantity, known: dict[Quantity, int]) -> int:
    """How many products the nested expression of y's total derivative would have."""
    if y not in known:
        below = [q for q in frame.local.now(y) if q.name in frame.between]
        known[y] = 1 if y == frame.by else sum(1 if q == frame.by else _terms(frame, q, known) for q in below)
    return known[y]


def _nested(frame: Frame, y: Quantity) -> Basic:
    """The total derivative of y with every derivative below it written out, each link under its brace."""
    if y == frame.by:
        return Eye(vec_axis(y))
    total: Basic = Zeros(vec_axis(y), vec_axis(frame.by))
    for q in frame.local.now(y):
        below = _below(frame, q)
        if not is_zero(below):
            total = Plus(total, Dot(_link(frame, y, q), below))
    return total


def _below(frame: Frame, q: Quantity) -> Basic:
    if q.name not in frame.between or (is_zero(frame.known_total(q)) and q != frame.by):
        return Zeros(vec_axis(q), vec_axis(frame.by))
    value = _nested(frame, q)
    named = q != frame.by and any(q.name == s.name for s in frame.states) and not is_zero(value)
    return Braced(value, Total(q, frame.by)) if named else value


def _link(frame: Frame, y: Quantity, q: Quantity) -> Basic:
    value = frame.local.with_values(frame.local.with_primes(y, q))
    symbol = frame.local.symbolic(y, q)
    plain = shape_of(symbol) != shape_of(value) or not isinstance(symbol, Immediate)
    return value if plain else Braced(value, symbol, over=y.time != t and not _goes_through_function(value))


def _goes_through_function(value: Basic) -> bool:
    """Links that are values of f' stand under their brace, weights and earlier states over theirs."""
    return isinstance(value, Diagonal)
