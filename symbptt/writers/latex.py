r"""LaTeX of expressions: SymPy's LatexPrinter with a method for each node of the language.

Conventions: juxtaposition is the matrix product, \odot the elementwise product, \otimes Kronecker's; an
ordered product \prod_{k=i}^{t} has the factor of the latest index leftmost; \partial is a total derivative
and \partial^{+} an immediate one; a Jacobian of or by a matrix shows its vec, and the Jacobian of a scalar (a
row) shows the transpose of its variable, while a gradient (in its variable's shape) shows neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from symbptt.expressions import (
    Apply,
    Axis,
    Derivative,
    Entry,
    Joint,
    Ones,
    Power,
    ProductOver,
    Quantity,
    Shape,
    SumOver,
    Times,
    is_scalar,
    shape_of,
    size,
)
from symbptt.writers.levels import Level, is_fraction, is_negative, is_reciprocal, is_tall, level, split_sign
from symbptt.writers.names import TIME_STYLES, name_parts
from symbptt.writers.partials import entry_of_derivative, fraction, is_gradient_turned, joint


def latex(node: Basic, time_style: str = "subscript") -> str:
    """The LaTeX of an expression, for mathematics mode; raises TypeError for a type that is not written.

    `time_style` is subscript (a_{t}), angle (a^{<t>}) or paren (a^{(t)}); KeyError for another.
    """
    return ExpressionPrinter(time_style).doprint(node)


class ExpressionPrinter(LatexPrinter):
    """One method a node; `_at` puts brackets around what binds less tightly than its place needs."""

    def __init__(self, time_style: str = "subscript") -> None:
        super().__init__()
        self.time_style = TIME_STYLES[time_style]
        self._in_script = False

    def doprint(self, expr: Basic) -> str:
        return str(self._print(expr))

    def emptyPrinter(self, expr: Any) -> str:
        raise TypeError(f"there is no LaTeX for {type(expr).__name__}")

    def _print_Tensor(self, node: Basic) -> str:
        """A node without a method; SymPy has a Tensor of its own."""
        return self.emptyPrinter(node)

    def _at(self, node: Basic, needed: Level) -> str:
        if level(node) >= needed:
            return str(self._print(node))
        if type(node).__name__ == "Braced":  # the brackets belong inside the brace
            return self._brace(node, self._bracketed(node.args[0]))
        return self._bracketed(node)

    def operand(self, node: Basic, needed: Level) -> str:
        """A node as an operand: in brackets where it binds less tightly than needed."""
        return self._at(node, needed)

    def _bracketed(self, node: Basic) -> str:
        return rf"\left({self._print(node)}\right)"

    def _called(self, argument: Basic) -> str:
        """The argument of a function in its brackets, which grow only where they must."""
        return self._bracketed(argument) if is_tall(argument) else f"({self._print(argument)})"

    def _sequence(self, factors: Sequence[Basic], needed: Level) -> list[str]:
        """Factors of a product; the last may be a sum or product over an index without brackets."""
        *first, last = factors
        return [
            *(self._at(f, needed) for f in first),
            self._at(last, Level.BIG if level(last) == Level.BIG else needed),
        ]

    # -------------------------------------------------------------- names

    def scripted(self, q: Quantity, indices: str = "", mark: str = "") -> str:
        r"""A quantity with its time, its indices, and a mark such as \top in the superscript."""
        base, sub, sup = name_parts(q.name)
        below, above = (
            [[], []] if q.time is None else [place(self._script(q.time)) for place in self.time_style]
        )
        subs = [part for part in (sub, *below, indices) if part]
        sups = "".join(part for part in (sup, *above, mark) if part)
        return base + (f"_{{{','.join(subs)}}}" if subs else "") + (f"^{{{sups}}}" if sups else "")

    def _has_superscript(self, node: Basic) -> bool:
        if isinstance(node, Entry):
            node = node.args[0]
        return isinstance(node, Quantity) and bool(
            name_parts(node.name).sup or (node.time is not None and self.time_style[1](""))
        )

    def indices(self, places: Sequence[Basic]) -> str:
        """Indices side by side where each is one letter, else separated."""
        found = list(places)
        letters = [isinstance(i, sympy.Symbol) and len(i.name) == 1 for i in found]
        paths = [isinstance(i, AppliedUndef) for i in found]
        joint = "" if all(letters) else " " if all(paths) else ","
        return joint.join(self._index(i) for i in found)

    def _index(self, place: Basic) -> str:
        if isinstance(place, AppliedUndef):  # a path of indices, j(k) for j_k
            return f"{place.func.__name__}_{{{self._script(place.args[0])}}}"
        return self._script(place)

    def _script(self, node: Basic, needed: Level = Level.SUM) -> str:
        """A time, an index or a limit: set without spaces."""
        outside, self._in_script = self._in_script, True
        text = self._at(node, needed)
        self._in_script = outside
        return text

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        """A SymPy sum, its positive terms first."""
        text = ""
        for term in sorted(self._as_ordered_terms(expr, order), key=is_negative):
            minus, magnitude = split_sign(term)
            sign = "-" if minus else "+" if text else ""
            gap = " " if text and not self._in_script else ""
            text += gap + sign + gap + self._at(magnitude, Level.BIG)
        return text

    def _print_Quantity(self, node: Quantity) -> str:
        return self.scripted(node)

    def _print_FunctionSymbol(self, node: Any) -> str:
        return str(node.name)

    # -------------------------------------------------------------- constants

    def axis(self, axis: Axis, needed: Level = Level.SUM) -> str:
        """The length of an axis; its parts in their order where it is compound."""
        if all(part.is_Integer for part in axis):
            return str(size(axis))
        return " ".join(self._script(part, needed if len(axis) == 1 else Level.PRODUCT) for part in axis)

    def by(self, shape: Shape) -> str:
        r"""The size of a matrix: n \times m."""
        return r" \times ".join(self.axis(axis, Level.PRODUCT) for axis in shape)

    def _print_Zeros(self, node: Basic) -> str:
        return "0"

    def _print_Ones(self, node: Ones) -> str:
        rows, cols = node.shape
        if not cols:
            return rf"\mathbf{{1}}_{{{self.axis(rows)}}}"
        if not rows:
            return rf"\mathbf{{1}}_{{{self.axis(cols)}}}^{{\top}}"
        return rf"\mathbf{{1}}_{{{self.by(node.shape)}}}"

    def _print_Eye(self, node: Any) -> str:
        return rf"I_{{{self.axis(node.shape.rows)}}}"

    def _print_Commutation(self, node: Basic) -> str:
        rows, cols = (self.axis(tuple(axis.args)) for axis in node.args)
        return f"K_{{{rows},{cols}}}"

    # -------------------------------------------------------------- sums and elementwise products

    def _print_Plus(self, node: Any) -> str:
        shaped = [t for t in node.args if not isinstance(t, Ones) and shape_of(t) == node.shape]
        text = ""
        for n, term in enumerate(node.args):
            minus, magnitude = split_sign(term)
            bare = isinstance(magnitude, Ones) and shaped
            needed = Level.BIG if n or minus else Level.SUM
            written = r"\mathbf{1}" if bare else self._at(magnitude, needed)
            text += (" - " if n else "-") + written if minus else (" + " if n else "") + written
        return text

    def _print_Times(self, node: Times) -> str:
        minus, magnitude = split_sign(node)
        if minus:
            return "-" + self._at(magnitude, Level.BIG)
        scalars = [f for f in node.args if is_scalar(f)]
        tensors = [f for f in node.args if not is_scalar(f)]
        needed = Level.FRACTION if len(tensors) > 1 else Level.PRODUCT
        parts = [self._scalar_product(scalars, last=not tensors)] if scalars else []
        if tensors:
            parts.append(r" \odot ".join(self._sequence(tensors, needed)))
        return (r"\, " if tensors and len(scalars) > 0 and not node.args[0].is_number else " ").join(parts)

    def _scalar_product(self, factors: Sequence[Basic], last: bool) -> str:
        """Scalars side by side; negative powers go below a fraction bar."""
        below = [Power(f.args[0], -f.args[1]) for f in factors if is_reciprocal(f)]
        above = [f for f in factors if not is_reciprocal(f)]
        if below:
            number = above[0] if above and isinstance(above[0], sympy.Rational) else sympy.S.One
            rest = above[1:] if above and isinstance(above[0], sympy.Rational) else above
            top, bottom = ([sympy.Integer(x)] if x != 1 else [] for x in (number.p, number.q))
            return rf"\frac{{{self._beside([*top, *rest])}}}{{{self._beside([*bottom, *below])}}}"
        return self._beside(above, last)

    def _beside(self, factors: Sequence[Basic], last: bool = True) -> str:
        if not factors:
            return "1"
        if len(factors) == 1 and last:
            return str(self._print(factors[0]))
        written = (
            self._sequence(factors, Level.FRACTION)
            if last
            else [self._at(f, Level.FRACTION) for f in factors]
        )
        return " ".join(written)

    def _print_Power(self, node: Any) -> str:
        base, exponent = node.args
        if not is_scalar(node):
            return rf"{self._base(base)}^{{\odot {self._script(exponent)}}}"
        if exponent == sympy.Rational(1, 2):
            return rf"\sqrt{{{self._print(base)}}}"
        if is_fraction(node):
            return rf"\frac{{1}}{{{self._print(Power(base, -exponent))}}}"
        return f"{self._base(base)}^{{{self._script(exponent)}}}"

    def _base(self, base: Basic) -> str:
        return self._bracketed(base) if self._has_superscript(base) else self._at(base, Level.ATOM)

    def _print_Apply(self, node: Apply) -> str:
        if node.order == 0 and node.function.meaning == "sqrt" and is_scalar(node):
            return rf"\sqrt{{{self._print(node.argument)}}}"
        primes = "'" * node.order
        return f"{self._print(node.function)}{primes}{self._called(node.argument)}"

    def _print_Joint(self, node: Joint) -> str:
        return joint(self, node)

    # -------------------------------------------------------------- matrix products

    def _print_Dot(self, node: Basic) -> str:
        return r"\, ".join(self._sequence(node.args, Level.FRACTION))

    def _print_Kron(self, node: Basic) -> str:
        return r" \otimes ".join(self._at(part, Level.FRACTION) for part in node.args)

    def _print_Transposed(self, node: Basic) -> str:
        return self._transposed(node.args[0])

    def _transposed(self, value: Basic) -> str:
        if isinstance(value, Quantity):
            return self.scripted(value, mark=r"\top")
        if is_gradient_turned(value):
            return joint(self, value, turned=True)
        return rf"{self._at(value, Level.CALL)}^{{\top}}"

    def _print_MatrixPower(self, node: Basic) -> str:
        base, exponent = node.args
        scripted = isinstance(base, Quantity) and base.name != name_parts(base.name).base
        shown = self._bracketed(base) if scripted else self._base(base)
        return f"{shown}^{{{self._script(exponent)}}}"

    def _call(self, name: str, node: Basic) -> str:
        return rf"\operatorname{{{name}}}{self._called(node.args[0])}"

    def _print_Diagonal(self, node: Basic) -> str:
        return self._call("diag", node)

    def _print_Vec(self, node: Basic) -> str:
        return self._call("vec", node)

    def _print_Inner(self, node: Basic) -> str:
        left, right = (self._print(part) for part in node.args)
        return rf"\left\langle {left}, {right}\right\rangle"

    # -------------------------------------------------------------- arrangements

    def _print_Block(self, node: Basic) -> str:
        rows = r" \\ ".join(" & ".join(str(self._print(block)) for block in row.args) for row in node.args)
        return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"

    def _print_Slice(self, node: Any) -> str:
        value, axis, start, stop = node.args[:4]
        part = f"{self._script(start + 1)}:{self._script(stop)}"
        other = shape_of(value)[1 - int(axis)]
        return self._indexed(value, part if not other else f"{part},:" if axis == 0 else f":,{part}")

    def _indexed(self, value: Basic, indices: str) -> str:
        if isinstance(value, Quantity):
            return self.scripted(value, indices)
        if isinstance(value, Apply):
            return f"{self._print(value)}_{{{indices}}}"
        return rf"\left[{self._print(value)}\right]_{{{indices}}}"

    def _print_Entry(self, node: Any) -> str:
        base, *places = node.args
        if isinstance(base, Derivative) and isinstance(base.of, Quantity) and isinstance(base.by, Quantity):
            return entry_of_derivative(self, base, places)
        if isinstance(base, Joint):
            return joint(self, base, places)
        return self._indexed(base, self.indices(places))

    # -------------------------------------------------------------- over an index

    def _over(self, operator: str, body: Basic, index: Basic, low: Basic, high: Basic) -> str:
        limits = f"_{{{self._index(index)}={self._script(low)}}}^{{{self._script(high)}}}"
        return f"{operator}{limits} {self._at(body, Level.BIG)}"

    def _print_SumOver(self, node: SumOver) -> str:
        return self._over(r"\sum", *node.args)

    def _print_ProductOver(self, node: ProductOver) -> str:
        body, index, high, low = node.args
        return self._over(r"\prod", body, index, low, high)

    def _print_Sum(self, expr: Any) -> str:
        return self._over(r"\sum", expr.function, *expr.limits[0])

    def _print_Product(self, expr: Any) -> str:
        return self._over(r"\prod", expr.function, *expr.limits[0])

    def _print_PathSum(self, node: Any) -> str:
        body, _, index, high, low, bounds, p, q = node.args
        sums, ends = "", []
        for path, bound, end, start in zip(node.paths, bounds, p, q, strict=True):
            first, last = (self._index(path(k)) for k in (low, high - 1))
            inner = first if first == last else rf"{first},\dots,{last}"
            sums += rf"\sum_{{{inner}=1}}^{{{self._script(bound)}}} "
            ends += [
                f"{self._index(path(high))}={self._index(end)}",
                f"{self._index(path(low - 1))}={self._index(start)}",
            ]
        fixed = r",\ ".join(ends)
        return rf"\left.{sums}{self._print(ProductOver(body, index, high, low))}\right|_{{{fixed}}}"

    # -------------------------------------------------------------- derivatives

    def _of_jacobian(self, value: Basic, transposed: bool = False) -> str:
        if shape_of(value).cols:
            vec = rf"\operatorname{{vec}} {self._at(value, Level.ATOM)}"
            return rf"({vec})^{{\top}}" if transposed else vec
        return self._transposed(value) if transposed else self._at(value, Level.CALL)

    def _print_Total(self, node: Derivative) -> str:
        row = is_scalar(node.of) and not is_scalar(node.by)
        return fraction(node, self._of_jacobian(node.of), self._of_jacobian(node.by, row))

    _print_Immediate = _print_Total

    def _print_Gradient(self, node: Derivative) -> str:
        return fraction(node, self._at(node.of, Level.CALL), self._at(node.by, Level.CALL))

    # -------------------------------------------------------------- braces, and SymPy's own

    def _brace(self, node: Basic, inside: str) -> str:
        label = self._print(node.args[1])
        return (
            rf"\overbrace{{{inside}}}^{{{label}}}"
            if node.args[2] == sympy.true
            else rf"\underbrace{{{inside}}}_{{{label}}}"
        )

    def _print_Braced(self, node: Basic) -> str:
        return self._brace(node, str(self._print(node.args[0])))

    def _print_Indexed(self, expr: Any) -> str:
        """A timed quantity of scalar notation: time first, then the indices of an entry."""
        time, *places = expr.indices
        return self.scripted(Quantity(expr.base.name, (), (), time), self.indices(places))

    def _helper_print_standard_power(self, expr: Any, template: str) -> str:
        if isinstance(expr.base, sympy.Indexed) and self._has_superscript(
            Quantity(expr.base.base.name, (), (), 0)
        ):
            return template % (self._bracketed(expr.base), self._print(expr.exp))
        return str(super()._helper_print_standard_power(expr, template))

    def _print_KroneckerDelta(self, expr: Any, exp: Any = None) -> str:
        left, right = map(self._index, expr.args)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\mathbf{{1}}_{{{left}={right}}}{power}"
