"""What the forward run and the reverse sweep do: the statements of a plan as operations.

What is the same at all times stands apart: it is made once, and handed to each run over a part of the series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy.core.basic import Basic

from symbptt.expressions import Quantity, Slice, quantities
from symbptt.programs.arrays.body import Body
from symbptt.programs.loops.operations import Operation
from symbptt.programs.loops.overwriting import Sweep, overwriting
from symbptt.programs.loops.reuse import Places, reused, stored
from symbptt.programs.loops.taking import Taking
from symbptt.programs.loops.views import Parts, in_place, local_blocks, looked_up, named_slices
from symbptt.programs.plan.layout import loss_statements
from symbptt.programs.plan.losses import looked_at
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import STATIC
from symbptt.programs.plan.program import Statement


@dataclass(frozen=True)
class Steps:
    """The operations of a run: `fixed` are those of what is the same at all times."""

    fixed: Sequence[Operation]
    before: Sequence[Operation]
    loop: Sequence[Operation]
    after: Sequence[Operation]

    @property
    def timed(self) -> list[Operation]:
        """All but the fixed ones."""
        return [*self.before, *self.loop, *self.after]

    @property
    def handed_on(self) -> list[Quantity]:
        """What the fixed ones make for the others, each once."""
        read = {q.name for op in self.timed for q in op.reads}
        return list(dict.fromkeys(op.target for op in self.fixed if op.target.name in read))


@dataclass(frozen=True)
class Runs(Body):
    """The operations of a module, and the quantities that its functions take and give."""

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
        """The series that the forward run hands on: all that is returned or that the gradients read again."""
        return [e.left for e in self.recurrence.steps if e.left.name in self._read_later]

    @cached_property
    def _read_later(self) -> set[str]:
        """The names of what is returned, or what the gradients read."""
        read = {q.name for s in self.backward for q in quantities(s.value)}
        return read | {q.name for q in self.plan.returned} | self._seen_by_loss

    @cached_property
    def _seen_by_loss(self) -> set[str]:
        """The names of what the loss reads, for its value or for what it gives to adjoints."""
        found, loss = {q.name for s in self.loss_parts for q in quantities(s.value)}, self.plan.loss
        if loss is not None:
            values = [self.seen(value) for value in (loss.value, *loss.factors.values())]
            found |= {q.name for value in values for q, _ in looked_at(value)}
        return found

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

    @cached_property
    def direct(self) -> list[Quantity]:
        """The gradients by parameters that the loss looks at itself."""
        found = {s.target.name: s.target for s in self.loss_parts if s.target.time is None}
        return list(found.values())

    # -------------------------------------------------------------- what is the same at all times

    @cached_property
    def stacks(self) -> list[Quantity]:
        """What follows from parameters alone, and the runs or the loss read: stacks of parameters, say."""
        made = {op.target.name for op in self.ahead.fixed}
        read = {q.name for op in [*self.ahead.timed, *self.back.timed] for q in op.reads} | self._seen_by_loss
        return [e.left for e in self.recurrence.statics if e.left.name in made & read]

    @cached_property
    def packed(self) -> list[Quantity]:
        """What else the forward run reads that is the same at all times: the panels of its products."""
        return [q for q in self.ahead.handed_on if q not in self.stacks]

    @cached_property
    def packed_for_sweep(self) -> list[Quantity]:
        """The same for the reverse sweep."""
        return self.back.handed_on

    @cached_property
    def fixed_for_sweep(self) -> list[Operation]:
        """The operations that make it; stacks that products alone read are made again, rather than kept."""
        found, handed_on = list(self.back.fixed), {q.name for q in self.stacks}
        for operation in reversed(self.ahead.fixed):
            read = {q.name for other in found for q in other.reads} - handed_on
            if operation.target.name in read:
                found.insert(0, operation)
        return found

    # -------------------------------------------------------------- the two runs

    @cached_property
    def ahead(self) -> Steps:
        """The operations of the forward run."""
        plan = self.plan
        taking, written = Taking(names=self.taken()), set[str]()
        early = self.forward_part(plan.forward_before)
        fixed = self._taken_apart(taking, [s for s in early if s.scope is STATIC], written)
        before = self._taken_apart(taking, [s for s in early if s.scope is not STATIC], written)
        loop = self._taken_apart(taking, self.forward_part(plan.forward_loop), written)
        after = self._taken_apart(taking, self.forward_part(plan.forward_after), written)
        return Steps([*fixed, *taking.static], before, loop, after)

    @cached_property
    def back(self) -> Steps:
        """The operations of the reverse sweep."""
        taking = Taking(names=self.taken() | {op.target.name for op in self.ahead.fixed})
        written = {q.name for q in (*self.seeds, *self.summed_gradients)} | self.late
        after = self._taken_apart(taking, self.backward_part(self.plan.backward_after), written)
        loop = self._taken_apart(taking, self.overwritten.loop, written)
        last = self._taken_apart(taking, self.overwritten.rest, written)
        return Steps(taking.static, after, loop, last)

    @cached_property
    def late(self) -> set[str]:
        """The names of adjoints that the sweep starts, at other times than those of the step."""
        started = {q.name for q in self.seeds}
        timed = {s.target.name: s.target for s in self.backward if s.target.time is not None}
        return {name for name, q in timed.items() if name not in started and self._first_lags(q)}

    @cached_property
    def overwritten(self) -> Sweep:
        """The loop of the reverse sweep and what follows, gradients stored over what they are made from."""
        plan = self.plan
        rest = [*plan.backward_before, *plan.backward_start, *plan.backward_parameters]
        arrays = {q.name for q in (*self.kept_quantities, *self.seeds) if q.time is not None}
        return overwriting(self.backward_part(plan.backward_loop), self.backward_part(rest), arrays)

    def taken(self) -> set[str]:
        """The names that are no longer free."""
        return set(self.recurrence.quantities)

    def _taken_apart(
        self, taking: Taking, statements: Iterable[Statement], written: set[str]
    ) -> list[Operation]:
        """Statements as operations; the first to write a quantity that nothing has started does not add."""
        taking.found = []
        sums = {q.name for q in self.summed_gradients}
        for s in statements:
            adds = s.target.name in sums or (s.adds and s.target.name in written)
            if s.summed:
                taking.summed(s.target, s.value, s.scope, adds)
            else:
                taking.statement(s.target, s.value, s.scope, adds, s.row)
            written.add(s.target.name)
        return taking.found


def start(q: Quantity) -> Quantity:
    """The initial values of a state, as they are handed in."""
    return Quantity(rf"{q.name}\_start", *q.shape, q.time)
