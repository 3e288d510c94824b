r"""The LSTM with peepholes, written by hand and compiled by Numba.

    i_t, f_t = S(W_i x_t + U_i h_{t-1} + p_i c_{t-1} + b_i), S(W_f x_t + U_f h_{t-1} + p_f c_{t-1} + b_f)
    g_t = tanh(W_g x_t + U_g h_{t-1} + b_g),   c_t = f_t c_{t-1} + i_t g_t
    o_t = S(W_o x_t + U_o h_{t-1} + p_o c_t + b_o),   h_t = o_t tanh(c_t), entry by entry
    y_t = softmax(V h_t + b_y),   L = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch,   t = 1..T

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850 (2013), equations
7 to 11.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_i": ("n", "m"),
    "U_i": ("n", "n"),
    "p_i": ("n",),
    "b_i": ("n",),
    "W_f": ("n", "m"),
    "U_f": ("n", "n"),
    "p_f": ("n",),
    "b_f": ("n",),
    "W_g": ("n", "m"),
    "U_g": ("n", "n"),
    "b_g": ("n",),
    "W_o": ("n", "m"),
    "U_o": ("n", "n"),
    "p_o": ("n",),
    "b_o": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "c" (T, B, n), "h" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"c": (B, n), "h": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("c", "h", "y")}, inputs)


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
    """States and outputs at the times 1..T, the states from time 0, and the gates."""
    W, U, b = (_stacked(parameters, name) for name in "WUb")
    peep = np.stack([parameters[name] for name in ("p_i", "p_f", "p_o")])
    c, h = np.zeros((2, len(x) + 1, x.shape[1], len(b) // 4), x.dtype)
    c[0], h[0] = start.get("c", 0), start.get("h", 0)
    gates = x @ W.T + b
    _forward(U, peep, gates, c, h)
    log_y = _log_softmax(h[1:] @ parameters["V"].T + parameters["b_y"])
    states = {"c": c[1:], "h": h[1:], "c_from_0": c, "h_from_0": h}
    return {**states, "gates": gates, "y": np.exp(log_y), "log_y": log_y}


def _pull(parameters, x, kept, bars):
    """From the gradients by states and outputs to those by parameters, inputs and initial values."""
    W, U = _stacked(parameters, "W"), _stacked(parameters, "U")
    peep = np.stack([parameters[name] for name in ("p_i", "p_f", "p_o")])
    c, h, logit_bar = kept["c_from_0"], kept["h_from_0"], _through_softmax(kept, bars)
    c_bar, h_bar = np.zeros_like(c), np.zeros_like(h)
    c_bar[1:], h_bar[1:] = bars.get("c", 0), bars.get("h", 0) + logit_bar @ parameters["V"]
    z_bar = _backward(U, peep, kept["gates"], c, c_bar, h_bar)
    i_bar, f_bar, o_bar, _ = np.split(z_bar, 4, axis=2)
    by_parameter = {
        **_split("W", _outer(z_bar, x)),
        **_split("U", _outer(z_bar, h[:-1])),
        **_split("b", z_bar.sum((0, 1))),
        "p_i": (i_bar * c[:-1]).sum((0, 1)),
        "p_f": (f_bar * c[:-1]).sum((0, 1)),
        "p_o": (o_bar * c[1:]).sum((0, 1)),
        "V": _outer(logit_bar, h[1:]),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, z_bar @ W, {"c": c_bar[0], "h": h_bar[0]}


def _stacked(parameters, name):
    """The arrays of the four gates under each other, in the order i, f, o, g."""
    return np.concatenate([parameters[f"{name}_{gate}"] for gate in "ifog"])


def _split(name, stacked):
    """The gradients by the arrays of the four gates."""
    return {f"{name}_{gate}": part for gate, part in zip("ifog", np.split(stacked, 4), strict=True)}


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
def _forward(U, peep, gates, c, h):
    """Fills c and h (T + 1, B, n) from row 1; gates (T, B, 4n) come in without earlier states."""
    n = c.shape[2]
    for t in range(gates.shape[0]):
        for s in range(gates.shape[1]):
            z = gates[t, s]
            _add_product(U, h[t, s], z)
            for k in range(n):
                z[k] = _sigmoid(z[k] + peep[0, k] * c[t, s, k])
                z[n + k] = _sigmoid(z[n + k] + peep[1, k] * c[t, s, k])
                z[3 * n + k] = np.tanh(z[3 * n + k])
                c[t + 1, s, k] = z[n + k] * c[t, s, k] + z[k] * z[3 * n + k]
                z[2 * n + k] = _sigmoid(z[2 * n + k] + peep[2, k] * c[t + 1, s, k])
                h[t + 1, s, k] = z[2 * n + k] * np.tanh(c[t + 1, s, k])


@numba.njit(cache=False)
def _backward(U, peep, gates, c, c_bar, h_bar):
    """The gradient by the gates' arguments (T, B, 4n); c_bar and h_bar are completed on the way."""
    n = c.shape[2]
    z_bar = np.empty_like(gates)
    for t in range(gates.shape[0] - 1, -1, -1):
        for s in range(gates.shape[1]):
            for k in range(n):
                z = gates[t, s]
                i, f, o, g = z[k], z[n + k], z[2 * n + k], z[3 * n + k]
                read = np.tanh(c[t + 1, s, k])
                u_bar = h_bar[t + 1, s, k] * read * o * (1 - o)
                c_bar[t + 1, s, k] += h_bar[t + 1, s, k] * o * (1 - read**2) + u_bar * peep[2, k]
                z_bar[t, s, k] = c_bar[t + 1, s, k] * g * i * (1 - i)
                z_bar[t, s, n + k] = c_bar[t + 1, s, k] * c[t, s, k] * f * (1 - f)
                z_bar[t, s, 2 * n + k] = u_bar
                z_bar[t, s, 3 * n + k] = c_bar[t + 1, s, k] * i * (1 - g**2)
                c_bar[t, s, k] += c_bar[t + 1, s, k] * f
                c_bar[t, s, k] += z_bar[t, s, k] * peep[0, k] + z_bar[t, s, n + k] * peep[1, k]
            _add_transposed_product(U, z_bar[t, s], h_bar[t, s])
    return z_bar
