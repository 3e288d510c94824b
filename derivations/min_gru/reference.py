r"""The minGRU, written by hand and compiled by Numba.

    z_t = S(W_z x_t + b_z),   \tilde{h}_t = W_h x_t + b_h
    h_t = (1 - z_t) h_{t-1} + z_t \tilde{h}_t, entry by entry,   y_t = softmax(V h_t + b_y),   t = 1..T
    L   = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: L. Feng et al., "Were RNNs all we needed?", arXiv:2410.01201 (2024).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_z": ("n", "m"),
    "b_z": ("n",),
    "W_h": ("n", "m"),
    "b_h": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"h": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("h", "y")}, inputs)


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
    """h and y at the times 1..T, h from time 0, the gate z and the candidate g."""
    W_z, b_z, W_h, b_h, V, b_y = (parameters[name] for name in PARAMETERS)
    z, g = _sigmoid(x @ W_z.T + b_z), x @ W_h.T + b_h
    h = np.zeros((len(x) + 1, x.shape[1], len(b_z)), x.dtype)
    h[0], h[1:] = start.get("h", 0), z * g
    _forward(1 - z, h)
    log_y = _log_softmax(h[1:] @ V.T + b_y)
    return {"h": h[1:], "y": np.exp(log_y), "log_y": log_y, "h_from_0": h, "z": z, "g": g}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters, inputs and the initial value."""
    W_z, _, W_h, _, V, _ = (parameters[name] for name in PARAMETERS)
    z, g, h, logit_bar = kept["z"], kept["g"], kept["h_from_0"], _through_softmax(kept, bars)
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + logit_bar @ V
    _backward(1 - z, h_bar)
    u_bar, g_bar = h_bar[1:] * (g - h[:-1]) * z * (1 - z), h_bar[1:] * z
    by_parameter = {
        "W_z": _outer(u_bar, x),
        "b_z": u_bar.sum((0, 1)),
        "W_h": _outer(g_bar, x),
        "b_h": g_bar.sum((0, 1)),
        "V": _outer(logit_bar, h[1:]),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, u_bar @ W_z + g_bar @ W_h, {"h": h_bar[0]}


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


def _sigmoid(z):
    """1 / (1 + e^{-z}) of every entry, with no overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@numba.njit(cache=False)
def _forward(keep, h):
    """h_t = keep h_{t-1} + what row t of h (T + 1, B, n) comes in with, entry by entry, in place."""
    for t in range(1, h.shape[0]):
        for s in range(h.shape[1]):
            for i in range(h.shape[2]):
                h[t, s, i] += keep[t - 1, s, i] * h[t - 1, s, i]


@numba.njit(cache=False)
def _backward(keep, h_bar):
    """Completes the gradient by h at all times, in place."""
    for t in range(h_bar.shape[0] - 1, 0, -1):
        for s in range(h_bar.shape[1]):
            for i in range(h_bar.shape[2]):
                h_bar[t - 1, s, i] += keep[t - 1, s, i] * h_bar[t, s, i]
