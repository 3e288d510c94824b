r"""The recurrent network over word vectors, written by hand and compiled by Numba.

    e_t = E x_t,   a_t = tanh(W_{aa} a_{t-1} + W_{ae} e_t + b),   y_t = softmax(W_{ya} a_t + b_y),   t = 1..T
    L   = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: T. Mikolov et al., "Recurrent neural network based language model", Interspeech (2010), with the word
vectors of Y. Bengio et al., "A neural probabilistic language model", JMLR 3 (2003).
"""

import numba
import numpy as np

PARAMETERS = {
    "E": ("m", "v"),
    "W_aa": ("n", "n"),
    "W_ae": ("n", "m"),
    "b": ("n",),
    "W_ya": ("p", "n"),
    "b_y": ("p",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "a" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, v)};
    initial: {"a": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("a", "y")}, inputs)


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
    """Everything at the times 1..T, and a from time 0."""
    E, W_aa, W_ae, b, W_ya, b_y = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    a = np.zeros((len(x) + 1, x.shape[1], len(b)), x.dtype)
    a[0] = start.get("a", 0)
    e = x @ E.T
    _forward(W_aa, e @ W_ae.T + b, a)
    log_y = _log_softmax(a[1:] @ W_ya.T + b_y)
    return {"a": a[1:], "y": np.exp(log_y), "log_y": log_y, "a_from_0": a, "e": e}


def _pull(parameters, x, kept, bars):
    """From the gradients by states and outputs to those by parameters, inputs and initial values."""
    E, W_aa, W_ae, _, W_ya, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    a, logit_bar = kept["a_from_0"], _through_softmax(kept, bars)
    a_bar = np.zeros_like(a)
    a_bar[1:] = bars.get("a", 0) + logit_bar @ W_ya
    z_bar = _backward(W_aa, a, a_bar)
    e_bar = z_bar @ W_ae
    by_parameter = {
        "E": _outer(e_bar, x),
        "W_aa": _outer(z_bar, a[:-1]),
        "W_ae": _outer(z_bar, kept["e"]),
        "b": z_bar.sum((0, 1)),
        "W_ya": _outer(logit_bar, a[1:]),
        "b_y": logit_bar.sum((0, 1)),
    }
    return by_parameter, e_bar @ E, {"a": a_bar[0]}


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
def _forward(W_aa, z, a):
    """Fills a (T + 1, B, n) from row 1; z (T, B, n) comes in as the argument without a_{t-1}."""
    for t in range(z.shape[0]):
        for s in range(z.shape[1]):
            _add_product(W_aa, a[t, s], z[t, s])
            for i in range(z.shape[2]):
                a[t + 1, s, i] = np.tanh(z[t, s, i])


@numba.njit(cache=False)
def _backward(W_aa, a, a_bar):
    """The gradient by the arguments (T, B, n); a_bar (T + 1, B, n) is completed on the way."""
    z_bar = np.empty_like(a[1:])
    for t in range(z_bar.shape[0] - 1, -1, -1):
        for s in range(z_bar.shape[1]):
            for i in range(z_bar.shape[2]):
                z_bar[t, s, i] = (1 - a[t + 1, s, i] ** 2) * a_bar[t + 1, s, i]
            _add_transposed_product(W_aa, z_bar[t, s], a_bar[t, s])
    return z_bar
