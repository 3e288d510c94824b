r"""The coupled oscillatory recurrent network, written by hand and compiled by Numba.

    z_t = z_{t-1} + D (tanh(W_y y_{t-1} + W_z z_{t-1} + V u_t + b) - \gamma y_{t-1} - \epsilon z_{t-1})
    y_t = y_{t-1} + D z_t,   o_t = Q y_t,   t = 1..T, with D = \Delta t
    L   = 1/2 \sum_{t=1}^{T} |o_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: T. K. Rusch and S. Mishra, "Coupled oscillatory recurrent neural network", arXiv:2010.00951 (2021).
"""

import numba
import numpy as np

PARAMETERS = {
    "Delta_t": (),
    "W_y": ("n", "n"),
    "W_z": ("n", "n"),
    "V": ("n", "m"),
    "b": ("n",),
    "gamma": (),
    "epsilon": (),
    "Q": ("p", "n"),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "z" (T, B, n), "y" (T, B, n), "o" (T, B, p).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"u": (T, B, m)};
    initial: {"z": (B, n), "y": (B, n)}, zeros where missing.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("z", "y", "o")}, inputs)


def backward(parameters, inputs, initial, cotangents):
    """The gradients of a scalar whose gradients by states and outputs at times 1..T are the cotangents.

    cotangents: name -> array as `forward` returns it, zeros where missing; one by a state counts only what
    does not pass through outputs or later states. Returns {"parameters": {...}, "inputs": {...}, "initial":
    {...}}, each gradient in the shape of what it is by; a parameter's is summed over time and batch.
    """
    u, start = _batched(inputs, initial)
    bars = {name: _with_batch(bar, inputs) for name, bar in cotangents.items()}
    return _gradients(parameters, u, _run(parameters, u, start), bars, inputs)


def loss_and_gradient(parameters, inputs, targets, initial=None):
    """The loss, summed over the batch, and its gradients as `backward` returns them.

    targets: {"d": (T, B, p)}; the rest as for `forward`.
    """
    u, start = _batched(inputs, initial)
    kept = _run(parameters, u, start)
    loss, bars = _loss(kept, _with_batch(targets["d"], inputs))
    return loss, _gradients(parameters, u, kept, bars, inputs)


def _with_batch(array, inputs):
    """The time-major array, contiguous and with its batch axis."""
    return np.ascontiguousarray(array[:, np.newaxis] if inputs["u"].ndim == 2 else array)


def _as_given(arrays, inputs, axis=1):
    """The arrays without the batch axis where the inputs have none."""
    return {name: bar.take(0, axis) if inputs["u"].ndim == 2 else bar for name, bar in arrays.items()}


def _batched(inputs, initial):
    """The input and the initial values, with a batch axis."""
    single = inputs["u"].ndim == 2
    start = {name: np.expand_dims(value, 0) if single else value for name, value in (initial or {}).items()}
    return _with_batch(inputs["u"], inputs), start


def _gradients(parameters, u, kept, bars, inputs):
    """All gradients, in the shapes of what they are by."""
    by_parameter, u_bar, by_initial = _pull(parameters, u, kept, bars)
    return {
        "parameters": {name: by_parameter[name] for name in PARAMETERS},
        "inputs": _as_given({"u": u_bar}, inputs),
        "initial": _as_given(by_initial, inputs, 0),
    }


def _loss(kept, d):
    r"""L = 1/2 \sum_{t=1}^{T} |o_t - d_t|^2, and its gradient by o."""
    error = kept["o"] - d
    return (error**2).sum() / 2, {"o": error}


def _run(parameters, u, start):
    """z, y and o at the times 1..T, z and y from time 0, and g = tanh(...)."""
    step, W_y, W_z, V, b, gamma, epsilon, Q = (np.asarray(parameters[name]) for name in PARAMETERS)
    g = u @ V.T + b
    z, y = (np.zeros((len(u) + 1, *g.shape[1:]), u.dtype) for _ in "zy")
    z[0], y[0] = start.get("z", 0), start.get("y", 0)
    _forward(step[()], np.ascontiguousarray(W_y), np.ascontiguousarray(W_z), gamma[()], epsilon[()], g, z, y)
    return {"z": z[1:], "y": y[1:], "o": y[1:] @ Q.T, "z_from_0": z, "y_from_0": y, "g": g}


def _pull(parameters, u, kept, bars):
    """From the gradients by z, y and o to those by parameters, inputs and initial values."""
    step, W_y, W_z, V, _, gamma, epsilon, Q = (np.asarray(parameters[name]) for name in PARAMETERS)
    z, y, g = (kept[name] for name in ("z_from_0", "y_from_0", "g"))
    o_bar = bars.get("o", np.zeros_like(kept["o"]))
    z_bar, y_bar, a_bar = np.zeros_like(z), np.zeros_like(y), np.zeros_like(g)
    z_bar[1:], y_bar[1:] = bars.get("z", 0), bars.get("y", 0) + o_bar @ Q
    numbers = step[()], np.ascontiguousarray(W_y), np.ascontiguousarray(W_z), gamma[()], epsilon[()]
    _backward(*numbers, g, z_bar, y_bar, a_bar)
    moved = g - gamma * y[:-1] - epsilon * z[:-1]
    by_parameter = {
        "Delta_t": (z_bar[1:] * moved + y_bar[1:] * z[1:]).sum(),
        "W_y": _outer(a_bar, y[:-1]),
        "W_z": _outer(a_bar, z[:-1]),
        "V": _outer(a_bar, u),
        "b": a_bar.sum((0, 1)),
        "gamma": -step * (z_bar[1:] * y[:-1]).sum(),
        "epsilon": -step * (z_bar[1:] * z[:-1]).sum(),
        "Q": _outer(o_bar, y[1:]),
    }
    return by_parameter, a_bar @ V, {"z": z_bar[0], "y": y_bar[0]}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


@numba.njit(cache=False)
def _forward(step, W_y, W_z, gamma, epsilon, g, z, y):
    """Fills z and y (T + 1, B, n) from row 1, and turns V u + b in g into tanh(...)."""
    for t in range(g.shape[0]):
        for s in range(g.shape[1]):
            for i in range(g.shape[2]):
                for j in range(g.shape[2]):
                    g[t, s, i] += W_y[i, j] * y[t, s, j] + W_z[i, j] * z[t, s, j]
                g[t, s, i] = np.tanh(g[t, s, i])
                force = g[t, s, i] - gamma * y[t, s, i] - epsilon * z[t, s, i]
                z[t + 1, s, i] = z[t, s, i] + step * force
                y[t + 1, s, i] = y[t, s, i] + step * z[t + 1, s, i]


@numba.njit(cache=False)
def _backward(step, W_y, W_z, gamma, epsilon, g, z_bar, y_bar, a_bar):
    """Completes the gradients by z and y at all times, in place, and fills those by the argument of tanh."""
    for t in range(g.shape[0] - 1, -1, -1):
        for s in range(g.shape[1]):
            for i in range(g.shape[2]):
                z_bar[t + 1, s, i] += step * y_bar[t + 1, s, i]
                z_bar[t, s, i] += (1 - step * epsilon) * z_bar[t + 1, s, i]
                y_bar[t, s, i] += y_bar[t + 1, s, i] - step * gamma * z_bar[t + 1, s, i]
                a_bar[t, s, i] = step * z_bar[t + 1, s, i] * (1 - g[t, s, i] ** 2)
                for j in range(g.shape[2]):
                    y_bar[t, s, j] += a_bar[t, s, i] * W_y[i, j]
                    z_bar[t, s, j] += a_bar[t, s, i] * W_z[i, j]
