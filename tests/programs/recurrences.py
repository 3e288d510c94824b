"""Recurrences that try the program generator: odd shapes, losses, functions, names, and some cells."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symbptt.expressions import (
    Block,
    Diagonal,
    Dot,
    Eye,
    FunctionSymbol,
    Inner,
    MatrixPower,
    Ones,
    Power,
    Quantity,
    Slice,
    SumOver,
    Times,
    axis_of,
)
from symbptt.functions import function
from symbptt.recurrence import Builder, Recurrence, T, t
from tests.examples import EXAMPLES

relu, sigmoid, tanh, softmax, layer_norm, softplus, exp, sin = (
    function(key) for key in ("relu", "sigmoid", "tanh", "softmax", "layer_norm", "softplus", "exp", "sin")
)
n, m, half = *sympy.symbols("n m", integer=True, positive=True), sympy.Rational(1, 2)
TRIED: dict[str, Callable[[], Recurrence]] = {}


def tried(define: Callable[[Builder], None]) -> Callable[[Builder], None]:
    """Enter a recurrence by the function that adds its equations."""

    def make() -> Recurrence:
        builder = Builder()
        define(builder)
        return builder.recurrence(define.__name__)

    TRIED[define.__name__] = make
    return define


def timed(*names_and_sizes: str) -> list[Quantity]:
    """Quantities in time: "h n" is a column h of n entries."""
    return [Builder.quantity(*text.split(), timed=True) for text in names_and_sizes]


def plain(*names_and_sizes: str) -> list[Quantity]:
    """Quantities without time."""
    return [Builder.quantity(*text.split()) for text in names_and_sizes]


# ------------------------------------------------------------------ cells


@tried
def gru(b):
    h, x, z, r, c = timed("h n", "x m", "z n", "r n", r"\tilde{h} n")
    for gate in (z, r):
        w, u, bias = plain(f"W_{{{gate.name}}} n m", f"U_{{{gate.name}}} n n", f"b_{{{gate.name}}} n")
        b.define(gate[t], sigmoid(w @ x[t] + u @ h[t - 1] + bias))
    w, u, bias = plain("W n m", "U n n", "b n")
    b.define(c[t], tanh(w @ x[t] + u @ (r[t] * h[t - 1]) + bias))
    b.define(h[t], (1 - z[t]) * h[t - 1] + z[t] * c[t])


@tried
def fed_back_output(b):
    h, x, y = timed("h n", "x m", "y p")
    w, u, bias, v, c = plain("W n m", "U n p", "b n", "V p n", "c p")
    b.define(h[t], sigmoid(w @ x[t] + u @ y[t - 1] + bias))
    b.define(y[t], softmax(v @ h[t] + c))


@tried
def delta_rule(b):
    s, k, v, x, rate, y, query = timed("S n p", "k p", "v n", "x m", r"\beta", "y n", "q p")
    to_k, to_v, to_rate, to_query = plain("K p m", "V n m", "w m", "Q p m")
    b.define(k[t], to_k @ x[t])
    b.define(v[t], to_v @ x[t])
    b.define(rate[t], sigmoid(Dot(to_rate.T, x[t])))
    b.define(query[t], to_query @ x[t])
    kept = Eye(axis_of(["p"])) - rate[t] * (k[t] @ k[t].T)
    b.define(s[t], s[t - 1] @ kept + rate[t] * (v[t] @ k[t].T))
    b.define(y[t], s[t] @ query[t])


@tried
def normalised(b):
    h, x = timed("h n", "x m")
    w, u, g, bias = plain("W n n", "U n m", "g n", "b n")
    b.define(h[t], tanh(g * layer_norm(w @ h[t - 1] + u @ x[t]) + bias))


@tried
def diagonal(b):
    h, x = timed("h n", "x m")
    decay, gain, w = plain(r"\lambda n", "g n", "B n m")
    b.define(h[t], Diagonal(exp(-exp(decay))) @ h[t - 1] + Diagonal(gain) @ w @ x[t])


# ------------------------------------------------------------------ shapes


@tried
def scalar(b):
    h, x = timed("h", "x")
    w, u, bias = plain("w", "u", "b")
    b.define(h[t], tanh(w * h[t - 1] + u * x[t] + bias))
    b.define(h[0], 0)


@tried
def row_vectors(b):
    h, x = Quantity("h", (), (n,), t), Quantity("x", (), (m,), t)
    w, u = plain("W n n", "U m n")
    b.define(h[t], tanh(h[t - 1] @ w + x[t] @ u + Quantity("b", (), (n,))))


@tried
def matrix_input(b):
    s, x = timed("S n n", "X n n")
    a, c = plain("A n n", "C n n")
    b.define(s[t], tanh(a @ s[t - 1] @ x[t] @ c + s[t - 1].T))
    b.define(plain("L")[0], Dot(Ones((), (n,)), s[T], Ones((n,), ())))


@tried
def matrix_softmax(b):
    s, x, y = timed("S n p", "x n", "y p")
    w, r = plain("W n n", "r p")
    b.define(s[t], softmax(w @ s[t - 1] + x[t] @ r.T))
    b.define(y[t], s[t].T @ x[t])


@tried
def stacked_gates(b):
    h, x = timed("h n", "x m")
    z = Quantity("z", (2 * n,), (), t)
    w = Quantity("W", (2 * n,), (n + m + 1,))
    b.define(z[t], w @ Block([h[t - 1]], [x[t]], [sympy.S.One]))
    b.define(h[t], sigmoid(Slice(z[t], 0, 0, n, (n,))) * tanh(Slice(z[t], 0, n, 2 * n, (n,))))


@tried
def block_matrix(b):
    h, x = timed("h n", "x m")
    w, u = plain("W n n", "U n m")
    b.define(h[t], tanh(Dot(Block([w, u]), Block([h[t - 1]], [x[t]])) * Inner(x[t], x[t])))


@tried
def traces_and_powers(b):
    s, x, h = timed("S n n", "x n", "h n")
    (w,) = plain("W n n")
    b.define(s[t], tanh(s[t - 1] * Inner(s[t - 1], Eye((n,))) + x[t] @ x[t].T + Eye((n,))))
    b.define(h[t], tanh(Dot(MatrixPower(w, 3), h[t - 1]) + x[t]))


# ------------------------------------------------------------------ times


@tried
def long_lags(b):
    h, x, v = timed("h n", "x m", "v n")
    to_v, w, s = plain("V n m", "W n n", "s n")
    b.define(v[t], to_v @ x[t])
    b.define(h[t], tanh(h[t - 3] + w @ v[t - 1] + h[t - 1] * v[t]))
    b.define(h[0], s)


@tried
def a_state_divided(b):
    h, x, c = timed("h n", "x n", "c n")
    b.define(h[t], (x[t] + sin(c[t])) / (1 + Power(Inner(h[t - 1], h[t - 1]), half)))
    b.define(c[t], Power(h[t - 2], 3) - 2 * h[t - 1] / 3)


@tried
def no_state(b):
    x, y = timed("x m", "y n")
    b.define(y[t], tanh(plain("W n m")[0] @ x[t]))
    b.define(plain("L")[0], SumOver(Dot(y[t].T, y[t]), t, 1, T))


@tried
def no_input(b):
    (h,) = timed("h n")
    w, v = plain("W n n", "V n n")
    b.define(h[t], tanh(w @ h[t - 1] + v @ h[t - 2]))


@tried
def no_input_and_a_start(b):
    h, d = timed("h n", "d n")
    w, s = plain("W n n", "s n")
    b.define(h[t], tanh(w @ h[t - 1]))
    b.define(h[0], s)
    b.define(plain("L")[0], SumOver(Inner(h[t] - d[t], h[t] - d[t]), t, 1, T))


# ------------------------------------------------------------------ losses


@tried
def last_step(b):
    h, x, y, d = timed("h n", "x m", "y p", "d p")
    w, u, v = plain("W n m", "U n n", "V p n")
    b.define(h[t], relu(w @ x[t] + u @ h[t - 1]))
    b.define(y[t], v @ h[t])
    b.define(plain("L")[0], Times(half, Dot((y[T] - d[T]).T, y[T] - d[T])))


@tried
def mean_with_weight_decay(b):
    h, x, d = timed("h n", "x m", "d n")
    w, u, strength = plain("W n m", "U n n", r"\lambda")
    b.define(h[t], softplus(w @ x[t] + u @ h[t - 1]))
    error = SumOver(Inner(h[t] - d[t], h[t] - d[t]), t, 1, T)
    b.define(plain("L")[0], Times(1 / T, error) + strength * Inner(u, u) + Dot(h[0].T, h[0]))


@tried
def loss_of_every_step(b):
    h, x, d, step = timed("h n", "x m", "d n", "L")
    w, u = plain("W n m", "U n n")
    k = sympy.Symbol("k", integer=True)
    b.define(h[t], tanh(w @ x[t] + u @ h[t - 1]))
    b.define(step[t], Times(half, Inner(h[t] - d[t], h[t] - d[t])))
    b.define(plain("E")[0], SumOver(step[k], k, 1, T))


@tried
def square_of_a_sum(b):
    h, x = timed("h n", "x n")
    b.define(h[t], tanh(x[t] + plain("U n n")[0] @ h[t - 1]))
    total = SumOver(h[t], t, 1, T)
    change = SumOver(Times(T - t, Dot(h[t].T, h[t] - h[t - 1])), t, 1, T)
    b.define(plain("E")[0], Times(1 / T**2, Dot(total.T, total)) + change)


@tried
def parts_of_the_series(b):
    h, x = timed("h n", "x n")
    b.define(h[t], tanh(x[t] + plain("U n n")[0] @ h[t - 1]))
    early, late = SumOver(Dot(h[t].T, h[t]), t, 1, T - 1), SumOver(Dot(h[t].T, x[t - 1]), t, 2, T)
    b.define(plain("E")[0], early + late)


# ------------------------------------------------------------------ parameters, functions, names


@tried
def derived_parameters(b):
    h, x = timed("h n", "x n")
    v, w, a, full = plain("V n n", "w n", "A n n", "W n n")
    b.define(a, Times(half, v - v.T))
    b.define(full, a @ a + Diagonal(w))
    b.define(h[t], tanh(full @ h[t - 1] + x[t] + a @ x[t]))
    b.define(h[0], tanh(full @ w))


@tried
def formulas(b):
    h, x = timed("h n", "x m")
    y = sympy.Symbol("y")
    f = FunctionSymbol("f", sympy.Lambda(y, y * sympy.tanh(y) + y**2 / 3))
    twice = FunctionSymbol("g", sympy.Lambda(y, 2 * y))
    w, u = plain("W n n", "U n m")
    b.define(h[t], f(w @ h[t - 1] + twice(u @ x[t])))


@tried
def awkward_names(b):
    h, x = timed("np n", "t m")
    w, u, *others = plain("T n n", "B n m", "rows n", "W' n", "d_{np} n", "c^{(1)} n", r"\bar{c} n")
    b.define(h[t], tanh(sum(others, start=w @ h[t - 1] + u @ x[t])))


EVERY = {**EXAMPLES, **TRIED}
