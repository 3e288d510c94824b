r"""The bidirectional recurrent network, written by hand and compiled by Numba.

    f_t = tanh(W_f f_{t-1} + U_f x_t + b_f),   g_t = tanh(W_b g_{t+1} + U_b x_t + b_b),   t = 1..T
    y_t = softmax(V [f_t; g_t] + b_y),   L = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

Here f is h with the arrow to the right and g that with the arrow to the left; g runs from T down to 1 in loops of its
own, and its array has its initial value, that of time T + 1, in the last row.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on
Signal Processing 45 (1997) 2673-2681.
"""

import numba
import numpy as np

PARAMETERS = {
    "W_f": ("n", "n"),
    "U_f": ("n", "m"),
    "b_f": ("n",),
    "W_b": ("k", "k"),
    "U_b": ("k", "m"),
    "b_b": ("k",),
    "V": ("p", "k + n"),
    "b_y": ("p",),
}

F, G = "h_overrightarrow", "h_overleftarrow"


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: F (T, B, n), G (T, B, k), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {F: (B, n), G: (B, k)}, zeros where missing; that of F is at time 0, that of G at time T + 1.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in (F, G, "y")}, inputs)


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
    """Both states and y at the times 1..T; f with its initial value in front, g with its own behind."""
    W_f, U_f, b_f, W_b, U_b, b_b, V, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    T, B = x.shape[:2]
    f, g = np.zeros((T + 1, B, len(b_f)), x.dtype), np.zeros((T + 1, B, len(b_b)), x.dtype)
    f[0], g[-1] = start.get(F, 0), start.get(G, 0)
    _forward(W_f, x @ U_f.T + b_f, f)
    _forward_from_the_end(W_b, x @ U_b.T + b_b, g)
    log_y = _log_softmax(np.concatenate([f[1:], g[:-1]], axis=2) @ V.T + b_y)
    states = {F: f[1:], G: g[:-1], "f_from_0": f, "g_to_the_end": g}
    return {**states, "y": np.exp(log_y), "log_y": log_y}


def _pull(parameters, x, kept, bars):
    """From the gradients by both states and y to those by parameters, inputs and initial values."""
    W_f, U_f, b_f, W_b, U_b, _, V, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    f, g, logit_bar = kept["f_from_0"], kept["g_to_the_end"], _through_softmax(kept, bars)
    f_bar, g_bar = np.zeros_like(f), np.zeros_like(g)
    by_f, by_g = np.split(logit_bar @ V, [len(b_f)], axis=2)
    f_bar[1:], g_bar[:-1] = bars.get(F, 0) + by_f, bars.get(G, 0) + by_g
    u_bar, v_bar = _backward(W_f, f, f_bar), _backward_from_the_start(W_b, g, g_bar)
    by_parameter = {
        "W_f": _outer(u_bar, f[:-1]),
        "U_f": _outer(u_bar, x),
        "b_f": u_bar.sum((0, 1)),
        "W_b": _outer(v_bar, g[1:]),
        "U_b": _outer(v_bar, x),
        "b_b": v_bar.sum((0, 1)),
        "V": _outer(logit_bar, np.concatenate([f[1:], g[:-1]], axis=2)),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, u_bar @ U_f + v_bar @ U_b, {F: f_bar[0], G: g_bar[-1]}


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
def _forward(W, z, h):
    """Fills h (T + 1, B, n) from row 1; z (T, B, n) comes in as the argument without h_{t-1}."""
    for t in range(z.shape[0]):
        for s in range(z.shape[1]):
            _add_product(W, h[t, s], z[t, s])
            for i in range(z.shape[2]):
                h[t + 1, s, i] = np.tanh(z[t, s, i])


@numba.njit(cache=False)
def _backward(W, h, h_bar):
    """The gradient by the arguments (T, B, n); h_bar (T + 1, B, n) is completed on the way."""
    z_bar = np.empty_like(h[1:])
    for t in range(z_bar.shape[0] - 1, -1, -1):
        for s in range(z_bar.shape[1]):
            for i in range(z_bar.shape[2]):
                z_bar[t, s, i] = (1 - h[t + 1, s, i] ** 2) * h_bar[t + 1, s, i]
            _add_transposed_product(W, z_bar[t, s], h_bar[t, s])
    return z_bar


@numba.njit(cache=False)
def _forward_from_the_end(W, z, h):
    """Fills h (T + 1, B, k) up to the row before the last; z (T, B, k) comes in without h_{t+1}."""
    for t in range(z.shape[0] - 1, -1, -1):
        for s in range(z.shape[1]):
            _add_product(W, h[t + 1, s], z[t, s])
            for i in range(z.shape[2]):
                h[t, s, i] = np.tanh(z[t, s, i])


@numba.njit(cache=False)
def _backward_from_the_start(W, h, h_bar):
    """The gradient by the arguments (T, B, k); h_bar (T + 1, B, k) is completed on the way."""
    z_bar = np.empty_like(h[1:])
    for t in range(z_bar.shape[0]):
        for s in range(z_bar.shape[1]):
            for i in range(z_bar.shape[2]):
                z_bar[t, s, i] = (1 - h[t, s, i] ** 2) * h_bar[t, s, i]
            _add_transposed_product(W, z_bar[t, s], h_bar[t + 1, s])
    return z_bar
