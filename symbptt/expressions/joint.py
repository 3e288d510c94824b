"""A generic function of several columns, f(h, x, w): its value, and its Jacobian by one of its arguments."""

from __future__ import annotations

from typing import Any

import sympy

from symbptt.expressions.nodes import Apply, FunctionSymbol, Quantity, Tensor, expression, node, shape_of
from symbptt.expressions.shapes import SCALAR, Shape, ShapeError, axis_of


class Joint(Tensor):
    """f(u, v, ...), a column on the axis `rows` (a scalar where that is empty) of columns and scalars.

    `by` is 0 for the value, or the number (from 1) of the argument that the Jacobian is by: rows of f,
    columns of that argument. Raises ShapeError for an argument that is a row or a matrix.
    """

    def __new__(cls, function: FunctionSymbol, by: Any, rows: Any, *arguments: Any) -> Any:
        given = [expression(argument) for argument in arguments]
        for argument in given:
            if shape_of(argument).cols:
                raise ShapeError(
                    f"an argument of {function.name}", shape_of(argument), Shape(shape_of(argument).rows, ())
                )
        axis = axis_of(tuple(rows))
        cols = shape_of(given[int(by) - 1]).rows if by else ()
        return node(cls, Shape(axis, cols), function, sympy.Integer(by), sympy.Tuple(*axis), *given)

    function = property(lambda self: self.args[0])
    by = property(lambda self: int(self.args[1]))
    arguments = property(lambda self: self.args[3:])

    @property
    def value(self) -> Joint:
        """The function itself, where this is its Jacobian."""
        return self.differentiated(0)

    def differentiated(self, by: int) -> Joint:
        """The Jacobian by an argument, counted from 1."""
        found: Joint = Joint(self.function, by, self.args[2], *self.arguments)
        return found

    @property
    def variable(self) -> Quantity | None:
        """The argument that the Jacobian is by, where it can stand below a fraction bar for it."""
        one = self.arguments[self.by - 1] if self.by else None
        return one if isinstance(one, Quantity) and self.arguments.count(one) == 1 else None


def signature(application: Apply | Joint) -> tuple[tuple[Shape, ...], Shape]:
    """The shapes that a function takes, and that of its value: numbers for one that works entry by entry."""
    if isinstance(application, Joint):
        return tuple(map(shape_of, application.arguments)), application.value.shape
    return (SCALAR,), SCALAR
