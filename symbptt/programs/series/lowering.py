"""Where a quantity's values are in a program without arrays that change: series, late series, and starts.

A series has the rows 1..T. `a_before` is the series of a_{t-1}, with the initial value `a_0` in its first
row; in the step of a scan the same names stand for the values at one time. A state that is looked at further
back has its initial values, those at the times 1-L..0, in `h_start`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from symbptt.expressions import Quantity
from symbptt.programs.plan.names import by_what
from symbptt.programs.plan.places import Storage, lag_of, subscript
from symbptt.programs.source.lowering import Lowering


@dataclass(frozen=True)
class SeriesLowering(Lowering):
    """Lowering with late series; `lags` says how far back each state is looked at."""

    lags: dict[str, int] = field(default_factory=dict)

    def at_its_time(self, q: Quantity) -> str:
        """The values of a quantity that has a time, as source."""
        assert q.time is not None
        lag = lag_of(q.time, self.scope)
        if lag is not None and self.reads_late(q):
            return self.before(q, int(lag)) + self.rows_of_scope()
        if q.time.is_Integer and q.time <= 0:
            return self.start_row(q)
        local = Storage.LOCAL if self.scope.kind == "loop" else Storage.WHOLE
        return self.names.variable(q.name) + subscript(q.time, self.scope, self.storage.get(q.name, local), 0)

    def reads_late(self, q: Quantity) -> bool:
        """Whether a quantity stands for its late series: in a loop, or where times before 1 are looked at."""
        lag = None if q.time is None else lag_of(q.time, self.scope)
        return bool(lag) and (self.scope.kind == "loop" or self.scope.low - lag < 1)

    def rows_of_scope(self) -> str:
        """What follows a series of all times to pick the scope's; nothing where these are all."""
        if self.scope.kind != "whole" or self.scope.index is None:
            return ""
        return subscript(self.scope.index, self.scope, Storage.WHOLE, 0)

    def before(self, q: Quantity, lag: int) -> str:
        """The variable of a quantity `lag` steps before each time."""
        return self.names.variable(q.name if lag == 0 else f"{q.name} _before" + f"_{lag}" * (lag > 1))

    def next(self, q: Quantity, lag: int) -> str:
        """The variable of what later times, up to `lag` ahead, gave to an adjoint."""
        return self.names.variable(f"{q.name} _next" + f"_{lag}" * (lag > 1))

    def start(self, q: Quantity) -> str:
        """The variable of the initial values of a state, or of the gradient by them."""
        return self.names.variable(f"{q.name} {'_0' if self.lag(q) == 1 else '_start'}")

    def leading_of_start(self, q: Quantity) -> list[str]:
        """The leading axes of the initial values of a state."""
        return ["B"] if self.lag(q) == 1 else [str(self.lag(q)), "B"]

    def lag(self, q: Quantity) -> int:
        """How far back a state, or the state of an adjoint, is looked at."""
        return self.lags.get(by_what(q), 0)

    def start_row(self, q: Quantity) -> str:
        """The value of a state at a fixed time up to 0; an input is zero there."""
        lag = self.lag(q)
        assert q.time is not None
        if not lag:
            return f"{self.dialect.module}.zeros_like({self.names.variable(q.name)}[0])"
        return self.start(q) if lag == 1 else f"{self.start(q)}[{q.time + lag - 1}]"
