r"""What SymPy lacks for scalar notation: derivatives that stay, and an entry of an ordered product.

SymPy's Derivative of a_t by W would be zero, since a_t does not show W; these two kinds keep it, and differ.
"""

from __future__ import annotations

from typing import Any

import sympy

from symbptt.expressions import Quantity


def symbol_of(q: Quantity, indices: tuple[Any, ...] = ()) -> sympy.Expr:
    """A timed quantity is an Indexed, time first; one without time a Symbol, its indices in the name."""
    if q.time is not None:
        return sympy.IndexedBase(q.name)[(q.time, *indices)]
    if not indices:
        return sympy.Symbol(q.name)
    stem = f"{q.name[:-1]}," if "_" in q.name and q.name.endswith("}") else f"{q.name}_{{"
    return sympy.Symbol(f"{stem}{''.join(map(str, indices))}}}")


class KeptDerivative(sympy.Expr):
    """A derivative of one symbol by another, kept as it is; times inside it can be substituted."""

    mark = ""

    def __new__(cls, of: Any, by: Any) -> Any:
        return sympy.S.One if of == by else sympy.Expr.__new__(cls, of, by)

    of = property(lambda self: self.args[0])
    by = property(lambda self: self.args[1])

    def _eval_subs(self, old: Any, new: Any) -> Any:
        """A number put in for a symbol does not change what is differentiated, or by what."""
        return self if old in self.args else None

    def _eval_derivative(self, symbol: Any) -> sympy.Expr:
        return sympy.Derivative(self, symbol, evaluate=False)

    def _latex(self, printer: Any) -> str:
        above, below = map(printer._print, self.args)
        return rf"\frac{{\partial{self.mark} {above}}}{{\partial {below}}}"

    def _symbptt_text(self, printer: Any) -> str:
        above, below = map(printer._print, self.args)
        return f"∂{'⁺' if self.mark else ''}{above}/∂{below}"

    def _sympystr(self, printer: Any) -> str:
        return self._symbptt_text(printer)


class TotalDerivative(KeptDerivative):
    """Through every path back in time."""


class ImmediateDerivative(KeptDerivative):
    """With everything of earlier times held constant."""

    mark = "^{+}"


class OrderedProductEntry(sympy.Expr):
    """Entry (p, q) of matrix(high) ... matrix(low); `doit` multiplies it out where the limits are numbers."""

    def __new__(cls, matrix: Any, index: Any, high: Any, low: Any, p: Any, q: Any) -> Any:
        args = (sympy.ImmutableMatrix(matrix), index, high, low, p, q)
        return sympy.Expr.__new__(cls, *args)

    @property
    def bound_symbols(self) -> list[Any]:
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        matrix, index, *rest = self.args
        free: set[Any] = matrix.free_symbols - {index}
        return free.union(*(part.free_symbols for part in rest))

    def _eval_subs(self, old: Any, new: Any) -> Any:
        return self if old == self.args[1] else None

    def doit(self, **hints: Any) -> sympy.Expr:
        """The entry, multiplied out."""
        matrix, index, high, low, p, q = self.args
        if not (high.is_Integer and low.is_Integer):
            return self
        product = sympy.eye(matrix.rows)
        for k in range(int(low), int(high) + 1):
            product = matrix.xreplace({index: sympy.Integer(k)}) * product
        return product[int(p) - 1, int(q) - 1]

    def _latex(self, printer: Any) -> str:
        matrix, index, high, low, p, q = map(printer._print, self.args)
        return rf"\left[\prod_{{{index}={low}}}^{{{high}}} {matrix}\right]_{{{p}{q}}}"

    def _symbptt_text(self, printer: Any) -> str:
        matrix, index, high, low, p, q = map(printer._print, self.args)
        return f"(Π({index}={low}..{high}) {matrix})[{p},{q}]"

    def _sympystr(self, printer: Any) -> str:
        return self._symbptt_text(printer)
