"""Recurrences that the tests share, built without LaTeX. None of them is known to the package."""

from __future__ import annotations

import sympy

from symbptt.expressions import Block, Dot, FunctionSymbol, Inner, SumOver, Transposed
from symbptt.functions import function
from symbptt.recurrence import Builder, Recurrence, T, t

tanh, sigmoid, softmax, log = (function(key) for key in ("tanh", "sigmoid", "softmax", "log"))


def elman(initial_zero: bool = False) -> Recurrence:
    """a_t = S(W_aa a_{t-1} + W_ax x_t + b), y_t = softmax(W_ya a_t + b_y), L = -sum_t d_t^T log y_t."""
    b = Builder()
    q = b.quantity
    a, x, y, d = (q(n, s, timed=True) for n, s in (("a", "n"), ("x", "m"), ("y", "p"), ("d", "p")))
    s = FunctionSymbol("S", "sigmoid")
    b.define(a[t], s(q("W_{aa}", "n", "n") @ a[t - 1] + q("W_{ax}", "n", "m") @ x[t] + q("b", "n")))
    b.define(y[t], softmax(q("W_{ya}", "p", "n") @ a[t] + q("b_{y}", "p")))
    b.define(q("L"), -SumOver(Dot(Transposed(d[t]), log(y[t])), t, 1, T))
    if initial_zero:
        b.define(a[0], 0)
    return b.recurrence("elman")


def two_lags() -> Recurrence:
    """h_t = tanh(W_1 h_{t-1} + W_2 h_{t-2} + U x_t)."""
    b = Builder()
    q = b.quantity
    h, x = q("h", "n", timed=True), q("x", "m", timed=True)
    b.define(
        h[t],
        tanh(q("W_{1}", "n", "n") @ h[t - 1] + q("W_{2}", "n", "n") @ h[t - 2] + q("U", "n", "m") @ x[t]),
    )
    return b.recurrence("two lags")


def matrix_state() -> Recurrence:
    """S_t = lambda S_{t-1} + v_t k_t^T, v_t = V x_t, k_t = tanh(K x_t)."""
    b = Builder()
    q = b.quantity
    s, v, k, x = (
        q("S", "n", "p", timed=True),
        q("v", "n", timed=True),
        q("k", "p", timed=True),
        q("x", "m", timed=True),
    )
    b.define(s[t], q(r"\lambda") * s[t - 1] + v[t] @ k[t].T)
    b.define(v[t], q("V", "n", "m") @ x[t])
    b.define(k[t], tanh(q("K", "p", "m") @ x[t]))
    return b.recurrence("matrix state")


def gated() -> Recurrence:
    """Two states and four gates over the concatenation [a_{t-1}; x_t] (Hochreiter and Schmidhuber 1997)."""
    b = Builder()
    q = b.quantity
    n, m = sympy.symbols("n m", integer=True, positive=True)
    a, c, x = q("a", "n", timed=True), q("c", "n", timed=True), q("x", "m", timed=True)
    gates = {}
    for name, f in (("f", sigmoid), ("u", sigmoid), ("o", sigmoid), ("g", tanh)):
        gates[name] = q(rf"\Gamma_{{{name}}}", "n", timed=True)
        b.define(
            gates[name][t],
            f(q(f"W_{{{name}}}", "n", n + m) @ Block([a[t - 1]], [x[t]]) + q(f"b_{{{name}}}", "n")),
        )
    b.define(c[t], gates["f"][t] * c[t - 1] + gates["u"][t] * gates["g"][t])
    b.define(a[t], gates["o"][t] * tanh(c[t]))
    return b.recurrence("gated")


def generic() -> Recurrence:
    """h_t = f(w o h_{t-1} + x_t) with a generic f, and h_0 = s learned."""
    b = Builder()
    q = b.quantity
    h, x = q("h", "n", timed=True), q("x", "n", timed=True)
    b.define(h[t], FunctionSymbol("f")(q("w", "n") * h[t - 1] + x[t]))
    b.define(h[0], q("s", "n"))
    return b.recurrence("generic")


def late_input() -> Recurrence:
    """Peephole and a delayed input: o_t sees c_t, and c_t sees x_{t-1}; the output mixes them."""
    b = Builder()
    q = b.quantity
    c, o, y, x = (
        q("c", "n", timed=True),
        q("o", "n", timed=True),
        q("y", "n", timed=True),
        q("x", "m", timed=True),
    )
    b.define(c[t], tanh(q("A", "n", "n") @ c[t - 1] + q("B", "n", "m") @ x[t - 1] + q("C", "n", "m") @ x[t]))
    b.define(o[t], sigmoid(q("p", "n") * c[t] + q("D", "n", "m") @ x[t]))
    b.define(y[t], o[t] * tanh(c[t]))
    return b.recurrence("late input")


def odd_losses() -> Recurrence:
    """A loss that looks back, and at the last step: L = sum_{t=2}^T h_t^T h_{t-1} + |h_T|^2 / 2."""
    b = Builder()
    q = b.quantity
    h, x = q("h", "n", timed=True), q("x", "m", timed=True)
    b.define(h[t], tanh(q("W", "n", "n") @ h[t - 1] + q("U", "n", "m") @ x[t]))
    pairs = SumOver(Dot(Transposed(h[t]), h[t - 1]), t, 2, T)
    b.define(q("L"), pairs + Inner(h[T], h[T]) / 2)
    return b.recurrence("odd losses")


EXAMPLES = {f.__name__: f for f in (elman, two_lags, matrix_state, gated, generic, late_input, odd_losses)}
