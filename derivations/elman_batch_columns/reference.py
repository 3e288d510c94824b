r"""The Elman network on N samples as the columns of matrices, written by hand and compiled by Numba.

    A_t = tanh(W_x X_t + W_a A_{t-1} + b_a),   Y_t = softmax(W_y A_t + b_y) of each column,   t = 1..T
    L   = - 1/N \sum_{t=1}^{T} tr(D_t^\top \log Y_t), summed over the batch

A batch is several such matrices side by side; inside this file their columns are samples, (T, B, N, n).

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: lecture notes on recurrent networks (one memory cell, 128 samples).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_x": ("n", "m"),
    "W_a": ("n", "n"),
    "b_a": ("n",),
    "W_y": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "A" (T, B, n, N), "Y" (T, B, p, N).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"X": (T, B, m, N)};
    initial: {"A": (B, n, N)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("A", "Y")}, inputs)


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

    targets: {"D": (T, B, p, N)}; the rest as for `forward`.
    """
    x, start = _batched(inputs, initial)
    kept = _run(parameters, x, start)
    loss, bars = _loss(kept, _with_batch(targets["D"], inputs))
    return loss, _gradients(parameters, x, kept, bars, inputs)


def _with_batch(array, inputs):
    """The time-major array, contiguous and with its batch axis."""
    return np.ascontiguousarray(array[:, np.newaxis] if inputs["X"].ndim == 3 else array)


def _as_given(arrays, inputs, axis=1):
    """The arrays without the batch axis where the inputs have none."""
    return {name: bar.take(0, axis) if inputs["X"].ndim == 3 else bar for name, bar in arrays.items()}


def _batched(inputs, initial):
    """The input and the initial values, with a batch axis."""
    single = inputs["X"].ndim == 3
    start = {name: np.expand_dims(value, 0) if single else value for name, value in (initial or {}).items()}
    return _with_batch(inputs["X"], inputs), start


def _gradients(parameters, x, kept, bars, inputs):
    """All gradients, in the shapes of what they are by."""
    by_parameter, x_bar, by_initial = _pull(parameters, x, kept, bars)
    return {
        "parameters": {name: by_parameter[name] for name in PARAMETERS},
        "inputs": _as_given({"X": x_bar}, inputs),
        "initial": _as_given(by_initial, inputs, 0),
    }


def _loss(kept, d):
    r"""L = - 1/N \sum_{t=1}^{T} tr(D_t^\top \log Y_t), and its gradient by log Y."""
    log_y_bar = -d / d.shape[3]
    return (_turned(log_y_bar) * kept["log_y"]).sum(), {"log_y": log_y_bar}


def _run(parameters, x, start):
    """A and Y at the times 1..T, and a, log y with samples first."""
    W_x, W_a, b_a, W_y, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    x = _turned(x)
    a = np.zeros((len(x) + 1, *x.shape[1:3], len(b_a)), x.dtype)
    a[0] = _turned(start["A"]) if "A" in start else 0
    _forward(W_a, x @ W_x.T + b_a, a)
    log_y = _log_softmax(a[1:] @ W_y.T + b_y)
    y = np.exp(log_y)
    return {"A": _turned(a[1:]), "Y": _turned(y), "a_from_0": a, "y": y, "log_y": log_y}


def _turned(array):
    """Samples before entries, or back."""
    return np.ascontiguousarray(array.swapaxes(-1, -2))


def _pull(parameters, x, kept, bars):
    """From the gradients by A and Y to those by parameters, inputs and the initial value."""
    W_x, W_a, _, W_y, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    x, a, bars = _turned(x), kept["a_from_0"], {name.lower(): _turned(bar) for name, bar in bars.items()}
    logit_bar, a_bar = _through_softmax(kept, bars), np.zeros_like(a)
    a_bar[1:] = bars.get("a", 0) + logit_bar @ W_y
    z_bar = _backward(W_a, a, a_bar)
    by_parameter = {
        "W_x": _outer(z_bar, x),
        "W_a": _outer(z_bar, a[:-1]),
        "b_a": z_bar.sum((0, 1, 2)),
        "W_y": _outer(logit_bar, a[1:]),
        "b_y": logit_bar.sum((0, 1, 2)),
    }
    return by_parameter, _turned(z_bar @ W_x), {"A": _turned(a_bar[0])}


def _outer(z_bar, x):
    """The gradient by W from that by z = W x: the sum over times, batch and samples of z_bar x^T."""
    return np.einsum("tbsi,tbsj->ij", z_bar, x)


def _log_softmax(z):
    """z - log sum exp z along the last axis."""
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def _through_softmax(kept, bars):
    """The gradient by the logits of y, from those by y and by log y."""
    y = kept["y"]
    log_y_bar = bars.get("log_y", np.zeros_like(y)) + y * bars.get("y", 0)
    return log_y_bar - y * log_y_bar.sum(-1, keepdims=True)


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
def _forward(W_a, z, a):
    """Fills a (T + 1, B, N, n) from row 1; z comes in as the part of the argument without A_{t-1}."""
    T, B, N, n = z.shape
    for t in range(T):
        for s in range(B):
            for column in range(N):
                _add_product(W_a, a[t, s, column], z[t, s, column])
                for i in range(n):
                    a[t + 1, s, column, i] = np.tanh(z[t, s, column, i])


@numba.njit(cache=False)
def _backward(W_a, a, a_bar):
    """The gradient by the arguments (T, B, N, n); a_bar (T + 1, B, N, n) is completed on the way."""
    z_bar = np.empty_like(a[1:])
    T, B, N, n = z_bar.shape
    for t in range(T - 1, -1, -1):
        for s in range(B):
            for column in range(N):
                for i in range(n):
                    slope = 1 - a[t + 1, s, column, i] ** 2
                    z_bar[t, s, column, i] = slope * a_bar[t + 1, s, column, i]
                _add_transposed_product(W_a, z_bar[t, s, column], a_bar[t, s, column])
    return z_bar
