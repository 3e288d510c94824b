"""The table of functions, each with its derivative: the one place to add a function.

An elementwise function is written once, with operators that NumPy, SymPy and the expression language share.
`slope(x, y)` is its derivative, in terms of the argument x and of the value y = f(x) already at hand.
A function of a whole column (or of every column of a matrix) gives its Jacobian and its pullback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Diagonal,
    Dot,
    Eye,
    FunctionSymbol,
    Inner,
    Kron,
    Ones,
    Power,
    Times,
    Transposed,
    Vec,
    expression,
    shape_of,
    size,
)


@dataclass(frozen=True)
class Elementwise:
    """`sympy(x)` is the function on a SymPy scalar, `slope(x, y)` its derivative, `numpy` its source."""

    latex: str
    sympy: Callable[[Any], Any]
    slope: Callable[[Any, Any], Any]
    numpy: str


@dataclass(frozen=True)
class Columnwise:
    """`numpy` is the function itself along an axis; its source is copied into generated modules.

    `jacobian(x, y)` is the derivative by vec x, `pullback(x, y, g)` carries a scalar's gradient g from y to
    x, `scalar` is the function on one number.
    """

    latex: str
    numpy: Callable[..., Any]
    scalar: Callable[[Any], Any]
    jacobian: Callable[[Any, Any], Basic]
    pullback: Callable[[Any, Any, Any], Basic]


# ------------------------------------------------------------------ the whole-column functions themselves


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log(softmax(x)) along an axis."""
    shifted = x - x.real.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def layer_norm(x: Any, axis: int = -1) -> Any:
    """(x - mean) / sqrt(variance + 1e-5) along an axis (Ba, Kiros and Hinton 2016, equation 4, no gain)."""
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + 1e-5)


# ------------------------------------------------------------------ their derivatives


def _column_sums(x: Basic) -> Basic:
    """The sum of each column: a scalar for one column, else a row, which elementwise operations broadcast."""
    return Dot(Ones((), shape_of(x).rows), x)


def _column_means(x: Basic) -> Basic:
    return _column_sums(x) / size(shape_of(x).rows)


def _column_products(x: Basic, y: Basic) -> Basic:
    """The inner product of each column of x with that of y."""
    return Inner(x, y) if not shape_of(x).cols else _column_sums(Times(x, y))


def _columns_of_ones(x: Basic) -> Basic:
    rows, cols = shape_of(x)
    return Kron(Eye(cols), Ones(rows, rows))


def _deviation(x: Basic) -> Basic:
    """The standard deviation of each column (biased, as layer normalisation has it)."""
    centred = x - _column_means(x)
    return Power(
        _column_products(centred, centred) / size(shape_of(x).rows) + LAYER_NORM_EPSILON, sympy.Rational(1, 2)
    )


LAYER_NORM_EPSILON = sympy.Rational(1, 100000)


def _softmax_jacobian(x: Basic, y: Basic) -> Basic:
    spread = Diagonal(Vec(y))
    if not shape_of(x).cols:
        return spread - Dot(y, Transposed(y))
    return spread - Dot(spread, _columns_of_ones(x), spread)


def _layer_norm_jacobian(x: Basic, y: Basic) -> Basic:
    n = size(shape_of(x).rows)
    ones = _columns_of_ones(x)
    spread = Diagonal(Vec(y))
    outer = Dot(y, Transposed(y)) if not shape_of(x).cols else Dot(spread, ones, spread)
    inner = Eye(shape_of(Vec(x)).rows) - ones / n - outer / n
    return Dot(Diagonal(Vec(Times(Ones(*shape_of(x)), Power(_deviation(x), -1)))), inner)


def _layer_norm_pullback(x: Basic, y: Basic, g: Any) -> Basic:
    return (g - _column_means(g) - y * _column_products(g, y) / size(shape_of(x).rows)) / _deviation(x)


