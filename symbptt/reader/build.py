"""From terms whose shapes are known to expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Diagonal,
    Dot,
    Entry,
    Eye,
    Gradient,
    Immediate,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    Plus,
    Power,
    ProductOver,
    Quantity,
    Shape,
    ShapeError,
    SumOver,
    Times,
    Total,
    Transposed,
    Vec,
    Zeros,
    is_scalar,
    shape_of,
    size,
)
from symbptt.expressions import Block as BlockMatrix
from symbptt.functions import is_columnwise
from symbptt.reader import sizes as variables
from symbptt.reader.shapes import Typing
from symbptt.reader.terms import (
    Call,
    Constant,
    Element,
    Flipped,
    Literal,
    Multiplied,
    Negated,
    Partial,
    Product,
    Quotient,
    Raised,
    Special,
    Stack,
    Sum,
    Summed,
    Symbol,
    Term,
    Together,
)

DERIVATIVES: dict[str, Callable[..., Basic]] = {"total": Total, "immediate": Immediate, "gradient": Gradient}


@dataclass
class Build:
    """Builds expressions under a typing whose sizes all have values."""

    typing: Typing
    made: dict[str, Quantity] = field(default_factory=dict)

    def axis(self, axis: variables.Axis) -> Axis:
        """The sizes of an axis; those of one are left out."""
        found = (self.typing.sizes.known(variable) for variable in axis)
        return tuple(sympy.expand(part) for part in found if part != 1)

    def shape(self, name: str) -> Shape:
        """The shape of a quantity."""
        rows, cols = self.typing.quantity(name)
        return Shape(self.axis(rows), self.axis(cols))

    def quantity(self, name: str, time: sympy.Expr | None) -> Quantity:
        """A quantity at a time, or without."""
        if name not in self.made:
            self.made[name] = Quantity(name, *self.shape(name))
        return self.made[name] if time is None else self.made[name].at(time)

    def side(self, term: Term, left: Quantity) -> Basic:
        """The right side of an equation; a number takes the shape of the left."""
        value = self.expression(term)
        if not isinstance(value, sympy.Expr) or is_scalar(left):
            return value
        return Zeros(*left.shape) if value == 0 else Times(value, Ones(*left.shape))

    def expression(self, term: Term) -> Basic:
        """The expression of a term."""
        return RULES[type(term)](self, term)

    def both(self, term: Sum | Product | Quotient) -> tuple[Basic, Basic]:
        """The two sides of a binary term."""
        return self.expression(term.left), self.expression(term.right)

    def product(self, term: Product) -> Basic:
        left, right = self.both(term)
        match self.typing.kinds[term]:
            case "dot":
                return _dot(left, right)
            case "kron":
                return Kron(left, right)
            case "inner":
                return Inner(left, right)
            case "times":
                return Times(left, right)
        raise TypeError(f"no product of kind {self.typing.kinds[term]}")

    def call(self, term: Call) -> Basic:
        """A function of every column works on rows by way of transposes."""
        argument = self.expression(term.argument)
        rows, cols = shape_of(argument)
        if is_columnwise(term.function) and cols and (self.typing.rows or not rows):
            return Transposed(Apply(term.function, Transposed(argument), term.order))
        return Apply(term.function, argument, term.order)

    def together(self, term: Together) -> Basic:
        """A function of columns works on rows by way of transposes."""
        arguments = [self.expression(argument) for argument in term.rows[0]]
        columns = [Transposed(argument) if self.typing.rows else argument for argument in arguments]
        value = Joint(term.function.symbol, 0, term.function.codomain, *columns)
        return Transposed(value) if self.typing.rows else value

    def raised(self, term: Raised) -> Basic:
        base = self.expression(term.base)
        return (MatrixPower if self.typing.kinds.get(term) == "matrix" else Power)(base, term.exponent)

    def special(self, term: Special) -> Basic:
        if (
            term.kind == "trace"
            and isinstance(term.operand, Product)
            and isinstance(term.operand.left, Flipped)
        ):
            left, right = self.both(term.operand)
            return Inner(Transposed(left), right)
        value = self.expression(term.operand)
        rows, _ = shape_of(value)
        match term.kind:
            case "diag":
                return Diagonal(value if rows else Transposed(value))
            case "vec":
                return Vec(value)
            case "trace":
                return Inner(Eye(rows), value)
            case "squares":
                return Inner(value, value)
        raise TypeError(f"no rule for {term.kind}")

    def stack(self, term: Stack) -> Basic:
        grid = [[self.expression(block) for block in row] for row in term.rows]
        if term.free and self.typing.kinds[term] == "upright":
            grid = [[block] for block in grid[0]]
        return BlockMatrix(*grid)

    def constant(self, term: Constant) -> Basic:
        rows, cols = self.shape(term.name)
        return Eye(rows) if term.kind == "eye" else Ones(rows, cols)

    def summed(self, term: Summed) -> Basic:
        low, high = term.low, term.high
        if high is None:
            axis = self.axis((self.typing.axes[term.index],))
            low, high = low or sympy.Integer(1), size(axis)
        return SumOver(self.expression(term.body), term.index, low or 1, high)

    def multiplied(self, term: Multiplied) -> Basic:
        return ProductOver(self.expression(term.body), term.index, term.high, term.low)

    def partial(self, term: Partial) -> Basic:
        of, by = self.expression(term.of), self.expression(term.by)
        return _by_argument(of, by) if isinstance(of, Joint) else DERIVATIVES[term.kind](of, by)


def _by_argument(value: Joint, by: Basic) -> Basic:
    """The Jacobian of an open function by one of its arguments; of a number by o^T a row, by o a column.

    An argument may be given by its number too. Raises ShapeError for what is no argument, or stands twice.
    """
    if isinstance(by, sympy.Integer):
        return value.differentiated(int(by))
    for variable in (by, Transposed(by)):
        if value.arguments.count(variable) == 1:
            jacobian = value.differentiated(value.arguments.index(variable) + 1)
            return Transposed(jacobian) if is_scalar(value) and variable == by else jacobian
    raise ShapeError(f"the derivative of {value.function.name}", shape_of(by), shape_of(value))


def _dot(left: Basic, right: Basic) -> Basic:
    """A matrix product with the scalar factors of both sides in front."""
    scalars: list[Basic] = []
    tensors: list[Basic] = []
    for side in (left, right):
        factors = side.args if isinstance(side, Times) else (side,)
        scalars += [f for f in factors if is_scalar(f)]
        tensors.append(Times(*(f for f in factors if not is_scalar(f))))
    product = Dot(*tensors)
    return Times(*scalars, product) if scalars else product


RULES: dict[type[Term], Callable[..., Basic]] = {
    Literal: lambda build, term: term.value,
    Symbol: lambda build, term: build.quantity(term.name, term.time),
    Constant: Build.constant,
    Call: Build.call,
    Together: Build.together,
    Negated: lambda build, term: Times(-1, build.expression(term.operand)),
    Sum: lambda build, term: Plus(*build.both(term)),
    Product: Build.product,
    Quotient: lambda build, term: Times(build.expression(term.left), Power(build.expression(term.right), -1)),
    Raised: Build.raised,
    Flipped: lambda build, term: Transposed(build.expression(term.operand)),
    Special: Build.special,
    Stack: Build.stack,
    Element: lambda build, term: Entry(build.expression(term.base), *term.indices),
    Summed: Build.summed,
    Multiplied: Build.multiplied,
    Partial: Build.partial,
}
