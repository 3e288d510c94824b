"""The compiled functions of a module: the forward run, the reverse sweep, and the loss between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Quantity, Slice, quantities, size
from symbptt.programs.arrays.body import Body
from symbptt.programs.loops.lines import Writer, indented
from symbptt.programs.loops.operations import Operation
from symbptt.programs.loops.overwriting import Sweep, overwriting
from symbptt.programs.loops.reuse import Places, reused, stored
from symbptt.programs.loops.routine import Routine
from symbptt.programs.loops.taking import Taking
from symbptt.programs.loops.views import Parts, in_place, local_blocks, looked_up, named_slices
from symbptt.programs.plan.layout import loss_statements, storage
from symbptt.programs.plan.losses import looked_at
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import ONCE, STATIC, Scope, Storage
from symbptt.programs.plan.program import Statement
from symbptt.programs.source.lines import needed


@dataclass(frozen=True)
class Kernels(Body):
    """The lines of the compiled functions; every one takes `given` first."""

    # -------------------------------------------------------------- what they take and give

    @cached_property
    def given(self) -> dict[str, Quantity]:
        """Parameters, inputs and initial values, by the name of the quantity that they are handed in as."""
        source = self.plan.source
        return {q.name: q for q in (*source.parameters, *source.inputs, *map(start, self.initials))}

    @cached_property
    def arguments(self) -> list[str]:
        """The arguments of every compiled function, as source."""
        lengths = [] if self.plan.source.inputs else ["T", "B"]
        return [*(self.names.variable(name) for name in self.given), *lengths]

    @cached_property
    def kept_quantities(self) -> list[Quantity]:
        """What the forward run hands on: all that is returned or that the gradients read again."""
        plan = self.plan
        read = {q.name for s in [*self.backward, *self.loss_parts] for q in quantities(s.value)}
        read |= {q.name for q in plan.returned}
        if plan.loss is not None:
            values = [self.seen(value) for value in (plan.loss.value, *plan.loss.factors.values())]
            read |= {q.name for value in values for q, _ in looked_at(value)}
        made = [e.left for e in (*self.recurrence.statics, *self.recurrence.steps)]
        return [q for q in made if q.name in read]

    @cached_property
    def seeds(self) -> list[Quantity]:
        """The adjoints that the reverse sweep starts from."""
        plan = self.plan
        return [adjoint(q) for q in (*plan.seeded, *(q for q in plan.source.states if q not in plan.seeded))]

    def listed(self, quantities_: Iterable[Quantity]) -> list[str]:
        """The variables of quantities."""
        return [self.names.variable(q.name) for q in quantities_]

    # -------------------------------------------------------------- statements

    @cached_property
    def slices(self) -> Parts:
        """What is looked at as a part of another quantity, or under another name."""
        return {**named_slices(self.plan), **self.places}

    @cached_property
    def places(self) -> Places:
        """The quantities that lie where another one does."""
        parts, plan = named_slices(self.plan), self.plan
        later = [*in_place(plan.backward, parts), *in_place(loss_statements(plan), parts)]
        fixed = {q.name for q in (*plan.returned, *plan.seeded, *plan.source.states)} | plan.wanted
        if plan.loss is not None:
            values = [looked_up(value, parts) for value in (plan.loss.value, *plan.loss.factors.values())]
            fixed |= {q.name for value in values for q, _ in looked_at(value)}
        read = {q.name for s in later for q in quantities(s.value)} | fixed
        return reused(in_place(plan.forward, parts), read, fixed)

    def seen(self, node: Basic) -> Basic:
        """An expression that looks at parts where they are."""
        return looked_up(node, self.slices)

    def forward_part(self, statements: Sequence[Statement]) -> list[Statement]:
        """Statements of the forward run."""
        made = [s for s in statements if s.target.name not in named_slices(self.plan)]
        return stored([replace(s, value=self.seen(s.value)) for s in made], self.places)

    @cached_property
    def loss_parts(self) -> list[Statement]:
        """What the loss gives to adjoints."""
        return in_place(loss_statements(self.plan), self.slices)

    def backward_part(self, statements: Sequence[Statement]) -> list[Statement]:
        """Statements of the reverse sweep."""
        source = self.plan.source
        kept = {q.name for q in (*map(adjoint, (*source.parameters, *source.inputs)), *self.summed_gradients)}
        kept |= {q.name for q in self.seeds}
        made = [s for s in statements if s.target.name not in self.cut]
        return in_place(made, {**self.slices, **local_blocks(self.plan.backward, kept)})

    @cached_property
    def cut(self) -> Parts:
        """The gradients by parameters that are rows of the gradient by a stack, and cut out of it at last."""
        summed = [s for s in self.plan.backward_parameters if s.target not in self.direct]
        targets = [s.target.name for s in summed]
        return {
            s.target.name: s.value
            for s in summed
            if isinstance(s.value, Slice) and isinstance(s.value.args[0], Quantity) and s.value.args[1] == 0
            if s.target.shape.rows and targets.count(s.target.name) == 1
        }

    @cached_property
    def summed_gradients(self) -> list[Quantity]:
        """What the sweep sums up over times and samples: gradients by parameters, or by stacks of them."""
        found = [self.cut.get(q.name, q) for q in map(adjoint, self.plan.source.parameters)]
        return list(dict.fromkeys(q.args[0] if isinstance(q, Slice) else q for q in found))

    @cached_property
    def backward(self) -> list[Statement]:
        """All statements of the reverse sweep."""
        return self.backward_part(self.plan.backward)

    # -------------------------------------------------------------- the forward run

    def run(self) -> list[str]:
        """The body of the forward run."""
        plan = self.plan
        wanted = {q.name for q in (*self.kept_quantities, *plan.source.states)}
        routine = Routine(self.given, wanted, self._unpadded())
        taking, written = Taking(names=self._taken()), set[str]()
        early = self.forward_part(plan.forward_before)
        fixed = self._taken_apart(taking, [s for s in early if s.scope is STATIC], written)
        before = self._taken_apart(taking, [s for s in early if s.scope is not STATIC], written)
        loop = self._taken_apart(taking, self.forward_part(plan.forward_loop), written)
        after = self._taken_apart(taking, self.forward_part(plan.forward_after), written)
        for part, direction in (([*fixed, *taking.static, *before], 0), (loop, 1), (after, 0)):
            routine.section(part, direction)
        arrays = {q.name: q for q in (*self.kept_quantities, *plan.source.states)}
        return [
            *map(self._with_note, self._lines_of(routine, arrays.values(), self._initial_rows())),
            f"return {tuple_of(self.listed(self.kept_quantities))}",
        ]

    def _with_note(self, line: str) -> str:
        """The line that makes a stack, with what is stored over its parts."""
        over: dict[str, list[str]] = {}
        for value, place in self.places.items():
            if isinstance(place, Slice):
                over.setdefault(self.names.variable(place.args[0].name), []).append(self.names.key(value))
        stack, made, _ = line.partition(" = np.")
        return f"{line}  # then {' and '.join(over[stack])} in its place" if made and stack in over else line

    def _initial_rows(self) -> list[str]:
        """The lines that put initial values in their rows: in front of time 1."""
        found = []
        writer = Writer(Routine({}, set()), self.names, self.plan.front)
        for q in self.initials:
            lag, entries = (
                self.plan.source.lags[q.name],
                "".join(f", {i}" for i, axis in zip("ij", q.shape, strict=True) if axis),
            )
            row = self.plan.front - lag
            target = f"{self.variable(q)}[{row if lag == 1 else f't + {row}' if row else 't'}, s{entries}]"
            line = f"{target} = {self.variable(start(q))}[{'t' if lag > 1 else '0'}, s{entries}]"
            loops = ["for s in range(B):", *indented(writer.over(zip("ij", q.shape, strict=True), [line]))]
            found += loops if lag == 1 else [f"for t in range({lag}):", *indented(loops)]
        return found

    # -------------------------------------------------------------- the reverse sweep

    def pull_back(self) -> list[str]:
        """The body of the reverse sweep."""
        plan = self.plan
        given = {**self.given, **{q.name: q for q in (*self.kept_quantities, *self.seeds)}}
        by = [*self.summed_gradients, *map(adjoint, plan.source.inputs)]
        written = {q.name for q in self.seeds}
        timed = {s.target.name: s.target for s in self.backward if s.target.time is not None}
        late = {name for name, q in timed.items() if name not in written and self._first_lags(q)}
        routine = Routine(given, {q.name for q in by}, self._unpadded(), zeros=late)
        taking = Taking(names=self._taken())
        written |= late
        after = self._taken_apart(taking, self.backward_part(plan.backward_after), written)
        sweep = self._overwriting
        loop = self._taken_apart(taking, sweep.loop, written)
        last = self._taken_apart(taking, sweep.rest, written)
        for part, direction in (([*taking.static, *after], 0), (loop, -1), (last, 0)):
            routine.section(part, direction)
        return [
            *(f"# {self.names.variable(d)} is stored over {self.variable(q)}" for d, q in sweep.over.items()),
            *self._lines_of(routine, by, []),
            *self._computed_starts(),
            f"return {tuple_of(self._gradient_arrays())}",
        ]

    @cached_property
    def _overwriting(self) -> Sweep:
        """The loop of the reverse sweep and what follows, gradients stored over what they are made from."""
        plan = self.plan
        rest = [*plan.backward_before, *plan.backward_start, *plan.backward_parameters]
        arrays = {q.name for q in (*self.kept_quantities, *self.seeds) if q.time is not None}
        return overwriting(self.backward_part(plan.backward_loop), self.backward_part(rest), arrays)

    def _computed_starts(self) -> list[str]:
        return [
            f"{self.variable(adjoint(q))}[{self.plan.front - 1}] = 0  # computed, not given"
            for q in self.initials
            if q.name in {e.left.name for e in self.plan.started}
        ]

    def _gradient_arrays(self) -> list[str]:
        source, front = self.plan.source, self.plan.front
        return [
            *self.listed(self.summed_gradients),
            *(f"{self.variable(adjoint(x))}[{front}:]" for x in source.inputs),
            *(f"{self.variable(adjoint(q))}[{self._rows_of_starts(q)}]" for q in self.initials),
        ]

    def _rows_of_starts(self, q: Quantity) -> str:
        first, stop = self.plan.front - self.plan.source.lags[q.name], self.plan.front
        return f"{first or ''}:{stop}"

    # -------------------------------------------------------------- the loss

    def loss_and_seeds(self) -> list[str]:
        """The body of the function that computes the loss, and the adjoints that it gives to states."""
        plan, source = self.plan, self.plan.source
        assert plan.loss is not None
        assert source.loss is not None
        given = {**self.given, **{q.name: q for q in (*self.kept_quantities, *source.targets)}}
        value = Quantity(source.loss.left.name)
        factors = {q.name for q in plan.loss.factors}
        timed = [s for s in self.loss_parts if s.target.time is not None]
        states = {adjoint(q).name for q in source.states}
        whole = {s.target.name for s in timed if self._fills(s, timed)} - states
        zeros = {q.name for q in self.seeds} - whole
        returned = [value, *self.seeds, *self.direct]
        routine = Routine(given, {q.name for q in returned}, self._unpadded(), factors, zeros)
        taking = Taking(names=self._taken())
        taking.summed(value, self.seen(plan.loss.value), ONCE, False)
        for factor, found in plan.loss.factors.items():
            taking.statement(factor, self.seen(found), ONCE, False)
        for s in timed:
            taking.statement(s.target, s.value, s.scope, s.target.name in zeros)
        for s in self.loss_parts:
            if s.target.time is None:
                taking.summed(s.target, s.value, s.scope, True)
        routine.section([*taking.static, *taking.found])
        body = self._lines_of(routine, [*self.seeds, value], [])
        return [*body, f"return {tuple_of(self.listed(returned))}"]

    @cached_property
    def direct(self) -> list[Quantity]:
        """The gradients by parameters that the loss looks at itself."""
        found = {s.target.name: s.target for s in self.loss_parts if s.target.time is None}
        return list(found.values())

    def gradient_names(self) -> list[str]:
        """The variables of what is summed up, and of the gradients by inputs and initial values."""
        by = (*self.plan.source.inputs, *map(start, self.initials))
        return self.listed((*self.summed_gradients, *map(adjoint, by)))

    def _fills(self, s: Statement, timed: Sequence[Statement]) -> bool:
        """Whether a statement is the only one to write an adjoint, and does so at all times 1..T."""
        alone = [other.target.name for other in timed].count(s.target.name) == 1
        return alone and s.scope == Scope("whole", s.scope.index) and s.target.time == s.scope.index

    # -------------------------------------------------------------- all of them

    def _taken(self) -> set[str]:
        return set(self.recurrence.quantities)

    def _taken_apart(
        self, taking: Taking, statements: Iterable[Statement], written: set[str]
    ) -> list[Operation]:
        """Statements as operations; the first to write a quantity that nothing has started does not add."""
        taking.found = []
        for s in statements:
            adds = s.adds and s.target.name in written
            if s.summed:
                taking.summed(s.target, s.value, s.scope, adds)
            else:
                taking.statement(s.target, s.value, s.scope, adds, s.row)
            written.add(s.target.name)
        return taking.found

    def _unpadded(self) -> set[str]:
        """Inputs and targets that come without rows for times before 1."""
        given = {q.name for q in (*self.plan.source.inputs, *self.plan.source.targets)}
        return given - {q.name for q in self.looked_back_into()}

    def looked_back_into(self) -> list[Quantity]:
        where = storage(self.plan)
        every = (*self.plan.source.inputs, *self.plan.source.targets)
        return [q for q in every if where.get(q.name) is Storage.PADDED]

    def _lines_of(self, routine: Routine, needed_arrays: Iterable[Quantity], first: list[str]) -> list[str]:
        """The lines of a routine, with the arrays that must be there even where nothing writes them."""
        writer = Writer(routine, self.names, self.plan.front)
        body = [line for section in routine.sections for line in writer.section(section)]
        made = {q.name for q in routine.made()}
        more = [q for q in needed_arrays if q.name not in made and q.name not in routine.given]
        arrays = [*writer.arrays(), *(self._zeros(writer, q) for q in more)]
        return [*arrays, *first, *body]

    def _zeros(self, writer: Writer, q: Quantity) -> str:
        """An array of zeros, or a number, for what nothing reaches."""
        lead = [f"T + {writer.front}", "B"] if q.time is not None else []
        lengths = [*lead, *(writer.length(axis) for axis in q.shape if axis)]
        name = self.names.variable(q.name)
        if not lengths:
            return f"{name} = real(0)"
        shape = f"({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
        return f"{name} = np.zeros({shape}, dtype)"

    def with_start(self, body: list[str]) -> list[str]:
        """The body of a compiled function behind the lines that it needs: sizes, precision, padded inputs."""
        first = next(name for name, q in self.given.items() if any(q.shape) or q.time is not None)
        candidates = [
            *self._length_lines(),
            ("dtype", f"dtype = {self.names.variable(first)}.dtype"),
            ("real", "real = dtype.type"),
            ("one", "one = real(1)"),
        ]
        return [*needed(candidates, body), *body]

    def _length_lines(self) -> Iterator[tuple[str, str]]:
        if self.plan.source.inputs:
            first, front = self.plan.source.inputs[0], self.plan.front
            yield "T, B", f"T, B = {self.variable(first)}.shape[:2]"
            if first.name not in self._unpadded():
                yield "T", f"T -= {front}  # {self.variable(first)} has rows for times before 1 in front"
        for symbol, text in self._sizes().items():
            yield self.names.variable(symbol.name), f"{self.names.variable(symbol.name)} = {text}"

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        source = self.plan.source
        for q, leading in [*((p, 0) for p in source.parameters), *((x, 2) for x in source.inputs)]:
            axes = enumerate(filter(None, q.shape))
            yield from ((size(axis), f"{self.variable(q)}.shape[{i + leading}]") for i, axis in axes)


def tuple_of(parts: Sequence[str]) -> str:
    """Several values as one, without brackets where Python needs none."""
    return f"({parts[0]},)" if len(parts) == 1 else ", ".join(parts)


def start(q: Quantity) -> Quantity:
    """The initial values of a state, as they are handed in."""
    return Quantity(rf"{q.name}\_start", *q.shape, q.time)
