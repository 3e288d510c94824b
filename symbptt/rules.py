"""The derivative rules: for each node its local Jacobian and its pullback, one table entry a node.

A local Jacobian is d vec(node) / d vec(argument), in numerator layout. A pullback carries the gradient g of
a scalar from the node (in the node's shape) to one argument (in the argument's shape). The two are the same
derivative, found in two ways; tests hold one against the other, and both against numbers.
Source of the matrix rules: Magnus and Neudecker, Matrix Differential Calculus, chapter 9.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Block,
    Braced,
    Commutation,
    Diagonal,
    Dot,
    Eye,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    Plus,
    Power,
    Quantity,
    Slice,
    SumOver,
    Times,
    Transposed,
    Vec,
    Zeros,
    children,
    is_scalar,
    is_zero,
    quantities,
    shape_of,
    size,
    vec_axis,
)
from symbptt.functions import Columnwise, entry, slope

Local = Callable[[Basic, int], Basic]
Pull = Callable[[Basic, int, Basic], Basic]


# ------------------------------------------------------------------ sums and elementwise products


def _spread(part: Basic, whole: Basic) -> Basic:
    """The matrix that broadcasts vec(part) to vec(whole): identities, and ones along what part lacks."""
    (r1, c1), (r2, c2) = shape_of(part), shape_of(whole)
    return Kron(Eye(c1) if c1 else Ones(c2, ()), Eye(r1) if r1 else Ones(r2, ()))


def _gather(g: Basic, part: Basic) -> Basic:
    """The adjoint of broadcasting: sums over the axes that part lacks."""
    (r1, c1), (r2, c2) = shape_of(part), shape_of(g)
    summed = Dot(Ones((), r2), g) if r2 and not r1 else g
    return Dot(summed, Ones(c2, ())) if c2 and not c1 else summed


def _plus_local(node: Basic, i: int) -> Basic:
    return _spread(node.args[i], node)


def _plus_pull(node: Basic, i: int, g: Basic) -> Basic:
    return _gather(g, node.args[i])


def _others(node: Basic, i: int) -> Basic:
    return Times(*(f for j, f in enumerate(node.args) if j != i))


def _times_local(node: Basic, i: int) -> Basic:
    factor, other = node.args[i], _others(node, i)
    if shape_of(factor) == SCALAR_SHAPE:
        return Vec(_grown(other, node))
    return Dot(Diagonal(Vec(_grown(other, node))) if not is_scalar(other) else other, _spread(factor, node))


def _times_pull(node: Basic, i: int, g: Basic) -> Basic:
    factor, other = node.args[i], _others(node, i)
    if is_scalar(factor) and shape_of(other) == shape_of(g):
        return Inner(other, g)
    return _gather(Times(other, g), factor)


def _grown(value: Basic, like: Basic) -> Basic:
    return value if shape_of(value) == shape_of(like) else Times(value, Ones(*shape_of(like)))


SCALAR_SHAPE = shape_of(sympy.S.One)


def _power_slope(node: Basic) -> Basic:
    base, exponent = node.args
    return exponent * Power(base, exponent - 1)


def _apply_local(node: Basic, _: int) -> Basic:
    known = entry(node.function)
    if isinstance(known, Columnwise):
        return known.jacobian(node.argument, node)
    return Diagonal(Vec(slope(node)))


def _apply_pull(node: Basic, _: int, g: Basic) -> Basic:
    known = entry(node.function)
    if isinstance(known, Columnwise):
        return known.pullback(node.argument, node, g)
    return Times(g, slope(node))


def _joint_local(node: Joint, i: int) -> Basic:
    """The Jacobian by an argument, kept: nothing is known of the function but its name."""
    if node.by:
        raise TypeError(f"no second derivative of the generic function {node.function.name}")
    return node.differentiated(i + 1)


# ------------------------------------------------------------------ matrix products


def _around(node: Basic, i: int) -> tuple[Basic | None, Basic | None]:
    left, right = node.args[:i], node.args[i + 1 :]
    return (Dot(*left) if left else None), (Dot(*right) if right else None)


def _dot_local(node: Basic, i: int) -> Basic:
    """vec(A X B) = (B^T kron A) vec X."""
    left, right = _around(node, i)
    rows, cols = shape_of(node.args[i])
    return Kron(Eye(cols) if right is None else Transposed(right), Eye(rows) if left is None else left)


def _dot_pull(node: Basic, i: int, g: Basic) -> Basic:
    left, right = _around(node, i)
    carried = g if left is None else Dot(Transposed(left), g)
    return carried if right is None else Dot(carried, Transposed(right))


def _matrix_power_local(node: Basic, _: int) -> Basic:
    base, p = node.args
    k = sympy.Dummy("k", integer=True)
    term = Kron(Transposed(MatrixPower(base, p - 1 - k)), MatrixPower(base, k))
    return SumOver(term, k, 0, p - 1)


def _matrix_power_pull(node: Basic, _: int, g: Basic) -> Basic:
    base, p = node.args
    k = sympy.Dummy("k", integer=True)
    flipped = Transposed(base)
    return SumOver(Dot(MatrixPower(flipped, k), g, MatrixPower(flipped, p - 1 - k)), k, 0, p - 1)


# ------------------------------------------------------------------ arrangements


def _transposed_local(node: Basic, _: int) -> Basic:
    rows, cols = shape_of(node.args[0])
    return Commutation(rows, cols)


def _diagonal_local(node: Basic, _: int) -> Basic:
    """vec(diag(u)) has the entries of u where vec(I) is one."""
    axis = shape_of(node).rows
    return Dot(Diagonal(Vec(Eye(axis))), Kron(Ones(axis, ()), Eye(axis)))


def _diagonal_pull(node: Basic, _: int, g: Basic) -> Basic:
    """The diagonal of g: the row sums of its elementwise product by I."""
    axis = shape_of(node).rows
    return Dot(Times(g, Eye(axis)), Ones(axis, ()))


def _inner_local(node: Basic, i: int) -> Basic:
    return Transposed(Vec(node.args[1 - i]))


def _block_place(node: Basic, i: int) -> tuple[int, int, Axis, Axis]:
    """Offsets of block i (row-major) in the stacked rows and columns, and the block's own axes."""
    width = len(node.args[0].args)
    r, c = divmod(i, width)
    above = sum((size(shape_of(row.args[0]).rows) for row in node.args[:r]), start=sympy.S.Zero)
    before = sum((size(shape_of(b).cols) for b in node.args[0].args[:c]), start=sympy.S.Zero)
    rows, cols = shape_of(node.args[r].args[c])
    return above, before, rows, cols


