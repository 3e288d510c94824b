"""The adjoint form: derivatives of one thing by everything, from the last time back to the first.

For a loss, delta is the gradient of the loss by each quantity (in the quantity's shape), and gradients by
parameters are sums over time: backpropagation through time (Rumelhart, Hinton and Williams 1986; Werbos
1990). For a state or an output, the same recursion runs over its Jacobians, multiplied from the right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.products import later
from symbptt.derivation.stages import with_values
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import (
    Dot,
    Eye,
    Gradient,
    Plus,
    Quantity,
    SumOver,
    Times,
    Total,
    Zeros,
    at_time,
    children,
    is_zero,
    quantities,
    shape_of,
    vec_axis,
)
from symbptt.recurrence import Equation, T, t
from symbptt.rules import gradient, jacobian, pullback


@dataclass
class Sweep:
    """How a quantity's adjoint is written, and how an equation carries it to what it is made of."""

    frame: Frame
    definitions: dict[Quantity, Basic] = field(default_factory=dict)

    @property
    def of_loss(self) -> bool:
        return self.frame.of.time is None

    def meaning(self, q: Quantity) -> Basic:
        """The derivative that the adjoint stands for."""
        return Gradient(self.frame.of, q) if self.of_loss else Total(self.frame.of, q)

    def adjoint(self, q: Quantity) -> Basic:
        """delta of a quantity for a loss; the total derivative itself otherwise."""
        if not self.of_loss:
            return self.meaning(q)
        if q == self.frame.of:
            return sympy.S.One
        delta = Quantity(rf"\delta^{{({q.name})}}", *shape_of(q), q.time)
        general = delta.at(t) if q.time is not None else delta
        self.definitions.setdefault(general, self.meaning(q.at(t) if q.time is not None else q))
        return delta

    def carried(self, y: Quantity, right: Basic, x: Quantity) -> Basic:
        """What the equation y = right brings to the adjoint of x."""
        if self.of_loss:
            return gradient(right, x, self.adjoint(y))
        return Dot(self.adjoint(y), self.frame.local.with_primes(y, x))


def adjoint_steps(frame: Frame) -> tuple[list[Step], dict[Quantity, Basic]]:
    """The recursion of every adjoint in between, the last first, and the derivative asked for."""
    sweep = Sweep(frame)
    k = t if sweep.of_loss else frame.index("k", "l", "j")
    steps: list[Step] = []
    for q in _reverse_order(frame):
        steps.extend(_recursion(sweep, q, k))
    steps.extend(_asked_for(sweep, k))
    return [*_definitions(sweep), *_ends(sweep), *steps], sweep.definitions


def _definitions(sweep: Sweep) -> list[Step]:
    return [
        Step(
            delta,
            meaning,
            "definition",
            f"the gradient of the loss by it, through everything {_reached(sweep.frame)}",
            times=((t, sympy.S.One, T),) if delta.time is not None else (),
        )
        for delta, meaning in sweep.definitions.items()
    ]


def _reached(frame: Frame) -> str:
    return "later" if frame.earlier == "earlier" else "that it reaches"


def _ends(sweep: Sweep) -> list[Step]:
    """The adjoints that the recursion starts from: those of steps after the last are zero."""
    if not sweep.of_loss:
        return []
    past = {
        (e.left.name, T + 1 if lag > 0 else sympy.S.Zero)
        for e in _equations(sweep)
        for q in quantities(e.right)
        for lag in _lags(e, q)
        if lag and (lag < 0 or sweep.frame.local.recurrence.direction(e.left.name).sign > 0)
    }
    return [
        Step(d.at(time), Zeros(*d.shape), "end", _why_end(time))
        for d, meaning in sweep.definitions.items()
        for time in (sympy.S.Zero, T + 1)
        if isinstance(meaning, Gradient) and (meaning.by.name, time) in past
    ]


def _why_end(time: sympy.Expr) -> str:
    return "no step after the last reaches the loss" if time else "no step before the first reaches the loss"


def _reverse_order(frame: Frame) -> list[Quantity]:
    """What lies between, each before what it is made of."""
    r = frame.local.recurrence
    ordered = [e.left for e in (*r.statics, *r.steps) if e.left.name in frame.between]
    return ordered[::-1]


