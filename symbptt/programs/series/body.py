"""The statements of a plan as functions that change no array, the loops as scans: for JAX and PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, Slice, quantities, rewrite
from symbptt.programs.arrays.body import Body
from symbptt.programs.plan.factors import factors_apart, scaled, weights_apart
from symbptt.programs.plan.layout import loss_statements
from symbptt.programs.plan.losses import looked_at
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import ONCE, STATIC, WHOLE, Storage
from symbptt.programs.plan.program import Statement
from symbptt.programs.series.in_place import backward_loop, forward_loop
from symbptt.programs.series.lowering import SeriesLowering
from symbptt.programs.series.scans import backward_scan, forward_scan
from symbptt.programs.series.statements import Writer
from symbptt.programs.source.lines import (
    assignment,
    listing,
    mentioned,
    needed,
    returned,
    returned_groups,
    texts,
)
from symbptt.programs.source.sums import summed
from symbptt.recurrence import t

# What the modules of these targets use beside what all modules do.
OWN = (
    *("series", "arguments", "shapes", "delayed", "earlier", "early", "late"),
    *("one_step", "before", "later", "now", "linear_scan", "linear_sweep"),
)
HELPERS = {
    "rows",
    "delayed",
    "earlier",
    "steps",
    "start",
    "linear_scan",
    "linear_sweep",
}  # what lines may call


@dataclass(frozen=True)
class SeriesBody(Body):
    """The lines of the functions of a module that works on whole series, and changes none."""

    @cached_property
    def lowering(self) -> SeriesLowering:
        """Expressions as source."""
        factors = (
            {}
            if self.plan.loss is None
            else dict.fromkeys((q.name for q in self.plan.loss.factors), Storage.LOCAL)
        )
        return SeriesLowering(self.names, factors, 1, WHOLE, self.dialect, lags=self.plan.source.lags)

    @cached_property
    def writer(self) -> Writer:
        """Statements outside of loops as lines."""
        return Writer(self.lowering, self._written_in_place)

    @cached_property
    def _written_in_place(self) -> frozenset[str]:
        """The names of what exists before a loop and is changed in it."""
        if not self.dialect.eager:
            return frozenset()
        early = {s.target.name for s in self.plan.forward_loop if s.adds}
        return frozenset(early | {s.target.name for s in self.back})

    @property
    def sweep(self) -> str:
        """The call that carries cotangents back, as source."""
        return f"pull_back{self.ending}(parameters, inputs, initial, kept, cotangents)"

    def times(self, q: Quantity) -> str:
        """The rows 1..T of a quantity: a series has no others."""
        return self.variable(q)

    # -------------------------------------------------------------- what is read where

    @cached_property
    def cuts(self) -> dict[Quantity, Basic]:
        """The slices of a larger quantity: where the gradients read one, it is cut anew rather than kept."""
        kept = {*self.plan.source.lags, *(q.name for q in self.plan.returned)}
        return {
            e.left: e.right
            for e in self.recurrence.steps
            if isinstance(e.right, Slice)
            and isinstance(e.right.args[0], Quantity)
            and e.left.name not in kept
        }

    def with_parts(self, statements: Sequence[Statement]) -> list[Statement]:
        """Statements after those that cut the parts that they read."""
        read = dict.fromkeys((q, s.scope) for s in statements for q in quantities(s.value) if q in self.cuts)
        return [*(Statement(q, self.cuts[q], scope) for q, scope in read), *statements]

    @cached_property
    def after(self) -> list[Statement]:
        """The reverse sweep from the cotangents down to the loop."""
        return self.with_parts(self.plan.backward_after)

    @cached_property
    def back(self) -> list[Statement]:
        """The reverse sweep through the loop."""
        return self._backward[1]

    @cached_property
    def ahead(self) -> list[Statement]:
        """What is known of that loop for all times before it begins."""
        return self._backward[0]

    @cached_property
    def _backward(self) -> tuple[list[Statement], list[Statement]]:
        loop = self.plan.backward_loop
        if not self.dialect.eager:
            return [], self.with_parts(loop)
        parts, loop = weights_apart(loop, set(self.recurrence.quantities))
        after = {q.name for s in self.late for q in quantities(s.value)}
        before = {adjoint(q).name for q in self.plan.seeded} | {s.target.name for s in self.after}
        factors, loop = factors_apart(loop, set(self.recurrence.quantities), before | after)
        factors, loop = scaled(loop, factors, after - before)
        named = {value: q for q, value in self.cuts.items()}
        factors = [replace(s, value=rewrite(s.value, lambda node: named.get(node, node))) for s in factors]
        read = dict.fromkeys(q for s in (*factors, *loop) for q in quantities(s.value) if q in self.cuts)
        weights = [Statement(e.left, e.right, STATIC) for e in parts]
        return [*weights, *(Statement(q, self.cuts[q], WHOLE) for q in read), *factors], loop

    @cached_property
    def late(self) -> list[Statement]:
        """The reverse sweep from the loop to inputs and parameters."""
        plan = self.plan
        return self.with_parts([*plan.backward_before, *plan.backward_start, *plan.backward_parameters])

    @cached_property
    def loss_values(self) -> list[tuple[Quantity, object]]:
        """What the loss and the factors in its gradient look at."""
        loss = self.plan.loss
        return [] if loss is None else [q for v in (loss.value, *loss.factors.values()) for q in looked_at(v)]

    @cached_property
    def read_later(self) -> set[str]:
        """The names that the loss or the gradients read, or that are returned."""
        swept = {q for s in (*self.after, *self.ahead, *self.back, *self.late) for q in quantities(s.value)}
        read = {q.name for q in swept - set(self.cuts)}
        read |= {q.name for s in loss_statements(self.plan) for q in quantities(s.value)}
        return read | {q.name for q, _ in self.loss_values} | {q.name for q in self.plan.returned}

    @cached_property
    def kept(self) -> list[str]:
        """The variables of the forward run that are returned, or that the gradients read again."""
        made = [e.left for e in (*self.recurrence.statics, *self.recurrence.steps)]
        used = mentioned([*self.pull_back_lines, *self.loss_lines])
        starts = dict.fromkeys(self.lowering.start(e.left) for e in self.plan.started)
        return [
            *(self.variable(q) for q in made if q.name in self.read_later),
            *(s for s in starts if s in used),
        ]

    # -------------------------------------------------------------- what functions start with

    def _given(self, group: str, quantities: Iterable[Quantity]) -> Iterator[tuple[str, str]]:
        yield from ((self.variable(q), f"{self.variable(q)} = {group}[{self.key(q)}]") for q in quantities)

    def _target(self, d: Quantity) -> str:
        """The line that takes the targets of a loss."""
        return f"{self.variable(d)} = {self.dialect.as_array(f'targets[{self.key(d)}]')}"

    def _first(self) -> Iterator[tuple[str, str]]:
        """Lengths, precision, parameters and inputs: the lines that may be needed."""
        r = self.plan.source
        group, first = ("parameters", r.parameters[0]) if r.parameters else ("inputs", r.inputs[0])
        names, line = self.dialect.kind
        yield names, line.format(x=f"{group}[{self.key(first)}]")
        yield from self._given("parameters", r.parameters)
        yield from self._lengths()
        yield from self._given("inputs", r.inputs)

    def before(self) -> Iterator[tuple[str, str]]:
        """The lines that take the initial values."""
        for q in self.initials:
            start = self.lowering.start(q)
            yield start, f"{start} = initial[{self.key(q)}]"

    def whole(self, lines: list[str], more: Iterable[tuple[str, str]] = ()) -> list[str]:
        """Lines with what they need in front. Raises SymbpttError where a size is not known."""
        found = [*needed([*self._first(), *more], lines), *lines]
        words, known = mentioned(found), self._sizes()
        for symbol in self.recurrence.sizes:
            if self.names.variable(symbol.name) in words and symbol not in known:
                raise SymbpttError(f"no parameter and no input has an axis that tells the size {symbol}")
        return found

    # -------------------------------------------------------------- forward

    def run(self) -> list[str]:
        """The body of the forward run."""
        plan, written = self.plan, {self.lowering.start(q) for q in self.initials}
        statements = plan.forward_before
        body = [
            *self.writer.lines([s for s in statements if s.scope is STATIC], written),
            *self.writer.lines([s for s in statements if s.scope is not STATIC], written),
        ]
        if plan.forward_loop:
            weights, loop = self._turned(plan.forward_loop)
            after = {q.name for s in plan.forward_after for q in quantities(s.value)}
            body += [*weights, *self._forward_loop(loop, self.read_later | after, written)]
        body += self.writer.lines(plan.forward_after, written)
        return self.whole([*body, *returned(self.by_key)], self.before())

    def _forward_loop(self, loop: Sequence[Statement], left: set[str], written: set[str]) -> list[str]:
        """The loop forward; `left` are the names of what is needed after it."""
        if not self.dialect.eager:
            return forward_scan(self.writer, loop, left, written)
        stored = left | {name for name, place in self.storage.items() if place is not Storage.LOCAL}
        made, lines = forward_loop(self.writer, loop, self.views, stored)
        bases = [*(s.target for s in loop if s.adds), *made]
        written |= {self.variable(s.target) for s in loop if s.target.name in stored}
        return [*self._made(made), *(line for q in bases for line in self._views(q)), "", *lines]

    def _made(self, arrays: Iterable[Quantity]) -> list[str]:
        """The lines that make the arrays of a loop."""
        shapes = {self.variable(q): self.lowering.shape(q, ["T", "B"]) for q in arrays}
        return [f"{name} = {self.dialect.made('empty', shape)}" for name, shape in shapes.items()]

    # -------------------------------------------------------------- backward

    @cached_property
    def pull_back_lines(self) -> list[str]:
        """The reverse sweep, without the lines that make what it needs."""
        plan, lo, written = self.plan, self.lowering, set[str]()
        body = [self._cotangent(q, written) for q in plan.seeded]
        body += [self._early_cotangent(q, written) for q in self.seeded_early]
        body += self.writer.lines(self.after, written)
        left = {q.name for s in self.late for q in quantities(s.value)}
        body += self.writer.lines(self.ahead, written)
        body += self._backward_loop(left, written)
        body += self.writer.lines([s for s in self.late if s not in self.ahead], written)
        for q in self.initials:
            body += self.writer.zeros(adjoint(q), lo.start(adjoint(q)), written)
        body += self._computed_starts()
        return [*body, *self._gradients_of(written)]

    def _backward_loop(self, left: set[str], written: set[str]) -> list[str]:
        """The loop back in time; `left` are the names of what is needed after it."""
        if not self.dialect.eager:
            return backward_scan(self.writer, self.back, left, written)
        if not self.back:
            return []
        start = self.lowering.start
        carried = dict.fromkeys(s.target.at(t) for s in self.back if s.target.time != t)
        starts = [line for q in carried for line in self.writer.zeros(q, self.variable(q), written)]
        starts += [line for q in carried for line in self.writer.zeros(q, start(q), written)]
        made, lines = backward_loop(self.writer, self.back, left, written)
        written |= {self.variable(q) for q in made}
        return [*self._made(made), *starts, "", *lines]

    def pull_back(self) -> list[str]:
        """The body of the reverse sweep."""
        return self.whole(self.pull_back_lines, [*self.before(), *self._from_kept()])

    def _cotangent(self, q: Quantity, written: set[str]) -> str:
        d, value = self.variable(adjoint(q)), self.variable(q)
        written.add(d)
        if adjoint(q).name in self.writer.in_place:
            return f"{d} = start(cotangents.get({self.key(q)}), {value})"
        return f"{d} = cotangents.get({self.key(q)}, {self.dialect.called('zeros_like', value)})"

    @cached_property
    def seeded_early(self) -> list[Quantity]:
        """The states whose initial values the loss looks at."""
        written: set[str] = set()
        self.writer.lines([s for s in loss_statements(self.plan) if s.target.time is not None], written)
        return [q for q in self.plan.source.states if self.lowering.start(adjoint(q)) in written]

    def _early_cotangent(self, q: Quantity, written: set[str]) -> str:
        start = self.lowering.start(adjoint(q))
        written.add(start)
        zeros = self.lowering.dialect.made("zeros", self.lowering.shape(q, self.lowering.leading_of_start(q)))
        if adjoint(q).name in self.writer.in_place:
            return f"{start} = start(cotangents.get({self._early_key(q)}), {zeros})"
        return f"{start} = cotangents.get({self._early_key(q)}, {zeros})"

    def _early_key(self, q: Quantity) -> str:
        return f'"{self.names.key(q.name)} before 1"'

    def _computed_starts(self) -> list[str]:
        """The gradient by an initial value that is computed, not given, is none of the user's."""
        lo, computed = self.lowering, {e.left.name for e in self.plan.started}
        starts = [lo.start(adjoint(q)) for q in self.initials if q.name in computed]
        lines = [line for d in starts for line in self.writer.changed(d, d, "-1", "set", "0")]
        return [*lines[:-1], *(f"{line}  # computed, not given" for line in lines[-1:])]

    def _gradients_of(self, written: set[str]) -> list[str]:
        def by(p: Quantity) -> str:
            d = self.variable(adjoint(p))
            return d if d in written else self.dialect.called("zeros_like", self.variable(p))

        groups = {
            "parameters": {self.names.key(p.name): by(p) for p in self.plan.source.parameters},
            "inputs": {self.names.key(x.name): by(x) for x in self.recurrence.inputs},
            "initial": {self.names.key(q.name): self.lowering.start(adjoint(q)) for q in self.initials},
        }
        return returned_groups(groups)

    # -------------------------------------------------------------- loss

    @cached_property
    def loss_lines(self) -> list[str]:
        """The loss and its gradients from the forward run, without the lines that make what they need."""
        if self.plan.loss is None:
            return []
        loss, lo, written = self.plan.loss, self.lowering.at(ONCE), set[str]()
        body = self.writer.late(loss.value, ONCE, written)
        body += assignment("loss", "=", summed(lo, loss.value).text)
        for factor, value in loss.factors.items():
            body += self.writer.late(value, ONCE, written)
            body += assignment(self.variable(factor), "=", lo.filled(factor, lo.lower(value), 1).text)
        statements = loss_statements(self.plan)
        body += self.writer.lines([s for s in statements if s.target.time is not None], written)
        body += assignment("cotangents", "=", returned(self._by_key(written))[0].removeprefix("return "))
        body.append(f"gradients = {self.sweep}")
        for s in statements:
            if s.target.time is None:
                body += [*self.writer.late(s.value, s.scope, written), *self._direct(s)]
        return body

    def _by_key(self, written: set[str]) -> dict[str, str]:
        """The cotangents that the loss gives, by key."""
        lo = self.lowering
        series = {self.names.key(q.name): self.variable(adjoint(q)) for q in self.plan.seeded}
        early = {self._early_key(q).strip('"'): lo.start(adjoint(q)) for q in self.plan.source.states}
        return {key: d for key, d in {**series, **early}.items() if d in written}

    def loss(self) -> list[str]:
        """The lines that compute the loss and its gradients from the forward run."""
        targets = [(self.variable(d), self._target(d)) for d in self.recurrence.targets]
        return self.whole(self.loss_lines, [*self.before(), *targets, *self._from_kept()])

    # -------------------------------------------------------------- arguments

    def starts(self) -> list[str]:
        """The lines that say how large the initial values are."""
        lo = self.lowering
        shapes = {self.names.key(q.name): lo.shape(q, lo.leading_of_start(q)) for q in self.initials}
        return self.whole([f"shapes = {listing(shapes)}"])

    def frame(self, more: Iterable[str] = ()) -> dict[str, object]:
        """What the templates of these targets ask for beside what all do; `more` lines call functions too."""
        r = self.plan.source
        lines = [*self.run(), *self.pull_back(), *(self.loss() if r.loss else []), *more]
        return {
            "parameters_given": bool(r.parameters),
            "inputs_names": texts(self.names.key(q.name) for q in r.inputs),
            "initial_names": texts(self.names.key(q.name) for q in self.initials),
            "returned_names": texts(self.names.key(q.name) for q in self.plan.returned),
            "starts": self.starts(),
            "helpers": HELPERS & mentioned(lines),
        }
