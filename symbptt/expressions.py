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

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import sympy
from sympy.core.basic import Basic
from sympy.core.symbol import Str

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
    return "*".join(str(part) if part.is_Atom else f"({part})" for part in axis) or "1"


def axis_of(sizes: Iterable[Any]) -> Axis:
    """An axis from sizes given as integers, names or SymPy expressions; ones are dropped."""
    parts = [sympy.Symbol(s, integer=True, positive=True) if isinstance(s, str) else sympy.Integer(s)
             if isinstance(s, int) else s for s in sizes]
    return tuple(part for part in parts if part != 1)


def shape(*sizes: Any) -> Shape:
    """`shape()` is a scalar, `shape("n")` a column, `shape("n", "m")` a matrix, `shape(1, "m")` a row."""
    rows, cols = (*sizes, 1, 1)[:2]
    return Shape(axis_of([rows]), axis_of([cols]))


class Tensor(Basic):
    """A node of the language. `shape` is computed, and checked, when the node is made."""

    __slots__ = ("shape",)
    shape: Shape
    is_commutative = False

    def __add__(self, other: Any) -> Basic:
        return Plus(self, other)

    def __radd__(self, other: Any) -> Basic:
        return Plus(other, self)

    def __sub__(self, other: Any) -> Basic:
        return Plus(self, Times(-1, other))

    def __rsub__(self, other: Any) -> Basic:
        return Plus(other, Times(-1, self))

    def __neg__(self) -> Basic:
        return Times(-1, self)

    def __mul__(self, other: Any) -> Basic:
        return Times(self, other)

    def __rmul__(self, other: Any) -> Basic:
        return Times(other, self)

    def __truediv__(self, other: Any) -> Basic:
        return Times(self, Power(other, -1))

    def __rtruediv__(self, other: Any) -> Basic:
        return Times(other, Power(self, -1))

    def __pow__(self, exponent: Any) -> Basic:
        return Power(self, exponent)

    def __matmul__(self, other: Any) -> Basic:
        return Dot(self, other)

    def __rmatmul__(self, other: Any) -> Basic:
        return Dot(other, self)

    @property
    def T(self) -> Basic:
        """The transpose."""
        return Transposed(self)

    def _sympystr(self, printer: Any) -> str:
        from symbptt.writers.latex import latex  # the writers stand above this layer

        return latex(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self._sympystr(None)}$"


def expression(value: Any) -> Basic:
    """A node from a node, a SymPy scalar or a Python number."""
    if isinstance(value, (Tensor, sympy.Expr)):
        return value
    if isinstance(value, (int, float)):
        return sympy.nsimplify(value)
    raise TypeError(f"not an expression: {type(value).__name__}")


def shape_of(value: Basic) -> Shape:
    """The shape of a node; SymPy expressions are scalars."""
    return value.shape if isinstance(value, Tensor) else SCALAR


def is_scalar(value: Basic) -> bool:
    return shape_of(value) == SCALAR


def is_zero(value: Basic) -> bool:
    return isinstance(value, Zeros) or value == 0


def vec_axis(value: Basic) -> Axis:
    """The axis of vec(value): columns first, so that the entries run down the columns."""
    rows, cols = shape_of(value)
    return cols + rows


def _node(cls: type, node_shape: Shape, *args: Basic) -> Any:
    node = Basic.__new__(cls, *args)
    node.shape = node_shape
    return node


def _axis_args(node_shape: Shape) -> tuple[Basic, Basic]:
    return sympy.Tuple(*node_shape.rows), sympy.Tuple(*node_shape.cols)


def _broadcast(name: str, values: Iterable[Basic]) -> Shape:
    rows: Axis = ()
    cols: Axis = ()
    for value in values:
        other = shape_of(value)
        if (rows and other.rows and rows != other.rows) or (cols and other.cols and cols != other.cols):
            raise ShapeError(name, Shape(rows, cols), other)
        rows, cols = rows or other.rows, cols or other.cols
    return Shape(rows, cols)


# ------------------------------------------------------------------ leaves


