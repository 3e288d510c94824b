"""The expressions of one time step as source: no axis of times, every quantity a variable."""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.expressions import Quantity
from symbptt.programs.plan.names import ADJOINT, by_what, is_adjoint
from symbptt.programs.plan.places import STATIC, Scope, lag_of
from symbptt.programs.source.lowering import Lowering
from symbptt.recurrence import t

STEP = Scope("step", t)  # the quantities of one step: samples lead
ROWS = Scope("rows", t)  # adjoints have an axis of rows before that of the samples


@dataclass(frozen=True)
class StepLowering(Lowering):
    """Expressions of one step: every quantity is a variable; at earlier times it has a name of its own."""

    count: str = ""

    def at_its_time(self, q: Quantity) -> str:
        """The variable of a quantity: a, a_before, d_a for its adjoint, D_a for the rows of its adjoint."""
        back = int(lag_of(q.time, self.scope) or 0) if q.time is not None else 0
        name = by_what(q) if is_adjoint(q) else q.name
        moved = name + (" _before" if back else "") + (f"_{back}" if back > 1 else "")
        if not is_adjoint(q):
            return self.names.variable(moved)
        return self.names.variable(f"D _{moved}" if self.scope is ROWS else ADJOINT + moved)

    def lead_of(self, q: Quantity) -> int:
        """Samples lead; in a sweep of rows, rows and samples lead an adjoint; nothing leads a static."""
        if self.scope is STATIC:
            return 0
        return 2 if self.scope is ROWS and is_adjoint(q) else 1

    def leading(self) -> list[str]:
        """The lengths of the leading axes of a value of the scope."""
        return [f"{self.count} + 1", "B"] if self.scope is ROWS else ["B"]
