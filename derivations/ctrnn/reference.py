r"""The continuous-time recurrent network with Euler steps, written by hand and compiled by Numba.

    h_t = h_{t-1} + \eta / \tau (W S(h_{t-1} + b) + U x_t - h_{t-1}), entry by entry, h_0 = s,   t = 1..T
    L   = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: R. D. Beer, "On the dynamics of small continuous-time recurrent neural networks", Adaptive Behavior 3
(1995) 469-509.
"""

import numba
import numpy as np

PARAMETERS = {
    "eta": (),
    "tau": ("n",),
    "W": ("n", "n"),
    "b": ("n",),
    "U": ("n", "m"),
    "s": ("n",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "h" (T, B, n).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m)};
    initial: None, the initial state is a parameter.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("h",)}, inputs)


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
    r"""L = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, and its gradient by h."""
    error = kept["h"] - d
    return (error**2).sum() / 2, {"h": error}


def _run(parameters, x, start):
    """h at the times 1..T, from time 0, the fired g = S(h_{t-1} + b), and the drive W g + U x_t - h_{t-1}."""
    eta, tau, W, b, U, s = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    h = np.empty((len(x) + 1, x.shape[1], len(b)), x.dtype)
    h[0] = s
    drive, g = x @ U.T, np.empty_like(h[1:])
    _forward(eta / tau, W, b, drive, g, h)
    return {"h": h[1:], "h_from_0": h, "g": g, "drive": drive}


def _pull(parameters, x, kept, bars):
    """From the gradient by h to those by parameters and inputs."""
    eta, tau, W, _, U, _ = (np.asarray(parameters[name], order="C") for name in PARAMETERS)
    g, h_bar = kept["g"], np.zeros_like(kept["h_from_0"])
    h_bar[1:] = bars.get("h", 0)
    u_bar = _backward(eta / tau, W, g, h_bar)
    rate_bar, drive_bar = (h_bar[1:] * kept["drive"]).sum((0, 1)), h_bar[1:] * (eta / tau)
    by_parameter = {
        "eta": (rate_bar / tau).sum(),
        "tau": -rate_bar * eta / tau**2,
        "W": _outer(drive_bar, g),
        "b": u_bar.sum((0, 1)),
        "U": _outer(drive_bar, x),
        "s": h_bar[0].sum(0),
    }
    return by_parameter, drive_bar @ U, {}


def _outer(z_bar, x):
    """The gradient by W from that by z_t = W x_t at all times: the sum over time and batch of z_bar x^T."""
    return np.einsum("tbi,tbj->ij", z_bar, x)


@numba.njit(cache=False)
def _sigmoid(z):
    """1 / (1 + e^{-z}) of a number, with no overflow on either side."""
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    e = np.exp(z)
    return e / (1 + e)


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
def _forward(rate, W, b, drive, g, h):
    """Fills h (T + 1, B, n) from row 1 and g (T, B, n); the drive comes in as U x_t and is completed."""
    for t in range(g.shape[0]):
        for s in range(g.shape[1]):
            for i in range(g.shape[2]):
                g[t, s, i] = _sigmoid(h[t, s, i] + b[i])
            _add_product(W, g[t, s], drive[t, s])
            for i in range(g.shape[2]):
                drive[t, s, i] -= h[t, s, i]
                h[t + 1, s, i] = h[t, s, i] + rate[i] * drive[t, s, i]


@numba.njit(cache=False)
def _backward(rate, W, g, h_bar):
    """The gradient by the arguments of S (T, B, n); h_bar (T + 1, B, n) is completed on the way."""
    u_bar = np.zeros_like(g)
    for t in range(g.shape[0] - 1, -1, -1):
        for s in range(g.shape[1]):
            _add_transposed_product(W, rate * h_bar[t + 1, s], u_bar[t, s])
            for i in range(g.shape[2]):
                u_bar[t, s, i] *= g[t, s, i] * (1 - g[t, s, i])
                h_bar[t, s, i] += u_bar[t, s, i] + h_bar[t + 1, s, i] * (1 - rate[i])
    return u_bar