class Quantity(Tensor):
    """A named quantity: `name` in LaTeX without its time, `time` a SymPy integer expression or None."""

    def __new__(cls, name: str | Str, rows: Any = (), cols: Any = (), time: Any = None) -> Quantity:
        node_shape = Shape(axis_of(tuple(rows)), axis_of(tuple(cols)))
        timed = () if time is None else (sympy.Integer(time) if isinstance(time, int) else time,)
        node: Quantity = _node(cls, node_shape, Str(str(name)), *_axis_args(node_shape), *timed)
        return node

    @property
    def name(self) -> str:
        return str(self.args[0].name)  # type: ignore[attr-defined]

    @property
    def time(self) -> sympy.Expr | None:
        return self.args[3] if len(self.args) > 3 else None  # type: ignore[return-value]

    def __getitem__(self, time: Any) -> Quantity:
        return self.at(time)

    def at(self, time: Any) -> Quantity:
        """The same quantity at another time."""
        return Quantity(self.name, *self.shape, time)


class FunctionSymbol(Basic):
    """A function's printed name and its meaning: a key of the table, a SymPy Lambda, or "" when generic."""

    def __new__(cls, name: str | Str, meaning: Any = "") -> FunctionSymbol:
        is_text = isinstance(meaning, (str, Str))
        node: FunctionSymbol = Basic.__new__(cls, Str(str(name)), Str(str(meaning)) if is_text else meaning)
        return node

    @property
    def name(self) -> str:
        return str(self.args[0].name)  # type: ignore[attr-defined]

    def __call__(self, argument: Any) -> Any:
        return Apply(self, argument)

    @property
    def meaning(self) -> str | sympy.Lambda:
        return str(self.args[1].name) if isinstance(self.args[1], Str) else self.args[1]


class Zeros(Tensor):
    def __new__(cls, rows: Any = (), cols: Any = ()) -> Any:
        node_shape = Shape(axis_of(tuple(rows)), axis_of(tuple(cols)))
        return sympy.S.Zero if node_shape == SCALAR else _node(cls, node_shape, *_axis_args(node_shape))


class Ones(Tensor):
    def __new__(cls, rows: Any = (), cols: Any = ()) -> Any:
        node_shape = Shape(axis_of(tuple(rows)), axis_of(tuple(cols)))
        return sympy.S.One if node_shape == SCALAR else _node(cls, node_shape, *_axis_args(node_shape))


class Eye(Tensor):
    """The identity on an axis; the number one where the axis is empty."""

    def __new__(cls, axis: Any) -> Any:
        parts = axis_of(tuple(axis))
        return _node(cls, Shape(parts, parts), sympy.Tuple(*parts)) if parts else sympy.S.One


class Commutation(Tensor):
    """The permutation K with K vec(X) = vec(X^T) for X with the given rows and columns."""

    def __new__(cls, rows: Any, cols: Any) -> Any:
        rows, cols = axis_of(tuple(rows)), axis_of(tuple(cols))
        if not rows or not cols:
            return Eye(rows + cols)
        return _node(cls, Shape(rows + cols, cols + rows), sympy.Tuple(*rows), sympy.Tuple(*cols))


# ------------------------------------------------------------------ elementwise


class Plus(Tensor):
    def __new__(cls, *terms: Any) -> Any:
        flat = [t for term in map(expression, terms) for t in (term.args if isinstance(term, Plus) else [term])]
        node_shape = _broadcast("a sum", flat)
        kept = [t for t in flat if not is_zero(t)]
        if all(isinstance(t, sympy.Expr) for t in kept):
            return sympy.Add(*kept) if node_shape == SCALAR else Times(sympy.Add(*kept), Ones(*node_shape))
        if _broadcast("a sum", kept) != node_shape:
            kept.append(Zeros(*node_shape))
        return kept[0] if len(kept) == 1 else _node(cls, node_shape, *kept)


