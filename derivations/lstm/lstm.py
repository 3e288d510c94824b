"""lstm

    Γ_u[t] = σ(W_u · [a[t-1]; x[t]] + b_u)
    Γ_f[t] = σ(W_f · [a[t-1]; x[t]] + b_f)
    Γ_o[t] = σ(W_o · [a[t-1]; x[t]] + b_o)
    c̃[t] = tanh(W_c · [a[t-1]; x[t]] + b_c)
    c[t] = Γ_u[t] ⊙ c̃[t] + Γ_f[t] ⊙ c[t-1]
    a[t] = Γ_o[t] ⊙ tanh(c[t])
    y[t] = softmax(W_y · a[t] + b_y)
    a[0] = 0
    c[0] = 0
    L = -Σ(t=1..T) d[t]ᵀ · log(y[t])
"""

import numpy as np

PARAMETERS = {
    "W_u": ("n", "m + n"),
    "b_u": ("n",),
    "W_f": ("n", "m + n"),
    "b_f": ("n",),
    "W_o": ("n", "m + n"),
    "b_o": ("n",),
    "W_c": ("n", "m + n"),
    "b_c": ("n",),
    "W_y": ("p", "n"),
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
    """Every state and output at the times 1..T: {"c": (T, B, n), "a": (T, B, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"c": (B, n), "a": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"c": kept["c"][1:], "a": kept["a"][1:], "y": kept["y"]}
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
    W_u = np.asarray(parameters["W_u"], dtype)
    b_u = np.asarray(parameters["b_u"], dtype)
    W_f = np.asarray(parameters["W_f"], dtype)
    b_f = np.asarray(parameters["b_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    b_o = np.asarray(parameters["b_o"], dtype)
    W_c = np.asarray(parameters["W_c"], dtype)
    b_c = np.asarray(parameters["b_c"], dtype)
    W_y = np.asarray(parameters["W_y"], dtype)
    b_y = np.asarray(parameters["b_y"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_u.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_Gamma_u = np.empty((T + 1, B, n), dtype)
    z_Gamma_f = np.empty((T + 1, B, n), dtype)
    z_Gamma_o = np.empty((T + 1, B, n), dtype)
    z_c_tilde = np.empty((T + 1, B, n), dtype)
    Gamma_u = np.empty((T + 1, B, n), dtype)
    Gamma_f = np.empty((T + 1, B, n), dtype)
    Gamma_o = np.empty((T + 1, B, n), dtype)
    c_tilde = np.empty((T + 1, B, n), dtype)
    c = np.empty((T + 1, B, n), dtype)
    tanh_c = np.empty((T + 1, B, n), dtype)
    a = np.empty((T + 1, B, n), dtype)
    c[0] = initial.get("c", 0)
    a[0] = initial.get("a", 0)
    z_Gamma_u[1:] = x @ W_u[:, n:].T + b_u
    z_Gamma_f[1:] = x @ W_f[:, n:].T + b_f
    z_Gamma_o[1:] = x @ W_o[:, n:].T + b_o
    z_c_tilde[1:] = x @ W_c[:, n:].T + b_c
    for t in range(1, T + 1):
        z_Gamma_u[t] += a[t - 1] @ W_u[:, :n].T
        Gamma_u[t] = sigmoid(z_Gamma_u[t])
        z_Gamma_f[t] += a[t - 1] @ W_f[:, :n].T
        Gamma_f[t] = sigmoid(z_Gamma_f[t])
        z_Gamma_o[t] += a[t - 1] @ W_o[:, :n].T
        Gamma_o[t] = sigmoid(z_Gamma_o[t])
        z_c_tilde[t] += a[t - 1] @ W_c[:, :n].T
        c_tilde[t] = np.tanh(z_c_tilde[t])
        c[t] = Gamma_u[t] * c_tilde[t] + Gamma_f[t] * c[t - 1]
        tanh_c[t] = np.tanh(c[t])
        a[t] = Gamma_o[t] * tanh_c[t]
    z_y = a[1:] @ W_y.T + b_y
    y = softmax(z_y)
    return {
        "Gamma_u": Gamma_u,
        "Gamma_f": Gamma_f,
        "Gamma_o": Gamma_o,
        "c_tilde": c_tilde,
        "c": c,
        "tanh_c": tanh_c,
        "a": a,
        "y": y,
    }


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_u = np.asarray(parameters["W_u"], dtype)
    W_f = np.asarray(parameters["W_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    W_c = np.asarray(parameters["W_c"], dtype)
    W_y = np.asarray(parameters["W_y"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_u.shape[0]
    p = W_y.shape[0]
    x = np.asarray(inputs["x"], dtype)
    Gamma_u = kept["Gamma_u"]
    Gamma_f = kept["Gamma_f"]
    Gamma_o = kept["Gamma_o"]
    c_tilde = kept["c_tilde"]
    c = kept["c"]
    tanh_c = kept["tanh_c"]
    a = kept["a"]
    y = kept["y"]
    d_c = start(cotangents.get("c"), (T + 1, B, n), dtype)
    d_a = start(cotangents.get("a"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_c_tilde = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_o = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_f = np.empty((T + 1, B, n), dtype)
    d_z_Gamma_u = np.empty((T + 1, B, n), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_a[1:] += d_z_y @ W_y
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
            d_z_Gamma_u[t] @ W_u[:, :n]
            + d_z_Gamma_f[t] @ W_f[:, :n]
            + d_z_Gamma_o[t] @ W_o[:, :n]
            + d_z_c_tilde[t] @ W_c[:, :n]
        )
        d_c[t - 1] += Gamma_f[t] * d_c[t]
    d_x = (
        d_z_Gamma_u[1:] @ W_u[:, n:]
        + d_z_Gamma_f[1:] @ W_f[:, n:]
        + d_z_Gamma_o[1:] @ W_o[:, n:]
        + d_z_c_tilde[1:] @ W_c[:, n:]
    )
    d_W_u = rows(d_z_Gamma_u[1:]).T @ rows(np.concatenate([a[:-1], x], axis=-1))
    d_b_u = np.sum(d_z_Gamma_u[1:], axis=(0, 1))
    d_W_f = rows(d_z_Gamma_f[1:]).T @ rows(np.concatenate([a[:-1], x], axis=-1))
    d_b_f = np.sum(d_z_Gamma_f[1:], axis=(0, 1))
    d_W_o = rows(d_z_Gamma_o[1:]).T @ rows(np.concatenate([a[:-1], x], axis=-1))
    d_b_o = np.sum(d_z_Gamma_o[1:], axis=(0, 1))
    d_W_c = rows(d_z_c_tilde[1:]).T @ rows(np.concatenate([a[:-1], x], axis=-1))
    d_b_c = np.sum(d_z_c_tilde[1:], axis=(0, 1))
    d_W_y = rows(d_z_y).T @ rows(a[1:])
    d_b_y = np.sum(d_z_y, axis=(0, 1))
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
            "W_y": d_W_y,
            "b_y": d_b_y,
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
