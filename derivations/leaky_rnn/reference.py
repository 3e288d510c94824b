r"""The leaky recurrent network, written by hand and compiled by Numba.

    h_t = (1 - \alpha) h_{t-1} + \alpha tanh(W h_{t-1} + U x_t + b),   y_t = V h_t,   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |y_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: H. Jaeger et al., "Optimization and applications of echo state networks with leaky-integrator
neurons", Neural Networks 20 (2007) 335-352.
"""

import numba
import numpy as np

PARAMETERS = {
    "alpha": (),
    "W": ("n", "n"),
    "U": ("n", "m"),
    "b": ("n",),
    "V": ("p", "n"),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: {"h": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("h", "y")}, inputs)


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
    """h and y at the times 1..T, h from time 0, and g = tanh(...)."""
    alpha, W, U, b, V = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h = np.zeros((len(x) + 1, x.shape[1], len(b)), x.dtype)
    h[0] = start.get("h", 0)
    g = x @ U.T + b
    _forward(float(alpha), W, g, h)
    return {"h": h[1:], "y": h[1:] @ V.T, "h_from_0": h, "g": g}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters, inputs and the initial value."""
    alpha, W, U, _, V = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    g, h, y_bar = kept["g"], kept["h_from_0"], bars.get("y", np.zeros_like(kept["y"]))
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + y_bar @ V
    z_bar = _backward(float(alpha), W, g, h_bar)
    by_parameter = {
        "alpha": (h_bar[1:] * (g - h[:-1])).sum(),
        "W": _outer(z_bar, h[:-1]),
        "U": _outer(z_bar, x),
        "b": z_bar.sum((0, 1)),
        "V": _outer(y_bar, h[1:]),
    }
    return by_parameter, z_bar @ U, {"h": h_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


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
def _forward(alpha, W, g, h):
    """Fills h (T + 1, B, n) from row 1; g (T, B, n) comes in as its argument without h_{t-1}."""
    for t in range(g.shape[0]):
        for s in range(g.shape[1]):
            _add_product(W, h[t, s], g[t, s])
            for i in range(g.shape[2]):
                g[t, s, i] = np.tanh(g[t, s, i])
                h[t + 1, s, i] = (1 - alpha) * h[t, s, i] + alpha * g[t, s, i]


@numba.njit(cache=False)
def _backward(alpha, W, g, h_bar):
    """The gradient by the arguments (T, B, n); h_bar (T + 1, B, n) is completed on the way."""
    z_bar = np.empty_like(g)
    for t in range(g.shape[0] - 1, -1, -1):
        for s in range(g.shape[1]):
            for i in range(g.shape[2]):
                z_bar[t, s, i] = h_bar[t + 1, s, i] * alpha * (1 - g[t, s, i] ** 2)
                h_bar[t, s, i] += h_bar[t + 1, s, i] * (1 - alpha)
            _add_transposed_product(W, z_bar[t, s], h_bar[t, s])
    return z_bar