class Times(Tensor):
    """The elementwise product; numbers are gathered in front."""

    def __new__(cls, *factors: Any) -> Any:
        flat = [f for factor in map(expression, factors) for f in (factor.args if isinstance(factor, Times) else [factor])]
        node_shape = _broadcast("an elementwise product", flat)
        number = sympy.Mul(*(f for f in flat if isinstance(f, sympy.Expr)))
        rest = [f for f in flat if not isinstance(f, sympy.Expr)]
        if number == 0 or any(map(is_zero, rest)):
            return Zeros(*node_shape)
        tight = [f for f in rest if not isinstance(f, Ones)]
        if tight and _broadcast("an elementwise product", tight) == node_shape:
            rest = tight
        if len(rest) == 1 and number == -1 and isinstance(rest[0], Plus):
            return Plus(*(Times(-1, term) for term in rest[0].args))
        kept = rest if number == 1 else [number, *rest]
        if not rest:
            return number
        return kept[0] if len(kept) == 1 else _node(cls, node_shape, *kept)


class Power(Tensor):
    """An elementwise power."""

    def __new__(cls, base: Any, exponent: Any) -> Any:
        base, exponent = expression(base), expression(exponent)
        if isinstance(base, sympy.Expr):
            return sympy.Pow(base, exponent)
        if not isinstance(exponent, sympy.Expr):
            raise ShapeError("an exponent", shape_of(exponent), SCALAR)
        if exponent == 0:
            return Ones(*base.shape)  # type: ignore[attr-defined]
        return base if exponent == 1 else _node(cls, shape_of(base), base, exponent)


class Apply(Tensor):
    """A function of an expression, or (order 1) its derivative there; the shape is the argument's."""

    def __new__(cls, function: FunctionSymbol, argument: Any, order: Any = 0) -> Any:
        argument = expression(argument)
        return _node(cls, shape_of(argument), function, argument, sympy.Integer(order))

    function = property(lambda self: self.args[0])
    argument = property(lambda self: self.args[1])
    order = property(lambda self: int(self.args[2]))


# ------------------------------------------------------------------ products


class Dot(Tensor):
    """The matrix product, in the order written. Scalars are moved in front as an elementwise factor."""

    def __new__(cls, *factors: Any) -> Any:
        flat, scalars = _product_factors(map(expression, factors))
        if not flat:
            return Times(*scalars)
        for left, right in zip(flat, flat[1:], strict=False):
            if shape_of(left).cols != shape_of(right).rows:
                raise ShapeError("a matrix product", shape_of(left), shape_of(right))
        node_shape = Shape(shape_of(flat[0]).rows, shape_of(flat[-1]).cols)
        if any(map(is_zero, flat)):
            return Zeros(*node_shape)
        kept = [f for f in flat if not isinstance(f, Eye)] or flat[:1]
        product = kept[0] if len(kept) == 1 else _node(cls, node_shape, *kept)
        return Times(*scalars, product) if scalars else product


def _product_factors(factors: Iterable[Basic]) -> tuple[list[Basic], list[Basic]]:
    """Tensor factors in order, and the scalars that were among them or in front of them."""
    flat: list[Basic] = []
    scalars: list[Basic] = []
    for factor in factors:
        if is_scalar(factor):
            scalars.append(factor)
        elif isinstance(factor, Dot):
            flat.extend(factor.args)
        elif isinstance(factor, Times) and isinstance(factor.args[0], sympy.Expr):
            inner, more = _product_factors([Times(*factor.args[1:])])
            flat.extend(inner)
            scalars.extend([factor.args[0], *more])
        else:
            flat.append(factor)
    return flat, scalars


class Transposed(Tensor):
    def __new__(cls, value: Any) -> Any:
        value = expression(value)
        if isinstance(value, sympy.Expr) or is_scalar(value) or isinstance(value, (Diagonal, Eye)):
            return value
        flipped = Shape(*reversed(value.shape))
        if isinstance(value, Transposed):
            return value.args[0]
        if isinstance(value, (Zeros, Ones)):
            return value.func(*flipped)
        if isinstance(value, Dot):
            return Dot(*(Transposed(f) for f in reversed(value.args)))
        if isinstance(value, (Plus, Times, Kron)):
            return value.func(*map(Transposed, value.args))
        return _node(cls, flipped, value)


class Diagonal(Tensor):
    """The diagonal matrix of a column (on its axis, compound or not)."""

    def __new__(cls, value: Any) -> Any:
        value = expression(value)
        rows, cols = shape_of(value)
        if cols:
            raise ShapeError("diag", shape_of(value), Shape(rows, ()))
        if not rows:
            return value
        if isinstance(value, (Ones, Zeros)):
            return Eye(rows) if isinstance(value, Ones) else Zeros(rows, rows)
        return _node(cls, Shape(rows, rows), value)


