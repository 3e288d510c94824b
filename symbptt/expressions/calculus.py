"""Sums and ordered products over an index, and derivatives kept unevaluated."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.core.symbol import Str

from symbptt.expressions.arrangements import Vec
from symbptt.expressions.nodes import Tensor, expression, is_scalar, is_zero, node, shape_of, vec_axis
from symbptt.expressions.shapes import SCALAR, Shape, ShapeError

# ------------------------------------------------------------------ sums and products over an index


class SumOver(Tensor):
    """The sum of body for index = low..high; zero when high < low."""

    def __new__(cls, body: Any, index: sympy.Symbol, low: Any, high: Any) -> Any:
        body = expression(body)
        if is_zero(body):
            return body
        return node(cls, shape_of(body), body, index, expression(low), expression(high))


class ProductOver(Tensor):
    """The ordered product body(high) ... body(low); the identity when high < low."""

    def __new__(cls, body: Any, index: sympy.Symbol, high: Any, low: Any) -> Any:
        body = expression(body)
        rows, cols = shape_of(body)
        if rows != cols:
            raise ShapeError("an ordered product", Shape(rows, cols), Shape(rows, rows))
        return node(cls, Shape(rows, cols), body, index, expression(high), expression(low))


class PathSum(Tensor):
    """Entry (p, q) of an ordered product of matrices, as a sum over paths of indices.

    `body` is one factor's entry, written with the index functions path[k] and path[k - 1]; the ends of
    the path are fixed: path[high] = p and path[low - 1] = q. Along a compound axis there is a path, a bound
    (its size), a p and a q for each size.
    """

    def __new__(
        cls, body: Any, paths: Any, index: Any, high: Any, low: Any, bounds: Any, p: Any, q: Any
    ) -> Any:
        names = sympy.Tuple(*(Str(_path_name(path)) for path in _several(paths)))
        bounds, p, q = (sympy.Tuple(*map(expression, _several(part))) for part in (bounds, p, q))
        return node(cls, SCALAR, body, names, index, expression(high), expression(low), bounds, p, q)

    @property
    def paths(self) -> tuple[Any, ...]:
        """The index functions."""
        return tuple(sympy.Function(path.name) for path in self.args[1].args)


def _several(part: Any) -> tuple[Any, ...]:
    return tuple(part) if isinstance(part, (tuple, list, sympy.Tuple)) else (part,)


def _path_name(path: Any) -> str:
    return str(path.name if isinstance(path, Str) else path)


# ------------------------------------------------------------------ derivatives


class Derivative(Tensor):
    """A derivative kept unevaluated, of a quantity `of` by a quantity `by`."""

    of = property(lambda self: self.args[0])
    by = property(lambda self: self.args[1])


def _unstacked(value: Basic) -> Basic:
    """A Jacobian of or by vec X is the Jacobian of or by X."""
    return value.args[0] if isinstance(value, Vec) else value


def _jacobian_shape(y: Basic, x: Basic) -> Shape:
    return Shape(vec_axis(y), vec_axis(x))


class Total(Derivative):
    """The Jacobian through every path back in time; rows vec(y), columns vec(x)."""

    def __new__(cls, y: Any, x: Any) -> Any:
        y, x = _unstacked(y), _unstacked(x)
        return node(cls, _jacobian_shape(y, x), y, x)


class Immediate(Derivative):
    """The Jacobian with every state of earlier times held constant, same-time quantities eliminated."""

    def __new__(cls, y: Any, x: Any) -> Any:
        y, x = _unstacked(y), _unstacked(x)
        return node(cls, _jacobian_shape(y, x), y, x)


class Gradient(Derivative):
    """The total derivative of a scalar, in the shape of the variable."""

    def __new__(cls, y: Any, x: Any) -> Any:
        if not is_scalar(y):
            raise ShapeError("the gradient of", shape_of(y), SCALAR)
        return node(cls, shape_of(x), y, x)


class Braced(Tensor):
    """An expression under (or over) a brace that carries a label; its value is the expression's."""

    def __new__(cls, body: Any, label: Any, over: Any = False) -> Any:
        body = expression(body)
        return node(cls, shape_of(body), body, expression(label), sympy.true if over else sympy.false)
