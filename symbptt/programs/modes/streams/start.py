"""The body of `start_stream`: the states before time 1, and what they owe to parameters."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symbptt.expressions import quantities, size
from symbptt.programs.modes.one_step import ROWS
from symbptt.programs.modes.streams.carried import Stream
from symbptt.programs.source.lines import assigned
from symbptt.recurrence import Equation


class StreamStart(Stream):
    """The start of a stream."""

    def start(self) -> list[str]:
        """The states before time 1, given or computed, and what they owe to parameters."""
        body = [
            f"{self.count} = {self.entries}",
            *self._starting_values(),
            *self._starting_influence(),
        ]
        return self._with_needed(self._sizes_and_statics(), body)

    def _starting_values(self) -> list[str]:
        found: list[str] = []
        for q in self.states:
            lag = self.plan.source.lags[q.name]
            shape = self.lowering.shape(q, [*([str(lag)] if lag > 1 else []), "*samples"])
            found.append(f"{self.variable(q)} = {self.dialect.made('zeros', shape)}")
            if q in self.initials:
                given = self.dialect.as_array(f"initial.get({self.key(q)}, 0)")
                found.append(f"{self.variable(q)} += {given}")
        for e in self.plan.started:
            name, value = self.variable(e.left), self.lowering.lower(e.right).text
            row = "-1" if self.plan.source.lags[e.left.name] > 1 else "..."
            found += self.dialect.changed(name, name, row, "set", value)
        return [*found, *assigned("state", {self.names.key(q.name): self.variable(q) for q in self.states})]

    def _starting_influence(self) -> list[str]:
        rows = self.count if self.lags == 1 else f"{self.lags} * {self.count}"
        entries = {
            self.names.key(p.name): self.dialect.made("zeros", self.lowering.shape(p, [rows, "B"]))
            for p in self.influences
        }
        found = assigned("influence", entries)
        for e in self.plan.started:
            found += self._owed(e)
        return found

    def _owed(self, e: Equation) -> list[str]:
        """The derivative of a computed initial value by each parameter."""
        first = self._first_row([q.name for q in self.carriers].index(e.left.name))
        zeros = self.dialect.made("zeros", self.lowering.shape(e.left, ["B"]))
        found = [f"{self._row_name(e.left)} = new_rows({first}, {zeros}, {self.count})"]
        for p in (p for p in self.influences if p in quantities(e.right)):
            value = self._lower(ROWS, p, self.plan.pulled(e, p))
            rows = f"influence[{self.key(p)}]"
            found += self.dialect.changed(rows, rows, f":{self.count}", "add", f"({value})[:-1]")
        return found

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        yield from super()._axes()
        for q in self.initials:
            axes = list(filter(None, q.shape))
            for i, axis in enumerate(axes):
                yield size(axis), f"initial[{self.key(q)}].shape[{i - len(axes)}]"
