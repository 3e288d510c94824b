"""The base of all nodes, the leaves, and the elementwise and matrix products."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.core.symbol import Str

from symbptt.expressions.shapes import SCALAR, Axis, Shape, ShapeError, axis_of


class Tensor(Basic):
    """A node of the language. `shape` is computed, and checked, when the node is made."""

    __slots__ = ("shape",)
    shape: Shape
    is_commutative = False
    is_symmetric = False  # its transpose is itself
    transposes_inside = False  # its transpose is the same node over transposed parts

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
    """Whether both axes are empty."""
    return shape_of(value) == SCALAR


def is_zero(value: Basic) -> bool:
    """Whether the node is plainly zero."""
    return isinstance(value, Zeros) or value == 0


def vec_axis(value: Basic) -> Axis:
    """The axis of vec(value): columns first, so that the entries run down the columns."""
    rows, cols = shape_of(value)
    return cols + rows


def node(cls: type, node_shape: Shape, *args: Basic) -> Any:
    """Make a node whose shape has been found: for the constructors of the language alone."""
    made = Basic.__new__(cls, *args)
    made.shape = node_shape
    return made


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
        made: Quantity = node(cls, node_shape, Str(str(name)), *_axis_args(node_shape), *timed)
        return made

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    @property
    def time(self) -> sympy.Expr | None:
        return self.args[3] if len(self.args) > 3 else None

    def __getitem__(self, time: Any) -> Quantity:
        return self.at(time)

    def at(self, time: Any) -> Quantity:
        """The same quantity at another time."""
        return Quantity(self.name, *self.shape, time)


class FunctionSymbol(Basic):
    """A function's printed name and its meaning: a key of the table, a SymPy Lambda, or "" when generic."""

    def __new__(cls, name: str | Str, meaning: Any = "") -> FunctionSymbol:
        is_text = isinstance(meaning, (str, Str))
        made: FunctionSymbol = Basic.__new__(cls, Str(str(name)), Str(str(meaning)) if is_text else meaning)
        return made

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    def __call__(self, argument: Any) -> Any:
        return Apply(self, argument)

    @property
    def meaning(self) -> str | sympy.Lambda:
        return str(self.args[1].name) if isinstance(self.args[1], Str) else self.args[1]


class Zeros(Tensor):
    """All entries zero."""

    def __new__(cls, rows: Any = (), cols: Any = ()) -> Any:
        node_shape = Shape(axis_of(tuple(rows)), axis_of(tuple(cols)))
        return sympy.S.Zero if node_shape == SCALAR else node(cls, node_shape, *_axis_args(node_shape))


class Ones(Tensor):
    """All entries one."""

    def __new__(cls, rows: Any = (), cols: Any = ()) -> Any:
        node_shape = Shape(axis_of(tuple(rows)), axis_of(tuple(cols)))
        return sympy.S.One if node_shape == SCALAR else node(cls, node_shape, *_axis_args(node_shape))


class Eye(Tensor):
    """The identity on an axis; the number one where the axis is empty."""

    is_symmetric = True

    def __new__(cls, axis: Any) -> Any:
        parts = axis_of(tuple(axis))
        return node(cls, Shape(parts, parts), sympy.Tuple(*parts)) if parts else sympy.S.One


class Commutation(Tensor):
    """The permutation K with K vec(X) = vec(X^T) for X with the given rows and columns."""

    def __new__(cls, rows: Any, cols: Any) -> Any:
        rows, cols = axis_of(tuple(rows)), axis_of(tuple(cols))
        if not rows or not cols:
            return Eye(rows + cols)
        return node(cls, Shape(rows + cols, cols + rows), sympy.Tuple(*rows), sympy.Tuple(*cols))


# ------------------------------------------------------------------ elementwise


