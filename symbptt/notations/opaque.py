"""Functions of SymPy numbers that stay closed: sigma(x) does not become 1/(1 + exp(-x)) before one asks.

Substituting formulas is what makes symbolic derivatives blow up; here the derivative of sigma(x) is written
with sigma(x) itself, from the table of functions. `rewrite(exp)` opens a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Apply, FunctionSymbol, Plus, Power, Times, expression
from symbptt.functions import Columnwise, as_sympy_function, entry


class ScalarFunction(sympy.Function):
    """A function of one number: `symbol` says which of the table, `order` how often differentiated."""

    nargs = 1
    symbol: FunctionSymbol
    order: int

    @property
    def is_generic(self) -> bool:
        """Whether nothing is known of it but its name."""
        return entry(self.symbol) is None and self.symbol.meaning == ""

    def formula(self) -> sympy.Expr:
        """What it stands for, in SymPy's functions; itself where nothing is known."""
        if self.is_generic:
            return self
        return as_sympy_function(self.symbol, self.order)(self.args[0])

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative: by the table, in terms of the function itself."""
        (x,) = self.args
        known = entry(self.symbol)
        if self.order == 0 and known is not None and not isinstance(known, Columnwise):
            return number(expression(known.slope(x, self)))
        if self.is_generic:
            return function_class(self.symbol, self.order + 1)(x)
        variable = sympy.Dummy("x")
        return sympy.diff(as_sympy_function(self.symbol, self.order)(variable), variable).xreplace(
            {variable: x}
        )

    def _eval_rewrite(self, rule: Any, args: Any, **hints: Any) -> sympy.Expr | None:
        return None if self.is_generic else self.formula()

    def _eval_evalf(self, prec: int) -> sympy.Expr | None:
        return None if self.is_generic else self.formula()._eval_evalf(prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        (x,) = self.args
        grows = not isinstance(x, (sympy.Symbol, sympy.Indexed))
        left, right = (r"\left(", r"\right)") if grows else "()"
        primes = "'" * self.order
        written = f"{self.symbol.name}{primes}{left}{printer._print(x)}{right}"
        return written if exp is None else rf"\left({written}\right)^{{{exp}}}"

    def _symbptt_text(self, printer: Any) -> str:
        return f"{printer._print(self.symbol)}{chr(39) * self.order}({printer._print(self.args[0])})"


@cache
def function_class(symbol: FunctionSymbol, order: int = 0) -> Any:
    """The class of a function's applications to numbers; with numbers inside it, `lambdify` can run it."""
    name = "".join(c for c in symbol.name if c.isalnum()) + "_prime" * order
    made = type(name, (ScalarFunction,), {"symbol": symbol, "order": order})
    if entry(symbol) is not None or symbol.meaning != "":
        x = sympy.Symbol("x")
        made._imp_ = staticmethod(sympy.lambdify(x, as_sympy_function(symbol, order)(x), "numpy"))  # type: ignore[attr-defined]
    return made


def applied(symbol: FunctionSymbol, x: sympy.Expr, order: int = 0) -> sympy.Expr:
    """The function of a number: SymPy's own where it has one of that name, else a closed one."""
    known = entry(symbol)
    if isinstance(known, Columnwise):
        return as_sympy_function(symbol, order)(x)
    if known is not None and order == 0 and symbol.name == known.latex:
        own = known.sympy(x)
        if own.args in ((x,), (x, sympy.S.Half)):  # tanh(x), or the root x**(1/2)
            return own
    return function_class(symbol, order)(x)


class JointFunction(sympy.Function):
    """A generic function of several numbers; `by` lists the arguments (from 1) it is differentiated by."""

    symbol: FunctionSymbol
    by: tuple[int, ...]

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative by an argument, which stays open."""
        return joint_class(self.symbol, tuple(sorted((*self.by, argindex))))(*self.args)

    def _eval_evalf(self, prec: int) -> None:
        return None

    def _written(self, printer: Any, partial: str, fraction: str) -> str:
        """f(x, y), or its derivative: a fraction where every variable is an argument that stands once."""
        inside = ", ".join(map(printer._print, self.args))
        value = f"{printer._print(self.symbol)}({inside})"
        variables = [self.args[place - 1] for place in self.by]
        if not self.by:
            return value
        if not all(isinstance(v, OPEN) and self.args.count(v) == 1 for v in variables):
            return "".join(f"{partial}_{place} " for place in self.by) + value
        order = "" if len(self.by) == 1 else f"^{len(self.by)}"
        below = " ".join(f"{partial} {printer._print(v)}" for v in variables)
        return fraction.format(above=f"{partial}{order} {value}", below=below)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        written = self._written(printer, r"\partial", r"\frac{{{above}}}{{{below}}}")
        return written if exp is None else rf"\left({written}\right)^{{{exp}}}"

    def _symbptt_text(self, printer: Any) -> str:
        return self._written(printer, "∂", "{above}/{below}").replace("∂ ", "∂")


OPEN = (sympy.Symbol, sympy.Indexed)


@cache
def joint_class(symbol: FunctionSymbol, by: tuple[int, ...] = ()) -> Any:
    """The class of a generic function's applications to several numbers, or of a derivative of it."""
    name = "".join(c for c in symbol.name if c.isalnum()) + "".join(f"_by_{place}" for place in by)
    return type(name, (JointFunction,), {"symbol": symbol, "by": by})


def jointly(symbol: FunctionSymbol, arguments: Sequence[sympy.Expr], by: int = 0) -> sympy.Expr:
    """A generic function of several numbers, or (by i) its derivative by the i-th."""
    return joint_class(symbol, (by,) if by else ())(*arguments)


NUMBERS: dict[type, Callable[..., sympy.Expr]] = {Plus: sympy.Add, Times: sympy.Mul, Power: sympy.Pow}


def number(node: Basic) -> sympy.Expr:
    """A sum, product, power or function of SymPy numbers as a SymPy number."""
    if isinstance(node, Apply):
        return applied(node.function, number(node.argument), node.order)
    if type(node) in NUMBERS:
        return NUMBERS[type(node)](*map(number, node.args))
    if isinstance(node, sympy.Expr):
        return node
    raise TypeError(f"not a formula of numbers: {type(node).__name__}")
