"""Initial values that are computed from parameters, by functions of their own: for series cut in parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sympy.core.basic import Basic

from symbptt.expressions import Quantity, quantities
from symbptt.programs.arrays.body import Body
from symbptt.programs.modes.one_step import StepLowering
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import STATIC
from symbptt.programs.source.lines import assigned, assignment, listing
from symbptt.programs.source.lowering import Lowering


@dataclass(frozen=True)
class ComputedStarts(Body):
    """The bodies of `with_computed` and `pull_back_computed`."""

    @cached_property
    def lowering(self) -> Lowering:
        """Expressions of time 0, without samples, as source."""
        return StepLowering(self.names, {}, 1, STATIC)

    def _assigned(self, target: Quantity, sign: str, value: Basic) -> list[str]:
        text = self.lowering.filled(target, self.lowering.lower(value), 0).text
        return assignment(self.variable(target), sign, text)

    def _needed(self) -> list[tuple[str, str]]:
        """Lines that may be needed: sizes, derived parameters, and the computed values."""
        sizes = {self.names.variable(symbol.name): text for symbol, text in self._sizes().items()}
        computed = [*self.recurrence.statics, *self.plan.started]
        lowered = {self.variable(e.left): self.lowering.lower(e.right).text for e in computed}
        return [(name, f"{name} = {text}") for name, text in {**sizes, **lowered}.items()]

    def values(self) -> list[str]:
        """The initial values, given and computed."""
        entries = {}
        for e in self.plan.started:
            key, value, lag = self.key(e.left), self.variable(e.left), self.plan.source.lags[e.left.name]
            entries[key] = f"with_last(initial.get({key}), {value}, {lag})" if lag > 1 else value
        computed = ", ".join(f"{key}: {value}" for key, value in entries.items())
        return self._with_needed(self._needed(), [f"return {{**initial, {computed}}}"])

    def pull_back(self) -> list[str]:
        """From the gradients by initial values to those by parameters, and to those that are given."""
        body, written = [], {e.left for e in self.plan.started}
        for e in self.plan.started:
            rows = "[-1]" if self.plan.source.lags[e.left.name] > 1 else ""
            given = f"by_initial[{self.key(e.left)}]{rows}"
            body.append(f"{self.variable(adjoint(e.left))} = np.sum({given}, axis=0)")
        for e in (*self.plan.started, *reversed(self.recurrence.statics)):
            for p in quantities(e.right) if e.left in written else ():
                body += self._assigned(adjoint(p), "+=" if p in written else "=", self.plan.pulled(e, p))
                written.add(p)
        parameters = [p for p in self.recurrence.parameters if p in written]
        body += assigned("more", {self.names.key(p.name): self.variable(adjoint(p)) for p in parameters})
        return self._with_needed(self._needed(), [*body, f"given = {self._given()}"])

    def _given(self) -> str:
        """The gradients by the initial values that are given, as source."""
        computed = {e.left.name for e in self.plan.started}
        values = {q: f"by_initial[{self.key(q)}]" for q in self.initials}
        values = {q: f"with_last({v}, 0, 2)" if q.name in computed else v for q, v in values.items()}
        return listing({self.names.key(q.name): value for q, value in values.items()})
