r"""The LSTM with two layers, written by hand and compiled by Numba.

    i_t, f_t, o_t = S(W_i [h_{t-1}; x_t] + b_i), and so on,   g_t = tanh(W_g [h_{t-1}; x_t] + b_g)
    c_t = f_t c_{t-1} + i_t g_t,   h_t = o_t tanh(c_t), entry by entry,   t = 1..T

in each layer with weights of its own, where h_t of the first layer stands for x_t in the second.

    L   = 1/2 |h^2_T - d_T|^2, summed over the batch

The first layer runs through all times before the second starts.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Graves, A. Mohamed and G. Hinton, "Speech recognition with deep recurrent neural networks",
arXiv:1303.5778 (2013), without peepholes.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_i_1": ("n", "m + n"),
    "b_i_1": ("n",),
    "W_f_1": ("n", "m + n"),
    "b_f_1": ("n",),
    "W_o_1": ("n", "m + n"),
    "b_o_1": ("n",),
    "W_g_1": ("n", "m + n"),
    "b_g_1": ("n",),
    "W_i_2": ("n", "2*n"),
    "b_i_2": ("n",),
    "W_f_2": ("n", "2*n"),
    "b_f_2": ("n",),
    "W_o_2": ("n", "2*n"),
    "b_o_2": ("n",),
    "W_g_2": ("n", "2*n"),
    "b_g_2": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "c_1", "h_1", "c_2", "h_2", each (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: the same names, each (B, n), at time 0, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("c_1", "h_1", "c_2", "h_2")}, inputs)


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
    r"""L = 1/2 |h_2_T - d_T|^2, and its gradient by h_2."""
    error = np.zeros_like(d)
    error[-1] = kept["h_2"][-1] - d[-1]
    return (error**2).sum() / 2, {"h_2": error}


def _run(parameters, x, start):
    """The states at the times 1..T; of each layer its input, c and h from time 0, and the gates."""
    kept = {"input_1": x}
    for layer in (1, 2):
        W, b = _stacked(parameters, "W", layer), _stacked(parameters, "b", layer)
        n = len(b) // 4
        c, h = np.zeros((2, len(x) + 1, x.shape[1], n), x.dtype)
        c[0], h[0] = start.get(f"c_{layer}", 0), start.get(f"h_{layer}", 0)
        gates = kept[f"input_{layer}"] @ W[:, n:].T + b
        _forward(np.ascontiguousarray(W[:, :n]), gates, c, h)
        kept |= {f"c_{layer}": c[1:], f"h_{layer}": h[1:], f"input_{layer + 1}": h[1:]}
        kept[f"layer_{layer}"] = c, h, gates
    return kept


def _pull(parameters, x, kept, bars):
    """From the gradients by all states to those by parameters, inputs and initial values."""
    by_parameter, by_initial, above_bar = {}, {}, 0
    for layer in (2, 1):
        W = _stacked(parameters, "W", layer)
        c, h, gates = kept[f"layer_{layer}"]
        n = h.shape[2]
        c_bar, h_bar = np.zeros_like(c), np.zeros_like(h)
        c_bar[1:], h_bar[1:] = bars.get(f"c_{layer}", 0), bars.get(f"h_{layer}", 0) + above_bar
        z_bar = _backward(np.ascontiguousarray(W[:, :n]), gates, c, c_bar, h_bar)
        above_bar = z_bar @ W[:, n:]
        read = np.concatenate([h[:-1], kept[f"input_{layer}"]], axis=2)
        by_parameter |= _split("W", layer, _outer(z_bar, read))
        by_parameter |= _split("b", layer, z_bar.sum((0, 1)))
        by_initial |= {f"c_{layer}": c_bar[0], f"h_{layer}": h_bar[0]}
    return by_parameter, above_bar, by_initial


def _stacked(parameters, name, layer):
    """The arrays of the four gates of a layer under each other, in the order i, f, o, g."""
    return np.concatenate([parameters[f"{name}_{gate}_{layer}"] for gate in "ifog"])


def _split(name, layer, stacked):
    """The gradients by the arrays of the four gates."""
    parts = np.split(stacked, 4)
    return {f"{name}_{gate}_{layer}": part for gate, part in zip("ifog", parts, strict=True)}


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
def _forward(U, gates, c, h):
    """Fills c and h (T + 1, B, n) from row 1; gates come in as their arguments without h_{t-1}."""
    n = c.shape[2]
    for t in range(gates.shape[0]):
        for s in range(gates.shape[1]):
            z = gates[t, s]
            _add_product(U, h[t, s], z)
            for i in range(n):
                for gate in range(3):
                    z[gate * n + i] = _sigmoid(z[gate * n + i])
                z[3 * n + i] = np.tanh(z[3 * n + i])
                c[t + 1, s, i] = z[n + i] * c[t, s, i] + z[i] * z[3 * n + i]
                h[t + 1, s, i] = z[2 * n + i] * np.tanh(c[t + 1, s, i])


@numba.njit(cache=False)
def _backward(U, gates, c, c_bar, h_bar):
    """The gradient by the gates' arguments (T, B, 4n); c_bar and h_bar are completed on the way."""
    n = c.shape[2]
    z_bar = np.empty_like(gates)
    for t in range(gates.shape[0] - 1, -1, -1):
        for s in range(gates.shape[1]):
            for k in range(n):
                z = gates[t, s]
                i, f, o, g = z[k], z[n + k], z[2 * n + k], z[3 * n + k]
                read = np.tanh(c[t + 1, s, k])
                c_bar[t + 1, s, k] += h_bar[t + 1, s, k] * o * (1 - read**2)
                z_bar[t, s, k] = c_bar[t + 1, s, k] * g * i * (1 - i)
                z_bar[t, s, n + k] = c_bar[t + 1, s, k] * c[t, s, k] * f * (1 - f)
                z_bar[t, s, 2 * n + k] = h_bar[t + 1, s, k] * read * o * (1 - o)
                z_bar[t, s, 3 * n + k] = c_bar[t + 1, s, k] * i * (1 - g**2)
                c_bar[t, s, k] += c_bar[t + 1, s, k] * f
            _add_transposed_product(U, z_bar[t, s], h_bar[t, s])
    return z_bar
