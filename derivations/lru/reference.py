r"""The linear recurrent unit, real and diagonal, written by hand and compiled by Numba.

    \lambda = exp(-exp(\nu)),   \gamma = sqrt(1 - \lambda^2)
    h_t = \lambda h_{t-1} + \gamma (B x_t), entry by entry,   y_t = C h_t + D x_t,   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Orvieto et al., "Resurrecting recurrent neural networks for long sequences",
arXiv:2303.06349 (2023).
"""

import numba
import numpy as np

PARAMETERS = {
    "nu": ("n",),
    "B": ("n", "m"),
    "C": ("p", "n"),
    "D": ("p", "m"),
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
    r"""L = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, and its gradient by y."""
    error = kept["y"] - d
    return (error**2).sum() / 2, {"y": error}


def _run(parameters, x, start):
    """h and y at the times 1..T, h from time 0, the decay and the scale."""
    nu, B, C, D = (parameters[name] for name in PARAMETERS)
    decay = np.exp(-np.exp(nu))
    scale = np.sqrt(1 - decay**2)
    h = np.zeros((len(x) + 1, x.shape[1], len(nu)), x.dtype)
    h[0], h[1:] = start.get("h", 0), scale * (x @ B.T)
    _forward(decay, h)
    return {"h": h[1:], "y": h[1:] @ C.T + x @ D.T, "h_from_0": h, "decay": decay, "scale": scale}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters, inputs and the initial value."""
    nu, B, C, D = (parameters[name] for name in PARAMETERS)
    decay, scale, h = kept["decay"], kept["scale"], kept["h_from_0"]
    y_bar = bars.get("y", np.zeros_like(kept["y"]))
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + y_bar @ C
    _backward(decay, h_bar)
    scale_bar = (h_bar[1:] * (x @ B.T)).sum((0, 1))
    decay_bar = (h_bar[1:] * h[:-1]).sum((0, 1)) - scale_bar * decay / scale
    u_bar = h_bar[1:] * scale
    by_parameter = {
        "nu": -decay_bar * decay * np.exp(nu),
        "B": _outer(u_bar, x),
        "C": _outer(y_bar, h[1:]),
        "D": _outer(y_bar, x),
    }
    return by_parameter, u_bar @ B + y_bar @ D, {"h": h_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


@numba.njit(cache=False)
def _forward(decay, h):
    """h_t = decay h_{t-1} + what row t of h (T + 1, B, n) comes in with, entry by entry, in place."""
    for t in range(1, h.shape[0]):
        for s in range(h.shape[1]):
            for i in range(h.shape[2]):
                h[t, s, i] += decay[i] * h[t - 1, s, i]


@numba.njit(cache=False)
def _backward(decay, h_bar):
    """Completes the gradient by h at all times, in place."""
    for t in range(h_bar.shape[0] - 1, 0, -1):
        for s in range(h_bar.shape[1]):
            for i in range(h_bar.shape[2]):
                h_bar[t - 1, s, i] += decay[i] * h_bar[t, s, i]
