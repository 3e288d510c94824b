"""The loops over time of a library that runs each operation as it comes: in place, row by row.

Calls are what costs there. So the arrays are made before the loop and the rows of all series are taken at
once; each statement writes into its row, and one that adds to a row does so in one call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sympy.core.basic import Basic

from symbptt.expressions import Apply, Block, Plus, Quantity, Times, Zeros
from symbptt.programs.plan.factors import Scaling
from symbptt.programs.plan.places import LOOP, lag_of
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.sharing import View
from symbptt.programs.plan.turned import weight_of
from symbptt.programs.plan.weights import is_column
from symbptt.programs.series.lowering import SeriesLowering
from symbptt.programs.series.scans import unpacked
from symbptt.programs.series.statements import Writer, increased, read_at
from symbptt.programs.source import code as c
from symbptt.programs.source.lines import WIDEST, assignment, call, mentioned
from symbptt.programs.source.lowering import split_sign
from symbptt.recurrence import t

IN_PLACE = {"exp", "log", "sigmoid", "sin", "cos", "sqrt", "tanh"}  # functions that may write into a row


@dataclass(frozen=True)
class RowLowering(SeriesLowering):
    """The expressions of a step: a_t and a_before_t are rows of the series of a."""

    @staticmethod
    def of(lo: SeriesLowering) -> RowLowering:
        """The same names and lags, in a loop."""
        found = RowLowering(**{field.name: getattr(lo, field.name) for field in fields(lo)})
        return found.at(LOOP)

    def at_its_time(self, q: Quantity) -> str:
        """The row of a quantity at its time."""
        lag = None if q.time is None else lag_of(q.time, self.scope)
        return super().at_its_time(q) if lag is None else self.row(q, int(lag))

    def row(self, q: Quantity, lag: int) -> str:
        """The variable of a quantity `lag` steps before the step's time."""
        back = " _before" + f"_{lag}" * (lag > 1) if lag else ""
        return self.names.variable(f"{q.name}{back} _t")


@dataclass(frozen=True)
class Loop:
    """A loop over time in terms of the writer of the lines around it; `series` holds what has rows."""

    writer: Writer
    statements: Sequence[Statement]
    series: frozenset[str]
    backwards: bool = False

    @property
    def lo(self) -> RowLowering:
        """Expressions of a step as source."""
        return RowLowering.of(self.writer.lowering)

    def lines(self, body: Sequence[str]) -> list[str]:
        """The loop around a body, over the rows that it mentions."""
        outer, words = self.writer.lowering, mentioned(body)
        targets = [(s.target.at(t), int(lag_of(s.target.time, LOOP) or 0)) for s in self.statements]
        given = {
            self.lo.row(q, lag): self._rows(q, lag)
            for q, lag in (*targets, *read_at(self.statements))
            if self.lo.row(q, lag) in words and (lag or q.name in self.series)
        }
        if "t" in words:
            given["t"] = outer.dialect.called("arange", "1", "T + 1", outer.dialect.typed)
        inside = [f"    {line}" for line in body]
        return [*self._over(given), *inside] if given else ["for _ in range(T):", *inside]

    def _over(self, given: Mapping[str, str]) -> list[str]:
        """`for a_t, x_t in steps(a, x):`; where that is long, in lines of their own."""
        names, series = list(given), list(given.values())
        several = f"{names[0]}," if len(names) == 1 else ", ".join(names)
        rows = f"steps({', '.join(series)})"
        line = f"for {several} in {f'reversed({rows})' if self.backwards else rows}:"
        if len(line) <= WIDEST:
            return [line]
        each = "reversed(each)" if self.backwards else "each"
        inside = [f"    {line}" for line in unpacked(names, "now")]
        return [*call("each", "steps", series), f"for now in {each}:", *inside]

    def _rows(self, q: Quantity, lag: int) -> str:
        """The series whose rows are those of a quantity `lag` steps before each time."""
        name = self.writer.lowering.names.variable(q.name)
        return f"({self.writer.early(q, lag)}, {name})" if lag else name

    # -------------------------------------------------------------- a statement

    def local(self, s: Statement, known: set[Quantity]) -> list[str]:
        """A value that nothing needs after the step: a variable, or more of one."""
        name = self.lo.at_its_time(s.target)
        if s.adds and s.target in known:
            return increased(name, self._aligned(s.target, s.value))
        known.add(s.target)
        value = self.lo.filled(s.target, self.lo.lower(s.value), 1)
        return assignment(name, "=", value.text)

    def written(self, s: Statement) -> list[str]:
        """A value written into the row of its quantity: a sum term by term."""
        first, *rest = _terms(s.value)
        return [*self._first(s.target, first), *(self._more(s.target, term) for term in rest)]

    def added(self, s: Statement) -> list[str]:
        """A value added to the row of its quantity, term by term."""
        return [self._more(s.target, term) for term in _terms(s.value)]

    def scaled(self, s: Scaling) -> list[str]:
        """A value that the row of its quantity is multiplied by."""
        return assignment(self.lo.at_its_time(s.target), "*=", self.lo.lower(s.value).text)

    def changed(self, s: Statement) -> list[str]:
        """The value of a function that takes the place of its argument."""
        row, function = self.lo.at_its_time(s.target), self._function(s.value)
        if function:
            return [f"{row}.{function}_()"]
        return [f"{row}.copy_({self.lo.lower(s.value).text})"]

    def _first(self, q: Quantity, term: Basic) -> list[str]:
        lo, row = self.lo, self.lo.at_its_time(q)
        minus, _ = split_sign(term)
        out = f"out={row}"
        if self._is_product(q, term):
            return [lo.dialect.called("mul", *(lo.lower(factor).text for factor in term.args), out)]
        if isinstance(term, Block) and is_column(term) and self._is_full(q, term):
            return [f"{lo.lower(term).text[:-1]}, {out})"]
        if self._function(term) and self._is_full(q, term.argument):
            return [lo.dialect.called(self._function(term), lo.lower(term.argument).text, out)]
        if not minus and weight_of(term) is not None:
            weight, column = map(lo.lower, term.args)
            return [lo.dialect.called("mm", column.text, c.flipped(weight).text, out)]
        return [f"{row}.copy_({self._aligned(q, term)})"]

    def _more(self, q: Quantity, term: Basic) -> str:
        lo, row = self.lo, self.lo.at_its_time(q)
        minus, positive = split_sign(term)
        if weight_of(positive) is not None:
            weight, column = map(lo.lower, positive.args)
            return f"{row}.addmm_({column.text}, {c.flipped(weight).text}{', alpha=-1' * minus})"
        if self._is_product(q, positive):
            first, second = (lo.lower(f).text for f in positive.args)
            return f"{row}.addcmul_({first}, {second}{', value=-1' * minus})"
        return f"{row}.{'sub_' if minus else 'add_'}({self._aligned(q, positive)})"

    def _aligned(self, q: Quantity, value: Basic) -> str:
        return c.aligned(self.lo.lower(value), *map(bool, q.shape)).text

    def _is_product(self, q: Quantity, value: Basic) -> bool:
        """Whether a value is the product of two that both have all axes of a row."""
        return (
            isinstance(value, Times)
            and len(value.args) == 2
            and all(self._is_full(q, factor) for factor in value.args)
        )

    def _is_full(self, q: Quantity, value: Basic) -> bool:
        """Whether a value has all axes of a row."""
        code = self.lo.lower(value)
        return (code.lead, code.rows, code.cols) == (1, *map(bool, q.shape))

    def _function(self, value: Basic) -> str:
        """The library's function that a value is of, where it can write into a row; else ""."""
        if not isinstance(value, Apply) or value.order:
            return ""
        text = self.lo.lower(value).text
        name = text.partition("(")[0].removeprefix(f"{self.lo.dialect.module}.")
        return name if name in IN_PLACE else ""