def _recursion(sweep: Sweep, q: Quantity, k: sympy.Symbol) -> list[Step]:
    """The adjoint of one quantity at time k from those of its consumers."""
    frame = sweep.frame
    here = q if q.time is None else q.at(k)
    steps = []
    if frame.of.time is not None and q.name == frame.of.name:
        steps.append(
            Step(
                Total(frame.of, frame.of),
                Eye(vec_axis(q)),
                "start",
                "a quantity by itself",
                times=frame.times,
            )
        )
        if not _used(frame, q):
            return steps
    if q.time is None:
        why = "it is the same at every time, so what each equation brings adds up"
        right = _over_all_times(sweep, q, k)
        return [*steps, *with_values(frame.local, sweep.adjoint(q), right, "sum over time", why, frame.times)]
    right, times = _brought(sweep, here), _times(sweep, q, k)
    rule = "adjoint recursion" if q.name in frame.local.recurrence.lags else "chain rule, backwards"
    why = BROUGHT
    if _enters_last(right):
        last = q.at(T)
        steps.extend(with_values(frame.local, sweep.adjoint(last), _brought(sweep, last), rule, LAST, ()))
        right = right.xreplace(dict.fromkeys(right.atoms(sympy.KroneckerDelta), sympy.S.Zero))
        times = ((t, sympy.S.One, T - 1),)
    steps.extend(with_values(frame.local, sweep.adjoint(here), right, rule, why, times))
    return steps


BROUGHT = "each equation that uses it brings its own adjoint, times its derivative"
LAST = "at the last time, where the loss looks at it"


def _enters_last(right: Basic) -> bool:
    """Whether the loss uses the quantity at the last time alone."""
    found = right.atoms(sympy.KroneckerDelta)
    return bool(found) and all(delta.free_symbols == {t, T} for delta in found)


def _used(frame: Frame, q: Quantity) -> bool:
    return any(
        x.name == q.name
        for e in frame.local.recurrence.steps
        if e.left.name in frame.between
        for x in quantities(e.right)
    )


def _brought(sweep: Sweep, x: Quantity) -> Basic:
    """The sum over everything that uses x: equations of the same and later steps, and the loss."""
    total: Basic = Zeros(*shape_of(sweep.adjoint(x)))
    for e in _equations(sweep):
        for lag in _lags(e, x):
            y = e.left if e.left.time is None else e.left.at(x.time + lag if x.time is not None else t)
            if y.time is not None and (y.time.is_nonpositive or (y.time - T).is_positive):
                continue  # the equations hold at the times 1..T
            right = e.right if e.left.time is None else at_time(e.right, t, y.time)
            total = Plus(total, sweep.carried(y, right, x))
    return Plus(total, _from_loss(sweep, x)) if sweep.of_loss else total


def _equations(sweep: Sweep) -> list[Equation]:
    r = sweep.frame.local.recurrence
    return [e for e in (*r.statics, *r.steps) if e.left.name in sweep.frame.between]


def _lags(e: Equation, x: Quantity) -> list[int]:
    """At which delays an equation uses a quantity."""
    if e.left.time is None or x.time is None:
        return [0] if any(q.name == x.name for q in quantities(e.right)) else []
    return sorted({int(t - q.time) for q in quantities(e.right) if q.name == x.name and q.time is not None})


def _from_loss(sweep: Sweep, x: Quantity) -> Basic:
    """The loss's own use of a quantity at its time: the term of its sum over time."""
    loss = sweep.frame.local.recurrence.loss
    if loss is None or x.time is None:
        return Zeros(*shape_of(x))
    return _term(loss.right, x, sympy.S.One)


def _term(node: Basic, x: Quantity, g: Basic) -> Basic:
    if isinstance(node, SumOver) and node.args[1] in _time_symbols(node):
        body, index, low, high = node.args
        leads = {q.time - index for q in quantities(body) if q.name == x.name and q.time is not None}
        looked: Basic = Zeros(*shape_of(x))
        for lead in sorted(lead for lead in leads if lead.is_Integer):
            part = gradient(at_time(body, index, x.time - lead), x, g)
            looked = Plus(looked, Times(_within(x.time, low + lead, high + lead), part))
        return looked
    if isinstance(node, Quantity):
        return Times(sympy.KroneckerDelta(node.time, x.time), g)
    total: Basic = Zeros(*shape_of(x))
    for i, part in enumerate(children(node)):
        if any(q.name == x.name for q in quantities(part)):
            total = Plus(total, _term(part, x, pullback(node, i, g)))
    return total