class Kron(Tensor):
    """The Kronecker product; axes are joined, left part first."""

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
        return _node(cls, joined, left, right)


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
        return _node(cls, joined, value)


class Inner(Tensor):
    """The sum of all entries of the elementwise product: trace(A^T B)."""

    def __new__(cls, left: Any, right: Any) -> Any:
        left, right = expression(left), expression(right)
        if shape_of(left) != shape_of(right):
            raise ShapeError("an inner product", shape_of(left), shape_of(right))
        if is_scalar(left):
            return Times(left, right)
        return sympy.S.Zero if is_zero(left) or is_zero(right) else _node(cls, SCALAR, left, right)


class MatrixPower(Tensor):
    def __new__(cls, base: Any, exponent: Any) -> Any:
        base, exponent = expression(base), expression(exponent)
        rows, cols = shape_of(base)
        if rows != cols:
            raise ShapeError("a matrix power", Shape(rows, cols), Shape(rows, rows))
        if not rows:
            return Power(base, exponent)
        if exponent == 0:
            return Eye(rows)
        return base if exponent == 1 else _node(cls, Shape(rows, cols), base, exponent)


# ------------------------------------------------------------------ blocks and entries


class Block(Tensor):
    """A matrix of blocks, given row by row; `Block([a], [x])` stacks two columns."""

    def __new__(cls, *rows: Iterable[Any]) -> Any:
        grid = [sympy.Tuple(*map(expression, row)) for row in rows]
        if len(grid) == 1 and len(grid[0]) == 1:
            return grid[0][0]
        heights = [_common([shape_of(b).rows for b in row], "a row of blocks") for row in grid]
        widths = [_common([shape_of(b).cols for b in col], "a column of blocks") for col in zip(*grid, strict=True)]
        if all(is_zero(block) for row in grid for block in row):
            return Zeros(_stacked(heights), _stacked(widths))
        return _node(cls, Shape(_stacked(heights), _stacked(widths)), *grid)


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
        return _node(cls, node_shape, value, axis, start, stop, sympy.Tuple(*part))


class Entry(Tensor):
    """One entry: an index (from 1) for every size of the rows, then of the columns."""

    def __new__(cls, base: Any, *indices: Any) -> Any:
        base = expression(base)
        rows, cols = shape_of(base)
        if len(indices) != len(rows) + len(cols):
            raise ShapeError(f"an entry with {len(indices)} indices", shape_of(base), SCALAR)
        if is_zero(base):
            return sympy.S.Zero
        return _node(cls, SCALAR, base, *map(expression, indices)) if indices else base


# ------------------------------------------------------------------ sums and products over an index


class SumOver(Tensor):
    """The sum of body for index = low..high; zero when high < low."""

    def __new__(cls, body: Any, index: sympy.Symbol, low: Any, high: Any) -> Any:
        body = expression(body)
        if is_zero(body):
            return body
        return _node(cls, shape_of(body), body, index, expression(low), expression(high))


class ProductOver(Tensor):
    """The ordered product body(high) ... body(low); the identity when high < low."""

    def __new__(cls, body: Any, index: sympy.Symbol, high: Any, low: Any) -> Any:
        body = expression(body)
        rows, cols = shape_of(body)
        if rows != cols:
            raise ShapeError("an ordered product", Shape(rows, cols), Shape(rows, rows))
        return _node(cls, Shape(rows, cols), body, index, expression(high), expression(low))


class PathSum(Tensor):
    """Entry (p, q) of an ordered product of matrices, as a sum over paths of indices.

    `body` is one factor's entry, written with the index functions path[k] and path[k - 1]; the ends of
    the path are fixed: path[high] = p and path[low - 1] = q.
    """

    def __new__(cls, body: Any, path: Any, index: Any, high: Any, low: Any, bound: Any, p: Any, q: Any) -> Any:
        return _node(cls, SCALAR, body, path, index, *map(expression, (high, low, bound, p, q)))