def _terms(value: Basic) -> list[Basic]:
    """The terms of a sum, those with a minus last; zeros only make the others larger."""
    terms = (
        [term for term in value.args if not isinstance(term, Zeros)] if isinstance(value, Plus) else [value]
    )
    return sorted(terms, key=lambda term: split_sign(term)[0])


# ------------------------------------------------------------------ forward and backward


def forward_loop(
    writer: Writer, statements: Sequence[Statement], views: Mapping[str, View], stored: set[str]
) -> tuple[list[Quantity], list[str]]:
    """The arrays to be made, and the loop; `stored` are the names of what is needed after its step.

    A slice that is a view of its quantity's rows is there already; what only a function looks at gives its
    place to the value of the function.
    """
    inner = {s.target.name for s in statements}
    given = {q.name for q, _ in read_at(statements)} - inner
    loop = Loop(writer, statements, frozenset(stored | given))
    made, body, known = [], [], set[Quantity]()
    for s in statements:
        view = views.get(s.target.name)
        if s.target.name not in stored:
            body += loop.local(s, known)
        elif s.adds:
            body += loop.added(s)
        elif view is None:
            made.append(s.target)
            body += loop.written(s)
        elif view.part != s.value:
            body += loop.changed(s)
    return made, loop.lines(body)


def backward_loop(
    writer: Writer, statements: Sequence[Statement], left: set[str], written: set[str]
) -> tuple[list[Quantity], list[str]]:
    """The arrays to be made, and the loop back in time, which adds to earlier rows and to initial values.

    `left` are the names of what is needed after it.
    """
    variable = writer.lowering.names.variable
    inner = {s.target.name for s in statements}
    given = {q.name for q, _ in read_at(statements)} - inner
    carried = {s.target.name for s in statements if lag_of(s.target.time, LOOP)}
    started = {name for name in inner if name in carried or variable(name) in written}
    loop = Loop(writer, statements, frozenset(given | started | left), backwards=True)
    made, body, known = [], [], set[Quantity]()
    for s in statements:
        name, first = s.target.name, s.target not in known
        if isinstance(s, Scaling):
            body += loop.scaled(s)
        elif name in started:
            body += loop.added(s)
        elif name not in left:
            body += loop.local(s, known)
        else:
            made += [s.target] * first
            body += loop.written(s) if first else loop.added(s)
        known.add(s.target)
    return made, loop.lines(body)
