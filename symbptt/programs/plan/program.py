"""The program of a recurrence: statements in order, forward and backward, each derived from an equation.

Backward is a reverse sweep. The adjoint of a quantity is the gradient of the scalar by it; it gathers from
every equation that uses the quantity, each use at lag k reaching k steps back (Werbos 1990). Gradients by
parameters and inputs come last, for all times at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Apply, Plus, Quantity, is_zero, quantities, rewrite
from symbptt.programs.plan.blocks import cut_and_joined, products_apart
from symbptt.programs.plan.groups import Groups, grouped, hoisted
from symbptt.programs.plan.losses import LossParts, loss_parts
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.normal import factored, prepared, sums_written_out
from symbptt.programs.plan.places import LOOP, ONCE, STATIC, WHOLE, Scope
from symbptt.programs.plan.stacked import stacked
from symbptt.recurrence import Equation, Recurrence, t
from symbptt.rules import gradient


@dataclass(frozen=True)
class Statement:
    """`target = value`, or `target += value`; `summed` over time and batch where the target has neither.

    `row`: the first row of the target that is written, where the value has fewer of them.
    """

    target: Quantity
    value: Basic
    scope: Scope
    adds: bool = False
    summed: bool = False
    row: sympy.Expr = sympy.S.Zero


@dataclass(frozen=True)
class Plan:
    """All statements of the program of `source`; `wanted` are intermediates that are returned too."""

    source: Recurrence
    wanted: frozenset[str] = frozenset()

    @cached_property
    def recurrence(self) -> Recurrence:
        """The recurrence with names for all that is computed twice."""
        return stacked(prepared(self.source))

    @cached_property
    def groups(self) -> Groups:
        return grouped(self.recurrence)

    @cached_property
    def front(self) -> int:
        """How many rows for times before 1 stand in front of an array that is looked back into."""
        back = [
            int(t - q.time) for e in self.recurrence.steps for q in quantities(e.right) if q.time is not None
        ]
        return max(back, default=1) or 1

    @cached_property
    def returned(self) -> tuple[Quantity, ...]:
        """The states and outputs of the recurrence as it was written, and what else is wanted."""
        wanted = {q.name for q in (*self.source.states, *self.source.outputs)} | self.wanted
        return tuple(e.left for e in self.source.steps if e.left.name in wanted)

    @cached_property
    def started(self) -> tuple[Equation, ...]:
        """The equations that compute an initial value."""
        fixed = [e for e in self.recurrence.equations if e.left.time not in (None, t)]
        return tuple(e for e in fixed if not is_zero(e.right))

    @cached_property
    def loss(self) -> LossParts | None:
        return None if self.recurrence.loss is None else loss_parts(self.recurrence)

    # -------------------------------------------------------------- forward

    @cached_property
    def forward_before(self) -> list[Statement]:
        """All that is computed before the loop: derived parameters, initial values, what no state enters."""
        return [
            *(Statement(e.left, e.right, STATIC) for e in self.recurrence.statics),
            *(Statement(e.left, e.right, ONCE) for e in self.started),
            *(Statement(e.left, e.right, WHOLE) for e in self.groups.before),
            *(Statement(early.left, early.right, WHOLE) for early, _ in filter(None, self._split.values())),
        ]

    @cached_property
    def _split(self) -> dict[str, tuple[Equation, Equation] | None]:
        names = [e.left.name for e in self.groups.loop]
        return {e.left.name: hoisted(e, names) for e in self.groups.loop}

    @cached_property
    def forward_loop(self) -> list[Statement]:
        found = []
        for e in self.groups.loop:
            split = self._split[e.left.name]
            right = e.right if split is None else split[1].right
            found.append(Statement(e.left, right, LOOP, adds=split is not None))
        return found

    @cached_property
    def forward_after(self) -> list[Statement]:
        return [Statement(e.left, e.right, WHOLE) for e in self.groups.after]

    # -------------------------------------------------------------- backward

    @cached_property
    def seeded(self) -> tuple[Quantity, ...]:
        """What may have a cotangent: states and outputs, and whatever the loss looks at."""
        seen = (
            {}
            if self.loss is None
            else {p.of.name: p.of.at(t) for p in self.loss.parts if p.of.time is not None}
        )
        return tuple({**{q.name: q for q in self.returned}, **seen}.values())

    @cached_property
    def backward_after(self) -> list[Statement]:
        """From the cotangents through what no state needs, down to the states."""
        after, loop = self.groups.after, self.groups.loop
        return [
            *self._sweep(reversed(after), after, WHOLE),
            *self._sweep(reversed(loop), after, WHOLE),
        ]

    @cached_property
    def backward_loop(self) -> list[Statement]:
        """One step back: the adjoints at time t, then what reaches earlier times."""
        loop = self.groups.loop
        found = self._sweep(reversed(loop), loop, LOOP)
        return sorted(found, key=lambda s: s.target.time != t)

    @cached_property
    def backward_before(self) -> list[Statement]:
        """Through what was computed before the loop, to the inputs."""
        every = self.recurrence.steps
        return [
            *self._sweep(reversed(self.groups.before), every, WHOLE),
            *(s for q in self.recurrence.inputs for s in self._gathered(q, every, WHOLE)),
        ]

    @cached_property
    def backward_start(self) -> list[Statement]:
        """From computed initial values to what they were computed from, other initial values."""
        return [
            Statement(adjoint(q), self.pulled(e, q), ONCE, adds=True)
            for e in reversed(self.started)
            for q in quantities(e.right)
            if q.time is not None
        ]

    @cached_property
    def backward_parameters(self) -> list[Statement]:
        """The gradients by parameters: sums over time and batch, then through the derived parameters."""
        statics = self.recurrence.statics
        names = [*self.recurrence.parameters, *(e.left for e in statics)]
        found: list[Statement] = []
        for p in names:
            found += self._summed(p, self.recurrence.steps, WHOLE, found)
            found += self._summed(p, self.started, ONCE, found)
        for e in reversed(statics):
            for p in quantities(e.right):
                found.append(Statement(adjoint(p), self.pulled(e, p), STATIC, adds=_has(found, p)))
        return found

    def _summed(
        self, p: Quantity, users: Sequence[Equation], scope: Scope, so_far: list[Statement]
    ) -> list[Statement]:
        terms = [rewrite(self.pulled(e, p), products_apart) for e in users if p in quantities(e.right)]
        return (
            [Statement(adjoint(p), cut_and_joined(Plus(*terms)), scope, _has(so_far, p), summed=True)]
            if terms
            else []
        )

    def _sweep(self, owners: Iterable[Equation], users: Sequence[Equation], scope: Scope) -> list[Statement]:
        return [s for owner in owners for s in self._gathered(owner.left, users, scope)]

    def _gathered(self, q: Quantity, users: Sequence[Equation], scope: Scope) -> list[Statement]:
        """What the adjoint of q gathers from its uses, one statement a lag."""
        times = {use.time for e in users for use in quantities(e.right) if use.name == q.name}
        return [
            Statement(adjoint(q.at(time)), self._from_users(q.at(time), users), scope, adds=True)
            for time in sorted(times, key=lambda time: int(t - time))
        ]

    def _from_users(self, q: Quantity, users: Sequence[Equation]) -> Basic:
        return factored(cut_and_joined(Plus(*(self.pulled(e, q) for e in users if q in quantities(e.right)))))

    def pulled(self, e: Equation, q: Quantity) -> Basic:
        """What the adjoint of an equation's left side gives to a quantity on its right."""
        found = gradient(e.right, q, adjoint(e.left))
        return rewrite(found, lambda node: cut_and_joined(sums_written_out(self._values.get(node, node))))

    @cached_property
    def _values(self) -> dict[Basic, Basic]:
        """Applications that have a name already, so that sigma'(z_t) becomes a_t (1 - a_t)."""
        return {e.right: e.left for e in self.recurrence.equations if isinstance(e.right, Apply)}

    # -------------------------------------------------------------- all of them

    @cached_property
    def forward(self) -> list[Statement]:
        return [*self.forward_before, *self.forward_loop, *self.forward_after]

    @cached_property
    def backward(self) -> list[Statement]:
        return [
            *self.backward_after,
            *self.backward_loop,
            *self.backward_before,
            *self.backward_start,
            *self.backward_parameters,
        ]


def _has(statements: list[Statement], p: Quantity) -> bool:
    return any(s.target == adjoint(p) for s in statements)
