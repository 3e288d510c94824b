"""SymPy numbers (sizes, times, constants) as Python source."""

from __future__ import annotations

import re
from collections.abc import Callable

import sympy
from sympy.printing.pycode import PythonCodePrinter

from symbptt.programs.source.code import Code, Level


class _Printer(PythonCodePrinter):
    """Plain Python, so that no number of NumPy's own type widens float32 arrays."""

    def __init__(self, name: Callable[[str], str]) -> None:
        super().__init__({"fully_qualified_modules": True})
        self._name = name

    def _print_Symbol(self, symbol: sympy.Symbol) -> str:
        return self._name(symbol.name)

    def _print_Rational(self, number: sympy.Rational) -> str:
        return str(float(number)) if is_short(number) else f"{number.p}/{number.q}"


def is_short(number: sympy.Expr) -> bool:
    """Whether a number is exactly a decimal that is written shortly."""
    if not isinstance(number, sympy.Rational):
        return False
    text = str(float(number))
    return len(text) < 9 and "e" not in text and sympy.Rational(text) == number


def scalar(value: sympy.Expr, name: Callable[[str], str]) -> Code:
    """A SymPy scalar as source; `name` gives the variable of a size."""
    text = _Printer(name).doprint(value)
    if "Not supported" in text:
        raise TypeError(f"no Python source for {type(value).__name__}")
    return Code(spaced(text), _level(value))


def spaced(text: str) -> str:
    """SymPy's source with spaces around * and /."""
    return re.sub(r"(?<!\*)([*/])(?!\*)", r" \1 ", text)


def _level(value: sympy.Expr) -> Level:
    if value.is_Add:
        return Level.SUM
    if value.is_Mul or (value.is_Rational and not value.is_Integer and not is_short(value)):
        return Level.PRODUCT
    if value.could_extract_minus_sign():
        return Level.SIGN
    return Level.POWER if value.is_Pow and value.exp != sympy.Rational(1, 2) else Level.ATOM
