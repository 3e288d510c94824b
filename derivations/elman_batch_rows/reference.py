r"""The Elman network on N samples as the rows of matrices, written by hand and compiled by Numba.

    H_t = tanh(X_t W_{xh} + H_{t-1} W_{hh} + b_h),   Y_t = softmax(H_t W_{hy} + b_y) of each row,   t = 1..T
    L   = - 1/N \sum_{t=1}^{T} tr(D_t^\top \log Y_t), summed over the batch

A batch is several such matrices side by side; inside this file all their rows are samples.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Zhang, Z. C. Lipton, M. Li and A. J. Smola, "Dive into deep learning" (2023), chapter 9.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_xh": ("m", "n"),
    "W_hh": ("n", "n"),
    "b_h": ("n",),
    "W_hy": ("n", "p"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "H" (T, B, N, n), "Y" (T, B, N, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"X": (T, B, N, m)};
    initial: {"H": (B, N, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("H", "Y")}, inputs)


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

    targets: {"D": (T, B, N, p)}; the rest as for `forward`.
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
    log_y_bar = -d / d.shape[2]
    return (log_y_bar * kept["log_y"]).sum(), {"log_y": log_y_bar}


def _run(parameters, x, start):
    """H and Y at the times 1..T, and H from time 0."""
    W_xh, W_hh, b_h, W_hy, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h = np.zeros((len(x) + 1, *x.shape[1:3], len(b_h)), x.dtype)
    h[0] = start.get("H", 0)
    _forward(W_hh, _samples(x @ W_xh + b_h), _samples(h))
    log_y = _log_softmax(h[1:] @ W_hy + b_y)
    return {"H": h[1:], "Y": np.exp(log_y), "y": np.exp(log_y), "log_y": log_y, "H_from_0": h}


def _samples(array):
    """(T, B, N, n) as (T, B N, n), a view."""
    return array.reshape(len(array), -1, array.shape[-1])


def _pull(parameters, x, kept, bars):
    """From the gradients by H and Y to those by parameters, inputs and the initial value."""
    W_xh, W_hh, _, W_hy, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h, logit_bar = kept["H_from_0"], _through_softmax(kept, {"y": bars.get("Y", 0), **bars})
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("H", 0) + logit_bar @ W_hy.T
    z_bar = _backward(W_hh, _samples(h), _samples(h_bar))
    by_parameter = {
        "W_xh": _outer(_samples(x), z_bar),
        "W_hh": _outer(_samples(h[:-1]), z_bar),
        "b_h": z_bar.sum((0, 1)),
        "W_hy": _outer(_samples(h[1:]), _samples(logit_bar)),
        "b_y": logit_bar.sum((0, 1, 2)),
    }
    return by_parameter, z_bar.reshape(h[1:].shape) @ W_xh.T, {"H": h_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


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
def _forward(W_hh, z, h):
    """Fills h (T + 1, B, n) from row 1; z (T, B, n) comes in as the part of the argument without h_{t-1}."""
    for t in range(z.shape[0]):
        for s in range(z.shape[1]):
            for i in range(z.shape[2]):
                for j in range(z.shape[2]):
                    z[t, s, i] += h[t, s, j] * W_hh[j, i]
                h[t + 1, s, i] = np.tanh(z[t, s, i])


@numba.njit(cache=False)
def _backward(W_hh, h, h_bar):
    """The gradient by the arguments (T, B, n); h_bar (T + 1, B, n) is completed on the way."""
    z_bar = np.empty_like(h[1:])
    for t in range(z_bar.shape[0] - 1, -1, -1):
        for s in range(z_bar.shape[1]):
            for i in range(z_bar.shape[2]):
                z_bar[t, s, i] = (1 - h[t + 1, s, i] ** 2) * h_bar[t + 1, s, i]
                for j in range(z_bar.shape[2]):
                    h_bar[t, s, j] += z_bar[t, s, i] * W_hh[j, i]
    return z_bar
