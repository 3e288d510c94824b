"""Where each quantity of a program lies: an array with rows in front or without, or a loop's variable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy

from symbptt.expressions import Quantity, quantities
from symbptt.programs.plan.losses import Part, looked_at
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import Scope, Storage, lag_of
from symbptt.programs.plan.program import Plan, Statement


@dataclass(frozen=True)
class Use:
    """One place where a timed quantity is read or written."""

    phase: str
    scope: Scope
    lag: sympy.Expr | None
    time: sympy.Expr

    @property
    def is_local(self) -> bool:
        """Written or read in the loop at the loop's own time."""
        return self.scope.kind == "loop" and self.lag == 0

    @property
    def looks_before(self) -> bool:
        """Needs rows in front: in the loop, so that every subscript is t, or for times before 1."""
        if self.lag is None:
            return self.time.is_Integer and bool(self.time <= 0)
        return self.scope.kind == "loop" or self.lag != 0


def loss_statements(plan: Plan) -> list[Statement]:
    """What the loss gives to adjoints, merged by time and scope."""
    if plan.loss is None:
        return []
    merged: dict[tuple[Quantity, Scope], list[Part]] = {}
    for part in plan.loss.parts:
        merged.setdefault((part.of, part.scope), []).append(part)
    return [
        Statement(
            adjoint(of), sum((p.value for p in parts[1:]), parts[0].value), scope, True, of.time is None
        )
        for (of, scope), parts in merged.items()
    ]


def storage(plan: Plan) -> dict[str, Storage]:
    """The place of every timed quantity and adjoint, by name."""
    found = {}
    for name, uses in _uses(plan).items():
        local = name not in _arrays(plan) and all(use.is_local for use in uses)
        if local and len({use.phase for use in uses}) == 1:
            found[name] = Storage.LOCAL
        else:
            padded = name in _states(plan) or any(use.looks_before for use in uses)
            found[name] = Storage.PADDED if padded else Storage.WHOLE
    factors = {} if plan.loss is None else plan.loss.factors
    return {**found, **{q.name: Storage.LOCAL for q in factors}}


def _states(plan: Plan) -> set[str]:
    return {q.name for state in plan.source.states for q in (state, adjoint(state))}


def _arrays(plan: Plan) -> set[str]:
    """What is never a variable of the loop: what comes in, what goes out, and what has a cotangent."""
    r = plan.recurrence
    given = {q.name for x in (*r.inputs, *r.targets) for q in (x, adjoint(x))}
    return given | {q.name for q in plan.returned} | {adjoint(q).name for q in plan.seeded} | _states(plan)


def _uses(plan: Plan) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}
    phases = {"forward": plan.forward, "backward": plan.backward, "loss": loss_statements(plan)}
    for phase, statements in phases.items():
        for s in statements:
            _note(found, phase, s.scope, (s.target, *quantities(s.value)))
    if plan.loss is not None:
        for value in (plan.loss.value, *plan.loss.factors.values()):
            for q, scope in looked_at(value):
                _note(found, "loss", scope, [q])
    return found


def _note(found: dict[str, list[Use]], phase: str, scope: Scope, seen: Iterable[Quantity]) -> None:
    for q in seen:
        if q.time is not None:
            found.setdefault(q.name, []).append(Use(phase, scope, lag_of(q.time, scope), q.time))
