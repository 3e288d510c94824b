"""two_layer_rnn

    h^(1)[t] = tanh(W^(1) · h^(1)[t-1] + U^(1) · x[t] + b^(1))
    h^(2)[t] = tanh(W^(2) · h^(2)[t-1] + U^(2) · h^(1)[t] + b^(2))
    y[t] = softmax(V · h^(2)[t] + b_y)
    h^(1)[0] = 0
    h^(2)[0] = 0
    L = -Σ(t=1..T) d[t]ᵀ · log(y[t])
"""

import numpy as np

PARAMETERS = {
    "W_1": ("k", "k"),
    "U_1": ("k", "m"),
    "b_1": ("k",),
    "W_2": ("n", "n"),
    "U_2": ("n", "k"),
    "b_2": ("n",),
    "V": ("p", "n"),
    "b_y": ("p",),
}


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"h_1": (T, B, k), "h_2": (T, B, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"h_1": (B, k), "h_2": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"h_1": kept["h_1"][1:], "h_2": kept["h_2"][1:], "y": kept["y"]}
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
    W_1, U_1, b_1, W_2, U_2, b_2, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    k = W_1.shape[0]
    n = W_2.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_h_1 = np.empty((T + 1, B, k), dtype)
    h_1 = np.empty((T + 1, B, k), dtype)
    h_2 = np.empty((T + 1, B, n), dtype)
    h_1[0] = initial.get("h_1", 0)
    h_2[0] = initial.get("h_2", 0)
    z_h_1[1:] = x @ U_1.T + b_1
    for t in range(1, T + 1):
        z_h_1[t] += h_1[t - 1] @ W_1.T
        h_1[t] = np.tanh(z_h_1[t])
        z_h_2 = h_2[t - 1] @ W_2.T + h_1[t] @ U_2.T + b_2
        h_2[t] = np.tanh(z_h_2)
    z_y = h_2[1:] @ V.T + b_y
    y = softmax(z_y)
    return {"h_1": h_1, "h_2": h_2, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_1, U_1, b_1, W_2, U_2, b_2, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    k = W_1.shape[0]
    n = W_2.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h_1 = kept["h_1"]
    h_2 = kept["h_2"]
    y = kept["y"]
    d_h_1 = start(cotangents.get("h_1"), (T + 1, B, k), dtype)
    d_h_2 = start(cotangents.get("h_2"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_h_2 = np.empty((T + 1, B, n), dtype)
    d_z_h_1 = np.empty((T + 1, B, k), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_h_2[1:] += d_z_y @ V
    for t in reversed(range(1, T + 1)):
        d_z_h_2[t] = d_h_2[t] * (1 - h_2[t] ** 2)
        d_h_1[t] += d_z_h_2[t] @ U_2
        d_z_h_1[t] = d_h_1[t] * (1 - h_1[t] ** 2)
        d_h_2[t - 1] += d_z_h_2[t] @ W_2
        d_h_1[t - 1] += d_z_h_1[t] @ W_1
    d_x = d_z_h_1[1:] @ U_1
    d_W_1 = rows(d_z_h_1[1:]).T @ rows(h_1[:-1])
    d_U_1 = rows(d_z_h_1[1:]).T @ rows(x)
    d_b_1 = np.sum(d_z_h_1[1:], axis=(0, 1))
    d_W_2 = rows(d_z_h_2[1:]).T @ rows(h_2[:-1])
    d_U_2 = rows(d_z_h_2[1:]).T @ rows(h_1[1:])
    d_b_2 = np.sum(d_z_h_2[1:], axis=(0, 1))
    d_V = rows(d_z_y).T @ rows(h_2[1:])
    d_b_y = np.sum(d_z_y, axis=(0, 1))
    return {
        "parameters": {
            "W_1": d_W_1,
            "U_1": d_U_1,
            "b_1": d_b_1,
            "W_2": d_W_2,
            "U_2": d_U_2,
            "b_2": d_b_2,
            "V": d_V,
            "b_y": d_b_y,
        },
        "inputs": {"x": d_x},
        "initial": {"h_1": d_h_1[0], "h_2": d_h_2[0]},
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
