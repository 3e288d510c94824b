r"""The GRU with reset before the product, written by hand and compiled by Numba.

    r_t, z_t = S(W_r x_t + U_r h_{t-1} + b_r), S(W_z x_t + U_z h_{t-1} + b_z)
    \tilde{h}_t = tanh(W_h x_t + U_h (r_t h_{t-1}) + b_h)
    h_t = z_t h_{t-1} + (1 - z_t) \tilde{h}_t, entry by entry,   y_t = softmax(V h_t + b_y),   t = 1..T
    L   = - d_T^\top \log y_T, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder", arXiv:1406.1078v3 (2014).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_r": ("n", "m"),
    "U_r": ("n", "n"),
    "b_r": ("n",),
    "W_z": ("n", "m"),
    "U_z": ("n", "n"),
    "b_z": ("n",),
    "W_h": ("n", "m"),
    "U_h": ("n", "n"),
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
    r"""L = - d_T^\top \log y_T, and its gradient by log y."""
    log_y_bar = np.zeros_like(d)
    log_y_bar[-1] = -d[-1]
    return (log_y_bar * kept["log_y"]).sum(), {"log_y": log_y_bar}


def _run(parameters, x, start):
    """h and y at the times 1..T, h from time 0, and r, z and the candidate."""
    W, U, b = (_stacked(parameters, name) for name in "WUb")
    h = np.zeros((len(x) + 1, x.shape[1], len(b) // 3), x.dtype)
    h[0] = start.get("h", 0)
    gates = x @ W.T + b
    _forward(U, gates, h)
    log_y = _log_softmax(h[1:] @ parameters["V"].T + parameters["b_y"])
    return {"h": h[1:], "y": np.exp(log_y), "log_y": log_y, "h_from_0": h, "gates": gates}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters, inputs and the initial value."""
    W, U, h, gates = _stacked(parameters, "W"), _stacked(parameters, "U"), kept["h_from_0"], kept["gates"]
    n = h.shape[2]
    logit_bar = _through_softmax(kept, bars)
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + logit_bar @ parameters["V"]
    z_bar = _backward(U, gates, h, h_bar)
    by_U = [_outer(z_bar[..., : 2 * n], h[:-1]), _outer(z_bar[..., 2 * n :], gates[..., :n] * h[:-1])]
    by_parameter = {
        **_split("W", _outer(z_bar, x)),
        **_split("U", np.concatenate(by_U)),
        **_split("b", z_bar.sum((0, 1))),
        "V": _outer(logit_bar, h[1:]),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, z_bar @ W, {"h": h_bar[0]}


def _stacked(parameters, name):
    """The arrays of the gates under each other, in the order reset, update, candidate."""
    return np.concatenate([parameters[f"{name}_{gate}"] for gate in "rzh"])


def _split(name, stacked):
    """The gradients by the arrays of the gates."""
    return {f"{name}_{gate}": part for gate, part in zip("rzh", np.split(stacked, 3), strict=True)}


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
def _forward(U, gates, h):
    """Fills h (T + 1, B, n) from row 1; gates (T, B, 3n) come in as their arguments without h_{t-1}."""
    n = h.shape[2]
    for t in range(gates.shape[0]):
        for s in range(gates.shape[1]):
            z, before = gates[t, s], h[t, s]
            _add_product(U[: 2 * n], before, z)
            for k in range(n):
                z[k], z[n + k] = _sigmoid(z[k]), _sigmoid(z[n + k])
            _add_product(U[2 * n :], z[:n] * before, z[2 * n :])
            for k in range(n):
                z[2 * n + k] = np.tanh(z[2 * n + k])
                h[t + 1, s, k] = z[n + k] * before[k] + (1 - z[n + k]) * z[2 * n + k]


@numba.njit(cache=False)
def _backward(U, gates, h, h_bar):
    """The gradient by the arguments of the gates (T, B, 3n); h_bar (T + 1, B, n) is completed on the way."""
    n = h.shape[2]
    z_bar = np.empty_like(gates)
    for t in range(gates.shape[0] - 1, -1, -1):
        for s in range(gates.shape[1]):
            reset_bar = np.zeros_like(h[0, 0])  # by the reset state r_t h_{t-1}
            for k in range(n):
                z, new = gates[t, s, n + k], gates[t, s, 2 * n + k]
                z_bar[t, s, n + k] = h_bar[t + 1, s, k] * (h[t, s, k] - new) * z * (1 - z)
                z_bar[t, s, 2 * n + k] = h_bar[t + 1, s, k] * (1 - z) * (1 - new**2)
                h_bar[t, s, k] += h_bar[t + 1, s, k] * z
            _add_transposed_product(U[2 * n :], z_bar[t, s, 2 * n :], reset_bar)
            for k in range(n):
                r = gates[t, s, k]
                z_bar[t, s, k] = reset_bar[k] * h[t, s, k] * r * (1 - r)
                h_bar[t, s, k] += reset_bar[k] * r
            _add_transposed_product(U[: 2 * n], z_bar[t, s, : 2 * n], h_bar[t, s])
    return z_bar
