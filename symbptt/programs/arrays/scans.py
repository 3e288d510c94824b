"""Linear recurrences in NumPy: a call of `scan` in place of a loop over time."""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.programs.arrays.body import Body
from symbptt.programs.arrays.pairwise import scan
from symbptt.programs.plan.linear import Scan
from symbptt.programs.plan.names import is_adjoint
from symbptt.programs.plan.places import WHOLE
from symbptt.programs.plan.program import Statement
from symbptt.programs.source.code import Level, aligned
from symbptt.programs.source.definitions import source_of


@dataclass(frozen=True)
class ScannedBody(Body):
    """The bodies of a module that calls `scan`, which `pairwise` defines."""

    @property
    def definitions(self) -> dict[str, str]:
        """`scan` comes with the module."""
        return {"scan": source_of(scan)}

    def _line(self, s: Statement, adds: bool) -> list[str]:
        return [self._scan(s)] if isinstance(s, Scan) else super()._line(s, adds)

    def _scan(self, s: Scan) -> str:
        """A call of `scan` from the row before time 1; time runs the other way for an adjoint."""
        rows = f"[{self.plan.front - 1}:]" if self.plan.front > 1 else ""
        lo = self.lowering.at(WHOLE)
        gates = aligned(lo.lower(s.value), *map(bool, s.target.shape))
        back = "[::-1]" if is_adjoint(s.target) else ""
        text = f"{gates.at(Level.ATOM)}{back}" if back and gates.lead == 2 else gates.text
        return f"scan({text}, {self.variable(s.target)}{rows}{back})"
