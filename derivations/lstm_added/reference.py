r"""The LSTM with plain addition of input and activation, written by hand and compiled by Numba.

    \Gamma_{u,t} = S(W_u (a_{t-1} + x_t) + b_u), \Gamma_f and \Gamma_o likewise
    \tilde{c}_t = tanh(W_c (a_{t-1} + x_t) + b_c)
    c_t = \Gamma_{u,t} \tilde{c}_t + \Gamma_{f,t} c_{t-1},   a_t = \Gamma_{o,t} tanh(c_t) by entry,   t = 1..T
    L   = 1/2 |a_T - d_T|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: lecture notes on recurrent networks, on a program that adds where others concatenate.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_u": ("n", "n"),
    "b_u": ("n",),
    "W_f": ("n", "n"),
    "b_f": ("n",),
    "W_o": ("n", "n"),
    "b_o": ("n",),
    "W_c": ("n", "n"),
    "b_c": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "c" (T, B, n), "a" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, n)};
    initial: {"c": (B, n), "a": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("c", "a")}, inputs)


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
    r"""L = 1/2 |a_T - d_T|^2, and its gradient by a."""
    error = np.zeros_like(d)
    error[-1] = kept["a"][-1] - d[-1]
    return (error**2).sum() / 2, {"a": error}


def _run(parameters, x, start):
    """Both states at the times 1..T, from time 0, and the gates."""
    W, b = _stacked(parameters, "W"), _stacked(parameters, "b")
    c, a = np.zeros((2, len(x) + 1, *x.shape[1:]), x.dtype)
    c[0], a[0] = start.get("c", 0), start.get("a", 0)
    gates = x @ W.T + b
    _forward(W, gates, c, a)
    return {"c": c[1:], "a": a[1:], "c_from_0": c, "a_from_0": a, "gates": gates}


def _pull(parameters, x, kept, bars):
    """From the gradients by both states to those by parameters, inputs and initial values."""
    W, c, a = _stacked(parameters, "W"), kept["c_from_0"], kept["a_from_0"]
    c_bar, a_bar = np.zeros_like(c), np.zeros_like(a)
    c_bar[1:], a_bar[1:] = bars.get("c", 0), bars.get("a", 0)
    z_bar = _backward(W, kept["gates"], c, c_bar, a_bar)
    by_parameter = {**_split("W", _outer(z_bar, a[:-1] + x)), **_split("b", z_bar.sum((0, 1)))}
    return by_parameter, z_bar @ W, {"c": c_bar[0], "a": a_bar[0]}


def _stacked(parameters, name):
    """The arrays of the four gates under each other, in the order update, forget, output, candidate."""
    return np.concatenate([parameters[f"{name}_{gate}"] for gate in "ufoc"])


def _split(name, stacked):
    """The gradients by the arrays of the four gates."""
    return {f"{name}_{gate}": part for gate, part in zip("ufoc", np.split(stacked, 4), strict=True)}


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
