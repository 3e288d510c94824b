"""Linear recurrences by scans: a state that enters its own equation linearly, entry by entry, needs no loop.

`a_t = g_t o a_{t-1} + u_t`, with a gate g and a term u that are free of the state, is associative: steps can
be put together in any order (Blelloch 1990, Prefix sums and their applications, section 1.4.1; Martin and
Cundy 2018, Parallelizing linear recurrent neural nets over sequence length, arXiv:1709.04057). The adjoint
obeys the same recursion with time reversed, `d_{t-1} += g_t o d_t`. What qualifies is read off the equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Plus, Quantity, Times, Zeros, is_zero, quantities, shape_of
from symbptt.programs.plan.groups import Groups, grouped
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import WHOLE, Scope
from symbptt.programs.plan.program import Plan, Statement
from symbptt.recurrence import Equation, Recurrence, t


@dataclass(frozen=True)
class Scan(Statement):
    """`target_t += value_t o target_{t-1}`, the first step first; for an adjoint the last step first."""


@dataclass(frozen=True)
class Linear:
    """An equation as gate o state one step earlier + rest."""

    state: Quantity
    gate: Basic
    rest: Basic


def linear(e: Equation) -> Linear | None:
    """The equation as a linear one of its own state; None where it is not, or looks back further."""
    before = e.left.at(t - 1)
    if {q for q in quantities(e.right) if q.name == e.left.name} != {before}:
        return None
    found = _split(e.right, before)
    return None if found is None else Linear(e.left, *found)


def _split(node: Basic, state: Quantity) -> tuple[Basic, Basic] | None:
    """(gate, rest) where node = gate o state + rest; None where it is not linear entry by entry."""
    none = Zeros(*state.shape)
    if node == state:
        return sympy.S.One, none
    if state not in quantities(node):
        return sympy.S.Zero, node
    if shape_of(node) != state.shape:
        return None
    if isinstance(node, Plus):
        parts = [_split(term, state) for term in node.args]
        if any(part is None for part in parts):
            return None
        gates, rests = zip(*(part for part in parts if part is not None), strict=True)
        return Plus(*gates), Plus(none, *rests)
    if isinstance(node, Times):
        return _split_product(node, state)
    return None


def _split_product(node: Times, state: Quantity) -> tuple[Basic, Basic] | None:
    moving = [factor for factor in node.args if state in quantities(factor)]
    others = [factor for factor in node.args if factor not in moving]
    inside = _split(moving[0], state) if len(moving) == 1 else None
    if inside is None:
        return None
    gate, rest = inside
    return Times(*others, gate), Zeros(*state.shape) if is_zero(rest) else Times(*others, rest)


def scanned(recurrence: Recurrence) -> dict[str, Linear]:
    """The linear equations whose gate and rest do not depend on their own state by way of other equations."""
    found = {e.left.name: line for e in recurrence.steps for line in [linear(e)] if line is not None}
    needs = {e.left.name: {q.name for q in quantities(e.right)} for e in recurrence.steps}
    return {name: line for name, line in found.items() if not _comes_back(name, needs)}


def _comes_back(name: str, needs: dict[str, set[str]]) -> bool:
    """Whether something that a quantity needs, itself apart, needs that quantity."""
    ahead, seen = list(needs[name] - {name}), set[str]()
    while ahead:
        top = ahead.pop()
        if top == name:
            return True
        if top not in seen:
            seen.add(top)
            ahead.extend(needs.get(top, ()))
    return False


@dataclass(frozen=True)
class ScannedPlan(Plan):
    """A plan whose linear recurrences stand outside of the loop over time, where no loop lies around them."""

    @cached_property
    def groups(self) -> Groups:
        return grouped(self.recurrence, scanned(self.recurrence))

    @cached_property
    def lines(self) -> dict[str, Linear]:
        """The linear recurrences that are scanned, by name."""
        outside = {e.left.name for e in (*self.groups.before, *self.groups.after)}
        return {name: line for name, line in scanned(self.recurrence).items() if name in outside}

    def _with_scan(self, s: Statement) -> list[Statement]:
        line = self.lines.get(s.target.name)
        if line is None:
            return [s]
        return [replace(s, value=line.rest), Scan(s.target, line.gate, WHOLE, adds=True)]

    @cached_property
    def forward_before(self) -> list[Statement]:
        """All that is computed before the loop; linear recurrences that no loop feeds among it."""
        before = {e.left for e in self.groups.before}
        found: list[Statement] = []
        for s in super().forward_before:
            found += self._with_scan(s) if s.target in before and s.scope is WHOLE else [s]
        return found

    @cached_property
    def forward_after(self) -> list[Statement]:
        """All that is computed after the loop; linear recurrences that feed no loop among it."""
        return [made for s in super().forward_after for made in self._with_scan(s)]

    def _sweep(self, owners: Iterable[Equation], users: Sequence[Equation], scope: Scope) -> list[Statement]:
        """What the adjoints gather; that of a scanned state then goes back through its own recursion."""
        found: list[Statement] = []
        for owner in owners:
            line = self.lines.get(owner.left.name)
            others = [e for e in users if line is None or e != owner]
            found += self._gathered(owner.left, others, scope)
            if line is not None and owner in users:
                found.append(Scan(adjoint(owner.left), line.gate, WHOLE, adds=True))
        return found
