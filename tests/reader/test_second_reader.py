"""An independent reader of plain scalar formulas must read them as symbptt does."""

from __future__ import annotations

import pytest
import sympy

from symbptt.notations.scalar import to_sympy
from symbptt.recurrence import Recurrence

second = pytest.importorskip("latex2sympy2_extended", reason="the second reader is not installed")

FORMULAS = [
    r"\frac{1}{1 + e^{-x}}",
    r"x^2 + 3 x",
    r"\tanh(w a + u x + b)",
    r"a (1 - a) w",
    r"\frac{a + b}{w x}",
    r"\frac{a}{b} - \frac{b}{a}",
    r"-x^3 + 2 a x - 7",
    r"\sin(a) \cos(b) + \ln(x)",  # it takes \log for the logarithm to base 10
    r"\sqrt{a^2 + b^2}",
    r"(a + b) (w - u)",
    r"e^{a + b} \cdot x",
    r"0.5 x - 1.25 a",
    r"\tanh(\tanh(a))",
    r"a - (b - (w - x))",
    r"2^{3} a + x^{-2}",
]
LETTERS = {name: sympy.Float(value) for name, value in zip("abuwx", (0.3, 1.7, 0.9, 2.3, 0.6), strict=True)}


def ours(formula: str) -> float:
    text = rf"$a, b, u, w, x \in \mathbb{{R}}$ $$y_t = {formula}$$"
    (equation,) = Recurrence.from_latex(text).steps
    value = to_sympy(equation.right)
    return float(value.subs({s: LETTERS[str(s)] for s in value.free_symbols}).evalf())


def theirs(formula: str) -> float:
    value = second.latex2sympy(formula)
    return float(value.subs({s: LETTERS[str(s)] for s in value.free_symbols}).evalf())


@pytest.mark.parametrize("formula", FORMULAS)
def test_both_readers_agree(formula):
    assert ours(formula) == pytest.approx(theirs(formula), rel=1e-12)


def test_a_planted_difference_is_noticed():
    assert ours(r"a - b") != pytest.approx(theirs(r"b - a"))
