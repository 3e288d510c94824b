"""The compiled functions of a module: the forward run, the reverse sweep, and the loss between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy

from symbptt.expressions import Quantity, Slice, size
from symbptt.programs.loops.lines import Writer, indented
from symbptt.programs.loops.operations import Operation
from symbptt.programs.loops.routine import Routine
from symbptt.programs.loops.runs import Runs, start
from symbptt.programs.loops.taking import Taking
from symbptt.programs.plan.layout import storage
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import ONCE, Scope, Storage
from symbptt.programs.plan.program import Statement
from symbptt.programs.source.lines import needed


@dataclass(frozen=True)
class Kernels(Runs):
    """The lines of the compiled functions; every one takes `given` first."""

    # -------------------------------------------------------------- what is the same at all times

    def prepared(self) -> list[str]:
        """The body of the function that makes it for the forward run; nothing where there is none."""
        return self._prepared(self.ahead.fixed, self.given, [*self.stacks, *self.packed])

    def prepared_for_sweep(self) -> list[str]:
        """The body of the function that makes it for the reverse sweep."""
        given = {**self.given, **{q.name: q for q in self.stacks}}
        return self._prepared(self.fixed_for_sweep, given, self.packed_for_sweep)

    def _prepared(
        self, operations: Sequence[Operation], given: Mapping[str, Quantity], made: Sequence[Quantity]
    ) -> list[str]:
        if not made:
            return []
        routine = Routine(given, {q.name for q in made})
        routine.section(operations)
        return [*self._lines_of(routine, made, []), f"return {tuple_of(self.listed(made))}"]

    def preparing(self) -> list[str]:
        """The line that calls it, for the forward run."""
        return self._preparing([*self.stacks, *self.packed], "prepared", self.arguments)

    def preparing_for_sweep(self) -> list[str]:
        """The same for the reverse sweep."""
        given = [*self.arguments, *self.listed(self.stacks)]
        return self._preparing(self.packed_for_sweep, "prepared_for_sweep", given)

    def starting_sums(self) -> list[str]:
        """The line that makes what the gradients by parameters are added to."""
        return self._preparing(self.summed_gradients, "no_gradients", self.arguments)

    def _preparing(self, made: Sequence[Quantity], function: str, given: Sequence[str]) -> list[str]:
        return [f"{tuple_of(self.listed(made))} = {function}({', '.join(given)})"] if made else []

    # -------------------------------------------------------------- the forward run

    def run(self) -> list[str]:
        """The body of the forward run."""
        steps, arrays = self.ahead, {q.name: q for q in (*self.kept_quantities, *self.plan.source.states)}
        given = {**self.given, **{q.name: q for q in (*self.stacks, *self.packed)}}
        routine = Routine(given, set(arrays), self._unpadded())
        for part, direction in ((steps.before, 0), (steps.loop, 1), (steps.after, 0)):
            routine.section(part, direction)
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
        more = (*self.stacks, *self.kept_quantities, *self.packed_for_sweep)
        by = list(map(adjoint, self.plan.source.inputs))
        given = {**self.given, **{q.name: q for q in (*more, *self.seeds, *self.summed_gradients)}}
        routine = Routine(given, {q.name for q in by}, self._unpadded(), zeros=self.late)
        for part, direction in ((self.back.before, 0), (self.back.loop, -1), (self.back.after, 0)):
            routine.section(part, direction)
        over = self.overwritten.over
        return [
            *(f"# {self.names.variable(d)} is stored over {self.variable(q)}" for d, q in over.items()),
            *self._lines_of(routine, by, []),
            *self._computed_starts(),
            f"return {tuple_of(self._gradient_arrays())}",
        ]

    def no_gradients(self) -> list[str]:
        """The body of the function that makes zeros, to which sweeps add gradients by parameters."""
        writer = Writer(Routine({}, set()), self.names, self.plan.front)
        made = [
            self.zeros(writer, q) if any(q.shape) else f"{self.names.variable(q.name)} = 0.0"
            for q in self.summed_gradients
        ]
        return [*made, f"return {tuple_of(self.listed(self.summed_gradients))}"]

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
        known = (*self.stacks, *self.kept_quantities, *source.targets)
        given = {**self.given, **{q.name: q for q in known}}
        value = Quantity(source.loss.left.name)
        factors = {q.name for q in plan.loss.factors}
        timed = [s for s in self.loss_parts if s.target.time is not None]
        states = {adjoint(q).name for q in source.states}
        whole = {s.target.name for s in timed if self._fills(s, timed)} - states
        zeros = {q.name for q in self.seeds} - whole
        returned = [value, *self.seeds, *self.direct]
        routine = Routine(given, {q.name for q in returned}, self._unpadded(), factors, zeros)
        taking = Taking(names=self.taken())
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

    def loss_name(self) -> str:
        """The variable of the loss."""
        assert self.plan.source.loss is not None
        return self.names.variable(self.plan.source.loss.left.name)

    def gradient_names(self) -> list[str]:
        """The variables of what is summed up, and of the gradients by inputs and initial values."""
        by = (*self.plan.source.inputs, *map(start, self.initials))
        return self.listed((*self.summed_gradients, *map(adjoint, by)))

    def _fills(self, s: Statement, timed: Sequence[Statement]) -> bool:
        """Whether a statement is the only one to write an adjoint, and does so at all times 1..T."""
        alone = [other.target.name for other in timed].count(s.target.name) == 1
        return alone and s.scope == Scope("whole", s.scope.index) and s.target.time == s.scope.index

    # -------------------------------------------------------------- all of them

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
        arrays = [*writer.arrays(), *(self.zeros(writer, q) for q in more)]
        return [*arrays, *first, *body]

    def zeros(self, writer: Writer, q: Quantity) -> str:
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
