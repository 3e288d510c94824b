"""What a derivation is about, prepared: the states that carry the dependence, and where it enters.

Where several states (or several lags) carry the dependence of `of` on `by`, they are stacked into one state
s_t, whose Jacobian J_t has the single Jacobians as its blocks; with one state and one lag nothing is stacked.
Only states that run the same way through time are stacked: the frame has a part for each run, and what enters
a part may come from another part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.local import Linearised
from symbptt.derivation.steps import TimeRange
from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Block,
    Dot,
    Eye,
    Immediate,
    Plus,
    Quantity,
    Slice,
    Times,
    Total,
    Vec,
    Zeros,
    axis_of,
    is_zero,
    quantities,
    size,
    vec_axis,
)
from symbptt.recurrence import Direction, Recurrence, T, t

Local = Callable[[Quantity, Quantity], Basic]


@dataclass(frozen=True)
class Component:
    """A part of the stacked state: a state, `back` steps before the time of the stack."""

    state: Quantity
    back: int
    direction: Direction

    def at(self, time: sympy.Expr) -> Quantity:
        return self.state.at(self.direction.before(time, self.back))

    def before(self, time: sympy.Expr) -> Quantity:
        """One step earlier: what the state at a time is made of."""
        return self.at(self.direction.before(time))


@dataclass(frozen=True)
class Frame:
    """`of` and `by` with their times; the recurrence with named pre-activations.

    `run` counts the frame's part among the parts of the whole, and `only` names its states (None: the whole).
    """

    local: Linearised
    of: Quantity
    by: Quantity
    run: int = 0
    only: frozenset[str] | None = None

    @staticmethod
    def make(recurrence: Recurrence, of: Quantity, by: Quantity) -> Frame:
        local = Linearised.of(recurrence)
        if of.name not in local.recurrence.quantities:
            raise SymbpttError(f"no quantity {of.name} in the recurrence")
        if by.name not in local.recurrence.quantities:
            raise SymbpttError(f"no quantity {by.name} in the recurrence")
        if of.name not in local.descendants(by.name):
            raise SymbpttError(f"{of.name} does not depend on {by.name}: the derivative is zero")
        return Frame(local, of, by)

    # -------------------------------------------------------------- the states in between

    @cached_property
    def between(self) -> set[str]:
        """Names on a path from `by` to `of`, both included."""
        return self.local.descendants(self.by.name) & self.local.ancestors(self.of.name)

    @cached_property
    def states(self) -> tuple[Quantity, ...]:
        """The states on a path from `by` to `of`; of a part its own."""
        between = self.between if self.only is None else self.between & self.only
        return tuple(q for q in self.local.recurrence.states if q.name in between)

    @cached_property
    def parts(self) -> tuple[Frame, ...]:
        """The frame for one run through time after the other, each after those it needs; most often one."""
        r = self.local.recurrence
        if len({r.direction(q.name).sign for q in self.states}) < 2:
            return (self,)
        names = {q.name for q in self.states}
        runs = [frozenset(e.left.name for e in run) & names for run in r.runs]
        joined: list[frozenset[str]] = []
        for run in filter(None, runs):
            same = joined and r.direction(min(run)).sign == r.direction(min(joined[-1])).sign
            joined = [*joined[:-1], joined[-1] | run] if same else [*joined, run]
        return tuple(replace(self, run=number, only=run) for number, run in enumerate(joined))

    def part_of(self, name: str) -> Frame | None:
        """The part that a state belongs to; for what is no state the frame itself where it is in one part."""
        found = next((part for part in self.parts if any(q.name == name for q in part.states)), None)
        return self if found is None and len(self.parts) == 1 else found

    @cached_property
    def direction(self) -> Direction:
        """The direction of the states of one part."""
        r = self.local.recurrence
        return r.direction(self.states[0].name if self.states else self.of.name)

    @property
    def earlier(self) -> str:
        """How to say of states that they come before, in the direction in which the states run."""
        signs = {part.direction.sign for part in self.parts}
        return "earlier" if signs == {1} else "later" if signs == {-1} else "neighbouring"

    @cached_property
    def components(self) -> tuple[Component, ...]:
        return self._components(self.states)

    def _components(self, states: tuple[Quantity, ...]) -> tuple[Component, ...]:
        r = self.local.recurrence
        return tuple(
            Component(q, back, r.direction(q.name)) for q in states for back in range(r.lags[q.name])
        )

    @cached_property
    def others(self) -> tuple[Component, ...]:
        """The components of other parts that enter a step of this one."""
        if self.only is None:
            return ()
        whole = replace(self, only=None, run=0)
        apart = self._components(tuple(q for q in whole.states if q.name not in self.only))
        return tuple(c for c in apart if any(self.local.reaches(c.before(t), q) for q in self.states))

    @property
    def crossed(self) -> bool:
        """Whether something runs one way and is read by what runs the other way, on the way to `of`."""
        return any(part.others for part in self.parts)

    @property
    def single(self) -> bool:
        return len(self.components) == 1

    @cached_property
    def stack(self) -> Quantity:
        """The state as one column at time t: the only component itself, or a new name."""
        if self.single:
            return self.components[0].state
        total = sympy.Add(*(size(vec_axis(c.state)) for c in self.components))
        return Quantity(self._fresh("s", "q", "u"), axis_of([total]), (), t)

    @cached_property
    def transition(self) -> Quantity:
        """J_t, the Jacobian of the stacked state by the one before."""
        axis = vec_axis(self.stack)
        return Quantity(self._fresh("J", "A", "M"), axis, axis, t)

    def _fresh(self, *letters: str) -> str:
        """A letter that nothing in sight has, another one for each part."""
        taken = set(self.local.recurrence.quantities) | {str(s) for s in self.local.recurrence.sizes}
        free = [c for c in (*letters, *(rf"\tilde{{{c}}}" for c in letters)) if c not in taken]
        return free[self.run] if self.run < len(free) else f"{free[0]}_{{{self.run}}}"

    def stacked(self, time: sympy.Expr) -> Basic:
        """The stacked state in its components."""
        return Block(*([Vec(c.at(time))] for c in self.components))

    # -------------------------------------------------------------- Jacobians of the state

    def jacobian(self, time: sympy.Expr, local: Local) -> Basic:
        """d state at a time by the state one step before, each block written by `local`."""
        rows = [[self._block(row, col, time, local) for col in self.components] for row in self.components]
        return Block(*rows)

    def _block(self, row: Component, col: Component, time: sympy.Expr, local: Local) -> Basic:
        y, x = row.at(time), col.before(time)
        if y == x:
            return Eye(vec_axis(y))
        if row.back or not self.local.reaches(x, y):
            return Zeros(vec_axis(y), vec_axis(x))
        return local(y, x)

    def transition_at(self, time: sympy.Expr) -> Basic:
        """The Jacobian as a symbol: J_k, or the immediate Jacobian itself where nothing is stacked."""
        return self.jacobian(time, Immediate) if self.single else self.transition.at(time)

    def source(self, time: sympy.Expr, local: Local) -> Basic:
        """How `by` enters the state at a time, with the states of earlier times held."""
        return Block(*([self._entering(c, time, local)] for c in self.components))

    def crossing(self, time: sympy.Expr, local: Local) -> Basic:
        """What enters the state at a time through the states of other parts."""
        return Block(*([self._crossing(c, time, local)] for c in self.components))

    def _crossing(self, c: Component, time: sympy.Expr, local: Local) -> Basic:
        y = c.at(time)
        total: Basic = Zeros(vec_axis(y), vec_axis(self.by))
        for other in self.others if c.back == 0 else ():
            x = other.before(time)
            if self.local.reaches(x, y) and not is_zero(self.known_total(x)):
                total = Plus(total, Dot(local(y, x), self.known_total(x)))
        return total

    def _entering(self, c: Component, time: sympy.Expr, local: Local) -> Basic:
        y, x = c.at(time), self.by
        if y == x:
            return Eye(vec_axis(y))
        if c.back or not self.local.reaches(x, y):
            return Zeros(vec_axis(y), vec_axis(x))
        return local(y, x)

    def total(self, time: sympy.Expr) -> Basic:
        return Total(self.stack.at(time), self.by)

    # -------------------------------------------------------------- times

    @cached_property
    def times(self) -> tuple[TimeRange, ...]:
        """The times for which the derivation is meant: those of `by` up to those of `of`."""
        symbols = self.times_of_by
        if self.of.time is None or t not in self.of.time.free_symbols:
            return symbols
        return (*symbols, self.after_entering)

    @cached_property
    def times_of_by(self) -> tuple[TimeRange, ...]:
        """The ranges of the symbols in the time of `by` that are not those of `of`."""
        if self.by.time is None or self.by_starts:
            return ()
        of = self.of.time.free_symbols if self.of.time is not None else set()
        loose = self.by.time.free_symbols - of - {T}
        return tuple((s, sympy.S.One, self._last_of_by) for s in sorted(loose, key=str))

    @property
    def _last_of_by(self) -> sympy.Expr:
        """The last time at which `by` still enters where later equations look back at it: T, or earlier."""
        if not self.states or self.direction.sign > 0 or self.others or len(self.parts) > 1:
            return T
        assert self.by.time is not None
        return T - max(entry - self.by.time for entry in self.enters_at)

    @cached_property
    def after_entering(self) -> TimeRange:
        """The times t from the last one at which `by` enters the states of a part to the end of its run."""
        return self.from_entry(-1)

    def from_entry(self, number: int) -> TimeRange:
        """The times t from one of those at which `by` enters to the end of the run."""
        mixed = self.others or len(self.parts) > 1
        if self.by.time is None or self.by_starts or mixed or not self.enters_at:
            return t, sympy.S.One, T
        entry, d = self.enters_at[number], self.direction
        first = d.first - (entry - t) if t in entry.free_symbols else entry
        return t, *d.span(first, d.last)

    @property
    def by_starts(self) -> bool:
        """Whether `by` is a value that a state starts from, or an input of that time."""
        by = self.by
        return by.time is not None and self.local.recurrence.direction(by.name).has_not_begun(by.time)

    def index(self, *letters: str) -> sympy.Symbol:
        """A summation index that nothing in sight uses."""
        timed = [q.time for q in (self.of, self.by) if q.time is not None]
        return self.local.free_index(
            *letters, taken=set().union(*(time.free_symbols for time in timed)) if timed else ()
        )

    def known_total(self, q: Quantity) -> Basic:
        """The total derivative of a quantity by `by`; the identity or zero where times say so."""
        if q == self.by:
            return Eye(vec_axis(q))
        if q.name == self.by.name and q.name not in self.local.equations:
            return Times(sympy.KroneckerDelta(q.time, self.by.time), Eye(vec_axis(q)))
        if q.time is not None and self._too_early(q):
            return Zeros(vec_axis(q), vec_axis(self.by))
        return Total(q, self.by)

    def _too_early(self, q: Quantity) -> bool:
        assert q.time is not None
        if self.local.recurrence.direction(q.name).has_not_begun(q.time):
            value = self.local.recurrence.initial_values.get(q)
            return value is None or self.by not in quantities(value)
        part = self._whole.part_of(q.name)
        if self.by.time is None or part is None or part.others:
            return False
        return bool((part.direction.sign * (q.time - part.enters_at[0])).is_negative)

    @cached_property
    def _whole(self) -> Frame:
        return self if self.only is None else replace(self, only=None, run=0)

    # -------------------------------------------------------------- where `by` enters

    @cached_property
    def enters_at(self) -> tuple[sympy.Expr, ...]:
        """The times at which a timed `by` enters the state: its own, and those that look at it from there.

        A state enters at its own time; what enters later is then carried by the state. They come in the order
        of the run.
        """
        time = self.by.time
        if time is None or (self.by_starts and self.by.name not in self._own and self.others):
            return ()
        if self.by_starts:
            return (self.direction.start,)
        if self.by.name in self.local.equations:
            return (time,)
        delays = {
            int(t - q.time)
            for e in self.local.recurrence.steps
            for q in self.local.now(e.left)
            if q.name == self.by.name
        }
        return tuple(time + delay for delay in sorted(delays, key=lambda delay: self.direction.sign * delay))

    @property
    def _own(self) -> set[str]:
        return {q.name for q in self.states}

    @cached_property
    def start(self) -> Basic:
        """The total derivative of the state where it starts by a parameter: zero unless it is learned."""
        return (
            Block(*([self.known_total(c.at(self.direction.start))] for c in self.components))
            if self._starts
            else Zeros(vec_axis(self.stack), vec_axis(self.by))
        )

    @property
    def _starts(self) -> bool:
        names = self._own
        values = self.local.recurrence.initial_values.items()
        return self.by.time is None and any(q.name in names and self.by in quantities(v) for q, v in values)

    def part(self, component: Component, value: Basic) -> Basic:
        """The rows of one component in a column of the stacked state's height."""
        if self.single:
            return value
        above = [size(vec_axis(c.state)) for c in self.components[: self.components.index(component)]]
        first = sympy.Add(*above)
        axis = vec_axis(component.state)
        return Slice(value, 0, first, first + size(axis), axis)
