r"""The recurrent network with L = 3 layers, written by hand and compiled by Numba.

    h^l_t = tanh(W^l h^l_{t-1} + U^l h^{l-1}_t + b^l),   h^0_t = x_t,   l = 1..L,   t = 1..T
    y_t = softmax(V h^L_t + b_y),   E = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

Each layer runs through all times before the next one starts.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850 (2013).
"""

import numba
import numpy as np

LAYERS = (1, 2, 3)
STATES = tuple(f"h_{layer}" for layer in LAYERS)
PARAMETERS = {
    "W_1": ("n_1", "n_1"),
    "U_1": ("n_1", "m"),
    "b_1": ("n_1",),
    "W_2": ("n_2", "n_2"),
    "U_2": ("n_2", "n_1"),
    "b_2": ("n_2",),
    "W_3": ("n_3", "n_3"),
    "U_3": ("n_3", "n_2"),
    "b_3": ("n_3",),
    "V": ("p", "n_3"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h_1" (T, B, n_1), ..., "h_3" (T, B, n_3), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"h_1": (B, n_1), ..., "h_3": (B, n_3)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in (*STATES, "y")}, inputs)


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
    r"""E = - \sum_{t=1}^{T} d_t^\top \log y_t, and its gradient by log y."""
    return -(d * kept["log_y"]).sum(), {"log_y": -d}


def _layer(parameters, layer):
    """W, U and b of a layer."""
    return (np.asarray(parameters[f"{name}_{layer}"], order="C") for name in "WUb")


def _run(parameters, x, start):
    """Every layer and y at the times 1..T, and every layer from time 0."""
    kept, below = {}, x
    for layer, state in zip(LAYERS, STATES, strict=True):
        W, U, b = _layer(parameters, layer)
        h = np.zeros((len(x) + 1, x.shape[1], len(b)), x.dtype)
        h[0] = start.get(state, 0)
        _forward(W, below @ U.T + b, h)
        kept |= {state: h[1:], f"{state}_from_0": h}
        below = h[1:]
    log_y = _log_softmax(below @ np.asarray(parameters["V"]).T + parameters["b_y"])
    return {**kept, "y": np.exp(log_y), "log_y": log_y}


def _pull(parameters, x, kept, bars):
    """From the gradients by all layers and y to those by parameters, inputs and initial values."""
    logit_bar = _through_softmax(kept, bars)
    found, by_initial = {"V": _outer(logit_bar, kept[STATES[-1]]), "b_y": logit_bar.sum((0, 1))}, {}
    above = logit_bar @ np.asarray(parameters["V"])
    for layer, state in reversed(list(zip(LAYERS, STATES, strict=True))):
        W, U, _ = _layer(parameters, layer)
        h = kept[f"{state}_from_0"]
        h_bar = np.zeros_like(h)
        h_bar[1:] = bars.get(state, 0) + above
        z_bar = _backward(W, h, h_bar)
        below = kept[f"h_{layer - 1}"] if layer > 1 else x
        found |= {
            f"W_{layer}": _outer(z_bar, h[:-1]),
            f"U_{layer}": _outer(z_bar, below),
            f"b_{layer}": z_bar.sum((0, 1)),
        }
        by_initial[state] = h_bar[0]
        above = z_bar @ U
    return found, above, by_initial


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
