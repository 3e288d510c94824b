"""gru_after

    r[t] = σ(W_r · x[t] + U_r · h[t-1] + b_r)
    z[t] = σ(W_z · x[t] + U_z · h[t-1] + b_z)
    h̃[t] = tanh(W_n · x[t] + b_n + r[t] ⊙ (U_n · h[t-1] + e_n))
    h[t] = (1 - z[t]) ⊙ h̃[t] + z[t] ⊙ h[t-1]
    L = 1/2 · (Σ(t=1..T) ⟨h[t] - d[t], h[t] - d[t]⟩)
"""

import numpy as np

PARAMETERS = {
    "W_r": ("n", "m"),
    "U_r": ("n", "n"),
    "b_r": ("n",),
    "W_z": ("n", "m"),
    "U_z": ("n", "n"),
    "b_z": ("n",),
    "W_n": ("n", "m"),
    "b_n": ("n",),
    "U_n": ("n", "n"),
    "e_n": ("n",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"h": (T, B, n)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"h": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"h": kept["h"][1:]}
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

    targets: {"d": (T, B, n)}.
    The other arguments are those of `forward`.
    """
    inputs, initial, single = with_batch(inputs, initial)
    if single:
        targets = {name: np.asarray(value)[:, None] for name, value in targets.items()}
    kept = run(parameters, inputs, initial)
    dtype = np.result_type(*parameters.values(), 0.0)
    W_r = np.asarray(parameters["W_r"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_r.shape[0]
    d = np.asarray(targets["d"], dtype)
    h = kept["h"]
    loss = 0.5 * np.sum((h[1:] - d) * (h[1:] - d))
    d_h = np.zeros((T + 1, B, n), dtype)
    d_h[1:] += 0.5 * (h[1:] - d) + 0.5 * (h[1:] - d)
    cotangents = {"h": d_h}
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
    W_n = np.asarray(parameters["W_n"], dtype)
    b_n = np.asarray(parameters["b_n"], dtype)
    U_n = np.asarray(parameters["U_n"], dtype)
    e_n = np.asarray(parameters["e_n"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_r.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_r = np.empty((T + 1, B, n), dtype)
    z_z = np.empty((T + 1, B, n), dtype)
    z_h_tilde = np.empty((T + 1, B, n), dtype)
    r = np.empty((T + 1, B, n), dtype)
    z = np.empty((T + 1, B, n), dtype)
    h_tilde = np.empty((T + 1, B, n), dtype)
    h = np.empty((T + 1, B, n), dtype)
    h[0] = initial.get("h", 0)
    z_r[1:] = x @ W_r.T + b_r
    z_z[1:] = x @ W_z.T + b_z
    z_h_tilde[1:] = x @ W_n.T + b_n
    for t in range(1, T + 1):
        z_r[t] += h[t - 1] @ U_r.T
        r[t] = sigmoid(z_r[t])
        z_z[t] += h[t - 1] @ U_z.T
        z[t] = sigmoid(z_z[t])
        z_h_tilde[t] += r[t] * (h[t - 1] @ U_n.T + e_n)
        h_tilde[t] = np.tanh(z_h_tilde[t])
        h[t] = (1 - z[t]) * h_tilde[t] + z[t] * h[t - 1]
    return {"r": r, "z": z, "h_tilde": h_tilde, "h": h}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_r = np.asarray(parameters["W_r"], dtype)
    U_r = np.asarray(parameters["U_r"], dtype)
    W_z = np.asarray(parameters["W_z"], dtype)
    U_z = np.asarray(parameters["U_z"], dtype)
    W_n = np.asarray(parameters["W_n"], dtype)
    U_n = np.asarray(parameters["U_n"], dtype)
    e_n = np.asarray(parameters["e_n"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_r.shape[0]
    x = np.asarray(inputs["x"], dtype)
    r = kept["r"]
    z = kept["z"]
    h_tilde = kept["h_tilde"]
    h = kept["h"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_z_h_tilde = np.empty((T + 1, B, n), dtype)
    d_z_z = np.empty((T + 1, B, n), dtype)
    d_z_r = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_h_tilde = (1 - z[t]) * d_h[t]
        d_z_h_tilde[t] = d_h_tilde * (1 - h_tilde[t] ** 2)
        d_z = h[t - 1] * d_h[t] - h_tilde[t] * d_h[t]
        d_z_z[t] = d_z * z[t] * (1 - z[t])
        d_r = (h[t - 1] @ U_n.T + e_n) * d_z_h_tilde[t]
        d_z_r[t] = d_r * r[t] * (1 - r[t])
        d_h[t - 1] += d_z_r[t] @ U_r + d_z_z[t] @ U_z + (r[t] * d_z_h_tilde[t]) @ U_n + z[t] * d_h[t]
    d_x = d_z_r[1:] @ W_r + d_z_z[1:] @ W_z + d_z_h_tilde[1:] @ W_n
    d_W_r = rows(d_z_r[1:]).T @ rows(x)
    d_U_r = rows(d_z_r[1:]).T @ rows(h[:-1])
    d_b_r = np.sum(d_z_r[1:], axis=(0, 1))
    d_W_z = rows(d_z_z[1:]).T @ rows(x)
    d_U_z = rows(d_z_z[1:]).T @ rows(h[:-1])
    d_b_z = np.sum(d_z_z[1:], axis=(0, 1))
    d_W_n = rows(d_z_h_tilde[1:]).T @ rows(x)
    d_b_n = np.sum(d_z_h_tilde[1:], axis=(0, 1))
    d_U_n = rows(r[1:] * d_z_h_tilde[1:]).T @ rows(h[:-1])
    d_e_n = np.sum(r[1:] * d_z_h_tilde[1:], axis=(0, 1))
    return {
        "parameters": {
            "W_r": d_W_r,
            "U_r": d_U_r,
            "b_r": d_b_r,
            "W_z": d_W_z,
            "U_z": d_U_z,
            "b_z": d_b_z,
            "W_n": d_W_n,
            "b_n": d_b_n,
            "U_n": d_U_n,
            "e_n": d_e_n,
        },
        "inputs": {"x": d_x},
        "initial": {"h": d_h[0]},
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
