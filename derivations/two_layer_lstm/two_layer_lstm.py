"""two_layer_lstm

    i^(1)[t] = σ(W_i^(1) · [h^(1)[t-1]; x[t]] + b_i^(1))
    f^(1)[t] = σ(W_f^(1) · [h^(1)[t-1]; x[t]] + b_f^(1))
    o^(1)[t] = σ(W_o^(1) · [h^(1)[t-1]; x[t]] + b_o^(1))
    g^(1)[t] = tanh(W_g^(1) · [h^(1)[t-1]; x[t]] + b_g^(1))
    c^(1)[t] = f^(1)[t] ⊙ c^(1)[t-1] + i^(1)[t] ⊙ g^(1)[t]
    h^(1)[t] = o^(1)[t] ⊙ tanh(c^(1)[t])
    i^(2)[t] = σ(W_i^(2) · [h^(2)[t-1]; h^(1)[t]] + b_i^(2))
    f^(2)[t] = σ(W_f^(2) · [h^(2)[t-1]; h^(1)[t]] + b_f^(2))
    o^(2)[t] = σ(W_o^(2) · [h^(2)[t-1]; h^(1)[t]] + b_o^(2))
    g^(2)[t] = tanh(W_g^(2) · [h^(2)[t-1]; h^(1)[t]] + b_g^(2))
    c^(2)[t] = f^(2)[t] ⊙ c^(2)[t-1] + i^(2)[t] ⊙ g^(2)[t]
    h^(2)[t] = o^(2)[t] ⊙ tanh(c^(2)[t])
    L = 1/2 · ⟨h^(2)[T] - d[T], h^(2)[T] - d[T]⟩
"""

import numpy as np