# ------------------------------------------------------------------ derivatives


class Derivative(Tensor):
    """A derivative kept unevaluated, of a quantity `of` by a quantity `by`."""

    of = property(lambda self: self.args[0])
    by = property(lambda self: self.args[1])


def _jacobian_shape(y: Basic, x: Basic) -> Shape:
    return Shape(vec_axis(y), vec_axis(x))


class Total(Derivative):
    """The Jacobian through every path back in time; rows vec(y), columns vec(x)."""

    def __new__(cls, y: Any, x: Any) -> Any:
        return _node(cls, _jacobian_shape(y, x), y, x)


class Immediate(Derivative):
    """The Jacobian with every state of earlier times held constant, same-time quantities eliminated."""

    def __new__(cls, y: Any, x: Any) -> Any:
        return _node(cls, _jacobian_shape(y, x), y, x)


class Gradient(Derivative):
    """The total derivative of a scalar, in the shape of the variable."""

    def __new__(cls, y: Any, x: Any) -> Any:
        if not is_scalar(y):
            raise ShapeError("the gradient of", shape_of(y), SCALAR)
        return _node(cls, shape_of(x), y, x)


class Braced(Tensor):
    """An expression under (or over) a brace that carries a label; its value is the expression's."""

    def __new__(cls, body: Any, label: Any, over: Any = False) -> Any:
        body = expression(body)
        return _node(cls, shape_of(body), body, expression(label), sympy.true if over else sympy.false)


# ------------------------------------------------------------------ walking


def children(node: Basic) -> tuple[Basic, ...]:
    """The sub-expressions of a node (not its name, axes, limits or labels)."""
    if isinstance(node, (Quantity, Zeros, Ones, Eye, Commutation, Derivative)) or not isinstance(node, Tensor):
        return ()
    if isinstance(node, Block):
        return tuple(block for row in node.args for block in row.args)
    if isinstance(node, Apply):
        return (node.argument,)
    if isinstance(node, (Power, MatrixPower, Slice, SumOver, ProductOver, PathSum, Braced, Entry)):
        return node.args[:1]
    return node.args


def with_children(node: Basic, new: Iterable[Basic]) -> Basic:
    """The same node over other sub-expressions."""
    fresh = list(new)
    if isinstance(node, Block):
        supply: Iterator[Basic] = iter(fresh)
        return Block(*([next(supply) for _ in row.args] for row in node.args))  # type: ignore[no-any-return]
    if isinstance(node, Apply):
        return Apply(node.function, fresh[0], node.order)  # type: ignore[no-any-return]
    return node.func(*fresh, *node.args[len(fresh):])  # type: ignore[no-any-return]


def rewrite(node: Basic, rule: Callable[[Basic], Basic]) -> Basic:
    """Apply a rule to every node, innermost first."""
    parts = children(node)
    if parts:
        fresh = [rewrite(part, rule) for part in parts]
        if any(a is not b for a, b in zip(fresh, parts, strict=True)):
            node = with_children(node, fresh)
    return rule(node)


def quantities(node: Basic) -> list[Quantity]:
    """Every quantity that the value of the node depends on, in order of appearance, without repeats."""
    found: dict[Quantity, None] = {}
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Quantity):
            found.setdefault(top)
        stack.extend(reversed(children(top)))
    return list(found)


def at_time(node: Basic, old: sympy.Expr, new: Any) -> Basic:
    """The expression with a time symbol replaced, in every quantity, limit and index."""
    return node.xreplace({old: expression(new)})  # type: ignore[no-any-return]


def check(node: Basic) -> None:
    """The checker of the language: rebuild every node from its parts and compare the shapes.

    Raises ShapeError or TypeError where a node's parts do not fit; tests run it after every pass.
    """
    for part in children(node):
        check(part)
    if not isinstance(node, (Tensor, sympy.Expr)):
        raise TypeError(f"{type(node).__name__} is not a node of the language")
    if isinstance(node, Tensor):
        rebuilt = with_children(node, children(node)) if children(node) else node.func(*node.args)
        if shape_of(rebuilt) != node.shape:
            raise ShapeError(f"a rebuilt {type(node).__name__}", shape_of(rebuilt), node.shape)
