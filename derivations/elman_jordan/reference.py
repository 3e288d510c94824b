r"""Elman and Jordan network side by side, written by hand and compiled by Numba.

    a_t = S(W a_{t-1} + V y_{t-1} + U x_t + b),   y_t = S(W_y a_t + b_y),   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Sources: J. L. Elman, Cognitive Science 14 (1990); M. I. Jordan, ICS Report 8604, UCSD (1986).
"""

import numba
import numpy as np

PARAMETERS = {
    "W": ("n", "n"),
    "V": ("n", "p"),
    "U": ("n", "m"),
    "b": ("n",),
    "W_y": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "a" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"a": (B, n), "y": (B, p)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("a", "y")}, inputs)


def backward(parameters, inputs, initial, cotangents):
    """The gradients of a scalar whose gradients by states and outputs at times 1..T are the cotangents.

    cotangents: name -> array as `forward` returns it, zeros where missing; one by a state counts only what
    does not pass through outputs or later states. Returns {"parameters": {...}, "inputs": {...}, "initial":
    {...}}, each gradient in the shape of what it is by; a parameter's is summed over time and batch.
    """
    x, start = _batched(inputs, initial)
    bars = {name: _with_batch(bar, inputs) for name, bar in cotangents.items()}
    return _gradients(parameters, x, _run(parameters, x, start), bars, inputs)


def loss_and_gradient(parameters, inputs, targets, initial=None):
    """The loss, summed over the batch, and its gradients as `backward` returns them.

    targets: {"d": (T, B, p)}; the rest as for `forward`.
    """
    x, start = _batched(inputs, initial)
    kept = _run(parameters, x, start)
    loss, bars = _loss(kept, _with_batch(targets["d"], inputs))
    return loss, _gradients(parameters, x, kept, bars, inputs)


def _with_batch(array, inputs):
    """The time-major array, contiguous and with its batch axis."""
    return np.ascontiguousarray(array[:, np.newaxis] if inputs["x"].ndim == 2 else array)


def _as_given(arrays, inputs, axis=1):
    """The arrays without the batch axis where the inputs have none."""
    return {name: bar.take(0, axis) if inputs["x"].ndim == 2 else bar for name, bar in arrays.items()}


def _batched(inputs, initial):
    """The input and the initial values, with a batch axis."""
    single = inputs["x"].ndim == 2
    start = {name: np.expand_dims(value, 0) if single else value for name, value in (initial or {}).items()}
    return _with_batch(inputs["x"], inputs), start


def _gradients(parameters, x, kept, bars, inputs):
    """All gradients, in the shapes of what they are by."""
    by_parameter, x_bar, by_initial = _pull(parameters, x, kept, bars)
    return {
        "parameters": {name: by_parameter[name] for name in PARAMETERS},
        "inputs": _as_given({"x": x_bar}, inputs),
        "initial": _as_given(by_initial, inputs, 0),
    }


def _loss(kept, d):
    r"""L = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, and its gradient by y."""
    error = kept["y"] - d
    return (error**2).sum() / 2, {"y": error}


def _run(parameters, x, start):
    """Both states at the times 1..T, and from time 0."""
    W, V, U, b, W_y, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    a = np.zeros((len(x) + 1, x.shape[1], len(b)), x.dtype)
    y = np.zeros((len(x) + 1, x.shape[1], len(b_y)), x.dtype)
    a[0], y[0] = start.get("a", 0), start.get("y", 0)
    a[1:], y[1:] = x @ U.T + b, b_y
    _forward(W, V, W_y, a, y)
    return {"a": a[1:], "y": y[1:], "a_from_0": a, "y_from_0": y}


def _pull(parameters, x, kept, bars):
    """From the gradients by both states to those by parameters, inputs and initial values."""
    W, V, U, _, W_y, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    a, y = kept["a_from_0"], kept["y_from_0"]
    a_bar, y_bar = np.zeros_like(a), np.zeros_like(y)
    a_bar[1:], y_bar[1:] = bars.get("a", 0), bars.get("y", 0)
    _backward(W, V, W_y, a, y, a_bar, y_bar)
    z_bar, u_bar = (h[1:] * (1 - h[1:]) * h_bar[1:] for h, h_bar in ((a, a_bar), (y, y_bar)))
    by_parameter = {
        "W": _outer(z_bar, a[:-1]),
        "V": _outer(z_bar, y[:-1]),
        "U": _outer(z_bar, x),
        "b": z_bar.sum((0, 1)),
        "W_y": _outer(u_bar, a[1:]),
        "b_y": u_bar.sum((0, 1)),
    }
    return by_parameter, z_bar @ U, {"a": a_bar[0], "y": y_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


@numba.njit(cache=False)
def _sigmoid(z):
    """1 / (1 + e^{-z}) of a number, with no overflow on either side."""
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    e = np.exp(z)
    return e / (1 + e)


@numba.njit(cache=False)
def _add_product(W, x, z):
    """z += W x."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            z[i] += W[i, j] * x[j]


@numba.njit(cache=False)
def _add_transposed_product(W, z_bar, x_bar):
    """x_bar += W^T z_bar, what the gradient by z = W x gives to that by x."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            x_bar[j] += W[i, j] * z_bar[i]


@numba.njit(cache=False)
def _forward(W, V, W_y, a, y):
    """Completes a (T + 1, B, n) and y (T + 1, B, p), which come in as the rest of their arguments."""
    for t in range(a.shape[0] - 1):
        for s in range(a.shape[1]):
            _add_product(W, a[t, s], a[t + 1, s])
            _add_product(V, y[t, s], a[t + 1, s])
            for i in range(a.shape[2]):
                a[t + 1, s, i] = _sigmoid(a[t + 1, s, i])
            _add_product(W_y, a[t + 1, s], y[t + 1, s])
            for k in range(y.shape[2]):
                y[t + 1, s, k] = _sigmoid(y[t + 1, s, k])


@numba.njit(cache=False)
def _backward(W, V, W_y, a, y, a_bar, y_bar):
    """Completes the gradients by a and y at all times, in place."""
    for t in range(a.shape[0] - 1, 0, -1):
        for s in range(a.shape[1]):
            u_bar = y[t, s] * (1 - y[t, s]) * y_bar[t, s]
            _add_transposed_product(W_y, u_bar, a_bar[t, s])
            z_bar = a[t, s] * (1 - a[t, s]) * a_bar[t, s]
            _add_transposed_product(W, z_bar, a_bar[t - 1, s])
            _add_transposed_product(V, z_bar, y_bar[t - 1, s])