PARAMETERS = {
    "W_i_1": ("n", "m + n"),
    "b_i_1": ("n",),
    "W_f_1": ("n", "m + n"),
    "b_f_1": ("n",),
    "W_o_1": ("n", "m + n"),
    "b_o_1": ("n",),
    "W_g_1": ("n", "m + n"),
    "b_g_1": ("n",),
    "W_i_2": ("n", "2*n"),
    "b_i_2": ("n",),
    "W_f_2": ("n", "2*n"),
    "b_f_2": ("n",),
    "W_o_2": ("n", "2*n"),
    "b_o_2": ("n",),
    "W_g_2": ("n", "2*n"),
    "b_g_2": ("n",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"c_1": (T, B, n), "h_1": (T, B, n), "c_2": (T, B, n), "h_2": (T, B, n)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"c_1": (B, n), "h_1": (B, n), "c_2": (B, n), "h_2": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"c_1": kept["c_1"][1:], "h_1": kept["h_1"][1:], "c_2": kept["c_2"][1:], "h_2": kept["h_2"][1:]}
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
    W_i_1 = np.asarray(parameters["W_i_1"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i_1.shape[0]
    d = np.asarray(targets["d"], dtype)
    h_2 = kept["h_2"]
    loss = 0.5 * np.sum((h_2[-1] - d[-1]) * (h_2[-1] - d[-1]))
    d_h_2 = np.zeros((T + 1, B, n), dtype)
    d_h_2[-1] += 0.5 * (h_2[-1] - d[-1]) + 0.5 * (h_2[-1] - d[-1])
    cotangents = {"h_2": d_h_2}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_i_1 = np.asarray(parameters["W_i_1"], dtype)
    b_i_1 = np.asarray(parameters["b_i_1"], dtype)
    W_f_1 = np.asarray(parameters["W_f_1"], dtype)
    b_f_1 = np.asarray(parameters["b_f_1"], dtype)
    W_o_1 = np.asarray(parameters["W_o_1"], dtype)
    b_o_1 = np.asarray(parameters["b_o_1"], dtype)
    W_g_1 = np.asarray(parameters["W_g_1"], dtype)
    b_g_1 = np.asarray(parameters["b_g_1"], dtype)
    W_i_2 = np.asarray(parameters["W_i_2"], dtype)
    b_i_2 = np.asarray(parameters["b_i_2"], dtype)
    W_f_2 = np.asarray(parameters["W_f_2"], dtype)
    b_f_2 = np.asarray(parameters["b_f_2"], dtype)
    W_o_2 = np.asarray(parameters["W_o_2"], dtype)
    b_o_2 = np.asarray(parameters["b_o_2"], dtype)
    W_g_2 = np.asarray(parameters["W_g_2"], dtype)
    b_g_2 = np.asarray(parameters["b_g_2"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i_1.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_i_1 = np.empty((T + 1, B, n), dtype)
    z_f_1 = np.empty((T + 1, B, n), dtype)
    z_o_1 = np.empty((T + 1, B, n), dtype)
    z_g_1 = np.empty((T + 1, B, n), dtype)
    i_1 = np.empty((T + 1, B, n), dtype)
    f_1 = np.empty((T + 1, B, n), dtype)
    o_1 = np.empty((T + 1, B, n), dtype)
    g_1 = np.empty((T + 1, B, n), dtype)
    c_1 = np.empty((T + 1, B, n), dtype)
    tanh_c_1 = np.empty((T + 1, B, n), dtype)
    h_1 = np.empty((T + 1, B, n), dtype)
    i_2 = np.empty((T + 1, B, n), dtype)
    f_2 = np.empty((T + 1, B, n), dtype)
    o_2 = np.empty((T + 1, B, n), dtype)
    g_2 = np.empty((T + 1, B, n), dtype)
    c_2 = np.empty((T + 1, B, n), dtype)
    tanh_c_2 = np.empty((T + 1, B, n), dtype)
    h_2 = np.empty((T + 1, B, n), dtype)
    c_1[0] = initial.get("c_1", 0)
    h_1[0] = initial.get("h_1", 0)
    c_2[0] = initial.get("c_2", 0)
    h_2[0] = initial.get("h_2", 0)
    z_i_1[1:] = x @ W_i_1[:, n:].T + b_i_1
    z_f_1[1:] = x @ W_f_1[:, n:].T + b_f_1
    z_o_1[1:] = x @ W_o_1[:, n:].T + b_o_1
    z_g_1[1:] = x @ W_g_1[:, n:].T + b_g_1
    for t in range(1, T + 1):
        z_i_1[t] += h_1[t - 1] @ W_i_1[:, :n].T
        i_1[t] = sigmoid(z_i_1[t])
        z_f_1[t] += h_1[t - 1] @ W_f_1[:, :n].T
        f_1[t] = sigmoid(z_f_1[t])
        z_o_1[t] += h_1[t - 1] @ W_o_1[:, :n].T
        o_1[t] = sigmoid(z_o_1[t])
        z_g_1[t] += h_1[t - 1] @ W_g_1[:, :n].T
        g_1[t] = np.tanh(z_g_1[t])
        c_1[t] = f_1[t] * c_1[t - 1] + i_1[t] * g_1[t]
        tanh_c_1[t] = np.tanh(c_1[t])
        h_1[t] = o_1[t] * tanh_c_1[t]
        z_i_2 = np.concatenate([h_2[t - 1], h_1[t]], axis=-1) @ W_i_2.T + b_i_2
        i_2[t] = sigmoid(z_i_2)
        z_f_2 = np.concatenate([h_2[t - 1], h_1[t]], axis=-1) @ W_f_2.T + b_f_2
        f_2[t] = sigmoid(z_f_2)
        z_o_2 = np.concatenate([h_2[t - 1], h_1[t]], axis=-1) @ W_o_2.T + b_o_2
        o_2[t] = sigmoid(z_o_2)
        z_g_2 = np.concatenate([h_2[t - 1], h_1[t]], axis=-1) @ W_g_2.T + b_g_2
        g_2[t] = np.tanh(z_g_2)
        c_2[t] = f_2[t] * c_2[t - 1] + i_2[t] * g_2[t]
        tanh_c_2[t] = np.tanh(c_2[t])
        h_2[t] = o_2[t] * tanh_c_2[t]
    return {
        "i_1": i_1,
        "f_1": f_1,
        "o_1": o_1,
        "g_1": g_1,
        "c_1": c_1,
        "tanh_c_1": tanh_c_1,
        "h_1": h_1,
        "i_2": i_2,
        "f_2": f_2,
        "o_2": o_2,
        "g_2": g_2,
        "c_2": c_2,
        "tanh_c_2": tanh_c_2,
        "h_2": h_2,
    }


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_i_1 = np.asarray(parameters["W_i_1"], dtype)
    W_f_1 = np.asarray(parameters["W_f_1"], dtype)
    W_o_1 = np.asarray(parameters["W_o_1"], dtype)
    W_g_1 = np.asarray(parameters["W_g_1"], dtype)
    W_i_2 = np.asarray(parameters["W_i_2"], dtype)
    W_f_2 = np.asarray(parameters["W_f_2"], dtype)
    W_o_2 = np.asarray(parameters["W_o_2"], dtype)
    W_g_2 = np.asarray(parameters["W_g_2"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i_1.shape[0]
    x = np.asarray(inputs["x"], dtype)
    i_1 = kept["i_1"]
    f_1 = kept["f_1"]
    o_1 = kept["o_1"]
    g_1 = kept["g_1"]
    c_1 = kept["c_1"]
    tanh_c_1 = kept["tanh_c_1"]
    h_1 = kept["h_1"]
    i_2 = kept["i_2"]
    f_2 = kept["f_2"]
    o_2 = kept["o_2"]
    g_2 = kept["g_2"]
    c_2 = kept["c_2"]
    tanh_c_2 = kept["tanh_c_2"]
    h_2 = kept["h_2"]
    d_c_1 = start(cotangents.get("c_1"), (T + 1, B, n), dtype)
    d_h_1 = start(cotangents.get("h_1"), (T + 1, B, n), dtype)
    d_c_2 = start(cotangents.get("c_2"), (T + 1, B, n), dtype)
    d_h_2 = start(cotangents.get("h_2"), (T + 1, B, n), dtype)
    d_z_g_2 = np.empty((T + 1, B, n), dtype)
    d_z_o_2 = np.empty((T + 1, B, n), dtype)
    d_z_f_2 = np.empty((T + 1, B, n), dtype)
    d_z_i_2 = np.empty((T + 1, B, n), dtype)
    d_z_g_1 = np.empty((T + 1, B, n), dtype)
    d_z_o_1 = np.empty((T + 1, B, n), dtype)
    d_z_f_1 = np.empty((T + 1, B, n), dtype)
    d_z_i_1 = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_tanh_c_2 = o_2[t] * d_h_2[t]
        d_c_2[t] += d_tanh_c_2 * (1 - tanh_c_2[t] ** 2)
        d_g_2 = i_2[t] * d_c_2[t]
        d_z_g_2[t] = d_g_2 * (1 - g_2[t] ** 2)
        d_o_2 = tanh_c_2[t] * d_h_2[t]
        d_z_o_2[t] = d_o_2 * o_2[t] * (1 - o_2[t])
        d_f_2 = c_2[t - 1] * d_c_2[t]
        d_z_f_2[t] = d_f_2 * f_2[t] * (1 - f_2[t])
        d_i_2 = g_2[t] * d_c_2[t]
        d_z_i_2[t] = d_i_2 * i_2[t] * (1 - i_2[t])
        d_h_1[t] += (
            d_z_i_2[t] @ W_i_2[:, n:]
            + d_z_f_2[t] @ W_f_2[:, n:]
            + d_z_o_2[t] @ W_o_2[:, n:]
            + d_z_g_2[t] @ W_g_2[:, n:]
        )
        d_tanh_c_1 = o_1[t] * d_h_1[t]
        d_c_1[t] += d_tanh_c_1 * (1 - tanh_c_1[t] ** 2)
        d_g_1 = i_1[t] * d_c_1[t]
        d_z_g_1[t] = d_g_1 * (1 - g_1[t] ** 2)
        d_o_1 = tanh_c_1[t] * d_h_1[t]
        d_z_o_1[t] = d_o_1 * o_1[t] * (1 - o_1[t])
        d_f_1 = c_1[t - 1] * d_c_1[t]
        d_z_f_1[t] = d_f_1 * f_1[t] * (1 - f_1[t])
        d_i_1 = g_1[t] * d_c_1[t]
        d_z_i_1[t] = d_i_1 * i_1[t] * (1 - i_1[t])
        d_h_2[t - 1] += (
            d_z_i_2[t] @ W_i_2[:, :n]
            + d_z_f_2[t] @ W_f_2[:, :n]
            + d_z_o_2[t] @ W_o_2[:, :n]
            + d_z_g_2[t] @ W_g_2[:, :n]
        )
        d_c_2[t - 1] += f_2[t] * d_c_2[t]
        d_h_1[t - 1] += (
            d_z_i_1[t] @ W_i_1[:, :n]
            + d_z_f_1[t] @ W_f_1[:, :n]
            + d_z_o_1[t] @ W_o_1[:, :n]
            + d_z_g_1[t] @ W_g_1[:, :n]
        )
        d_c_1[t - 1] += f_1[t] * d_c_1[t]
    d_x = (
        d_z_i_1[1:] @ W_i_1[:, n:]
        + d_z_f_1[1:] @ W_f_1[:, n:]
        + d_z_o_1[1:] @ W_o_1[:, n:]
        + d_z_g_1[1:] @ W_g_1[:, n:]
    )
    d_W_i_1 = rows(d_z_i_1[1:]).T @ rows(np.concatenate([h_1[:-1], x], axis=-1))
    d_b_i_1 = np.sum(d_z_i_1[1:], axis=(0, 1))
    d_W_f_1 = rows(d_z_f_1[1:]).T @ rows(np.concatenate([h_1[:-1], x], axis=-1))
    d_b_f_1 = np.sum(d_z_f_1[1:], axis=(0, 1))
    d_W_o_1 = rows(d_z_o_1[1:]).T @ rows(np.concatenate([h_1[:-1], x], axis=-1))
    d_b_o_1 = np.sum(d_z_o_1[1:], axis=(0, 1))
    d_W_g_1 = rows(d_z_g_1[1:]).T @ rows(np.concatenate([h_1[:-1], x], axis=-1))
    d_b_g_1 = np.sum(d_z_g_1[1:], axis=(0, 1))
    d_W_i_2 = rows(d_z_i_2[1:]).T @ rows(np.concatenate([h_2[:-1], h_1[1:]], axis=-1))
    d_b_i_2 = np.sum(d_z_i_2[1:], axis=(0, 1))
    d_W_f_2 = rows(d_z_f_2[1:]).T @ rows(np.concatenate([h_2[:-1], h_1[1:]], axis=-1))
    d_b_f_2 = np.sum(d_z_f_2[1:], axis=(0, 1))
    d_W_o_2 = rows(d_z_o_2[1:]).T @ rows(np.concatenate([h_2[:-1], h_1[1:]], axis=-1))
    d_b_o_2 = np.sum(d_z_o_2[1:], axis=(0, 1))
    d_W_g_2 = rows(d_z_g_2[1:]).T @ rows(np.concatenate([h_2[:-1], h_1[1:]], axis=-1))
    d_b_g_2 = np.sum(d_z_g_2[1:], axis=(0, 1))
    return {
        "parameters": {
            "W_i_1": d_W_i_1,
            "b_i_1": d_b_i_1,
            "W_f_1": d_W_f_1,
            "b_f_1": d_b_f_1,
            "W_o_1": d_W_o_1,
            "b_o_1": d_b_o_1,
            "W_g_1": d_W_g_1,
            "b_g_1": d_b_g_1,
            "W_i_2": d_W_i_2,
            "b_i_2": d_b_i_2,
            "W_f_2": d_W_f_2,
            "b_f_2": d_b_f_2,
            "W_o_2": d_W_o_2,
            "b_o_2": d_b_o_2,
            "W_g_2": d_W_g_2,
            "b_g_2": d_b_g_2,
        },
        "inputs": {"x": d_x},
        "initial": {"c_1": d_c_1[0], "h_1": d_h_1[0], "c_2": d_c_2[0], "h_2": d_h_2[0]},
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
