"""layer_norm_rnn

    h[t] = tanh(g ⊙ LN(W · h[t-1] + U · x[t]) + b)
    y[t] = V · h[t]
    h[0] = s
    L = 1/2 · ⟨y[T] - d[T], y[T] - d[T]⟩
"""

import numpy as np

PARAMETERS = {
    "W": ("n", "n"),
    "U": ("n", "m"),
    "g": ("n",),
    "b": ("n",),
    "V": ("p", "n"),
    "s": ("n",),
}


def layer_norm(x, axis=-1):
    """(x - mean) / sqrt(variance + 1e-5) along an axis (Ba, Kiros and Hinton 2016, equation 4, no gain)."""
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + 1e-05)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"h": (T, B, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    The initial value of h at time 0 is computed: s.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"h": kept["h"][1:], "y": kept["y"]}
    return {name: value[:, 0] for name, value in values.items()} if single else values


def backward(parameters, inputs, initial, cotangents):
    """The gradients of a scalar by all parameters, inputs and initial values.

    `cotangents` holds the gradient of the scalar by each state or output at the times 1..T, under its name and
    in its shape; one left out is zero. A gradient has the shape of what it is by; a parameter's is summed over
    time and batch. The other arguments are those of `forward`.
    """
    inputs, initial, single = with_batch(inputs, initial)
    if single:
        cotangents = {name: np.asarray(value)[:, None] for name, value in cotangents.items()}
    gradients = pull_back(parameters, inputs, run(parameters, inputs, initial), cotangents)
    return without_batch(gradients) if single else gradients


def loss_and_gradient(parameters, inputs, targets, initial=None):
    """The loss, summed over the batch, and its gradients, as `backward` returns them.

    targets: {"d": (T, B, p)}.
    The other arguments are those of `forward`.
    """
    inputs, initial, single = with_batch(inputs, initial)
    if single:
        targets = {name: np.asarray(value)[:, None] for name, value in targets.items()}
    kept = run(parameters, inputs, initial)
    dtype = np.result_type(*parameters.values(), 0.0)
    W, U, g, b, V, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    p = V.shape[0]
    d = np.asarray(targets["d"], dtype)
    y = kept["y"]
    loss = 0.5 * np.sum((y[-1] - d[-1]) * (y[-1] - d[-1]))
    d_y = np.zeros((T, B, p), dtype)
    d_y[-1] += 0.5 * (y[-1] - d[-1]) + 0.5 * (y[-1] - d[-1])
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W, U, g, b, V, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h = np.empty((T + 1, B, n), dtype)
    z_h = np.empty((T + 1, B, n), dtype)
    LN_z_h = np.empty((T + 1, B, n), dtype)
    h[0] = s
    z_h[1:] = x @ U.T
    for t in range(1, T + 1):
        z_h[t] += h[t - 1] @ W.T
        LN_z_h[t] = layer_norm(z_h[t])
        z_h_2 = g * LN_z_h[t] + b
        h[t] = np.tanh(z_h_2)
    y = h[1:] @ V.T
    return {"z_h": z_h, "LN_z_h": LN_z_h, "h": h, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W, U, g, b, V, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_h = kept["z_h"]
    LN_z_h = kept["LN_z_h"]
    h = kept["h"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_h_2 = np.empty((T + 1, B, n), dtype)
    d_z_h = np.empty((T + 1, B, n), dtype)
    d_h[1:] += d_y @ V
    for t in reversed(range(1, T + 1)):
        d_z_h_2[t] = d_h[t] * (1 - h[t] ** 2)
        d_LN_z_h = g * d_z_h_2[t]
        d_z_h[t] = (
            (d_LN_z_h - (np.sum(d_LN_z_h, axis=-1) / n)[..., None] - LN_z_h[t] * np.sum(d_LN_z_h * LN_z_h[t], axis=-1, keepdims=True) / n)
            / np.sqrt(np.sum((z_h[t] - (np.sum(z_h[t], axis=-1) / n)[..., None]) * (z_h[t] - (np.sum(z_h[t], axis=-1) / n)[..., None]), axis=-1) / n + 1/100000)[..., None]
        )
        d_h[t - 1] += d_z_h[t] @ W
    d_x = d_z_h[1:] @ U
    d_W = rows(d_z_h[1:]).T @ rows(h[:-1])
    d_U = rows(d_z_h[1:]).T @ rows(x)
    d_g = np.sum(LN_z_h[1:] * d_z_h_2[1:], axis=(0, 1))
    d_b = np.sum(d_z_h_2[1:], axis=(0, 1))
    d_V = rows(d_y).T @ rows(h[1:])
    d_s = np.sum(d_h[0], axis=0)
    return {
        "parameters": {"W": d_W, "U": d_U, "g": d_g, "b": d_b, "V": d_V, "s": d_s},
        "inputs": {"x": d_x},
        "initial": {},
    }


def start(cotangent, shape, dtype):
    """Zeros of the shape, with the cotangent in its last rows: those of the times 1..T."""
    d = np.zeros(shape, dtype)
    if cotangent is not None:
        d[shape[0] - len(cotangent) :] = cotangent
    return d


def rows(x):
    """The columns of all times and samples as the rows of one matrix."""
    return x.reshape(-1, x.shape[-1])


def with_batch(inputs, initial):
    """Inputs and initial values with a batch axis, and whether they came without."""
    single = np.ndim(inputs["x"]) == 2
    initial = {} if initial is None else initial
    if single:
        inputs = {name: np.asarray(value)[:, None] for name, value in inputs.items()}
        initial = {name: np.expand_dims(value, 0) for name, value in initial.items()}
    return inputs, initial, single


def without_batch(gradients):
    """Gradients of a single sample: the batch axis goes."""
    by_input = {name: value[:, 0] for name, value in gradients["inputs"].items()}
    by_initial = {name: value[0] for name, value in gradients["initial"].items()}
    return {"parameters": gradients["parameters"], "inputs": by_input, "initial": by_initial}
