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


def unrolled_steps(frame: Frame) -> list[Step]:
    """The equations at each time, then the derivatives from the time of `of` back to where `by` enters."""
    steps = [*_initial_equations(frame)]
    for time in _equation_times(frame):
        steps.extend(_equations(frame, time))
    steps.extend(readout_steps(frame))
    for part in frame.parts:
        steps.extend(_recursions(frame, part))
    return [*steps, *_nested_expression(frame)]


def _equation_times(frame: Frame) -> range:
    """The times up to that of `of`; all of them where it is reached from later ones too."""
    horizon, of = int(frame.local.recurrence.horizon), frame.of.time
    backwards = any(part.direction.sign < 0 for part in frame.parts)
    return range(1, (horizon if backwards or of is None else int(of)) + 1)


def _recursions(frame: Frame, part: Frame) -> list[Step]:
    """The recursion at the times of a part, the last in its direction first; then where `by` enters it."""
    d, of = part.direction, frame.of.time
    last = int(d.last) if of is None or frame.crossed else int(of)
    entered = part.enters_at if frame.by.time is not None and not part.others else ()
    first = int(d.before(entered[-1], -1)) if entered else int(d.first)
    first = max(first, 1) if d.sign > 0 else min(first, int(d.first))
    steps = [
        step
        for time in range(last, first - d.sign, -d.sign)
        for state in part.states
        for step in recursion_steps(frame, state, sympy.Integer(time))
    ]
    if frame.by.time is None:
        return steps if is_zero(part.start) else [*steps, *start_steps(part)]
    begin = int(entered[0]) if entered else first
    times = range(begin, first, d.sign)
    entries = (
        step for time in times for state in part.states for step in entering_steps(part, state.at(time))
    )
    return [*steps, *entries]


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
