"""What a derivation is about, prepared: the states that carry the dependence, and where it enters.

Where several states (or several lags) carry the dependence of `of` on `by`, they are stacked into one state
s_t, whose Jacobian J_t has the single Jacobians as its blocks; with one state and one lag nothing is stacked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.local import Linearised
from symbptt.derivation.steps import TimeRange
from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Block,
    Eye,
    Immediate,
    Quantity,
    Slice,
    Times,
    Total,
    Vec,
    Zeros,
    axis_of,
    quantities,
    size,
    vec_axis,
)
from symbptt.recurrence import Recurrence, T, t

Local = Callable[[Quantity, Quantity], Basic]


@dataclass(frozen=True)
class Component:
    """A part of the stacked state: a state, `back` steps before the time of the stack."""

    state: Quantity
    back: int

    def at(self, time: sympy.Expr) -> Quantity:
        return self.state.at(time - self.back)


@dataclass(frozen=True)
class Frame:
    """`of` and `by` with their times; the recurrence with named pre-activations."""

    local: Linearised
    of: Quantity
    by: Quantity

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
        """The states on a path from `by` to `of`."""
        return tuple(q for q in self.local.recurrence.states if q.name in self.between)

    @cached_property
    def components(self) -> tuple[Component, ...]:
        lags = self.local.recurrence.lags
        return tuple(Component(q, back) for q in self.states for back in range(lags[q.name]))

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
        taken = set(self.local.recurrence.quantities) | {str(s) for s in self.local.recurrence.sizes}
        return next(c for c in (*letters, *(rf"\tilde{{{c}}}" for c in letters)) if c not in taken)

    def stacked(self, time: sympy.Expr) -> Basic:
        """The stacked state in its components."""
        return Block(*([Vec(c.at(time))] for c in self.components))

    # -------------------------------------------------------------- Jacobians of the state

    def jacobian(self, time: sympy.Expr, local: Local) -> Basic:
        """d state at a time by the state one step before, each block written by `local`."""
        rows = [[self._block(row, col, time, local) for col in self.components] for row in self.components]
        return Block(*rows)

    def _block(self, row: Component, col: Component, time: sympy.Expr, local: Local) -> Basic:
        y, x = row.at(time), col.at(time - 1)
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
        symbols: list[TimeRange] = []
        first: sympy.Expr = sympy.S.One
        if self.by.time is not None and not self.by.time.is_nonpositive:
            loose = self.by.time.free_symbols - (
                self.of.time.free_symbols if self.of.time is not None else set()
            )
            symbols.extend((s, sympy.S.One, T) for s in sorted(loose, key=str) if s != T)
            first = self.enters_at[-1]
        if self.of.time is not None and t in self.of.time.free_symbols:
            low = 1 - (first - t) if t in first.free_symbols else first
            symbols.append((t, low, T))
        return tuple(symbols)

    def index(self, *letters: str) -> sympy.Symbol:
        """A summation index that nothing in sight uses."""
        timed = [q.time for q in (self.of, self.by) if q.time is not None]
        return self.local.free_index(
            *letters, taken=set().union(*(time.free_symbols for time in timed)) if timed else ()
        )

    @property
    def first_time(self) -> sympy.Expr:
        """The first time at which a state depends on `by`."""
        return self.enters_at[0] if self.enters_at and not self.enters_at[0].is_nonpositive else sympy.S.One

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
        if self.by.time is None:
            return bool(q.time.is_negative) or (bool(q.time.is_zero) and not self._starts)
        return bool((q.time - self.enters_at[0]).is_negative) or (
            bool(q.time.is_nonpositive) and q != self.by
        )

    # -------------------------------------------------------------- where `by` enters

    @cached_property
    def enters_at(self) -> tuple[sympy.Expr, ...]:
        """The times at which a timed `by` enters the state: its own, and those that look back at it.

        A state enters at its own time; what enters later is then carried by the state.
        """
        time = self.by.time
        if time is None:
            return ()
        if time.is_nonpositive:
            return (sympy.S.Zero,)
        if self.by.name in self.local.equations:
            return (time,)
        delays = {
            int(t - q.time)
            for e in self.local.recurrence.steps
            for q in self.local.now(e.left)
            if q.name == self.by.name
        }
        return tuple(time + delay for delay in sorted(delays))

    @cached_property
    def start(self) -> Basic:
        """The total derivative of the state at time 0 by a parameter: zero unless it is learned."""
        return (
            Block(*([self.known_total(c.at(sympy.S.Zero))] for c in self.components))
            if self._starts
            else Zeros(vec_axis(self.stack), vec_axis(self.by))
        )

    @property
    def _starts(self) -> bool:
        names = {q.name for q in self.states}
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
