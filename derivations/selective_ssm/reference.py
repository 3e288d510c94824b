r"""The selective state space model, written by hand and compiled by Numba.

    \Delta_t = softplus(W_\Delta x_t + b),   B_t = W_B x_t,   C_t = W_C x_t
    h_t = exp(-\Delta_t e^A) h_{t-1} + (\Delta_t x_t) B_t^\top, row by row,   y_t = h_t C_t + D x_t,   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Gu and T. Dao, "Mamba: linear-time sequence modeling with selective state spaces", arXiv:2312.00752 (2023).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_Delta": ("n", "n"),
    "b": ("n",),
    "W_B": ("m", "n"),
    "W_C": ("m", "n"),
    "A": ("n", "m"),
    "D": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n, m), "y" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, n)};
    initial: {"h": (B, n, m)}, zeros where missing.
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

    targets: {"d": (T, B, n)}; the rest as for `forward`.
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
    """h and y at the times 1..T, h from time 0, and all that stands between."""
    W_Delta, b, W_B, W_C, A, D = (np.asarray(parameters[name]) for name in PARAMETERS)
    u, B, C = x @ W_Delta.T + b, x @ W_B.T, x @ W_C.T
    step = np.logaddexp(0, u)
    decay = np.exp(-step[..., np.newaxis] * np.exp(A))
    h = np.zeros((len(x) + 1, x.shape[1], *A.shape), x.dtype)
    h[0] = start.get("h", 0)
    _forward(decay, step * x, B, h)
    y = np.einsum("tbij,tbj->tbi", h[1:], C) + D * x
    return {"h": h[1:], "y": y, "h_from_0": h, "u": u, "step": step, "decay": decay, "B": B, "C": C}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters, inputs and the initial value."""
    W_Delta, _, W_B, W_C, A, D = (np.asarray(parameters[name]) for name in PARAMETERS)
    u, step, decay, B, C, h = (kept[name] for name in ("u", "step", "decay", "B", "C", "h_from_0"))
    y_bar = bars.get("y", np.zeros_like(x))
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + np.einsum("tbi,tbj->tbij", y_bar, C)
    _backward(decay, h_bar)
    taken_in = np.einsum("tbij,tbj->tbi", h_bar[1:], B)
    exponent_bar = -h_bar[1:] * h[:-1] * decay * np.exp(A)
    step_bar = exponent_bar.sum(-1) + taken_in * x
    u_bar = step_bar / (1 + np.exp(-u))
    B_bar = np.einsum("tbij,tbi->tbj", h_bar[1:], step * x)
    C_bar = np.einsum("tbij,tbi->tbj", h[1:], y_bar)
    by_parameter = {
        "W_Delta": _outer(u_bar, x),
        "b": u_bar.sum((0, 1)),
        "W_B": _outer(B_bar, x),
        "W_C": _outer(C_bar, x),
        "A": np.einsum("tbij,tbi->ij", exponent_bar, step),
        "D": (y_bar * x).sum((0, 1)),
    }
    x_bar = u_bar @ W_Delta + B_bar @ W_B + C_bar @ W_C + taken_in * step + y_bar * D
    return by_parameter, x_bar, {"h": h_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


@numba.njit(cache=False)
def _forward(decay, v, B, h):
    """Fills h (T + 1, B, n, m) from row 1."""
    for t in range(v.shape[0]):
        for s in range(v.shape[1]):
            for i in range(v.shape[2]):
                for j in range(B.shape[2]):
                    h[t + 1, s, i, j] = decay[t, s, i, j] * h[t, s, i, j] + v[t, s, i] * B[t, s, j]


@numba.njit(cache=False)
def _backward(decay, h_bar):
    """Completes the gradients by h at all times, in place."""
    for t in range(decay.shape[0] - 1, -1, -1):
        h_bar[t] += decay[t] * h_bar[t + 1]
