"""The body of `stream_step`: values, two sweeps back through the step, the recursion, the gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Quantity, is_zero, quantities, size
from symbptt.programs.modes.one_step import ROWS, STEP
from symbptt.programs.modes.streams.carried import Stream
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import STATIC
from symbptt.programs.source.code import aligned
from symbptt.programs.source.lines import assigned, assignment
from symbptt.programs.source.sums import summed
from symbptt.recurrence import Equation, t


class StreamStep(Stream):
    """One step of a stream."""

    def step(self) -> list[str]:
        """The values of a step, the two sweeps back through it, and the recursion."""
        body = [
            *self._before(),
            *self._values(self.recurrence.steps),
            *self._outer_sweep(),
            *self._inner_sweep(),
            *self._recursion(),
            *self._gradients_of_step(),
            *self._new_state(),
        ]
        return self._with_needed(self._given(), body)

    def _given(self) -> list[tuple[str, str]]:
        """Lines that a step starts with, where they are needed: samples, sizes and inputs."""
        first = self.states[0]
        axis = 0 if self.plan.source.lags[first.name] == 1 else 1
        given = [
            (self.variable(x), self.dialect.as_array(f"inputs[{self.key(x)}]"))
            for x in self.recurrence.inputs
        ]
        return [
            ("B", f"B = state[{self.key(first)}].shape[{axis}]"),
            *self._sizes_and_statics(),
            *((name, f"{name} = {value}") for name, value in given),
        ]

    def _before(self) -> list[str]:
        """The states of earlier times, under names of their own."""
        found = [f"{self.count} = {self.entries}"]
        for q in self.states:
            lag, given = self.plan.source.lags[q.name], f"state[{self.key(q)}]"
            names = [self._name(STEP, q.at(t - back)) for back in range(1, lag + 1)]
            values = [given] if lag == 1 else [f"{given}[-{back}]" for back in range(1, lag + 1)]
            found += [
                f"{name} = {self.dialect.as_array(value)}" for name, value in zip(names, values, strict=True)
            ]
        return found

    # -------------------------------------------------------------- the sweeps back through a step

    @cached_property
    def from_outer(self) -> dict[Quantity, Basic]:
        """What each adjoint gathers from equations that no state needs, in order."""
        order = [*(e.left for e in (*reversed(self.outer), *reversed(self.inner))), *self.earlier]
        found = {q: self._gathered(q, self.outer) for q in order}
        return {q: value for q, value in found.items() if not is_zero(value)}

    @cached_property
    def seeds(self) -> list[Quantity]:
        """What has a cotangent: the states and outputs that depend on a parameter."""
        return [q for q in self.plan.returned if q.name in self.moving]

    def _outer_sweep(self) -> list[str]:
        """From the cotangents through what no state needs: the gradient d_q of the scalar."""
        found = [
            f"{self._name(STEP, adjoint(q))} = cotangent(cotangents.get({self.key(q)}), {self.variable(q)})"
            for q in self.seeds
        ]
        for q, value in self.from_outer.items():
            sign = "+=" if q in self.seeds else "="
            found += assignment(self._name(STEP, adjoint(q)), sign, self._lower(STEP, q, value))
        return found

    def _inner_sweep(self) -> list[str]:
        """Back from every entry of the new states to the earlier ones and the parameters: the rows D_q."""
        found: list[str] = []
        for q in [*(e.left for e in reversed(self.inner)), *self.earlier]:
            found += self._rows(q)
        for p in self.influences:
            value = self._lower(ROWS, p, self._gathered(p, self.inner))
            found += assignment(self._row_name(p), "=", value)
        return found

    def _rows(self, q: Quantity) -> list[str]:
        """The rows of one quantity: its own entries where it is a new state, and what its users give it."""
        name, value = self._row_name(q), self._gathered(q, self.inner)
        scalar = self._name(STEP, adjoint(q))
        if q in self.carriers:
            first = self._first_row(self.carriers.index(q))
            made = [f"{name} = new_rows({first}, {scalar}, {self.count})"]
            return made if is_zero(value) else [*made, *assignment(name, "+=", self._lower(ROWS, q, value))]
        made = assignment(name, "=", self._lower(ROWS, q, value))
        return [*made, f"{name} = with_last({name}, {scalar})"] if q in self.from_outer else made

    # -------------------------------------------------------------- the recursion, and the gradients

    def _recursion(self) -> list[str]:
        """d a_t = immediate + Jacobian d a_{t-1}; the last row is the gradient of the scalar."""
        before = ", ".join(self._row_name(q) for q in self.earlier)
        entering = {self.names.key(p.name): self._row_name(p) for p in self.influences}
        found = [
            f"jacobian = side_by_side([{before}])",
            *assigned("entering", entering),
            "carried = {name: new + through(jacobian, influence[name]) for name, new in entering.items()}",
        ]
        if self.lags == 1:
            return [*found, "influence = {name: new[:-1] for name, new in carried.items()}"]
        rows = f"{self.dialect.joined(['new[:-1]', 'influence[name]'])}[:oldest]"
        return [
            *found,
            f"oldest = {self.lags} * {self.count}",
            f"influence = {{name: {rows} for name, new in carried.items()}}",
        ]

    def _gradients_of_step(self) -> list[str]:
        """The gradient of the scalar by each parameter, summed over the samples."""
        found: list[str] = []
        written: set[Quantity] = set()
        for p in self._parameters_of_steps:
            name = self.variable(adjoint(p))
            value = self._gathered(p, self.outer)
            if p in self.influences:
                found.append(f"{name} = {self.dialect.summed(f'carried[{self.key(p)}][-1]', '0')}")
                written.add(p)
            if not is_zero(value):
                code = summed(self.lowering.at(STEP), value)
                text = aligned(code, *map(bool, p.shape)).text
                found += assignment(name, "+=" if p in written else "=", text)
                written.add(p)
        for e in reversed(self.recurrence.statics):
            for p in quantities(e.right) if e.left in written else ():
                value = self._lower(STATIC, p, self.plan.pulled(e, p))
                found += assignment(self.variable(adjoint(p)), "+=" if p in written else "=", value)
                written.add(p)
        by = {p: self.variable(adjoint(p)) for p in written}
        entries = {
            self.names.key(p.name): by.get(p, self.dialect.called("zeros_like", self.variable(p)))
            for p in self.recurrence.parameters
        }
        return [*found, *assigned("gradients", entries)]

    def _new_state(self) -> list[str]:
        """The states that the next step looks at."""
        entries = {}
        for q in self.states:
            lag = self.plan.source.lags[q.name]
            names = [self._name(STEP, q.at(t - back)) for back in reversed(range(lag))]
            entries[self.names.key(q.name)] = (
                names[0] if lag == 1 else self.dialect.called("stack", f"[{', '.join(names)}]")
            )
        return assigned("state", entries)

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        yield from super()._axes()
        for x in self.recurrence.inputs:
            for i, axis in enumerate(filter(None, x.shape)):
                yield size(axis), f"inputs[{self.key(x)}].shape[{i + 1}]"

    def _values(self, equations: Iterable[Equation]) -> list[str]:
        return [
            line
            for e in equations
            for line in assignment(self.variable(e.left), "=", self._lower(STEP, e.left, e.right))
        ]
