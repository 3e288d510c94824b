"""A recurrence built in Python, without LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy

from symbptt.expressions import (
    FunctionSymbol,
    Joint,
    Ones,
    Quantity,
    Shape,
    Times,
    Zeros,
    expression,
    is_scalar,
    shape,
)
from symbptt.recurrence.equation import Equation, t
from symbptt.recurrence.system import Recurrence


@dataclass
class Builder:
    """A recurrence without LaTeX.

    >>> b = Builder()
    >>> h, x, w = b.quantity("h", "n", timed=True), b.quantity("x", "n", timed=True), b.quantity("w", "n")
    >>> b.define(h[t], w * h[t - 1] + x[t])
    >>> [q.name for q in b.recurrence().states]
    ['h']
    """

    equations: list[Equation] = field(default_factory=list)

    @staticmethod
    def quantity(name: str, *sizes: Any, timed: bool = False) -> Quantity:
        """A quantity of the given sizes (none: a scalar; one: a column; two: a matrix)."""
        found: Shape = shape(*sizes)
        return Quantity(name, *found, t if timed else None)

    @staticmethod
    def function(name: str, *sizes: Any) -> Callable[..., Joint]:
        """A generic function of columns and scalars, f(h, x, w), into a column of a size (none: a scalar)."""
        rows = shape(*sizes).rows
        return lambda *arguments: Joint(FunctionSymbol(name), 0, rows, *arguments)

    def define(self, left: Quantity, right: Any) -> None:
        """Add an equation; a number on the right takes the shape of the left."""
        value = expression(right)
        if is_scalar(value) and not is_scalar(left) and isinstance(value, sympy.Expr):
            value = Times(value, Ones(*left.shape)) if value != 0 else Zeros(*left.shape)
        self.equations.append(Equation(left, value))

    def recurrence(self, name: str = "recurrence") -> Recurrence:
        return Recurrence(tuple(self.equations), name)
