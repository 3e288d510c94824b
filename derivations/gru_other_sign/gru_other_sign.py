"""gru_other_sign

    r[t] = σ(W_r · x[t] + U_r · h[t-1] + b_r)
    z[t] = σ(W_z · x[t] + U_z · h[t-1] + b_z)
    h̃[t] = tanh(W_h · x[t] + U_h · (r[t] ⊙ h[t-1]) + b_h)
    h[t] = (1 - z[t]) ⊙ h[t-1] + z[t] ⊙ h̃[t]
    y[t] = softmax(V · h[t] + b_y)
    h[0] = s
    L = -Σ(t=1..T) d[t]ᵀ · log(y[t])
"""

import numpy as np

PARAMETERS = {
    "W_r": ("n", "m"),
    "U_r": ("n", "n"),
    "b_r": ("n",),
    "W_z": ("n", "m"),
    "U_z": ("n", "n"),
    "b_z": ("n",),
    "W_h": ("n", "m"),
    "U_h": ("n", "n"),
    "b_h": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
    "s": ("n",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


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
    d = np.asarray(targets["d"], dtype)
    y = kept["y"]
    loss = -np.sum(d * np.log(y))
    d_y = -d / y
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_r = np.asarray(parameters["W_r"], dtype)
    U_r = np.asarray(parameters["U_r"], dtype)
    b_r = np.asarray(parameters["b_r"], dtype)
    W_z = np.asarray(parameters["W_z"], dtype)
    U_z = np.asarray(parameters["U_z"], dtype)
    b_z = np.asarray(parameters["b_z"], dtype)
    W_h = np.asarray(parameters["W_h"], dtype)
    U_h = np.asarray(parameters["U_h"], dtype)
    b_h = np.asarray(parameters["b_h"], dtype)
    V = np.asarray(parameters["V"], dtype)
    b_y = np.asarray(parameters["b_y"], dtype)
    s = np.asarray(parameters["s"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_r.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h = np.empty((T + 1, B, n), dtype)
    z_r = np.empty((T + 1, B, n), dtype)
    z_z = np.empty((T + 1, B, n), dtype)
    z_h_tilde = np.empty((T + 1, B, n), dtype)
    r = np.empty((T + 1, B, n), dtype)
    z = np.empty((T + 1, B, n), dtype)
    h_tilde = np.empty((T + 1, B, n), dtype)
    h[0] = s
    z_r[1:] = x @ W_r.T + b_r
    z_z[1:] = x @ W_z.T + b_z
    z_h_tilde[1:] = x @ W_h.T + b_h
    for t in range(1, T + 1):
        z_r[t] += h[t - 1] @ U_r.T
        r[t] = sigmoid(z_r[t])
        z_z[t] += h[t - 1] @ U_z.T
        z[t] = sigmoid(z_z[t])
        z_h_tilde[t] += (r[t] * h[t - 1]) @ U_h.T
        h_tilde[t] = np.tanh(z_h_tilde[t])
        h[t] = (1 - z[t]) * h[t - 1] + z[t] * h_tilde[t]
    z_y = h[1:] @ V.T + b_y
    y = softmax(z_y)
    return {"r": r, "z": z, "h_tilde": h_tilde, "h": h, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_r = np.asarray(parameters["W_r"], dtype)
    U_r = np.asarray(parameters["U_r"], dtype)
    W_z = np.asarray(parameters["W_z"], dtype)
    U_z = np.asarray(parameters["U_z"], dtype)
    W_h = np.asarray(parameters["W_h"], dtype)
    U_h = np.asarray(parameters["U_h"], dtype)
    V = np.asarray(parameters["V"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_r.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    r = kept["r"]
    z = kept["z"]
    h_tilde = kept["h_tilde"]
    h = kept["h"]
    y = kept["y"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_h_tilde = np.empty((T + 1, B, n), dtype)
    d_z_z = np.empty((T + 1, B, n), dtype)
    d_z_r = np.empty((T + 1, B, n), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_h[1:] += d_z_y @ V
    for t in reversed(range(1, T + 1)):
        d_h_tilde = z[t] * d_h[t]
        d_z_h_tilde[t] = d_h_tilde * (1 - h_tilde[t] ** 2)
        d_z = h_tilde[t] * d_h[t] - h[t - 1] * d_h[t]
        d_z_z[t] = d_z * z[t] * (1 - z[t])
        d_r = h[t - 1] * (d_z_h_tilde[t] @ U_h)
        d_z_r[t] = d_r * r[t] * (1 - r[t])
        d_h[t - 1] += (
            d_z_r[t] @ U_r
            + d_z_z[t] @ U_z
            + r[t] * (d_z_h_tilde[t] @ U_h)
            + (1 - z[t]) * d_h[t]
        )
    d_x = d_z_r[1:] @ W_r + d_z_z[1:] @ W_z + d_z_h_tilde[1:] @ W_h
    d_W_r = rows(d_z_r[1:]).T @ rows(x)
    d_U_r = rows(d_z_r[1:]).T @ rows(h[:-1])
    d_b_r = np.sum(d_z_r[1:], axis=(0, 1))
    d_W_z = rows(d_z_z[1:]).T @ rows(x)
    d_U_z = rows(d_z_z[1:]).T @ rows(h[:-1])
    d_b_z = np.sum(d_z_z[1:], axis=(0, 1))
    d_W_h = rows(d_z_h_tilde[1:]).T @ rows(x)
    d_U_h = rows(d_z_h_tilde[1:]).T @ rows(r[1:] * h[:-1])
    d_b_h = np.sum(d_z_h_tilde[1:], axis=(0, 1))
    d_V = rows(d_z_y).T @ rows(h[1:])
    d_b_y = np.sum(d_z_y, axis=(0, 1))
    d_s = np.sum(d_h[0], axis=0)
    return {
        "parameters": {
            "W_r": d_W_r,
            "U_r": d_U_r,
            "b_r": d_b_r,
            "W_z": d_W_z,
            "U_z": d_U_z,
            "b_z": d_b_z,
            "W_h": d_W_h,
            "U_h": d_U_h,
            "b_h": d_b_h,
            "V": d_V,
            "b_y": d_b_y,
            "s": d_s,
        },
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
