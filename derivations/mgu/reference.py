r"""The minimal gated unit, written by hand and compiled by Numba.

    f_t = S(W_f [h_{t-1}; x_t] + b_f),   \tilde{h}_t = tanh(W_h [f_t h_{t-1}; x_t] + b_h)
    h_t = (1 - f_t) h_{t-1} + f_t \tilde{h}_t, entry by entry,   t = 1..T
    L   = 1/2 |h_T - d_T|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: G.-B. Zhou et al., "Minimal gated unit for recurrent neural networks", arXiv:1603.09420 (2016).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_f": ("n", "m + n"),
    "b_f": ("n",),
    "W_h": ("n", "m + n"),
    "b_h": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"h": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("h",)}, inputs)


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
    r"""L = 1/2 |h_T - d_T|^2, and its gradient by h."""
    error = np.zeros_like(d)
    error[-1] = kept["h"][-1] - d[-1]
    return (error**2).sum() / 2, {"h": error}


def _run(parameters, x, start):
    """h at the times 1..T, from time 0, and the gate f and the candidate g."""
    W_f, b_f, W_h, b_h = (parameters[name] for name in PARAMETERS)
    n = len(b_f)
    h = np.zeros((len(x) + 1, x.shape[1], n), x.dtype)
    h[0] = start.get("h", 0)
    f, g = x @ W_f[:, n:].T + b_f, x @ W_h[:, n:].T + b_h
    _forward(np.ascontiguousarray(W_f[:, :n]), np.ascontiguousarray(W_h[:, :n]), f, g, h)
    return {"h": h[1:], "h_from_0": h, "f": f, "g": g}


def _pull(parameters, x, kept, bars):
    """From the gradient by h to those by parameters, inputs and the initial value."""
    W_f, _, W_h, _ = (parameters[name] for name in PARAMETERS)
    f, g, h = kept["f"], kept["g"], kept["h_from_0"]
    n = h.shape[2]
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0)
    u_bar, v_bar = _backward(
        np.ascontiguousarray(W_f[:, :n]), np.ascontiguousarray(W_h[:, :n]), f, g, h, h_bar
    )
    by_parameter = {
        "W_f": _outer(u_bar, np.concatenate([h[:-1], x], axis=2)),
        "b_f": u_bar.sum((0, 1)),
        "W_h": _outer(v_bar, np.concatenate([f * h[:-1], x], axis=2)),
        "b_h": v_bar.sum((0, 1)),
    }
    return by_parameter, u_bar @ W_f[:, n:] + v_bar @ W_h[:, n:], {"h": h_bar[0]}


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
def _forward(U_f, U_h, f, g, h):
    """Fills h (T + 1, B, n) from row 1; f and g (T, B, n) come in as their arguments without h_{t-1}."""
    for t in range(f.shape[0]):
        for s in range(f.shape[1]):
            _add_product(U_f, h[t, s], f[t, s])
            for i in range(f.shape[2]):
                f[t, s, i] = _sigmoid(f[t, s, i])
            _add_product(U_h, f[t, s] * h[t, s], g[t, s])
            for i in range(f.shape[2]):
                g[t, s, i] = np.tanh(g[t, s, i])
                h[t + 1, s, i] = (1 - f[t, s, i]) * h[t, s, i] + f[t, s, i] * g[t, s, i]


@numba.njit(cache=False)
def _backward(U_f, U_h, f, g, h, h_bar):
    """The gradients by the arguments of f and g (T, B, n); h_bar (T + 1, B, n) is completed on the way."""
    u_bar, v_bar = np.empty_like(f), np.empty_like(g)
    for t in range(f.shape[0] - 1, -1, -1):
        for s in range(f.shape[1]):
            gated_bar = np.zeros_like(h[0, 0])  # by f_t h_{t-1}
            for i in range(f.shape[2]):
                v_bar[t, s, i] = h_bar[t + 1, s, i] * f[t, s, i] * (1 - g[t, s, i] ** 2)
            _add_transposed_product(U_h, v_bar[t, s], gated_bar)
            for i in range(f.shape[2]):
                f_bar = h_bar[t + 1, s, i] * (g[t, s, i] - h[t, s, i]) + gated_bar[i] * h[t, s, i]
                u_bar[t, s, i] = f_bar * f[t, s, i] * (1 - f[t, s, i])
                h_bar[t, s, i] += h_bar[t + 1, s, i] * (1 - f[t, s, i]) + gated_bar[i] * f[t, s, i]
            _add_transposed_product(U_f, u_bar[t, s], h_bar[t, s])
    return u_bar, v_bar