def _embedding(offset: Basic, part: Axis, whole: Axis) -> Basic:
    """The matrix that puts a part of an axis at its place in the whole axis."""
    rest = size(whole) - size(part) - offset
    blocks = [[Zeros((offset,), part)]] if offset != 0 else []
    blocks.append([Eye(part)])
    return (
        Block(*blocks, *([[Zeros((rest,), part)]] if rest != 0 else []))
        if len(blocks) > 1 or rest != 0
        else Eye(part)
    )


def _block_local(node: Basic, i: int) -> Basic:
    above, before, rows, cols = _block_place(node, i)
    whole = shape_of(node)
    return Kron(_embedding(before, cols, whole.cols), _embedding(above, rows, whole.rows))


def _block_pull(node: Basic, i: int, g: Basic) -> Basic:
    above, before, rows, cols = _block_place(node, i)
    part = Slice(g, 0, above, above + size(rows), rows)
    return Slice(part, 1, before, before + size(cols), cols)


def _slice_frame(node: Basic) -> tuple[int, Basic, Axis, Axis]:
    value, axis, start = node.args[:3]
    which = int(axis)
    return which, start, shape_of(node)[which], shape_of(value)[which]


def _slice_local(node: Basic, _: int) -> Basic:
    which, start, part, whole = _slice_frame(node)
    kept = Transposed(_embedding(start, part, whole))
    rows, cols = shape_of(node.args[0])
    return Kron(Eye(cols), kept) if which == 0 else Kron(kept, Eye(rows))


