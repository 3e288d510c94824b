r"""The DeltaNet, written by hand and compiled by Numba.

    q_t = W_q x_t,   u_t = W_k x_t,   k_t = u_t / |u_t|,   v_t = W_v x_t,   \beta_t = S(w^\top x_t)
    S_t = S_{t-1} (I - \beta_t k_t k_t^\top) + \beta_t v_t k_t^\top
        = S_{t-1} + \beta_t (v_t - S_{t-1} k_t) k_t^\top,   t = 1..T
    y_t = S_t q_t,   L = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Sources: I. Schlag, K. Irie and J. Schmidhuber, "Linear transformers are secretly fast weight programmers",
arXiv:2102.11174 (2021); S. Yang et al., arXiv:2406.06484 (2024).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_q": ("n", "m"),
    "W_k": ("n", "m"),
    "W_v": ("p", "m"),
    "w": ("m",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "S" (T, B, p, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"S": (B, p, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("S", "y")}, inputs)


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
    r"""L = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, and its gradient by y."""
    error = kept["y"] - d
    return (error**2).sum() / 2, {"y": error}


def _run(parameters, x, start):
    """S and y at the times 1..T, S from time 0, and queries, keys, their lengths, values and strengths."""
    W_q, W_k, W_v, w = (parameters[name] for name in PARAMETERS)
    q, u, v, beta = x @ W_q.T, x @ W_k.T, x @ W_v.T, _sigmoid(x @ w)
    length = np.sqrt((u**2).sum(-1, keepdims=True))
    k = u / length
    S = np.zeros((len(x) + 1, x.shape[1], len(W_v), len(W_q)), x.dtype)
    S[0] = start.get("S", 0)
    _forward(k, v, beta, S)
    y = np.einsum("tbij,tbj->tbi", S[1:], q)
    return {"S": S[1:], "y": y, "S_from_0": S, "q": q, "k": k, "length": length, "v": v, "beta": beta}


def _pull(parameters, x, kept, bars):
    """From the gradients by S and y to those by parameters, inputs and the initial value."""
    W_q, W_k, W_v, w = (parameters[name] for name in PARAMETERS)
    S, k, beta, y_bar = kept["S_from_0"], kept["k"], kept["beta"], bars.get("y", np.zeros_like(kept["y"]))
    S_bar = np.zeros_like(S)
    S_bar[1:] = bars.get("S", 0) + np.einsum("tbi,tbj->tbij", y_bar, kept["q"])
    q_bar = np.einsum("tbij,tbi->tbj", S[1:], y_bar)
    k_bar, v_bar, beta_bar = _backward(k, kept["v"], beta, S, S_bar)
    u_bar = (k_bar - k * (k * k_bar).sum(-1, keepdims=True)) / kept["length"]
    z_bar = beta_bar * beta * (1 - beta)
    by_parameter = {
        "W_q": _outer(q_bar, x),
        "W_k": _outer(u_bar, x),
        "W_v": _outer(v_bar, x),
        "w": np.einsum("tb,tbj->j", z_bar, x),
    }
    x_bar = q_bar @ W_q + u_bar @ W_k + v_bar @ W_v + z_bar[..., np.newaxis] * w
    return by_parameter, x_bar, {"S": S_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


def _sigmoid(z):
    """1 / (1 + e^{-z}) of every entry, with no overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@numba.njit(cache=False)
def _forward(k, v, beta, S):
    """Fills S (T + 1, B, p, n) from row 1; keys (T, B, n), values (T, B, p), strengths (T, B)."""
    for t in range(k.shape[0]):
        for s in range(k.shape[1]):
            for i in range(v.shape[2]):
                error = v[t, s, i]
                for j in range(k.shape[2]):
                    error -= S[t, s, i, j] * k[t, s, j]
                for j in range(k.shape[2]):
                    S[t + 1, s, i, j] = S[t, s, i, j] + beta[t, s] * error * k[t, s, j]


@numba.njit(cache=False)
def _backward(k, v, beta, S, S_bar):
    """The gradients by keys, values and strengths; S_bar (T + 1, B, p, n) is completed on the way."""
    k_bar, v_bar, beta_bar = np.zeros_like(k), np.empty_like(v), np.zeros_like(beta)
    for t in range(k.shape[0] - 1, -1, -1):
        for s in range(k.shape[1]):
            for i in range(v.shape[2]):
                error, along = v[t, s, i], 0.0  # along: row i of S_bar times the key
                for j in range(k.shape[2]):
                    error -= S[t, s, i, j] * k[t, s, j]
                    along += S_bar[t + 1, s, i, j] * k[t, s, j]
                v_bar[t, s, i] = beta[t, s] * along  # by the error, too
                beta_bar[t, s] += error * along
                for j in range(k.shape[2]):
                    k_bar[t, s, j] += beta[t, s] * error * S_bar[t + 1, s, i, j]
                    k_bar[t, s, j] -= v_bar[t, s, i] * S[t, s, i, j]
                    S_bar[t, s, i, j] += S_bar[t + 1, s, i, j] - v_bar[t, s, i] * k[t, s, j]
    return k_bar, v_bar, beta_bar
