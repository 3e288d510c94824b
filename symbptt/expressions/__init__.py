"""The expression language: what a person writes, a step derives and a line of code computes.

    e ::= number                                a SymPy scalar: 2, 1/T, t - k, a size n
        | Quantity(name, shape, time?)          a_t, x_3, W_{aa}
        | Zeros(shape) | Ones(shape) | Eye(axis) | Commutation(rows, cols)
        | Plus(e, ...) | Times(e, ...)          elementwise; an empty axis is broadcast
        | Dot(e, ...)                           matrix product, never reordered
        | Transposed(e) | Diagonal(e) | Kron(e, e) | Vec(e) | Inner(e, e)
        | Power(e, p) | MatrixPower(e, p)
        | Block((e, ...), ...) | Slice(e, axis, start, stop)
        | Apply(function, e, order)             f(e), f'(e)
        | Joint(function, by, rows, e, ...)     f(e, ...), or its Jacobian by one argument
        | Entry(e, i, ...)                      W_{ij}
        | SumOver(e, i, low, high)
        | ProductOver(e, i, high, low)          ordered: the factor of `high` stands leftmost
        | PathSum(e, i, high, low, p, q)        one entry of an ordered product, as a sum over index paths
        | Total(y, x) | Immediate(y, x)         Jacobians in numerator layout, two different kinds
        | Gradient(y, x)                        total derivative of a scalar, in the shape of x
        | Braced(e, label, over)                e with a brace that names it

A shape is a pair of axes (rows, columns). An axis is a tuple of sizes: a column vector is ((n,), ()), a
row ((), (m,)), a matrix ((n,), (m,)), a scalar ((), ()); vec W of an n x m matrix is ((m, n), ()), and a
Jacobian by it has the columns (m, n). Sizes of one are left out, so they cannot be mixed up, and since a
compound axis remembers its parts, every entry of every Jacobian has an index notation.
"""

from __future__ import annotations

from symbptt.expressions.arrangements import Block, Diagonal, Entry, Inner, Kron, MatrixPower, Slice, Vec
from symbptt.expressions.calculus import (
    Braced,
    Derivative,
    Gradient,
    Immediate,
    PathSum,
    ProductOver,
    SumOver,
    Total,
)
from symbptt.expressions.joint import Joint, signature
from symbptt.expressions.nodes import (
    Apply,
    Commutation,
    Dot,
    Eye,
    FunctionSymbol,
    Ones,
    Plus,
    Power,
    Quantity,
    Tensor,
    Times,
    Transposed,
    Zeros,
    expression,
    is_scalar,
    is_zero,
    shape_of,
    vec_axis,
)
from symbptt.expressions.shapes import SCALAR, Axis, Shape, ShapeError, axis_of, shape, size, size_text
from symbptt.expressions.walk import (
    at_time,
    check,
    children,
    quantities,
    rewrite,
    subexpressions,
    with_children,
)

__all__ = [
    "SCALAR",
    "Apply",
    "Axis",
    "Block",
    "Braced",
    "Commutation",
    "Derivative",
    "Diagonal",
    "Dot",
    "Entry",
    "Eye",
    "FunctionSymbol",
    "Gradient",
    "Immediate",
    "Inner",
    "Joint",
    "Kron",
    "MatrixPower",
    "Ones",
    "PathSum",
    "Plus",
    "Power",
    "ProductOver",
    "Quantity",
    "Shape",
    "ShapeError",
    "Slice",
    "SumOver",
    "Tensor",
    "Times",
    "Total",
    "Transposed",
    "Vec",
    "Zeros",
    "at_time",
    "axis_of",
    "check",
    "children",
    "expression",
    "is_scalar",
    "is_zero",
    "quantities",
    "rewrite",
    "shape",
    "shape_of",
    "signature",
    "size",
    "size_text",
    "subexpressions",
    "vec_axis",
    "with_children",
]
