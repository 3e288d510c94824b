"""Arrangements: diagonals, Kronecker products, vec, blocks, slices and single entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy

from symbptt.expressions.nodes import (
    Eye,
    Ones,
    Power,
    Tensor,
    Times,
    Transposed,
    Zeros,
    expression,
    is_scalar,
    is_zero,
    node,
    shape_of,
    vec_axis,
)
from symbptt.expressions.shapes import SCALAR, Axis, Shape, ShapeError, axis_of, size


class Diagonal(Tensor):
    """The diagonal matrix of a column (on its axis, compound or not)."""

    is_symmetric = True

    def __new__(cls, value: Any) -> Any:
        value = expression(value)
        rows, cols = shape_of(value)
        if cols:
            raise ShapeError("diag", shape_of(value), Shape(rows, ()))
        if not rows:
            return value
        if isinstance(value, (Ones, Zeros)):
            return Eye(rows) if isinstance(value, Ones) else Zeros(rows, rows)
        return node(cls, Shape(rows, rows), value)


class Kron(Tensor):
    """The Kronecker product; axes are joined, left part first."""

    transposes_inside = True

    def __new__(cls, left: Any, right: Any) -> Any:
        left, right = expression(left), expression(right)
        if is_scalar(left) or is_scalar(right):
            return Times(left, right)
        (r1, c1), (r2, c2) = shape_of(left), shape_of(right)
        joined = Shape(r1 + r2, c1 + c2)
        if is_zero(left) or is_zero(right):
            return Zeros(*joined)
        if isinstance(left, Eye) and isinstance(right, Eye):
            return Eye(r1 + r2)
        return node(cls, joined, left, right)


class Vec(Tensor):
    """The columns of a matrix, one below the other."""

    def __new__(cls, value: Any) -> Any:
        value = expression(value)
        if not shape_of(value).cols:
            return value
        joined = Shape(vec_axis(value), ())
        if isinstance(value, (Zeros, Ones)):
            return value.func(*joined)
        if isinstance(value, Transposed) and not shape_of(value).rows:
            return value.args[0]
        return node(cls, joined, value)


class Inner(Tensor):
    """The sum of all entries of the elementwise product: trace(A^T B)."""

    def __new__(cls, left: Any, right: Any) -> Any:
        left, right = expression(left), expression(right)
        if shape_of(left) != shape_of(right):
            raise ShapeError("an inner product", shape_of(left), shape_of(right))
        if is_scalar(left):
            return Times(left, right)
        return sympy.S.Zero if is_zero(left) or is_zero(right) else node(cls, SCALAR, left, right)


class MatrixPower(Tensor):
    """A power of a square matrix: the product of so many factors."""

    def __new__(cls, base: Any, exponent: Any) -> Any:
        base, exponent = expression(base), expression(exponent)
        rows, cols = shape_of(base)
        if rows != cols:
            raise ShapeError("a matrix power", Shape(rows, cols), Shape(rows, rows))
        if not rows:
            return Power(base, exponent)
        if exponent == 0:
            return Eye(rows)
        return base if exponent == 1 else node(cls, Shape(rows, cols), base, exponent)


# ------------------------------------------------------------------ blocks and entries


class Block(Tensor):
    """A matrix of blocks, given row by row; `Block([a], [x])` stacks two columns."""

    def __new__(cls, *rows: Iterable[Any]) -> Any:
        grid = [sympy.Tuple(*map(expression, row)) for row in rows]
        if len(grid) == 1 and len(grid[0]) == 1:
            return grid[0][0]
        heights = [_common([shape_of(b).rows for b in row], "a row of blocks") for row in grid]
        widths = [
            _common([shape_of(b).cols for b in col], "a column of blocks") for col in zip(*grid, strict=True)
        ]
        if all(is_zero(block) for row in grid for block in row):
            return Zeros(_stacked(heights), _stacked(widths))
        return node(cls, Shape(_stacked(heights), _stacked(widths)), *grid)


def _common(axes: list[Axis], what: str) -> Axis:
    for axis in axes[1:]:
        if axis != axes[0]:
            raise ShapeError(what, Shape(axes[0], ()), Shape(axis, ()))
    return axes[0]


def _stacked(axes: list[Axis]) -> Axis:
    return axes[0] if len(axes) == 1 else axis_of([sympy.Add(*map(size, axes))])


class Slice(Tensor):
    """Rows (axis 0) or columns (axis 1) start..stop-1, counted from zero; `target` is the axis they had."""

    def __new__(cls, value: Any, axis: Any, start: Any, stop: Any, target: Any = None) -> Any:
        value, axis, start, stop = expression(value), sympy.Integer(axis), expression(start), expression(stop)
        part = axis_of([stop - start]) if target is None else axis_of(tuple(target))
        rows, cols = shape_of(value)
        whole = (rows, cols)[int(axis)]
        if start == 0 and sympy.expand(stop - size(whole)) == 0:
            return value
        node_shape = Shape(part, cols) if axis == 0 else Shape(rows, part)
        if is_zero(value):
            return Zeros(*node_shape)
        return node(cls, node_shape, value, axis, start, stop, sympy.Tuple(*part))


class Entry(Tensor):
    """One entry: an index (from 1) for every size of the rows, then of the columns."""

    def __new__(cls, base: Any, *indices: Any) -> Any:
        base = expression(base)
        rows, cols = shape_of(base)
        if len(indices) != len(rows) + len(cols):
            raise ShapeError(f"an entry with {len(indices)} indices", shape_of(base), SCALAR)
        if is_zero(base):
            return sympy.S.Zero
        return node(cls, SCALAR, base, *map(expression, indices)) if indices else base
