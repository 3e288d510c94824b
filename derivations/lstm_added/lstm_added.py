"""lstm_added

    Γ_u[t] = σ(W_u · (a[t-1] + x[t]) + b_u)
    Γ_f[t] = σ(W_f · (a[t-1] + x[t]) + b_f)
    Γ_o[t] = σ(W_o · (a[t-1] + x[t]) + b_o)
    c̃[t] = tanh(W_c · (a[t-1] + x[t]) + b_c)
    c[t] = Γ_u[t] ⊙ c̃[t] + Γ_f[t] ⊙ c[t-1]
    a[t] = Γ_o[t] ⊙ tanh(c[t])
    L = 1/2 · ⟨a[T] - d[T], a[T] - d[T]⟩
"""

import numpy as np

PARAMETERS = {
    "W_u": ("n", "n"),
    "b_u": ("n",),
    "W_f": ("n", "n"),
    "b_f": ("n",),
    "W_o": ("n", "n"),
    "b_o": ("n",),
    "W_c": ("n", "n"),
    "b_c": ("n",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"c": (T, B, n), "a": (T, B, n)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, n)}.
    initial: {"c": (B, n), "a": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"c": kept["c"][1:], "a": kept["a"][1:]}
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
    W_u, b_u, W_f, b_f, W_o, b_o, W_c, b_c = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_u.shape[0]
    d = np.asarray(targets["d"], dtype)
    a = kept["a"]
    loss = 0.5 * np.sum((a[-1] - d[-1]) * (a[-1] - d[-1]))
    d_a = np.zeros((T + 1, B, n), dtype)
    d_a[-1] += 0.5 * (a[-1] - d[-1]) + 0.5 * (a[-1] - d[-1])
    cotangents = {"a": d_a}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_u, b_u, W_f, b_f, W_o, b_o, W_c, b_c = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_u.shape[0]
    x = np.asarray(inputs["x"], dtype)
    x = np.concatenate([np.zeros((1, *x.shape[1:]), dtype), x])
    Gamma_u = np.empty((T + 1, B, n), dtype)
    Gamma_f = np.empty((T + 1, B, n), dtype)
    Gamma_o = np.empty((T + 1, B, n), dtype)
    c_tilde = np.empty((T + 1, B, n), dtype)
    c = np.empty((T + 1, B, n), dtype)
    tanh_c = np.empty((T + 1, B, n), dtype)
    a = np.empty((T + 1, B, n), dtype)
    c[0] = initial.get("c", 0)
    a[0] = initial.get("a", 0)
    for t in range(1, T + 1):
        z_Gamma_u = (a[t - 1] + x[t]) @ W_u.T + b_u
        Gamma_u[t] = sigmoid(z_Gamma_u)
        z_Gamma_f = (a[t - 1] + x[t]) @ W_f.T + b_f
        Gamma_f[t] = sigmoid(z_Gamma_f)
        z_Gamma_o = (a[t - 1] + x[t]) @ W_o.T + b_o
        Gamma_o[t] = sigmoid(z_Gamma_o)
        z_c_tilde = (a[t - 1] + x[t]) @ W_c.T + b_c
        c_tilde[t] = np.tanh(z_c_tilde)
        c[t] = Gamma_u[t] * c_tilde[t] + Gamma_f[t] * c[t - 1]
        tanh_c[t] = np.tanh(c[t])
        a[t] = Gamma_o[t] * tanh_c[t]
    return {
        "x": x,
        "Gamma_u": Gamma_u,
        "Gamma_f": Gamma_f,
        "Gamma_o": Gamma_o,
        "c_tilde": c_tilde,
        "c": c,
        "tanh_c": tanh_c,
        "a": a,
    }


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_u, b_u, W_f, b_f, W_o, b_o, W_c, b_c = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_u.shape[0]
    x = kept["x"]
    Gamma_u = kept["Gamma_u"]
    Gamma_f = kept["Gamma_f"]
    Gamma_o = kept["Gamma_o"]
    c_tilde = kept["c_tilde"]
    c = kept["c"]
    tanh_c = kept["tanh_c"]
    a = kept["a"]
    d_c = start(cotangents.get("c"), (T + 1, B, n), dtype)
    d_a = start(cotangents.get("a"), (T + 1, B, n), dtype)
    d_z_c_tilde = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_o = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_f = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_u = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_tanh_c = Gamma_o[t] * d_a[t]
        d_c[t] += d_tanh_c * (1 - tanh_c[t] ** 2)
        d_c_tilde = Gamma_u[t] * d_c[t]
        d_z_c_tilde[t] = d_c_tilde * (1 - c_tilde[t] ** 2)
        d_Gamma_o = tanh_c[t] * d_a[t]
        d_z_Gamma_o[t] = d_Gamma_o * Gamma_o[t] * (1 - Gamma_o[t])
        d_Gamma_f = c[t - 1] * d_c[t]
        d_z_Gamma_f[t] = d_Gamma_f * Gamma_f[t] * (1 - Gamma_f[t])
        d_Gamma_u = c_tilde[t] * d_c[t]
        d_z_Gamma_u[t] = d_Gamma_u * Gamma_u[t] * (1 - Gamma_u[t])
        d_a[t - 1] += (
            d_z_Gamma_u[t] @ W_u
            + d_z_Gamma_f[t] @ W_f
            + d_z_Gamma_o[t] @ W_o
            + d_z_c_tilde[t] @ W_c
        )
        d_c[t - 1] += Gamma_f[t] * d_c[t]
    d_x = (
        d_z_Gamma_u[1:] @ W_u
        + d_z_Gamma_f[1:] @ W_f
        + d_z_Gamma_o[1:] @ W_o
        + d_z_c_tilde[1:] @ W_c
    )
    d_W_u = rows(d_z_Gamma_u[1:]).T @ rows(a[:-1] + x[1:])
    d_b_u = np.sum(d_z_Gamma_u[1:], axis=(0, 1))
    d_W_f = rows(d_z_Gamma_f[1:]).T @ rows(a[:-1] + x[1:])
    d_b_f = np.sum(d_z_Gamma_f[1:], axis=(0, 1))
    d_W_o = rows(d_z_Gamma_o[1:]).T @ rows(a[:-1] + x[1:])
    d_b_o = np.sum(d_z_Gamma_o[1:], axis=(0, 1))
    d_W_c = rows(d_z_c_tilde[1:]).T @ rows(a[:-1] + x[1:])
    d_b_c = np.sum(d_z_c_tilde[1:], axis=(0, 1))
    return {
        "parameters": {
            "W_u": d_W_u,
            "b_u": d_b_u,
            "W_f": d_W_f,
            "b_f": d_b_f,
            "W_o": d_W_o,
            "b_o": d_b_o,
            "W_c": d_W_c,
            "b_c": d_b_c,
        },
        "inputs": {"x": d_x},
        "initial": {"c": d_c[0], "a": d_a[0]},
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
