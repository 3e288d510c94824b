r"""The averaged bag of word vectors, written by hand and compiled by Numba.

    s_t = s_{t-1} + E x_t,   r_t = s_t / t,   h_t = tanh(W r_t + b),   y_t = softmax(V h_t + b_y),   t = 1..T
    L   = - d_T^\top \log y_T, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: M. Iyyer et al., "Deep unordered composition rivals syntactic methods for text classification",
ACL (2015).
"""

import numba
import numpy as np

PARAMETERS = {
    "E": ("m", "v"),
    "W": ("n", "m"),
    "b": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "s" (T, B, m), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, v)};
    initial: {"s": (B, m)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("s", "y")}, inputs)


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
    r"""L = - d_T^\top \log y_T, and its gradient by log y."""
    log_y_bar = np.zeros_like(d)
    log_y_bar[-1] = -d[-1]
    return (log_y_bar * kept["log_y"]).sum(), {"log_y": log_y_bar}


def _run(parameters, x, start):
    """s and y at the times 1..T, s from time 0, the averages r and the units h."""
    E, W, b, V, b_y = (parameters[name] for name in PARAMETERS)
    s = np.zeros((len(x) + 1, x.shape[1], len(E)), x.dtype)
    s[0], s[1:] = start.get("s", 0), x @ E.T
    _forward(s)
    r = s[1:] / _times(x)
    h = np.tanh(r @ W.T + b)
    log_y = _log_softmax(h @ V.T + b_y)
    return {"s": s[1:], "y": np.exp(log_y), "log_y": log_y, "r": r, "h": h}


def _pull(parameters, x, kept, bars):
    """From the gradients by s and y to those by parameters, inputs and the initial value."""
    E, W, _, V, _ = (parameters[name] for name in PARAMETERS)
    h, logit_bar = kept["h"], _through_softmax(kept, bars)
    z_bar = (logit_bar @ V) * (1 - h**2)
    s_bar = np.zeros((len(x) + 1, *kept["s"].shape[1:]), x.dtype)
    s_bar[1:] = bars.get("s", 0) + z_bar @ W / _times(x)
    _backward(s_bar)
    by_parameter = {
        "E": _outer(s_bar[1:], x),
        "W": _outer(z_bar, kept["r"]),
        "b": z_bar.sum((0, 1)),
        "V": _outer(logit_bar, h),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, s_bar[1:] @ E, {"s": s_bar[0]}


def _times(x):
    """1..T, to go with (T, B, any) arrays."""
    return np.arange(1, len(x) + 1, dtype=x.dtype)[:, np.newaxis, np.newaxis]


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
def _forward(s):
    """The running sum over time of s (T + 1, B, m), in place."""
    for t in range(1, s.shape[0]):
        for sample in range(s.shape[1]):
            for i in range(s.shape[2]):
                s[t, sample, i] += s[t - 1, sample, i]


@numba.njit(cache=False)
def _backward(s_bar):
    """The running sum from the end, in place."""
    for t in range(s_bar.shape[0] - 1, 0, -1):
        for sample in range(s_bar.shape[1]):
            for i in range(s_bar.shape[2]):
                s_bar[t - 1, sample, i] += s_bar[t, sample, i]
