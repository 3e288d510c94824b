"""Time, and an equation of a recurrence."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy.core.basic import Basic

from symbptt.errors import Place, SpecificationError
from symbptt.expressions import Quantity, shape_of

t = sympy.Symbol("t", integer=True)
T = sympy.Symbol("T", integer=True, positive=True)


@dataclass(frozen=True)
class Equation:
    """`left = right`; left is a quantity at time t, at a fixed time, or without time."""

    left: Quantity
    right: Basic
    place: Place | None = None

    def __post_init__(self) -> None:
        if shape_of(self.left) != shape_of(self.right):
            raise SpecificationError(
                f"the sides of the equation for {self.left.name} have different shapes: "
                f"{shape_of(self.left)} on the left and {shape_of(self.right)} on the right",
                self.place,
            )
