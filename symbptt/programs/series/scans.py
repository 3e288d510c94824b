"""The loops over time as scans: what a step hands to the next, what it is given, what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from symbptt.expressions import Quantity
from symbptt.programs.plan.names import by_what, is_adjoint
from symbptt.programs.plan.places import LOOP, lag_of
from symbptt.programs.plan.program import Statement
from symbptt.programs.series.lowering import SeriesLowering
from symbptt.programs.series.statements import Writer, increased, read_at
from symbptt.programs.source.lines import WIDEST, mentioned
from symbptt.recurrence import t

LINE = 106  # what is left of a line inside of a function


@dataclass(frozen=True)
class Scan:
    """A scan in terms of variables; `carried` maps what a step is handed to its first value.

    `handed` is what a step hands on, in the same order; `results` names that of the last step. `given` are
    the series that a step sees a row of, `left` those that the rows it leaves behind make up.
    """

    carried: Mapping[str, str]
    handed: Sequence[str]
    results: Sequence[str]
    given: Sequence[str]
    left: Sequence[str]
    body: Sequence[str]
    function: str
    reverse: bool = False

    def lines(self) -> list[str]:
        """The step as a function, and the scan."""
        carry, now = ("later" if self.reverse else "before"), "now"
        arguments = [self._argument(list(self.carried), carry), self._argument(self.given, now)]
        inside = [
            *unpacked(list(self.carried), carry),
            *unpacked(self.given, now),
            *self.body,
            *_one_or_more("return ", [_tuple(self.handed), _tuple(self.left)]),
        ]
        return [
            f"def one_step({', '.join(arguments)}):",
            *(f"    {line}" for line in inside),
            "",
            *self._call(),
        ]

    @staticmethod
    def _argument(names: Sequence[str], several: str) -> str:
        return names[0] if len(names) == 1 else several if names else "_"

    def _call(self) -> list[str]:
        results = _tuple(self.results) if set(self.results) != {"_"} else "_"
        left = _tuple(self.left) if self.left else "_"
        given = _tuple(self.given) if self.given else "None, length=T"
        arguments = ["one_step", _tuple(list(self.carried.values())), given, *["reverse=True"] * self.reverse]
        if len(left) > WIDEST // 2:
            return [*self._called(f"{results}, series", arguments), *unpacked(self.left, "series")]
        return self._called(f"{results}, {left}", arguments)

    def _called(self, target: str, arguments: Sequence[str]) -> list[str]:
        """The scan, its arguments on a line or lines of their own where it is long."""
        start, inside = f"{target} = {self.function}(", ", ".join(arguments)
        if len(start) + len(inside) < LINE:
            return [f"{start}{inside})"]
        if len(inside) <= LINE - 4:
            return [start, f"    {inside}", ")"]
        return [start, *(f"    {argument}," for argument in arguments), ")"]


def _tuple(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})" if names else "None"


def unpacked(names: Sequence[str], whole: str) -> list[str]:
    """`a, b = whole`, a name a line where that is long; one name is the argument itself."""
    if len(names) < 2:
        return []
    line = f"{', '.join(names)} = {whole}"
    return [line] if len(line) <= WIDEST else ["(", *(f"    {name}," for name in names), f") = {whole}"]


def _one_or_more(start: str, parts: Sequence[str]) -> list[str]:
    line = start + ", ".join(parts)
    if len(line) <= WIDEST:
        return [line]
    return [f"{start}(", *(f"    {part}," for part in parts), ")"]


# ------------------------------------------------------------------ forward


def forward_scan(
    writer: Writer, loop: Sequence[Statement], left: Iterable[str], written: set[str]
) -> list[str]:
    """The lines of the loop forward; `left` are the names of the quantities that are needed after it."""
    lo, inner = writer.lowering, {s.target.name: s.target for s in loop}
    read = read_at(loop)
    depth = {name: max((lag for q, lag in read if q.name == name), default=0) for name in inner}
    states = [inner[name] for name in inner if depth[name]]
    outer = [(q, lag) for q, lag in read if q.name not in inner]
    early = [(s.target, 0) for s in loop if s.adds]
    made = [line for q, lag in outer if lag for line in writer.late_series(q, lag, written)]
    given = [lo.before(q, lag) for q, lag in (*early, *outer)]
    body = _body(writer, loop, {*given})
    carried = {
        lo.before(q, lag): lo.start_row(q.at(1 - lag)) for q in states for lag in range(1, depth[q.name] + 1)
    }
    handed = [lo.before(q, lag) for q in states for lag in range(depth[q.name])]
    series = [lo.names.variable(name) for name in inner if name in set(left)]
    written |= set(series)
    scan = Scan(carried, handed, ["_"] * len(handed), _with_time(given, body), series, body, lo.dialect.scan)
    return [*made, *_time(lo, body), "", *scan.lines()]


def _body(writer: Writer, loop: Iterable[Statement], here: set[str]) -> list[str]:
    lo = writer.lowering.at(LOOP)
    return [line for s in loop for line in writer.assigned(s, lo.at_its_time(s.target), here)]


def _with_time(given: Sequence[str], body: Iterable[str]) -> list[str]:
    """What a step is given; the time too where it is reckoned with."""
    return [*given, "t"] if "t" in mentioned(body) else list(given)


def _time(lo: SeriesLowering, body: Iterable[str]) -> list[str]:
    times = lo.dialect.called("arange", "1", "T + 1", lo.dialect.typed)
    return [f"t = {times}"] if "t" in mentioned(body) else []


# ------------------------------------------------------------------ backward


def backward_scan(
    writer: Writer, loop: Sequence[Statement], left: Iterable[str], written: set[str]
) -> list[str]:
    """The lines of the loop back in time, and of what it gives to the initial values of its states."""
    if not loop:
        return []
    lo = writer.lowering
    parts = {s.target for s in loop if not is_adjoint(s.target)}
    depth: dict[Quantity, int] = {}
    for s in loop:
        if s.target not in parts:
            q = s.target.at(t)
            depth[q] = max(depth.get(q, 0), int(lag_of(s.target.time, LOOP) or 0))
    states = [q for q in depth if depth[q]]
    seeds = [lo.names.variable(q.name) for q in depth if lo.names.variable(q.name) in written]
    outer = [(q, lag) for q, lag in read_at(loop) if not is_adjoint(q) and q not in parts]
    made = [line for q, lag in outer if lag for line in writer.late_series(q, lag, written)]
    given = [*seeds, *(lo.before(q, lag) for q, lag in outer)]
    body = _body_back(writer, loop, depth, {*given})
    carried = {
        lo.next(q, lag): lo.dialect.called(
            "zeros_like", lo.start_row(Quantity(by_what(q), *q.shape, sympy.S.Zero))
        )
        for q in states
        for lag in range(1, depth[q] + 1)
    }
    handed = [lo.before(q, lag) for q in states for lag in range(1, depth[q] + 1)]
    series = [lo.names.variable(q.name) for q in depth if q.name in set(left)]
    written |= set(series)
    results, after = _starts(writer, states, depth, written)
    scan = Scan(
        carried, handed, results, _with_time(given, body), series, body, lo.dialect.scan, reverse=True
    )
    return [*made, *_time(lo, body), "", *scan.lines(), *after]


def _body_back(
    writer: Writer, loop: Sequence[Statement], depth: Mapping[Quantity, int], here: set[str]
) -> list[str]:
    """One step back: what later times gave is added first, what goes to times before comes last."""
    lo, found = writer.lowering.at(LOOP), []
    for q, deepest in depth.items():
        if deepest:
            name = lo.names.variable(q.name)
            more = lo.next(q, 1)
            found += increased(name, more) if name in here else [f"{name} = {more}"]
            here.add(name)
    found += _body(writer, loop, here)
    for q, deepest in depth.items():
        for lag in range(1, deepest):
            name = lo.before(q, lag)
            more = lo.next(q, lag + 1)
            found += increased(name, more) if name in here else [f"{name} = {more}"]
    return found


def _starts(
    writer: Writer, states: Sequence[Quantity], depth: Mapping[Quantity, int], written: set[str]
) -> tuple[list[str], list[str]]:
    """Names for what the last step hands on, and the lines that make gradients by initial values of it."""
    lo, results, after = writer.lowering, [], []
    for q in states:
        start, names = lo.start(q), [lo.before(q, lag) for lag in range(1, depth[q] + 1)]
        if lo.lag(q) == 1 and start not in written:
            results.append(start)
        elif lo.lag(q) == 1:
            results += names
            after += increased(start, names[0])
        else:
            results += names
            after += _stacked(writer, q, names, written)
        written.add(start)
    return results, after


def _stacked(writer: Writer, q: Quantity, names: Sequence[str], written: set[str]) -> list[str]:
    lo = writer.lowering
    start, stack = lo.start(q), f"{lo.dialect.module}.stack([{', '.join(reversed(names))}])"
    if len(names) == lo.lag(q):
        return increased(start, stack) if start in written else [f"{start} = {stack}"]
    made = writer.zeros(q, start, written)
    return [*made, *writer.changed(start, start, f"{lo.lag(q) - len(names)}:", "add", stack)]
