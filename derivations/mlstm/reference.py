r"""The mLSTM, a matrix as the memory, written by hand and compiled by Numba.

    q_t = W_q x_t,   k_t = W_k x_t / sqrt(n),   v_t = W_v x_t,   o_t = S(W_o x_t + b_o)
    i_t = exp(w_i^\top x_t + b_i),   f_t = S(w_f^\top x_t + b_f)
    C_t = f_t C_{t-1} + i_t v_t k_t^\top,   z_t = f_t z_{t-1} + i_t k_t,   t = 1..T
    \rho_t = 1 + max(0, r_t - 1) + max(0, -r_t - 1), r_t = z_t^\top q_t,   h_t = o_t (C_t q_t) / \rho_t
    L   = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, summed over the batch

The slope of max(0, .) at zero is taken as zero.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: M. Beck et al., "xLSTM: extended long short-term memory", arXiv:2405.04517 (2024), no stabiliser.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_q": ("n", "m"),
    "W_k": ("n", "m"),
    "W_v": ("p", "m"),
    "w_i": ("m",),
    "b_i": (),
    "w_f": ("m",),
    "b_f": (),
    "W_o": ("p", "m"),
    "b_o": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "C" (T, B, p, n), "z" (T, B, n), "h" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"C": (B, p, n), "z": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("C", "z", "h")}, inputs)


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
    r"""L = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, and its gradient by h."""
    error = kept["h"] - d
    return (error**2).sum() / 2, {"h": error}


def _run(parameters, x, start):
    """C, z and h at the times 1..T, C and z from time 0, and all that stands between."""
    W_q, W_k, W_v, w_i, b_i, w_f, b_f, W_o, b_o = (np.asarray(parameters[name]) for name in PARAMETERS)
    n, p = len(W_q), len(W_v)
    q, k, v, o = x @ W_q.T, x @ W_k.T / x.dtype.type(n) ** 0.5, x @ W_v.T, _sigmoid(x @ W_o.T + b_o)
    i, f = np.exp(x @ w_i + b_i), _sigmoid(x @ w_f + b_f)
    C = np.zeros((len(x) + 1, x.shape[1], p, n), x.dtype)
    z = np.zeros((len(x) + 1, x.shape[1], n), x.dtype)
    C[0], z[0] = start.get("C", 0), start.get("z", 0)
    _forward(i, f, k, v, C, z)
    r, read = (z[1:] * q).sum(-1), np.einsum("tbij,tbj->tbi", C[1:], q)
    rho = (1 + np.maximum(0, r - 1) + np.maximum(0, -r - 1))[..., np.newaxis]
    between = {"q": q, "k": k, "v": v, "o": o, "i": i, "f": f, "r": r, "read": read, "rho": rho}
    return {"C": C[1:], "z": z[1:], "h": o * read / rho, "C_from_0": C, "z_from_0": z, **between}


def _pull(parameters, x, kept, bars):
    """From the gradients by C, z and h to those by parameters, inputs and initial values."""
    W_q, W_k, W_v, w_i, _, w_f, _, W_o, _ = (np.asarray(parameters[name]) for name in PARAMETERS)
    q, k, v, o, i, f = (kept[name] for name in "qkvoif")
    C, z, r, read, rho = (kept[name] for name in ("C_from_0", "z_from_0", "r", "read", "rho"))
    h_bar = bars.get("h", np.zeros_like(kept["h"]))
    read_bar, o_bar = h_bar * o / rho, h_bar * read / rho
    r_bar = -(h_bar * o * read / rho**2).sum(-1) * ((r > 1) * 1 - (r < -1) * 1)
    r_bar = r_bar[..., np.newaxis].astype(x.dtype)
    C_bar, z_bar = np.zeros_like(C), np.zeros_like(z)
    C_bar[1:] = bars.get("C", 0) + np.einsum("tbi,tbj->tbij", read_bar, q)
    z_bar[1:] = bars.get("z", 0) + r_bar * q
    q_bar = np.einsum("tbij,tbi->tbj", C[1:], read_bar) + r_bar * z[1:]
    _backward(f, C_bar, z_bar)
    by_v, by_k = np.einsum("tbij,tbj->tbi", C_bar[1:], k), np.einsum("tbij,tbi->tbj", C_bar[1:], v)
    u_bar = ((v * by_v).sum(-1) + (k * z_bar[1:]).sum(-1)) * i
    s_bar = ((C_bar[1:] * C[:-1]).sum((2, 3)) + (z_bar[1:] * z[:-1]).sum(-1)) * f * (1 - f)
    k_bar = i[..., np.newaxis] * (by_k + z_bar[1:]) / x.dtype.type(len(W_q)) ** 0.5
    v_bar, o_bar = i[..., np.newaxis] * by_v, o_bar * o * (1 - o)
    by_parameter = {
        "W_q": _outer(q_bar, x),
        "W_k": _outer(k_bar, x),
        "W_v": _outer(v_bar, x),
        "w_i": np.einsum("tb,tbj->j", u_bar, x),
        "b_i": u_bar.sum(),
        "w_f": np.einsum("tb,tbj->j", s_bar, x),
        "b_f": s_bar.sum(),
        "W_o": _outer(o_bar, x),
        "b_o": o_bar.sum((0, 1)),
    }
    x_bar = q_bar @ W_q + k_bar @ W_k + v_bar @ W_v + o_bar @ W_o
    x_bar += u_bar[..., np.newaxis] * w_i + s_bar[..., np.newaxis] * w_f
    return by_parameter, x_bar, {"C": C_bar[0], "z": z_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


def _sigmoid(z):
    """1 / (1 + e^{-z}) of every entry, with no overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@numba.njit(cache=False)
def _forward(i, f, k, v, C, z):
    """Fills C (T + 1, B, p, n) and z (T + 1, B, n) from row 1."""
    for t in range(k.shape[0]):
        for s in range(k.shape[1]):
            for b in range(k.shape[2]):
                z[t + 1, s, b] = f[t, s] * z[t, s, b] + i[t, s] * k[t, s, b]
                for a in range(v.shape[2]):
                    C[t + 1, s, a, b] = f[t, s] * C[t, s, a, b] + i[t, s] * v[t, s, a] * k[t, s, b]


@numba.njit(cache=False)
def _backward(f, C_bar, z_bar):
    """Completes the gradients by C and z at all times, in place."""
    for t in range(f.shape[0] - 1, -1, -1):
        for s in range(f.shape[1]):
            for b in range(z_bar.shape[2]):
                z_bar[t, s, b] += f[t, s] * z_bar[t + 1, s, b]
                for a in range(C_bar.shape[2]):
                    C_bar[t, s, a, b] += f[t, s] * C_bar[t + 1, s, a, b]