def _slice_pull(node: Basic, _: int, g: Basic) -> Basic:
    which, start, part, whole = _slice_frame(node)
    place = _embedding(start, part, whole)
    return Dot(place, g) if which == 0 else Dot(g, Transposed(place))


RULES: dict[type, tuple[Local, Pull]] = {
    Plus: (_plus_local, _plus_pull),
    Times: (_times_local, _times_pull),
    Power: (lambda n, i: Diagonal(Vec(_power_slope(n))), lambda n, i, g: Times(g, _power_slope(n))),
    Apply: (_apply_local, _apply_pull),
    Joint: (_joint_local, lambda n, i, g: Dot(Transposed(_joint_local(n, i)), g)),
    Dot: (_dot_local, _dot_pull),
    MatrixPower: (_matrix_power_local, _matrix_power_pull),
    Diagonal: (_diagonal_local, _diagonal_pull),
    Transposed: (_transposed_local, lambda n, i, g: Transposed(g)),
    Inner: (_inner_local, lambda n, i, g: Times(g, n.args[1 - i])),
    Block: (_block_local, _block_pull),
    Slice: (_slice_local, _slice_pull),
    Braced: (lambda n, i: Eye(vec_axis(n)), lambda n, i, g: g),
}


def local_jacobian(node: Basic, i: int) -> Basic:
    """d vec(node) / d vec(i-th child); raises TypeError for a node without a rule."""
    return _rule(node)[0](node, i)


def pullback(node: Basic, i: int, g: Basic) -> Basic:
    """The gradient g at the node (in its shape), carried to the i-th child (in that shape)."""
    return _rule(node)[1](node, i, g)


def _rule(node: Basic) -> tuple[Local, Pull]:
    rule = RULES.get(type(node))
    if rule is None:
        raise TypeError(f"no derivative rule for {type(node).__name__}")
    return rule


def jacobian(node: Basic, by: Quantity, slope_of: Callable[[Basic], Basic] = slope) -> Basic:
    """d vec(node) / d vec(by) with every other quantity held constant, in numerator layout.

    Shape (vec axis of node, vec axis of by); a derivative kept unevaluated counts as a constant.
    `slope_of` says how the derivative of an elementwise function is written.
    """
    tangents = {by: Eye(vec_axis(by))}
    return differential(node, lambda q: tangents.get(q), vec_axis(by), slope_of)


def differential(
    node: Basic,
    tangent: Callable[[Quantity], Basic | None],
    by: Axis,
    slope_of: Callable[[Basic], Basic] = slope,
) -> Basic:
    """Forward accumulation: the Jacobian of vec(node) by an axis, from the Jacobians of its quantities.

    `tangent(q)` is d vec(q) on that axis, or None where q does not depend on the variable.
    """
    if isinstance(node, Quantity):
        known = tangent(node)
        return Zeros(vec_axis(node), by) if known is None else known
    if isinstance(node, SumOver):
        return SumOver(differential(node.args[0], tangent, by, slope_of), *node.args[1:])
    total: Basic = Zeros(vec_axis(node), by)
    for i, part in enumerate(children(node)):
        moved = differential(part, tangent, by, slope_of)
        if not is_zero(moved):
            total = Plus(total, Dot(_local(node, i, slope_of), moved))
    return total


def _local(node: Basic, i: int, slope_of: Callable[[Basic], Basic]) -> Basic:
    if isinstance(node, Apply) and not isinstance(entry(node.function), Columnwise):
        return Diagonal(Vec(slope_of(node)))
    return local_jacobian(node, i)


def gradient(node: Basic, by: Quantity, g: Basic = sympy.S.One) -> Basic:
    """The gradient of <g, node> by a quantity, in that quantity's shape, everything else held constant."""
    if node == by:
        return g
    if isinstance(node, SumOver):
        return SumOver(gradient(node.args[0], by, g), *node.args[1:])
    total: Basic = Zeros(*shape_of(by))
    for i, part in enumerate(children(node)):
        if by in quantities(part):
            total = Plus(total, gradient(part, by, pullback(node, i, g)))
    return total