def _within(time: sympy.Expr, first: sympy.Expr, last: sympy.Expr) -> sympy.Expr:
    """One where first <= time <= last, else zero; what holds at all times of a run is not said."""
    early = time.is_positive is False or not (1 - first).is_nonnegative
    conditions = [first <= time] if early else []
    if not (last - T).is_nonnegative:
        conditions.append(time <= last)
    return sympy.Piecewise((1, sympy.And(*conditions)), (0, True))


def _time_symbols(node: Basic) -> set[Basic]:
    return {s for q in quantities(node) if q.time is not None for s in q.time.free_symbols}


def _times(sweep: Sweep, q: Quantity, k: sympy.Symbol) -> tuple[TimeRange, ...]:
    frame = sweep.frame
    if q.time is None:
        return frame.times
    if sweep.of_loss:
        return ((t, sympy.S.One, T),)
    assert frame.of.time is not None
    every = ((t, sympy.S.One, T),) if t in frame.of.time.free_symbols else ()
    if q.name != frame.of.name:
        return (*every, (k, *_reached_from(frame)))
    d = frame.direction
    return (*every, (k, *d.span(d.first, d.before(frame.of.time))))


def _reached_from(frame: Frame) -> tuple[sympy.Expr, sympy.Expr]:
    """The first and the last time that `of` depends on."""
    if len(frame.parts) > 1 or frame.of.time is None:
        return sympy.S.One, T
    return frame.direction.span(frame.direction.first, frame.of.time)


# ------------------------------------------------------------------ the derivative that was asked for


def _asked_for(sweep: Sweep, k: sympy.Symbol) -> list[Step]:
    frame, by = sweep.frame, sweep.frame.by
    left = sweep.meaning(by)
    if by.time is not None:
        times = later(frame, frame.times) if by.name == frame.of.name else frame.times
        why = "what uses it at its own time, and later"
        return with_values(frame.local, left, _brought(sweep, by), "gradient", why, times)
    right = _over_all_times(sweep, by, k)
    if right.has(SumOver):
        rule, why = "sum over time", "the parameter is the same at every time, so its derivatives add up"
    else:
        rule, why = "chain rule, backwards", BROUGHT
    return with_values(frame.local, left, right, rule, why, frame.times)


def _over_all_times(sweep: Sweep, x: Quantity, k: sympy.Symbol) -> Basic:
    """What all equations bring to something without a time: those at a time summed over it."""
    at_k: Basic = Zeros(*shape_of(sweep.meaning(x)))
    static = at_k
    for e in _equations(sweep):
        if x in quantities(e.right):
            if e.left.time is None:
                static = Plus(static, sweep.carried(e.left, e.right, x))
            else:
                at_k = Plus(at_k, sweep.carried(e.left.at(k), at_time(e.right, t, k), x))
    summed = SumOver(at_k, k, *_reached_from(sweep.frame))
    return Plus(summed, static, _at_start(sweep, x), _directly(sweep, x))


def _at_start(sweep: Sweep, x: Quantity) -> Basic:
    """What a learned initial state brings."""
    total: Basic = Zeros(*shape_of(sweep.meaning(x)))
    for y, value in sweep.frame.local.recurrence.initial_values.items():
        if not is_zero(value) and x in quantities(value):
            brought = (
                gradient(value, x, sweep.adjoint(y))
                if sweep.of_loss
                else Dot(sweep.meaning(y), jacobian(value, x))
            )
            total = Plus(total, brought)
    return total


def _directly(sweep: Sweep, x: Quantity) -> Basic:
    """A parameter that the loss itself uses (a penalty on the weights)."""
    loss = sweep.frame.local.recurrence.loss
    if not sweep.of_loss or loss is None or x not in quantities(loss.right):
        return Zeros(*shape_of(sweep.meaning(x)))
    return gradient(loss.right, x)
