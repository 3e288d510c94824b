"""Where a quantity's values lie in arrays, and what a time is there: the loop over t, all times, one time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import sympy

from symbptt.errors import SymbpttError
from symbptt.recurrence import T, t


class Storage(Enum):
    """PADDED: rows for times before 1 in front; WHOLE: the times 1..T; LOCAL: a variable of the loop."""

    PADDED = "padded"
    WHOLE = "whole"
    LOCAL = "local"


@dataclass(frozen=True)
class Scope:
    """Where a statement stands: `index` runs low..high in whole arrays, is t in the loop, None elsewhere.

    `lead` is the number of leading axes of a quantity there: T and B, or B alone.
    """

    kind: str
    index: sympy.Symbol | None = None
    low: sympy.Expr = sympy.S.One
    high: sympy.Expr = T

    @property
    def lead(self) -> int:
        return {"whole": 2, "static": 0}.get(self.kind, 1)


LOOP = Scope("loop", t)
WHOLE = Scope("whole", t)
ONCE = Scope("once")
STATIC = Scope("static")


def lag_of(time: sympy.Expr, scope: Scope) -> sympy.Expr | None:
    """How far before the scope's index a time lies; None for a time that does not run."""
    if scope.index is None or scope.index not in time.free_symbols:
        return None
    return sympy.expand(scope.index - time)


def subscript(time: sympy.Expr, scope: Scope, storage: Storage, front: int) -> str:
    """What follows an array's name to pick a time; `front` rows of a padded array come before time 1."""
    lag = lag_of(time, scope)
    offset = front if storage is Storage.PADDED else 0
    if storage is Storage.LOCAL:
        return ""
    if lag is None:
        return f"[{_row(time, offset)}]"
    if not lag.is_Integer:
        raise SymbpttError(f"no array index for the time {time}")
    if scope.kind == "loop":
        return "[t]" if lag == 0 else f"[t - {lag}]" if lag > 0 else f"[t + {-lag}]"
    return _rows(scope.low - lag, scope.high - lag, offset)


def _row(time: sympy.Expr, offset: int) -> str:
    """The row of a fixed time: from the end for T, T - 1, ..., from the front for 0, 1, ..."""
    back = sympy.expand(time - T)
    if back.is_Integer and back <= 0:
        return str(int(back) - 1)
    row = sympy.expand(time + offset - 1)
    if not row.is_Integer:
        raise SymbpttError(f"no array index for the time {time}")
    return str(row)


def _rows(low: sympy.Expr, high: sympy.Expr, offset: int) -> str:
    """The rows of the times low..high; nothing where these are all rows."""
    start, back = sympy.expand(low + offset - 1), sympy.expand(high - T)
    stop = "" if back == 0 else str(back) if back.is_negative else str(sympy.expand(high + offset))
    first = "" if start == 0 else str(start)
    return f"[{first}:{stop}]" if first or stop else ""
