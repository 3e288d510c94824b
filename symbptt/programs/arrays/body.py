"""The NumPy target: the statements of a plan as the lines of a module's functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sympy.core.basic import Basic

from symbptt.expressions import Plus, Quantity
from symbptt.programs.arrays.givens import Givens
from symbptt.programs.plan.layout import loss_statements
from symbptt.programs.plan.names import adjoint, by_what
from symbptt.programs.plan.places import ONCE, STATIC, WHOLE, Storage
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.repeats import repeats_named
from symbptt.programs.plan.sharing import parts
from symbptt.programs.plan.turned import turned, weight_of
from symbptt.programs.plan.weights import is_static
from symbptt.programs.source import code as c
from symbptt.programs.source.code import Code
from symbptt.programs.source.lines import assigned, assignment, call, returned, returned_groups
from symbptt.programs.source.lowering import Lowering
from symbptt.programs.source.sums import summed


@dataclass(frozen=True)
class Body(Givens):
    """The lines of the functions of a module."""

    @property
    def sweep(self) -> str:
        """The function of the module that carries cotangents back."""
        return f"pull_back{self.ending}"

    # -------------------------------------------------------------- statements

    def _line(self, s: Statement, adds: bool) -> list[str]:
        lo = self.lowering.at(s.scope)
        view = self.views.get(s.target.name)
        if view is not None and view.part == s.value:
            return []
        if not adds and s.scope.kind == "loop" and self.storage[s.target.name] is not Storage.LOCAL:
            pieces = [line for place, value in parts(s) for line in self._piece(lo, place, value)]
            if pieces or parts(s):
                return pieces
        target = lo.lower(s.target)
        if not adds and self._is_product_into(s, target):
            return self._product(lo, s, target.text)
        value = summed(lo, s.value) if s.summed else lo.lower(s.value)
        if adds or target.text.endswith("]"):
            value = c.aligned(value, target.rows, target.cols)
        else:
            value = lo.filled(s.target, value, target.lead)
        return assignment(target.text, "+=" if adds else "=", value.text)

    def _is_product_into(self, s: Statement, target: Code) -> bool:
        """Whether a statement writes a product for all times, and what is the same at all, into an array."""
        if s.summed or s.scope != WHOLE or not target.text.endswith("]") or not self.dialect.over_rows:
            return False
        product, *rest = s.value.args if isinstance(s.value, Plus) else [s.value]
        return weight_of(product) is not None and all(map(is_static, rest))

    def _product(self, lo: Lowering, s: Statement, target: str) -> list[str]:
        """The product over the rows of all times and samples straight into the array, then what is added."""
        product, *rest = s.value.args if isinstance(s.value, Plus) else [s.value]
        weight, column = map(lo.lower, product.args)
        given = f"rows({column.text})", c.flipped(weight).text, f"out=rows({target})"
        added = [f"{target} += {lo.lower(Plus(*rest)).text}"] if rest else []
        return [self.dialect.called("matmul", *given), *added]

    def _piece(self, lo: Lowering, place: Basic, value: Basic) -> list[str]:
        """A part of a stack, written into its place; nothing where it lies there already."""
        if isinstance(value, Quantity) and value.name in self.views and self.views[value.name].part == place:
            return []
        target = lo.lower(place)
        return assignment(target.text, "=", c.aligned(lo.lower(value), target.rows, target.cols).text)

    def _lines(self, statements: Iterable[Statement], written: set[str]) -> list[str]:
        """Statements as lines; the first to write a quantity that nothing has started does not add."""
        found = []
        for s in statements:
            found += self._line(s, s.adds and s.target.name in written)
            written.add(s.target.name)
        return found

    def _loop(self, statements: Sequence[Statement], written: set[str], backwards: bool = False) -> list[str]:
        front = self.plan.front
        stop = "T + 1" if front == 1 else f"T + {front}"
        times = f"range({front}, {stop})"
        body = [f"    {line}" for line in self._lines(statements, written)]
        return [f"for t in {f'reversed({times})' if backwards else times}:", *body] if body else []

    def _array(self, q: Quantity, make: str) -> str:
        return f"{self.variable(q)} = {self.dialect.made(make, self._array_shape(q))}"

    def _array_shape(self, q: Quantity) -> str:
        padded = self.storage[q.name] is Storage.PADDED
        return self.lowering.shape(q, [f"T + {self.plan.front}" if padded else "T", "B"])

    # -------------------------------------------------------------- forward

    @property
    def run_after(self) -> Sequence[Statement]:
        """What the forward run computes after its loop."""
        return self.plan.forward_after

    @property
    def kept_by_run(self) -> dict[str, str]:
        """What it returns: variables by key."""
        return self.by_key

    def run(self) -> list[str]:
        """The body of the forward run."""
        plan, written = self.plan, set[str]()
        weights, loop = self._turned(plan.forward_loop)
        body = [
            *self._lines([s for s in plan.forward_before if s.scope is STATIC], written),
            *weights,
            *self._arrays(self._padded(plan.forward), set()),
            *self._initial_rows(),
            *self._lines([s for s in plan.forward_before if s.scope is not STATIC], written),
            *self._loop(loop, written),
            *self._lines(self.run_after, written),
            *returned(self.kept_by_run),
        ]
        start = [*self._lengths(), *self._series(self.recurrence.inputs, "inputs")]
        return self._with_needed(start, body)

    def _turned(self, loop: Sequence[Statement]) -> tuple[list[str], Sequence[Statement]]:
        """The lines that turn the weights of a loop, and the loop with these; the library may not need it."""
        if not self.dialect.contiguous:
            return [], loop
        equations, loop = turned(loop, set(self.recurrence.quantities))
        lo = self.lowering.at(STATIC)
        values = {self.variable(e.left): lo.lower(e.right).text for e in equations}
        return [f"{q} = {self.dialect.contiguous.format(x=value)}" for q, value in values.items()], loop

    def _padded(self, statements: Iterable[Statement]) -> list[Quantity]:
        """What the statements write row by row, so that its array must be made first."""
        found = {s.target.name: s.target for s in statements if s.target.time is not None}
        return [q for q in found.values() if self.storage[q.name] is Storage.PADDED]

    def _arrays(self, arrays: Iterable[Quantity], zeros: set[str]) -> list[str]:
        """The lines that make arrays, and their views after them; where it pays, in one piece of memory."""
        made = [q for q in arrays if q.name not in self.views]
        apart = {adjoint(x).name for x in self.recurrence.inputs} | zeros
        piece = [q for q in made if q.name not in apart] if self.dialect.together else []
        lines = [self._array(q, "zeros" if q.name in zeros else "empty") for q in made if q not in piece]
        if len(piece) == 1:
            lines.append(self._array(piece[0], "empty"))
        elif piece:
            names = ", ".join(map(self.variable, piece))
            lines += call(names, self.dialect.together, ["dtype", *map(self._array_shape, piece)])
        return [*lines, *(line for q in made for line in self._views(q))]

    def _views(self, base: Quantity) -> list[str]:
        """The views of an array, and theirs."""
        found = [view for view in self.views.values() if view.base.name == base.name]
        lo = replace(self.lowering, storage=dict.fromkeys(self.storage, Storage.WHOLE))
        names = ", ".join(self.variable(view.of) for view in found)
        lines = assignment(names, "=", ", ".join(lo.lower(view.part).text for view in found))
        if any(isinstance(view.part, Quantity) for view in found):
            lines[-1] += "  # one array for both"
        return [*(lines if found else []), *(line for view in found for line in self._views(view.of))]

    def _initial_rows(self) -> list[str]:
        return [
            f"{self.variable(state)}[{self.initial_rows(state)}] = initial.get({self.key(state)}, 0)"
            for state in self.initials
        ]

    # -------------------------------------------------------------- backward

    def pull_back(self) -> list[str]:
        """The body of the reverse sweep."""
        plan = self.plan
        started = [*plan.seeded, *(q for q in plan.source.states if q not in plan.seeded)]
        written = {adjoint(q).name for q in started}
        arrays = [q for q in self._padded(plan.backward) if q.name not in written]
        late = {q.name for q in arrays if self._first_lags(q)}
        body = [*self._started([adjoint(q) for q in started], arrays, late), *self.carried()]
        written |= late
        body += self._lines(plan.backward_after, written)
        body += self._loop(plan.backward_loop, written, backwards=True)
        body += self._lines([*plan.backward_before, *plan.backward_start], written)
        body += self._lines(plan.backward_parameters, written)
        body += [
            f"{self.variable(adjoint(q))}[{plan.front - 1}] = 0  # computed, not given"
            for q in self.initials
            if q.name in {e.left.name for e in plan.started}
        ]
        body += self._gradients(written)
        start = [
            *self._lengths(),
            *self._series([q for q in self.recurrence.inputs if self.variable(q) not in self.kept], "inputs"),
            *self._from_kept(),
        ]
        return self._with_needed(start, body)

    def carried(self) -> list[str]:
        """The lines that add to the started adjoints; none where the series is not cut."""
        return []

    def _first_lags(self, q: Quantity) -> bool:
        """Whether the first statement to write an adjoint does not write the times 1..T."""
        first = next(s for s in self.plan.backward if s.target.name == q.name)
        return bool(first.target.time != first.scope.index)

    def _key_of(self, d: Quantity) -> str:
        return f'"{self.names.key(by_what(d))}"'

    def _started(self, started: list[Quantity], arrays: list[Quantity], zeros: set[str]) -> list[str]:
        """The lines that make the arrays of adjoints; those of states and outputs get their cotangents."""
        cotangents = [f"cotangents.get({self._key_of(d)})" for d in started]
        if self.dialect.together:
            fills = zip(map(self.variable, started), cotangents, strict=True)
            return [
                *self._arrays([*arrays, *started], zeros),
                *(f"start({d}, {given})" for d, given in fills),
            ]
        made = [f"{given}, {self._array_shape(d)}" for d, given in zip(started, cotangents, strict=True)]
        starts = [
            f"{self.variable(d)} = start({given}, {self.dialect.maker})"
            for d, given in zip(started, made, strict=True)
        ]
        return [*starts, *self._arrays(arrays, zeros)]

    def _gradients(self, written: set[str]) -> list[str]:
        def by(p: Quantity) -> str:
            reached = adjoint(p).name in written
            return self.times(adjoint(p)) if reached else self.dialect.called("zeros_like", self.variable(p))

        groups = {
            "parameters": {self.names.key(p.name): by(p) for p in self.plan.source.parameters},
            "inputs": {self.names.key(x.name): by(x) for x in self.recurrence.inputs},
            "initial": {self.names.key(q.name): self._initial_gradient(q) for q in self.initials},
        }
        return returned_groups(groups)

    def _initial_gradient(self, q: Quantity) -> str:
        """The gradient by an initial value: a copy, where the array is a part of a larger piece of memory."""
        rows = f"{self.variable(adjoint(q))}[{self.initial_rows(q)}]"
        return f"{rows}.copy()" if self.dialect.together else rows

    # -------------------------------------------------------------- loss

    def loss(self) -> list[str]:
        """The lines that compute the loss and its gradients from the forward run."""
        body, cotangents = self.loss_and_cotangents()
        body += assigned("cotangents", cotangents)
        body.append(f"gradients = {self.sweep}(parameters, inputs, kept, cotangents)")
        for s in loss_statements(self.plan):
            if s.target.time is None:
                body += self._direct(s)
        return self.with_given(body)

    def loss_and_cotangents(self) -> tuple[list[str], dict[str, str]]:
        """The lines that compute the loss, and the gradients by what it looks at in time, by key."""
        assert self.plan.loss is not None
        loss, lo = self.plan.loss, self.lowering.at(ONCE)
        timed = [s for s in loss_statements(self.plan) if s.target.time is not None]
        repeats, value, timed = repeats_named(loss.value, timed, set(self.recurrence.quantities))
        self.storage.update(dict.fromkeys((q.name for q in repeats), Storage.WHOLE))
        body = self._lines([Statement(q, value, WHOLE) for q, value in repeats.items()], set())
        body += assignment("loss", "=", summed(lo, value).text)
        for factor, value in loss.factors.items():
            body += assignment(self.variable(factor), "=", lo.filled(factor, lo.lower(value), 1).text)
        body += self._seeds(timed)
        used = {self.names.variable(s.target.name) for s in timed}
        seeds = {self.names.key(q.name): self.variable(adjoint(q)) for q in self.plan.seeded}
        return body, {key: d for key, d in seeds.items() if d in used}

    def with_given(self, body: list[str]) -> list[str]:
        """Lines of the loss after those that take what they need: inputs, targets, what the run has kept."""
        start = [
            *self._lengths(),
            *self._series([q for q in self.recurrence.inputs if self.variable(q) not in self.kept], "inputs"),
            *self._series(self.recurrence.targets, "targets"),
            *self._from_kept(),
        ]
        return self._with_needed(start, body)

    def _seeds(self, statements: list[Statement]) -> list[str]:
        """The gradients of the loss by what it looks at; a whole array at once where that can be."""
        found, written = [], set[str]()
        count = [s.target.name for s in statements]
        for s in statements:
            alone = count.count(s.target.name) == 1 and s.target.time == s.scope.index
            if alone and s.scope == WHOLE:  # without rows for earlier times: `start` puts them in front
                value = self.lowering.at(WHOLE).lower(s.value)
                found += assignment(
                    self.variable(s.target), "=", self.lowering.filled(s.target, value, 2).text
                )
                continue
            if s.target.name not in written:
                found.append(self._array(s.target, "zeros"))
                written.add(s.target.name)
            found += self._line(s, adds=True)
        return found

    def _direct(self, s: Statement) -> list[str]:
        lo = self.lowering.at(s.scope)
        p = next(p for p in self.plan.source.parameters if adjoint(p) == s.target)
        value = c.aligned(summed(lo, s.value), *map(bool, p.shape))
        return assignment(f'gradients["parameters"][{self.key(p)}]', "+=", value.text)
