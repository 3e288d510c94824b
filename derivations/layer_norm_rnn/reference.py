r"""The recurrent network with layer normalisation, written by hand and compiled by Numba.

    h_t = tanh(g LN(W h_{t-1} + U x_t) + b), entry by entry,   h_0 = s,   y_t = V h_t,   t = 1..T
    LN(u) = (u - mean u) / sqrt(mean (u - mean u)^2 + 0.00001)
    L   = 1/2 |y_T - d_T|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450 (2016), equation 4.
"""

import numba
import numpy as np

PARAMETERS = {
    "g": ("n",),
    "W": ("n", "n"),
    "U": ("n", "m"),
    "b": ("n",),
    "V": ("p", "n"),
    "s": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n), "y" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: None, the initial state is a parameter.
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
    """The input with a batch axis; of initial values none is open, so what is given is not looked at."""
    return _with_batch(inputs["x"], inputs), {}


def _gradients(parameters, x, kept, bars, inputs):
    """All gradients, in the shapes of what they are by."""
    by_parameter, x_bar, by_initial = _pull(parameters, x, kept, bars)
    return {
        "parameters": {name: by_parameter[name] for name in PARAMETERS},
        "inputs": _as_given({"x": x_bar}, inputs),
        "initial": _as_given(by_initial, inputs, 0),
    }


def _loss(kept, d):
    r"""L = 1/2 |y_T - d_T|^2, and its gradient by y."""
    error = np.zeros_like(d)
    error[-1] = kept["y"][-1] - d[-1]
    return (error**2).sum() / 2, {"y": error}


def _run(parameters, x, start):
    """h and y at the times 1..T, h from time 0, the normalised v and the standard deviations."""
    g, W, U, b, V, s = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h = np.empty((len(x) + 1, x.shape[1], len(b)), x.dtype)
    h[0] = s
    v, deviation = x @ U.T, np.empty(x.shape[:2], x.dtype)
    _forward(g, W, b, v, deviation, h)
    return {"h": h[1:], "y": h[1:] @ V.T, "h_from_0": h, "v": v, "deviation": deviation}


def _pull(parameters, x, kept, bars):
    """From the gradients by h and y to those by parameters and inputs."""
    g, W, U, _, V, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h, v, y_bar = kept["h_from_0"], kept["v"], bars.get("y", np.zeros_like(kept["y"]))
    h_bar = np.zeros_like(h)
    h_bar[1:] = bars.get("h", 0) + y_bar @ V
    z_bar, u_bar = _backward(g, W, v, kept["deviation"], h, h_bar)
    by_parameter = {
        "g": (z_bar * v).sum((0, 1)),
        "W": _outer(u_bar, h[:-1]),
        "U": _outer(u_bar, x),
        "b": z_bar.sum((0, 1)),
        "V": _outer(y_bar, h[1:]),
        "s": h_bar[0].sum(0),
    }
    return by_parameter, u_bar @ U, {}


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
def _forward(g, W, b, v, deviation, h):
    """Fills h (T + 1, B, n) from row 1 and the deviations; v comes in as U x_t and leaves normalised."""
    for t in range(v.shape[0]):
        for s in range(v.shape[1]):
            u = v[t, s]
            _add_product(W, h[t, s], u)
            mean = u.mean()
            square = 0.0
            for i in range(len(u)):
                u[i] -= mean
                square += u[i] ** 2
            deviation[t, s] = np.sqrt(square / len(u) + 0.00001)
            for i in range(len(u)):
                u[i] /= deviation[t, s]
                h[t + 1, s, i] = np.tanh(g[i] * u[i] + b[i])


@numba.njit(cache=False)
def _backward(g, W, v, deviation, h, h_bar):
    """The gradients by the arguments of tanh and of LN (T, B, n); h_bar is completed on the way."""
    z_bar, u_bar = np.empty_like(v), np.empty_like(v)
    n = v.shape[2]
    for t in range(v.shape[0] - 1, -1, -1):
        for s in range(v.shape[1]):
            mean, along = 0.0, 0.0  # of the gradient by v, and of its product with v
            for i in range(n):
                z_bar[t, s, i] = h_bar[t + 1, s, i] * (1 - h[t + 1, s, i] ** 2)
                mean += z_bar[t, s, i] * g[i] / n
                along += z_bar[t, s, i] * g[i] * v[t, s, i] / n
            for i in range(n):
                u_bar[t, s, i] = (z_bar[t, s, i] * g[i] - mean - v[t, s, i] * along) / deviation[t, s]
            _add_transposed_product(W, u_bar[t, s], h_bar[t, s])
    return z_bar, u_bar
