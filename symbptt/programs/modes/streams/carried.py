"""What a stream carries from step to step, and how the equations of one step are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Plus, Quantity, Zeros, quantities, rewrite, size
from symbptt.programs.arrays.body import Body
from symbptt.programs.modes.one_step import ROWS, STEP, StepLowering
from symbptt.programs.modes.remembered import from_parameters, without_time
from symbptt.programs.plan.blocks import cut_and_joined
from symbptt.programs.plan.locality import common_axis, depending, is_by_rows
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.normal import prepared
from symbptt.programs.plan.places import STATIC, Scope
from symbptt.programs.plan.program import Plan
from symbptt.programs.source.lowering import Lowering
from symbptt.recurrence import Equation, Recurrence, t


@dataclass(frozen=True)
class StepPlan(Plan):
    """The statements of a step: with a row for each entry, products that share an operand are best apart."""

    @cached_property
    def recurrence(self) -> Recurrence:
        """The recurrence with names for all that is computed twice."""
        return prepared(self.source)


@dataclass(frozen=True)
class Stream(Body):
    """What a stream carries on. Raises SymbpttError where nothing can be accumulated."""

    def __post_init__(self) -> None:
        without_time(self.recurrence, "no stream")
        if not self.carriers:
            raise SymbpttError("no stream: no state depends on a parameter, so there is nothing to carry on")
        from_parameters(self.plan.started, "no stream")

    # -------------------------------------------------------------- what is carried

    @cached_property
    def carriers(self) -> list[Quantity]:
        """The states that depend on a parameter."""
        return [q for q in self.states if q.name in self.moving]

    @cached_property
    def states(self) -> list[Quantity]:
        """Everything that is looked at one step later."""
        return list(self.plan.source.states)

    @cached_property
    def moving(self) -> set[str]:
        """The names that depend on a parameter."""
        return depending(self.recurrence)

    @cached_property
    def lags(self) -> int:
        """How many steps back the carriers are looked at, at most."""
        return max(self.plan.source.lags[q.name] for q in self.carriers)

    @cached_property
    def inner(self) -> list[Equation]:
        """The equations through which parameters reach the carriers within a step, in order."""
        found: list[Equation] = []
        wanted = {q.name for q in self.carriers}
        for e in reversed(self.recurrence.steps):
            if e.left.name in wanted & self.moving:
                found.insert(0, e)
                wanted |= {q.name for q in quantities(e.right) if q.time == t}
        return found

    @cached_property
    def outer(self) -> list[Equation]:
        """The equations through which parameters reach outputs alone."""
        return [e for e in self.recurrence.steps if e not in self.inner and e.left.name in self.moving]

    @cached_property
    def influences(self) -> list[Quantity]:
        """The parameters, derived ones included, that reach the carriers."""
        users = [*self.inner, *self.plan.started]
        return [p for p in self._parameters_of_steps if any(p in quantities(e.right) for e in users)]

    @cached_property
    def _parameters_of_steps(self) -> list[Quantity]:
        return [*self.recurrence.parameters, *(e.left for e in self.recurrence.statics)]

    @cached_property
    def by_units(self) -> bool:
        """Whether the Jacobian is diagonal: no unit of a state depends on another unit."""
        axis = common_axis(self.carriers)
        return bool(axis) and is_by_rows([*self.inner, *self.plan.started], self.moving, axis)

    @cached_property
    def entries(self) -> str:
        """How many rows the new states have, as source: one an entry, or one a state."""
        return self._first_row(len(self.carriers))

    @property
    def count(self) -> str:
        """The variable that holds the number of rows."""
        return self.names.variable("count")

    def _first_row(self, place: int) -> str:
        if self.by_units:
            return str(place)
        counts = [size(q.shape.rows) * size(q.shape.cols) for q in self.carriers[:place]]
        return self.lowering.lower(sympy.Add(*counts)).text

    @cached_property
    def lowering(self) -> Lowering:
        """Expressions of a step as source."""
        return StepLowering(self.names, {}, 1, STEP, self.dialect, count=self.count)

    def _lower(self, scope: Scope, like: Quantity, value: Basic) -> str:
        """A value in the full shape of a quantity."""
        lo = self.lowering.at(scope)
        return lo.filled(like, lo.lower(value), lo.lead_of(adjoint(like)) if scope != STATIC else 0).text

    def _name(self, scope: Scope, q: Quantity) -> str:
        return self.lowering.at(scope).lower(q).text

    # -------------------------------------------------------------- what both bodies share

    def _sizes_and_statics(self) -> list[tuple[str, str]]:
        known = {self.names.variable(symbol.name): text for symbol, text in self._sizes().items()}
        sizes = [(name, f"{name} = {text}") for name, text in known.items()]
        statics = [
            (self.variable(e.left), self._lower(STATIC, e.left, e.right)) for e in self.recurrence.statics
        ]
        return [*sizes, *((name, f"{name} = {value}") for name, value in statics)]

    def _row_name(self, q: Quantity) -> str:
        return self.names.variable(f"D _{q.name}") if q.time is None else self._name(ROWS, adjoint(q))

    @cached_property
    def earlier(self) -> list[Quantity]:
        """The carriers at the times before, the latest first: what influence belongs to."""
        return [q.at(t - back) for back in range(1, self.lags + 1) for q in self.carriers]

    def _gathered(self, q: Quantity, users: Sequence[Equation]) -> Basic:
        """What the adjoint of a quantity gathers from the equations that use it."""
        terms = [self.plan.pulled(e, q) for e in users if q in quantities(e.right)]
        return rewrite(Plus(Zeros(*q.shape), *terms), cut_and_joined)

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        """Where sizes can be read: parameters, and what else is at hand."""
        for p in self.recurrence.parameters:
            for i, axis in enumerate(filter(None, p.shape)):
                yield size(axis), f"{self.variable(p)}.shape[{i}]"
