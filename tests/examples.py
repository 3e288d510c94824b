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


def open_functions() -> Recurrence:
    """h_t = f(x_t, h_{t-1}, w), o_t = g(h_t, v, 2 h_{t-1}), L = sum_t l(o_t, y_t): shapes alone are known."""
    b = Builder()
    q = b.quantity
    h, x, o, y = (q(name, n, timed=True) for name, n in zip("hxoy", "nmrr", strict=True))
    f, g, loss = b.function("f", "n"), b.function("g", "r"), b.function(r"\ell")
    b.define(h[t], f(x[t], h[t - 1], q("w", "p")))
    b.define(o[t], g(h[t], q("v"), 2 * h[t - 1]))
    b.define(q("L"), SumOver(loss(o[t], y[t]), t, 1, T))
    return b.recurrence("open functions")


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


def bidirectional() -> Recurrence:
    """One state runs forwards and one backwards over the same input; the output reads both."""
    b = Builder()
    q = b.quantity
    f, g = q(r"\overrightarrow{h}", "n", timed=True), q(r"\overleftarrow{h}", "k", timed=True)
    x, y = q("x", "m", timed=True), q("y", "p", timed=True)
    b.define(f[t], tanh(q("W", "n", "n") @ f[t - 1] + q("U", "n", "m") @ x[t]))
    b.define(g[t], tanh(q("A", "k", "k") @ g[t + 1] + q("B", "k", "m") @ x[t]))
    b.define(y[t], q("V", "p", "n") @ f[t] + q("C", "p", "k") @ g[t])
    b.define(g[T + 1], 0)
    b.define(q("L"), SumOver(Inner(y[t], y[t]), t, 1, T))
    return b.recurrence("bidirectional")


def deep_bidirectional() -> Recurrence:
    """Two such layers: each state of the second reads both of the first."""
    b = Builder()
    q = b.quantity
    sizes = {"f": "n", "g": "k", "F": "q", "G": "r", "x": "m", "y": "p"}
    f, g, F, G, x, y = (q(name, size, timed=True) for name, size in sizes.items())
    b.define(f[t], tanh(q("W_f", "n", "n") @ f[t - 1] + q("U_f", "n", "m") @ x[t]))
    b.define(g[t], tanh(q("W_g", "k", "k") @ g[t + 1] + q("U_g", "k", "m") @ x[t]))
    b.define(
        F[t], tanh(q("W_F", "q", "q") @ F[t - 1] + q("U_F", "q", "n") @ f[t] + q("V_F", "q", "k") @ g[t])
    )
    b.define(
        G[t], tanh(q("W_G", "r", "r") @ G[t + 1] + q("U_G", "r", "n") @ f[t] + q("V_G", "r", "k") @ g[t])
    )
    b.define(y[t], q("C", "p", "q") @ F[t] + q("D", "p", "r") @ G[t])
    b.define(q("L"), SumOver(Inner(y[t], y[t]), t, 1, T))
    return b.recurrence("deep bidirectional")


def gated_bidirectional() -> Recurrence:
    """Two states each way, so that each direction has a stack of its own; one starts from a learned value."""
    b = Builder()
    q = b.quantity
    sizes = {"c": "n", "h": "n", "C": "k", "H": "k", "x": "m", "y": "p"}
    c, h, C, H, x, y = (q(name, size, timed=True) for name, size in sizes.items())
    b.define(c[t], sigmoid(q("W", "n", "n") @ h[t - 1] + q("U", "n", "m") @ x[t]) * c[t - 1] + q("b", "n"))
    b.define(h[t], tanh(c[t]))
    b.define(C[t], sigmoid(q("A", "k", "k") @ H[t + 1] + q("B", "k", "m") @ x[t]) * C[t + 1] + q("d", "k"))
    b.define(H[t], tanh(C[t]))
    b.define(y[t], q("P", "p", "n") @ h[t] + q("Q", "p", "k") @ H[t])
    b.define(C[T + 1], q("s", "k"))
    return b.recurrence("gated bidirectional")


def two_lags_backwards() -> Recurrence:
    """g_t looks two steps later; the output one step; the loss at the first output."""
    b = Builder()
    q = b.quantity
    g, x, y = q("g", "n", timed=True), q("x", "m", timed=True), q("y", "p", timed=True)
    U = q("U", "n", "m")
    b.define(g[t], tanh(q("W_1", "n", "n") @ g[t + 1] + q("W_2", "n", "n") @ g[t + 2] + U @ x[t]))
    b.define(y[t], q("P", "p", "n") @ g[t] + q("Q", "p", "n") @ g[t + 1])
    b.define(q("L"), Inner(y[1], y[1]))
    return b.recurrence("two lags backwards")


BACKWARDS = {
    f.__name__: f for f in (bidirectional, deep_bidirectional, gated_bidirectional, two_lags_backwards)
}
OPEN = {"open_functions": open_functions}
EXAMPLES = {f.__name__: f for f in (elman, two_lags, matrix_state, gated, generic, late_input, odd_losses)}