FUNCTIONS: dict[str, Elementwise | Columnwise] = {
    # ------------------------------------------------------------------ elementwise
    "tanh": Elementwise(r"\tanh", sympy.tanh, lambda x, y: 1 - y**2, "np.tanh({x})"),
    "sigmoid": Elementwise(
        r"\sigma",
        lambda x: 1 / (1 + sympy.exp(-x)),
        lambda x, y: y * (1 - y),
        "0.5 * (1 + np.tanh(0.5 * {x}))",
    ),
    "relu": Elementwise(
        r"\operatorname{relu}",
        lambda x: sympy.Piecewise((x, x > 0), (0, True)),
        lambda x, y: FunctionSymbol(r"\mathbf{1}_{>0}", "step")(x),
        "np.where({x} > 0, {x}, 0)",
    ),
    "step": Elementwise(
        r"\mathbf{1}_{>0}",
        lambda x: sympy.Piecewise((1, x > 0), (0, True)),
        lambda x, y: 0 * x,
        "({x} > 0).astype({x}.dtype)",
    ),
    "exp": Elementwise(r"\exp", sympy.exp, lambda x, y: y, "np.exp({x})"),
    "log": Elementwise(r"\log", sympy.log, lambda x, y: x**-1, "np.log({x})"),
    "sqrt": Elementwise(r"\operatorname{sqrt}", sympy.sqrt, lambda x, y: y**-1 / 2, "np.sqrt({x})"),
    "sin": Elementwise(r"\sin", sympy.sin, lambda x, y: FunctionSymbol(r"\cos", "cos")(x), "np.sin({x})"),
    "cos": Elementwise(r"\cos", sympy.cos, lambda x, y: -FunctionSymbol(r"\sin", "sin")(x), "np.cos({x})"),
    "softplus": Elementwise(
        r"\operatorname{softplus}",
        lambda x: sympy.log(1 + sympy.exp(x)),
        lambda x, y: _sigmoid(x),
        "np.logaddexp(0, {x})",
    ),
    "silu": Elementwise(
        r"\operatorname{silu}",
        lambda x: x / (1 + sympy.exp(-x)),
        lambda x, y: _sigmoid(x) + y * (1 - _sigmoid(x)),
        "0.5 * {x} * (1 + np.tanh(0.5 * {x}))",
    ),
    "abs": Elementwise(
        r"\operatorname{abs}",
        lambda x: sympy.Piecewise((x, x > 0), (-x, True)),  # analytic on each side, as complex steps need
        lambda x, y: 2 * FunctionSymbol(r"\mathbf{1}_{>0}", "step")(x) - 1,
        "np.where({x} > 0, {x}, -{x})",
    ),
    # ------------------------------------------------------------------ of a whole column
    "softmax": Columnwise(
        r"\operatorname{softmax}",
        softmax,
        lambda x: sympy.S.One,
        _softmax_jacobian,
        lambda x, y, g: Times(y, g - _column_products(y, g)),
    ),
    "log_softmax": Columnwise(
        r"\operatorname{logsoftmax}",
        log_softmax,
        lambda x: sympy.S.Zero,
        lambda x, y: Eye(shape_of(Vec(x)).rows) - Dot(_columns_of_ones(x), Diagonal(Vec(_exp(y)))),
        lambda x, y, g: g - Times(_exp(y), _column_sums(g)),
    ),
    "layer_norm": Columnwise(
        r"\operatorname{LN}",
        layer_norm,
        lambda x: sympy.S.Zero,
        _layer_norm_jacobian,
        _layer_norm_pullback,
    ),
}

# What people write for each; the reader looks names up here.
SPELLINGS: dict[str, str] = {
    **{key: key for key in FUNCTIONS},
    "sigma": "sigmoid", "sigm": "sigmoid", "logistic": "sigmoid", "ln": "log", "ReLU": "relu",
    "logsoftmax": "log_softmax", "layernorm": "layer_norm", "LayerNorm": "layer_norm", "LN": "layer_norm",
    "SiLU": "silu", "swish": "silu",
}  # fmt: skip


def _sigmoid(x: Basic) -> Basic:
    return FunctionSymbol(r"\sigma", "sigmoid")(x)


def _exp(y: Basic) -> Basic:
    return FunctionSymbol(r"\exp", "exp")(y)


def function(key: str, name: str | None = None) -> FunctionSymbol:
    """The symbol of a function of the table, printed under its own name or the one given."""
    return FunctionSymbol(name or FUNCTIONS[key].latex, key)


