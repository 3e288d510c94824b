"""min_gru

    z[t] = σ(W_z · x[t] + b_z)
    h̃[t] = W_h · x[t] + b_h
    h[t] = (1 - z[t]) ⊙ h[t-1] + z[t] ⊙ h̃[t]
    y[t] = softmax(V · h[t] + b_y)
    L = -Σ(t=1..T) d[t]ᵀ · log(y[t])
"""

import numpy as np

PARAMETERS = {
    "W_z": ("n", "m"),
    "b_z": ("n",),
    "W_h": ("n", "m"),
    "b_h": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
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
    initial: {"h": (B, n)}, zero where left out.
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
    W_z, b_z, W_h, b_h, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_z.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h_tilde = np.empty((T + 1, B, n), dtype)
    z = np.empty((T + 1, B, n), dtype)
    h = np.empty((T + 1, B, n), dtype)
    h[0] = initial.get("h", 0)
    f = x @ W_z.T + b_z
    h_tilde[1:] = x @ W_h.T + b_h
    z[1:] = sigmoid(f)
    for t in range(1, T + 1):
        h[t] = (1 - z[t]) * h[t - 1] + z[t] * h_tilde[t]
    z_y = h[1:] @ V.T + b_y
    y = softmax(z_y)
    return {"z": z, "h_tilde": h_tilde, "h": h, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_z, b_z, W_h, b_h, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_z.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z = kept["z"]
    h_tilde = kept["h_tilde"]
    h = kept["h"]
    y = kept["y"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_h[1:] += d_z_y @ V
    for t in reversed(range(1, T + 1)):
        d_h[t - 1] += (1 - z[t]) * d_h[t]
    d_z = h_tilde[1:] * d_h[1:] - h[:-1] * d_h[1:]
    d_h_tilde = z[1:] * d_h[1:]
    d_f = d_z * z[1:] * (1 - z[1:])
    d_x = d_f @ W_z + d_h_tilde @ W_h
    d_W_z = rows(d_f).T @ rows(x)
    d_b_z = np.sum(d_f, axis=(0, 1))
    d_W_h = rows(d_h_tilde).T @ rows(x)
    d_b_h = np.sum(d_h_tilde, axis=(0, 1))
    d_V = rows(d_z_y).T @ rows(h[1:])
    d_b_y = np.sum(d_z_y, axis=(0, 1))
    return {
        "parameters": {"W_z": d_W_z, "b_z": d_b_z, "W_h": d_W_h, "b_h": d_b_h, "V": d_V, "b_y": d_b_y},
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
