r"""The LSTM without the previous activation, written by hand and compiled by Numba.

    \Gamma_{u,t} = S(W_u x_t + b_u), \Gamma_f, \Gamma_o and \tilde{c} likewise
    c_t = \Gamma_{u,t} \tilde{c}_t + \Gamma_{f,t} c_{t-1},   a_t = \Gamma_{o,t} tanh(c_t) by entry,   t = 1..T
    L   = 1/2 |a_T - d_T|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: lecture notes on recurrent networks, after Hung-yi Lee's machine learning course, NTU.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_u": ("n", "m"),
    "b_u": ("n",),
    "W_f": ("n", "m"),
    "b_f": ("n",),
    "W_o": ("n", "m"),
    "b_o": ("n",),
    "W_c": ("n", "m"),
    "b_c": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "c" (T, B, n), "a" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"c": (B, n)}, zeros where missing.
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
    """c and a at the times 1..T, c from time 0, and the gates u, f, o with the candidate g."""
    gates = _sigmoid(x @ _stacked(parameters, "W").T + _stacked(parameters, "b"))
    u, f, o, g = np.split(gates, 4, axis=2)
    c = np.empty((len(x) + 1, *u.shape[1:]), x.dtype)
    c[0] = start.get("c", 0)
    c[1:] = u * g
    _forward(np.ascontiguousarray(f), c)
    return {"c": c[1:], "a": o * np.tanh(c[1:]), "c_from_0": c, "gates": gates}


def _pull(parameters, x, kept, bars):
    """From the gradients by c and a to those by parameters, inputs and the initial value."""
    c, gates = kept["c_from_0"], kept["gates"]
    u, f, o, g = np.split(gates, 4, axis=2)
    a_bar, read = bars.get("a", np.zeros_like(o)), np.tanh(c[1:])
    c_bar = np.zeros_like(c)
    c_bar[1:] = bars.get("c", 0) + a_bar * o * (1 - read**2)
    _backward(np.ascontiguousarray(f), c_bar)
    gates_bar = np.concatenate([c_bar[1:] * g, c_bar[1:] * c[:-1], a_bar * read, c_bar[1:] * u], axis=2)
    z_bar = gates_bar * gates * (1 - gates)
    by_parameter = {**_split("W", _outer(z_bar, x)), **_split("b", z_bar.sum((0, 1)))}
    return by_parameter, z_bar @ _stacked(parameters, "W"), {"c": c_bar[0]}


def _stacked(parameters, name):
    """The arrays of the four gates under each other, in the order update, forget, output, candidate."""
    return np.concatenate([parameters[f"{name}_{gate}"] for gate in "ufoc"])


def _split(name, stacked):
    """The gradients by the arrays of the four gates."""
    return {f"{name}_{gate}": part for gate, part in zip("ufoc", np.split(stacked, 4), strict=True)}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


def _sigmoid(z):
    """1 / (1 + e^{-z}) of every entry, with no overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@numba.njit(cache=False)
def _forward(f, c):
    """Completes c (T + 1, B, n), whose rows from 1 come in as what is taken in."""
    for t in range(f.shape[0]):
        for s in range(f.shape[1]):
            for i in range(f.shape[2]):
                c[t + 1, s, i] += f[t, s, i] * c[t, s, i]


@numba.njit(cache=False)
def _backward(f, c_bar):
    """Completes the gradient by c at all times."""
    for t in range(f.shape[0] - 1, -1, -1):
        for s in range(f.shape[1]):
            for i in range(f.shape[2]):
                c_bar[t, s, i] += f[t, s, i] * c_bar[t + 1, s, i]