def entry(symbol: FunctionSymbol) -> Elementwise | Columnwise | None:
    """The table's entry; None for a generic function and for one defined by a formula."""
    meaning = symbol.meaning
    return FUNCTIONS[meaning] if isinstance(meaning, str) and meaning else None


def is_columnwise(symbol: FunctionSymbol) -> bool:
    """Whether the function takes a whole column at once."""
    return isinstance(entry(symbol), Columnwise)


def slope(application: Basic, value: Basic | None = None) -> Basic:
    """The derivative of an elementwise application at its argument, in its shape.

    `value` names the application's value where it has a name already (a_t for tanh(f_t)), so that the
    derivative can be written with it. A generic function keeps its prime.
    """
    symbol, x, order = application.function, application.argument, application.order
    y = application if value is None else value
    known = entry(symbol)
    if isinstance(known, Columnwise):
        raise TypeError(f"{symbol.name} is a function of a whole column: it has a Jacobian, not a slope")
    if known is not None and order == 0:
        return _shaped(known.slope(x, y), x)
    if isinstance(symbol.meaning, sympy.Lambda):
        return _slope_of_formula(symbol.meaning, x, y, order)
    return Apply(symbol, x, order + 1)


def prime(application: Basic) -> Basic:
    """The derivative of an application left as f'(x), for later steps to work out."""
    return Apply(application.function, application.argument, application.order + 1)


def _shaped(value: Any, like: Basic) -> Basic:
    """A constant slope as a constant of the argument's shape."""
    value = expression(value)
    return value if shape_of(value) == shape_of(like) else Times(value, Ones(*shape_of(like)))


def _slope_of_formula(formula: sympy.Lambda, x: Basic, y: Basic, order: int) -> Basic:
    (variable,) = formula.variables
    derived = sympy.diff(formula.expr, variable, order + 1)
    return _shaped(from_sympy(derived, {variable: x}), x)


def from_sympy(scalar: sympy.Expr, values: dict[sympy.Symbol, Basic]) -> Any:
    """A SymPy scalar formula applied elementwise to expressions."""
    if scalar in values:
        return values[scalar]
    if not scalar.free_symbols & set(values):
        return scalar
    if isinstance(scalar, sympy.Piecewise):
        return _either(scalar, values)
    parts = [from_sympy(part, values) for part in scalar.args]
    if scalar.is_Add:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total
    if scalar.is_Mul:
        return Times(*parts)
    if scalar.is_Pow:
        return Power(*parts)
    key = SPELLINGS.get(type(scalar).__name__)
    if key is None:
        raise TypeError(f"no rule for {type(scalar).__name__} in a function's formula")
    return Apply(function(key), parts[0])


def _either(scalar: sympy.Piecewise, values: dict[sympy.Symbol, Basic]) -> Any:
    """A function of the table, or a formula for what is positive and one for the rest: b + 1_{>0} (a - b)."""
    above, where = scalar.args[0]
    below, other = scalar.args[-1]
    if len(scalar.args) != 2 or other != sympy.true or not isinstance(where, STRICT):
        raise TypeError(f"no rule for {scalar} in a function's formula")
    split = where.gts - where.lts
    at = from_sympy(split, values)
    for key in ("abs", "relu", "step"):
        known = FUNCTIONS[key]
        if isinstance(known, Elementwise) and scalar == known.sympy(split):
            return Apply(function(key), at)
    step = Apply(function("step"), at)
    return from_sympy(below, values) + from_sympy(above - below, values) * step


STRICT = (sympy.StrictGreaterThan, sympy.StrictLessThan)


def as_sympy_function(symbol: FunctionSymbol, order: int = 0) -> Callable[[Any], Any]:
    """The function on SymPy scalars; generic functions stay undefined functions."""
    known, meaning = entry(symbol), symbol.meaning
    x = sympy.Dummy("x")
    if isinstance(meaning, sympy.Lambda):
        body = meaning(x)
    elif known is None:
        body = sympy.Function(symbol.name)(x)
    else:
        body = known.sympy(x) if isinstance(known, Elementwise) else known.scalar(x)
    derived = sympy.diff(body, x, order) if order else body
    return lambda value: derived.subs(x, value) if order else derived.xreplace({x: value})
