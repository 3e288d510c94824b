r"""The recurrent network with two layers, written by hand and compiled by Numba.

    h^1_t = tanh(W^1 h^1_{t-1} + U^1 x_t + b^1),   h^2_t = tanh(W^2 h^2_{t-1} + U^2 h^1_t + b^2),   t = 1..T
    y_t = softmax(V h^2_t + b_y),   L = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

The first layer runs through all times before the second starts.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850 (2013).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_1": ("k", "k"),
    "U_1": ("k", "m"),
    "b_1": ("k",),
    "W_2": ("n", "n"),
    "U_2": ("n", "k"),
    "b_2": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h_1" (T, B, k), "h_2" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"h_1": (B, k), "h_2": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("h_1", "h_2", "y")}, inputs)


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
    """Both layers and y at the times 1..T, and both layers from time 0."""
    W_1, U_1, b_1, W_2, U_2, b_2, V, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    one = np.zeros((len(x) + 1, x.shape[1], len(b_1)), x.dtype)
    two = np.zeros((len(x) + 1, x.shape[1], len(b_2)), x.dtype)
    one[0], two[0] = start.get("h_1", 0), start.get("h_2", 0)
    _forward(W_1, x @ U_1.T + b_1, one)
    _forward(W_2, one[1:] @ U_2.T + b_2, two)
    log_y = _log_softmax(two[1:] @ V.T + b_y)
    layers = {"h_1": one[1:], "h_2": two[1:], "h_1_from_0": one, "h_2_from_0": two}
    return {**layers, "y": np.exp(log_y), "log_y": log_y}


def _pull(parameters, x, kept, bars):
    """From the gradients by both layers and y to those by parameters, inputs and initial values."""
    W_1, U_1, _, W_2, U_2, _, V, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    one, two, logit_bar = kept["h_1_from_0"], kept["h_2_from_0"], _through_softmax(kept, bars)
    one_bar, two_bar = np.zeros_like(one), np.zeros_like(two)
    two_bar[1:] = bars.get("h_2", 0) + logit_bar @ V
    u_bar = _backward(W_2, two, two_bar)
    one_bar[1:] = bars.get("h_1", 0) + u_bar @ U_2
    z_bar = _backward(W_1, one, one_bar)
    by_parameter = {
        "W_1": _outer(z_bar, one[:-1]),
        "U_1": _outer(z_bar, x),
        "b_1": z_bar.sum((0, 1)),
        "W_2": _outer(u_bar, two[:-1]),
        "U_2": _outer(u_bar, one[1:]),
        "b_2": u_bar.sum((0, 1)),
        "V": _outer(logit_bar, two[1:]),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, z_bar @ U_1, {"h_1": one_bar[0], "h_2": two_bar[0]}


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
