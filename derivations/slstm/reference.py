r"""The sLSTM with its stabiliser, written by hand and compiled by Numba.

    a^g_t = W_g x_t + R_g h_{t-1} + b_g for g = z, i, f, o;   z_t = tanh(a^z_t),   o_t = S(a^o_t)
    m_t = max(a^f_t + m_{t-1}, a^i_t),   i_t = exp(a^i_t - m_t),   f_t = exp(a^f_t + m_{t-1} - m_t)
    c_t = f_t c_{t-1} + i_t z_t,   n_t = f_t n_{t-1} + i_t,   n_0 = 1,   h_t = o_t c_t / n_t, entry by entry
    L   = 1/2 \sum_{t=1}^{T} |h_t - d_t|^2, summed over the batch

The slope of max is taken as that of the second argument where the two are equal.

It shares nothing with the engine, so that the two can judge each other; it is never generated. What no state
enters is computed for all times at once, the recurrence in compiled loops. Arrays are time-major; without
the batch axis B in what is given there is none in what comes back. The precision is that of the arrays
given. The gradient by q is called q_bar, and an array that starts at time 0 has one row more.

Source: M. Beck et al., "xLSTM: extended long short-term memory", arXiv:2405.04517 (2024).
"""

import numba
import numpy as np

PARAMETERS = {
    "W_z": ("k", "p"),
    "R_z": ("k", "k"),
    "b_z": ("k",),
    "W_i": ("k", "p"),
    "R_i": ("k", "k"),
    "b_i": ("k",),
    "W_f": ("k", "p"),
    "R_f": ("k", "k"),
    "b_f": ("k",),
    "W_o": ("k", "p"),
    "R_o": ("k", "k"),
    "b_o": ("k",),
}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T: "m", "c", "n" and "h", each (T, B, k).

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, p)};
    initial: {"m": (B, k), "c": (B, k), "h": (B, k)}, zeros where missing; n starts at one.
    """
    kept = _run(parameters, *_batched(inputs, initial))
    return _as_given({name: kept[name] for name in ("m", "c", "n", "h")}, inputs)


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

    targets: {"d": (T, B, k)}; the rest as for `forward`.
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
    """The states at the times 1..T, and as rows of one array from time 0; the arguments of the gates."""
    W, R, b = (_together(parameters, letter) for letter in "WRb")
    a = np.einsum("tbj,gij->tbgi", x, W) + b
    states = np.zeros((len(x) + 1, 4, x.shape[1], a.shape[-1]), x.dtype)
    for row, name in enumerate("mch"):
        states[0, row] = start.get(name, 0)
    states[0, 3] = 1
    _forward(R, a, states)
    m, c, h, n = (states[1:, row] for row in range(4))
    return {"m": m, "c": c, "n": n, "h": h, "states": states, "a": a}


def _together(parameters, letter):
    """The arrays of the four gates as one, in the order z, i, f, o."""
    return np.stack([parameters[f"{letter}_{gate}"] for gate in "zifo"])


def _pull(parameters, x, kept, bars):
    """From the gradients by the states to those by parameters, inputs and initial values."""
    W, R = (_together(parameters, letter) for letter in "WR")
    states, a = kept["states"], kept["a"]
    states_bar, a_bar = np.zeros_like(states), np.zeros_like(a)
    for row, name in enumerate("mchn"):
        states_bar[1:, row] = bars.get(name, 0)
    _backward(R, a, states, states_bar, a_bar)
    W_bar, R_bar = np.einsum("tbgi,tbj->gij", a_bar, x), np.einsum("tbgi,tbj->gij", a_bar, states[:-1, 2])
    b_bar = a_bar.sum((0, 1))
    gates = list(enumerate("zifo"))
    by_parameter = {f"W_{gate}": W_bar[g] for g, gate in gates}
    by_parameter |= {f"R_{gate}": R_bar[g] for g, gate in gates} | {
        f"b_{gate}": b_bar[g] for g, gate in gates
    }
    by_initial = {name: states_bar[0, row] for row, name in enumerate("mch")}
    return by_parameter, np.einsum("tbgi,gij->tbj", a_bar, W), by_initial


@numba.njit(cache=False)
def _forward(R, a, states):
    """Adds R h_{t-1} to the arguments a (T, B, 4, k), and fills the states (T + 1, 4, B, k) from row 1."""
    for t in range(a.shape[0]):
        for s in range(a.shape[1]):
            m, c, h, n = states[t, 0, s], states[t, 1, s], states[t, 2, s], states[t, 3, s]
            for j in range(a.shape[3]):
                for g in range(4):
                    for r in range(a.shape[3]):
                        a[t, s, g, j] += R[g, j, r] * h[r]
                largest = max(a[t, s, 2, j] + m[j], a[t, s, 1, j])
                i, f = np.exp(a[t, s, 1, j] - largest), np.exp(a[t, s, 2, j] + m[j] - largest)
                states[t + 1, 0, s, j] = largest
                states[t + 1, 1, s, j] = f * c[j] + i * np.tanh(a[t, s, 0, j])
                states[t + 1, 3, s, j] = f * n[j] + i
                o = 1 / (1 + np.exp(-a[t, s, 3, j]))
                states[t + 1, 2, s, j] = o * states[t + 1, 1, s, j] / states[t + 1, 3, s, j]


@numba.njit(cache=False)
def _backward(R, a, states, states_bar, a_bar):
    """Completes the gradients by the states at all times, in place, and fills those by the arguments a."""
    for t in range(a.shape[0] - 1, -1, -1):
        for s in range(a.shape[1]):
            for j in range(a.shape[3]):
                m, c, n = states[t, 0, s, j], states[t, 1, s, j], states[t, 3, s, j]
                now, c_now, n_now = states[t + 1, 0, s, j], states[t + 1, 1, s, j], states[t + 1, 3, s, j]
                z, o = np.tanh(a[t, s, 0, j]), 1 / (1 + np.exp(-a[t, s, 3, j]))
                i, f = np.exp(a[t, s, 1, j] - now), np.exp(a[t, s, 2, j] + m - now)
                h_bar = states_bar[t + 1, 2, s, j]
                c_bar = states_bar[t + 1, 1, s, j] + h_bar * o / n_now
                n_bar = states_bar[t + 1, 3, s, j] - h_bar * o * c_now / n_now**2
                i_bar, f_bar = (c_bar * z + n_bar) * i, (c_bar * c + n_bar * n) * f
                m_bar = states_bar[t + 1, 0, s, j] - i_bar - f_bar
                if a[t, s, 2, j] + m > a[t, s, 1, j]:
                    f_bar += m_bar
                else:
                    i_bar += m_bar
                states_bar[t, 0, s, j] += f_bar
                states_bar[t, 1, s, j] += c_bar * f
                states_bar[t, 3, s, j] += n_bar * f
                a_bar[t, s, 0, j] = c_bar * i * (1 - z**2)
                a_bar[t, s, 1, j] = i_bar
                a_bar[t, s, 2, j] = f_bar
                a_bar[t, s, 3, j] = h_bar * c_now / n_now * o * (1 - o)
                for g in range(4):
                    for r in range(a.shape[3]):
                        states_bar[t, 2, s, r] += a_bar[t, s, g, j] * R[g, j, r]
