r"""The simple recurrent unit, written by hand and compiled by Numba.

    f_t = S(W_f x_t + v_f c_{t-1} + b_f),   r_t = S(W_r x_t + v_r c_{t-1} + b_r)
    c_t = f_t c_{t-1} + (1 - f_t) W x_t,   h_t = r_t c_t + (1 - r_t) x_t, entry by entry,   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: T. Lei et al., "Simple recurrent units for highly parallelizable recurrence", arXiv:1709.02755 (2018).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_f": ("n", "n"),
    "v_f": ("n",),
    "b_f": ("n",),
    "W": ("n", "n"),
    "W_r": ("n", "n"),
    "v_r": ("n",),
    "b_r": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "c" (T, B, n), "h" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, n)};
    initial: {"c": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("c", "h")}, inputs)


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
    r"""L = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, and its gradient by h."""
    error = kept["h"] - d
    return (error**2).sum() / 2, {"h": error}


def _run(parameters, x, start):
    """c and h at the times 1..T, c from time 0, the gates f and r and the candidate a."""
    W_f, v_f, b_f, W, W_r, v_r, b_r = (parameters[name] for name in PARAMETERS)
    a, f = x @ W.T, x @ W_f.T + b_f
    c = np.zeros((len(x) + 1, *x.shape[1:]), x.dtype)
    c[0] = start.get("c", 0)
    _forward(v_f, a, f, c)
    r = _sigmoid(x @ W_r.T + v_r * c[:-1] + b_r)
    return {"c": c[1:], "h": r * c[1:] + (1 - r) * x, "c_from_0": c, "f": f, "r": r, "a": a}


def _pull(parameters, x, kept, bars):
    """From the gradients by c and h to those by parameters, inputs and the initial value."""
    W_f, v_f, _, W, W_r, v_r, _ = (parameters[name] for name in PARAMETERS)
    a, f, r, c = (kept[name] for name in ("a", "f", "r", "c_from_0"))
    h_bar = bars.get("h", np.zeros_like(x))
    u_bar = h_bar * (c[1:] - x) * r * (1 - r)
    c_bar, s_bar = np.zeros_like(c), np.zeros_like(a)
    c_bar[1:] = bars.get("c", 0) + h_bar * r
    c_bar[:-1] += u_bar * v_r
    _backward(v_f, a, f, c, c_bar, s_bar)
    a_bar = c_bar[1:] * (1 - f)
    by_parameter = {
        "W_f": _outer(s_bar, x),
        "v_f": (s_bar * c[:-1]).sum((0, 1)),
        "b_f": s_bar.sum((0, 1)),
        "W": _outer(a_bar, x),
        "W_r": _outer(u_bar, x),
        "v_r": (u_bar * c[:-1]).sum((0, 1)),
        "b_r": u_bar.sum((0, 1)),
    }
    x_bar = s_bar @ W_f + a_bar @ W + u_bar @ W_r + h_bar * (1 - r)
    return by_parameter, x_bar, {"c": c_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


def _sigmoid(z):
    """1 / (1 + e^{-z}) of every entry, with no overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@numba.njit(cache=False)
def _forward(v, a, f, c):
    """Fills c (T + 1, B, n) from row 1, and turns the argument f of the gate into its value."""
    for t in range(a.shape[0]):
        for s in range(a.shape[1]):
            for j in range(a.shape[2]):
                f[t, s, j] = 1 / (1 + np.exp(-(f[t, s, j] + v[j] * c[t, s, j])))
                c[t + 1, s, j] = f[t, s, j] * c[t, s, j] + (1 - f[t, s, j]) * a[t, s, j]


@numba.njit(cache=False)
def _backward(v, a, f, c, c_bar, s_bar):
    """Completes the gradients by c at all times, in place, and fills those by the argument of the gate f."""
    for t in range(a.shape[0] - 1, -1, -1):
        for s in range(a.shape[1]):
            for j in range(a.shape[2]):
                slope = f[t, s, j] * (1 - f[t, s, j])
                s_bar[t, s, j] = c_bar[t + 1, s, j] * (c[t, s, j] - a[t, s, j]) * slope
                c_bar[t, s, j] += c_bar[t + 1, s, j] * f[t, s, j] + s_bar[t, s, j] * v[j]
