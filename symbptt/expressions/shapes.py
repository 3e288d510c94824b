"""Shapes: two axes, each a tuple of sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sympy

from symbptt.errors import SymbpttError

Axis = tuple[sympy.Expr, ...]


class Shape(NamedTuple):
    """Rows and columns; each a tuple of sizes, empty where the size is one."""

    rows: Axis
    cols: Axis

    def __str__(self) -> str:
        if not self.rows and not self.cols:
            return "scalar"
        return f"{size_text(self.rows)} x {size_text(self.cols)}"


SCALAR = Shape((), ())


class ShapeError(SymbpttError):
    """Two shapes that do not fit, and what they were to form."""

    def __init__(self, what: str, left: Shape, right: Shape) -> None:
        super().__init__(f"shapes do not fit in {what}: {left} and {right}")
        self.shapes = left, right


def size(axis: Axis) -> sympy.Expr:
    """The number of entries along an axis."""
    return sympy.Mul(*axis)


def size_text(axis: Axis) -> str:
    """An axis as a person writes it: n, n*m, 1."""
    return "*".join(str(part) if part.is_Atom else f"({part})" for part in axis) or "1"


def axis_of(sizes: Iterable[Any]) -> Axis:
    """An axis from sizes given as integers, names or SymPy expressions; ones are dropped."""
    parts = [
        sympy.Symbol(s, integer=True, positive=True)
        if isinstance(s, str)
        else sympy.Integer(s)
        if isinstance(s, int)
        else s
        for s in sizes
    ]
    return tuple(part for part in parts if part != 1)


def shape(*sizes: Any) -> Shape:
    """`shape()` is a scalar, `shape("n")` a column, `shape("n", "m")` a matrix, `shape(1, "m")` a row."""
    rows, cols = (*sizes, 1, 1)[:2]
    return Shape(axis_of([rows]), axis_of([cols]))
