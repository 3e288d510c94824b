r"""The Jordan network, written by hand and compiled by Numba.

    a_t = S(W_{ay} y_{t-1} + W_{ax} x_t + b),   y_t = softmax(W_{ya} a_t + b_y),   t = 1..T
    L   = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: M. I. Jordan, "Serial order: a parallel distributed processing approach", ICS Report 8604 (1986).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_ay": ("n", "p"),
    "W_ax": ("n", "m"),
    "b": ("n",),
    "W_ya": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"y": (B, p)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("y",)}, inputs)


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
    r"""L = - \sum_{t=1}^{T} d_t^\top \log y_t, and its gradient by log y."""
    return -(d * kept["log_y"]).sum(), {"log_y": -d}


def _run(parameters, x, start):
    """y, log y and a at the times 1..T, and y from time 0."""
    W_ay, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    y = np.zeros((len(x) + 1, x.shape[1], len(b_y)), x.dtype)
    y[0] = start.get("y", 0)
    a = x @ W_ax.T + b
    log_y = np.zeros_like(y[1:]) + b_y
    _forward(W_ay, W_ya, a, log_y, y)
    return {"y": y[1:], "log_y": log_y, "y_from_0": y, "a": a}


def _pull(parameters, x, kept, bars):
    """From the gradients by y and log y to those by parameters, inputs and the initial value."""
    W_ay, W_ax, _, W_ya, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    a, y = kept["a"], kept["y_from_0"]
    y_bar, logit_bar = np.zeros_like(y), np.zeros_like(y[1:])
    y_bar[1:] = bars.get("y", 0)
    logit_bar += bars.get("log_y", 0)
    z_bar = _backward(W_ay, W_ya, a, y, y_bar, logit_bar)
    by_parameter = {
        "W_ay": _outer(z_bar, y[:-1]),
        "W_ax": _outer(z_bar, x),
        "b": z_bar.sum((0, 1)),
        "W_ya": _outer(logit_bar, a),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, z_bar @ W_ax, {"y": y_bar[0]}


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
def _forward(W_ay, W_ya, a, log_y, y):
    """Fills y (T + 1, B, p) from row 1; a and log_y come in as the rest of their arguments."""
    for t in range(a.shape[0]):
        for s in range(a.shape[1]):
            _add_product(W_ay, y[t, s], a[t, s])
            for i in range(a.shape[2]):
                a[t, s, i] = _sigmoid(a[t, s, i])
            _add_product(W_ya, a[t, s], log_y[t, s])
            largest = log_y[t, s].max()
            total = 0.0
            for k in range(y.shape[2]):
                total += np.exp(log_y[t, s, k] - largest)
            for k in range(y.shape[2]):
                log_y[t, s, k] -= largest + np.log(total)
                y[t + 1, s, k] = np.exp(log_y[t, s, k])


@numba.njit(cache=False)
def _backward(W_ay, W_ya, a, y, y_bar, logit_bar):
    """The gradient by the argument of S; logit_bar comes in as the one by log y."""
    z_bar = np.zeros_like(a)
    for t in range(a.shape[0] - 1, -1, -1):
        for s in range(a.shape[1]):
            total = 0.0
            for k in range(y.shape[2]):
                logit_bar[t, s, k] += y[t + 1, s, k] * y_bar[t + 1, s, k]
                total += logit_bar[t, s, k]
            for k in range(y.shape[2]):
                logit_bar[t, s, k] -= y[t + 1, s, k] * total
            _add_transposed_product(W_ya, logit_bar[t, s], z_bar[t, s])
            for i in range(a.shape[2]):
                z_bar[t, s, i] *= a[t, s, i] * (1 - a[t, s, i])
            _add_transposed_product(W_ay, z_bar[t, s], y_bar[t, s])
    return z_bar
