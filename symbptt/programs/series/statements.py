"""Statements outside of a loop as lines that change no array: late series, and gradients by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy.core.basic import Basic

from symbptt.expressions import Quantity, quantities
from symbptt.programs.plan.linear import Scan
from symbptt.programs.plan.losses import looked_at
from symbptt.programs.plan.names import is_adjoint
from symbptt.programs.plan.places import Scope, lag_of
from symbptt.programs.plan.program import Statement
from symbptt.programs.series.lowering import SeriesLowering
from symbptt.programs.source import code as c
from symbptt.programs.source.lines import assignment
from symbptt.programs.source.sums import summed
from symbptt.recurrence import t


@dataclass(frozen=True)
class Writer:
    """Statements as lines. `written` is everywhere the set of variables that there are; it grows.

    `in_place` are the names of what loops write in place: it may share memory with nothing else.
    """

    lowering: SeriesLowering
    in_place: frozenset[str] = frozenset()

    def lines(self, statements: Iterable[Statement], written: set[str]) -> list[str]:
        """The lines of some statements, each after the late series that it reads."""
        found = []
        for s in statements:
            found += self.late(s.value, s.scope, written)
            found += self._scan(s, written) if isinstance(s, Scan) else self._statement(s, written)
        return found

    def assigned(self, s: Statement, name: str, written: set[str]) -> list[str]:
        """`name = value`, or `name += value` where a statement adds to what there is."""
        lo = self.lowering.at(s.scope)
        value = summed(lo, s.value) if s.summed else lo.lower(s.value)
        if s.adds and name in written:
            more = c.aligned(value, *map(bool, s.target.shape)).text
            return assignment(name, "+=", more) if s.target.name in self.in_place else increased(name, more)
        written.add(name)
        lead = 0 if s.target.time is None else 1 if self._lag(s.target, s.scope) is None else s.scope.lead
        value = lo.filled(s.target, value, lead)
        alias = s.target.name in self.in_place and not value.is_new
        return assignment(name, "=", f"{value.at(c.Level.ATOM)}.clone()" if alias else value.text)

    @staticmethod
    def _lag(q: Quantity, scope: Scope) -> int | None:
        lag = None if q.time is None else lag_of(q.time, scope)
        return None if lag is None else int(lag)

    def _statement(self, s: Statement, written: set[str]) -> list[str]:
        lo, lag = self.lowering.at(s.scope), self._lag(s.target, s.scope)
        if lag and s.scope.low - lag < 1:
            return self._given_to_earlier_times(s, lag, written)
        place = lo.names.variable(s.target.name) if s.target.time is None else lo.at_its_time(s.target)
        return self._in_rows(s, place, written) if "[" in place else self.assigned(s, place, written)

    def _in_rows(self, s: Statement, place: str, written: set[str]) -> list[str]:
        """A statement for some rows of an array; the others are zero where there was none."""
        lo, (name, _, rows) = self.lowering.at(s.scope), place.partition("[")
        value = c.aligned(lo.lower(s.value), *map(bool, s.target.shape)).text
        how = "add" if s.adds and name in written else "set"
        made = self.zeros(s.target, name, written)
        whole = made[0].partition(" = ")[2] if made else name
        return self.changed(name, whole, rows[:-1], how, value)

    def changed(self, name: str, whole: str, rows: str, how: str, value: str) -> list[str]:
        """The lines that make an array of another with a value put or added in some rows."""
        return self.lowering.dialect.changed(name, whole, rows, how, value)

    def zeros(self, q: Quantity, name: str, written: set[str]) -> list[str]:
        """The line that makes an array of zeros for a series, or for initial values, where there is none."""
        if name in written:
            return []
        written.add(name)
        leading = self.lowering.leading_of_start(q) if name == self.lowering.start(q) else ["T", "B"]
        return [f"{name} = {self.lowering.dialect.made('zeros', self.lowering.shape(q, leading))}"]

    # -------------------------------------------------------------- linear recurrences

    def _scan(self, s: Scan, written: set[str]) -> list[str]:
        """A linear recurrence over the series that its target holds so far; that of an adjoint goes back."""
        lo, name = self.lowering.at(s.scope), self.lowering.names.variable(s.target.name)
        gates = c.aligned(lo.lower(s.value), *map(bool, s.target.shape)).text
        if not is_adjoint(s.target):
            return assignment(name, "=", f"linear_scan({gates}, {name}, {lo.start_row(s.target.at(0))})")
        start = lo.start(s.target)
        if lo.lag(s.target) == 1 and start not in written:
            written.add(start)
            return assignment(f"{start}, {name}", "=", f"linear_sweep({gates}, {name})")
        found = assignment(f"early, {name}", "=", f"linear_sweep({gates}, {name})")
        if lo.lag(s.target) == 1:
            return [*found, *increased(start, "early")]
        made = self.zeros(s.target, start, written)
        return [*found, *made, *self.changed(start, start, "-1", "add", "early")]

    # -------------------------------------------------------------- times before 1

    def late(self, value: Basic, scope: Scope, written: set[str]) -> list[str]:
        """The lines that make the late series that a value reads, where they are not there yet."""
        return [
            line
            for q, inner in looked_at(value, scope)
            if self.lowering.at(inner).reads_late(q)
            for line in self.late_series(q.at(t), self._lag(q, inner) or 0, written)
        ]

    def late_series(self, q: Quantity, lag: int, written: set[str]) -> list[str]:
        """The line that makes a late series, where it is not there yet."""
        lo, name = self.lowering, self.lowering.before(q, lag)
        if name in written:
            return []
        written.add(name)
        return [f"{name} = delayed({self.early(q, lag)}, {lo.names.variable(q.name)})"]

    def early(self, q: Quantity, lag: int) -> str:
        """What comes before a late series: as many rows of initial values, zeros for an input."""
        lo, back = self.lowering, self.lowering.lag(q)
        if not back:
            return lo.dialect.made("zeros", f"({lag}, *{lo.names.variable(q.name)}.shape[1:])")
        if back == 1:
            return f"{lo.start(q)}[None]"
        return lo.start(q) + (f"[{back - lag}:]" if lag < back else "")

    def _given_to_earlier_times(self, s: Statement, lag: int, written: set[str]) -> list[str]:
        """A gradient by late values: its first rows go to the initial values, the others to the series."""
        lo, q = self.lowering.at(s.scope), s.target.at(t)
        name, series = lo.before(q, lag), lo.names.variable(q.name)
        rows = lo.rows_of_scope()
        found = self._in_rows(s, name + rows, set()) if rows else self.assigned(s, name, set())
        found.append(
            f"early, late = earlier({name}, {lag})" if lo.lag(q) else f"late = earlier({name}, {lag})[1]"
        )
        found += increased(series, "late") if series in written else [f"{series} = late"]
        written.add(series)
        return [*found, *(self._added_to_start(q, lag, written) if lo.lag(q) else [])]

    def _added_to_start(self, q: Quantity, lag: int, written: set[str]) -> list[str]:
        start, back = self.lowering.start(q), self.lowering.lag(q)
        made = self.zeros(q, start, written)
        if back == 1:
            return [*made, f"{start} += early[0]"]
        if lag == back:
            return [*made, *increased(start, "early" + "[0]" * (back == 1))]
        return [*made, *self.changed(start, start, f"{back - lag}:", "add", "early")]


def increased(name: str, value: str) -> list[str]:
    """A variable that is more by a value; nothing that shares its memory changes."""
    more = f"{name} - {value[1:]}" if value.startswith("-") else f"{name} + {value}"
    return assignment(name, "=", more)


def read_at(statements: Iterable[Statement]) -> Iterable[tuple[Quantity, int]]:
    """The quantities that statements of a loop read, with how far back, each once."""
    found = [
        (q.at(t), int(lag_of(q.time, s.scope) or 0))
        for s in statements
        for q in quantities(s.value)
        if q.time is not None
    ]
    return dict.fromkeys(found)