class Plus(Tensor):
    """The sum of terms, an empty axis broadcast; terms keep their order."""

    transposes_inside = True

    def __new__(cls, *terms: Any) -> Any:
        flat = [
            t for term in map(expression, terms) for t in (term.args if isinstance(term, Plus) else [term])
        ]
        node_shape = _broadcast("a sum", flat)
        kept = [t for t in _collected(flat) if not is_zero(t)]
        if all(isinstance(t, sympy.Expr) for t in kept):
            return sympy.Add(*kept) if node_shape == SCALAR else Times(sympy.Add(*kept), Ones(*node_shape))
        if _broadcast("a sum", kept) != node_shape:
            kept.append(Zeros(*node_shape))
        return kept[0] if len(kept) == 1 else node(cls, node_shape, *kept)


def _collected(terms: list[Basic]) -> list[Basic]:
    """Equal terms as one with a number in front, where the first of them stood."""
    counts: dict[Basic, sympy.Expr] = {}
    for term in terms:
        numbered = isinstance(term, Times) and isinstance(term.args[0], sympy.Expr)
        number, rest = (term.args[0], Times(*term.args[1:])) if numbered else (sympy.S.One, term)
        counts[rest] = counts.get(rest, sympy.S.Zero) + number
    if len(counts) == len(terms):
        return terms
    return [Times(number, rest) for rest, number in counts.items()]


class Times(Tensor):
    """The elementwise product; numbers are gathered in front."""

    transposes_inside = True

    def __new__(cls, *factors: Any) -> Any:
        flat = [
            f
            for factor in map(expression, factors)
            for f in (factor.args if isinstance(factor, Times) else [factor])
        ]
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
        return kept[0] if len(kept) == 1 else node(cls, node_shape, *kept)


class Power(Tensor):
    """An elementwise power; a whole power of a power is one power."""

    def __new__(cls, base: Any, exponent: Any) -> Any:
        base, exponent = expression(base), expression(exponent)
        if isinstance(base, Power) and exponent.is_Integer:
            base, exponent = base.args[0], base.args[1] * exponent
        if isinstance(base, sympy.Expr):
            return sympy.Pow(base, exponent)
        if not isinstance(exponent, sympy.Expr):
            raise ShapeError("an exponent", shape_of(exponent), SCALAR)
        if exponent == 0:
            return Ones(*base.shape)
        return base if exponent == 1 else node(cls, shape_of(base), base, exponent)


class Apply(Tensor):
    """A function of an expression, or (order 1) its derivative there; the shape is the argument's."""

    def __new__(cls, function: FunctionSymbol, argument: Any, order: Any = 0) -> Any:
        argument = expression(argument)
        return node(cls, shape_of(argument), function, argument, sympy.Integer(order))

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
        for left, right in itertools.pairwise(flat):
            if shape_of(left).cols != shape_of(right).rows:
                raise ShapeError("a matrix product", shape_of(left), shape_of(right))
        node_shape = Shape(shape_of(flat[0]).rows, shape_of(flat[-1]).cols)
        if any(map(is_zero, flat)):
            return Zeros(*node_shape)
        kept = [f for f in flat if not isinstance(f, Eye)] or flat[:1]
        product = kept[0] if len(kept) == 1 else node(cls, node_shape, *kept)
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
        elif isinstance(factor, Times) and any(map(is_scalar, factor.args)):
            inner, more = _product_factors([Times(*(f for f in factor.args if not is_scalar(f)))])
            flat.extend(inner)
            scalars.extend([*filter(is_scalar, factor.args), *more])
        else:
            flat.append(factor)
    return flat, scalars


class Transposed(Tensor):
    """The transpose, moved inwards to the factors it belongs to."""

    def __new__(cls, value: Any) -> Any:
        value = expression(value)
        if not isinstance(value, Tensor) or is_scalar(value) or value.is_symmetric:
            return value
        flipped = Shape(*reversed(value.shape))
        if isinstance(value, Transposed):
            return value.args[0]
        if isinstance(value, (Zeros, Ones)):
            return value.func(*flipped)
        if isinstance(value, Dot):
            return Dot(*(Transposed(f) for f in reversed(value.args)))
        if value.transposes_inside:
            return value.func(*map(Transposed, value.args))
        return node(cls, flipped, value)
