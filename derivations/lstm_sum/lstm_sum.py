"""lstm_sum

    i[t] = σ(W_i · x[t] + U_i · h[t-1] + b_i)
    f[t] = σ(W_f · x[t] + U_f · h[t-1] + b_f)
    o[t] = σ(W_o · x[t] + U_o · h[t-1] + b_o)
    g[t] = tanh(W_g · x[t] + U_g · h[t-1] + b_g)
    c[t] = f[t] ⊙ c[t-1] + i[t] ⊙ g[t]
    h[t] = o[t] ⊙ tanh(c[t])
    h[0] = r
    c[0] = s
    L = 1/2 · (Σ(t=1..T) ⟨h[t] - d[t], h[t] - d[t]⟩)
"""

import numpy as np

PARAMETERS = {
    "W_i": ("n", "m"),
    "U_i": ("n", "n"),
    "b_i": ("n",),
    "W_f": ("n", "m"),
    "U_f": ("n", "n"),
    "b_f": ("n",),
    "W_o": ("n", "m"),
    "U_o": ("n", "n"),
    "b_o": ("n",),
    "W_g": ("n", "m"),
    "U_g": ("n", "n"),
    "b_g": ("n",),
    "r": ("n",),
    "s": ("n",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"c": (T, B, n), "h": (T, B, n)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    The initial value of h at time 0 is computed: r.
    The initial value of c at time 0 is computed: s.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"c": kept["c"][1:], "h": kept["h"][1:]}
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
    W_i = np.asarray(parameters["W_i"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i.shape[0]
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
    W_i = np.asarray(parameters["W_i"], dtype)
    U_i = np.asarray(parameters["U_i"], dtype)
    b_i = np.asarray(parameters["b_i"], dtype)
    W_f = np.asarray(parameters["W_f"], dtype)
    U_f = np.asarray(parameters["U_f"], dtype)
    b_f = np.asarray(parameters["b_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    U_o = np.asarray(parameters["U_o"], dtype)
    b_o = np.asarray(parameters["b_o"], dtype)
    W_g = np.asarray(parameters["W_g"], dtype)
    U_g = np.asarray(parameters["U_g"], dtype)
    b_g = np.asarray(parameters["b_g"], dtype)
    r = np.asarray(parameters["r"], dtype)
    s = np.asarray(parameters["s"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h = np.empty((T + 1, B, n), dtype)
    c = np.empty((T + 1, B, n), dtype)
    z_i = np.empty((T + 1, B, n), dtype)
    z_f = np.empty((T + 1, B, n), dtype)
    z_o = np.empty((T + 1, B, n), dtype)
    z_g = np.empty((T + 1, B, n), dtype)
    i = np.empty((T + 1, B, n), dtype)
    f = np.empty((T + 1, B, n), dtype)
    o = np.empty((T + 1, B, n), dtype)
    g = np.empty((T + 1, B, n), dtype)
    tanh_c = np.empty((T + 1, B, n), dtype)
    h[0] = r
    c[0] = s
    z_i[1:] = x @ W_i.T + b_i
    z_f[1:] = x @ W_f.T + b_f
    z_o[1:] = x @ W_o.T + b_o
    z_g[1:] = x @ W_g.T + b_g
    for t in range(1, T + 1):
        z_i[t] += h[t - 1] @ U_i.T
        i[t] = sigmoid(z_i[t])
        z_f[t] += h[t - 1] @ U_f.T
        f[t] = sigmoid(z_f[t])
        z_o[t] += h[t - 1] @ U_o.T
        o[t] = sigmoid(z_o[t])
        z_g[t] += h[t - 1] @ U_g.T
        g[t] = np.tanh(z_g[t])
        c[t] = f[t] * c[t - 1] + i[t] * g[t]
        tanh_c[t] = np.tanh(c[t])
        h[t] = o[t] * tanh_c[t]
    return {"i": i, "f": f, "o": o, "g": g, "c": c, "tanh_c": tanh_c, "h": h}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_i = np.asarray(parameters["W_i"], dtype)
    U_i = np.asarray(parameters["U_i"], dtype)
    W_f = np.asarray(parameters["W_f"], dtype)
    U_f = np.asarray(parameters["U_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    U_o = np.asarray(parameters["U_o"], dtype)
    W_g = np.asarray(parameters["W_g"], dtype)
    U_g = np.asarray(parameters["U_g"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_i.shape[0]
    x = np.asarray(inputs["x"], dtype)
    i = kept["i"]
    f = kept["f"]
    o = kept["o"]
    g = kept["g"]
    c = kept["c"]
    tanh_c = kept["tanh_c"]
    h = kept["h"]
    d_c = start(cotangents.get("c"), (T + 1, B, n), dtype)
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_z_g = np.empty((T + 1, B, n), dtype)
    d_z_o = np.empty((T + 1, B, n), dtype)
    d_z_f = np.empty((T + 1, B, n), dtype)
    d_z_i = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_tanh_c = o[t] * d_h[t]
        d_c[t] += d_tanh_c * (1 - tanh_c[t] ** 2)
        d_g = i[t] * d_c[t]
        d_z_g[t] = d_g * (1 - g[t] ** 2)
        d_o = tanh_c[t] * d_h[t]
        d_z_o[t] = d_o * o[t] * (1 - o[t])
        d_f = c[t - 1] * d_c[t]
        d_z_f[t] = d_f * f[t] * (1 - f[t])
        d_i = g[t] * d_c[t]
        d_z_i[t] = d_i * i[t] * (1 - i[t])
        d_h[t - 1] += d_z_i[t] @ U_i + d_z_f[t] @ U_f + d_z_o[t] @ U_o + d_z_g[t] @ U_g
        d_c[t - 1] += f[t] * d_c[t]
    d_x = d_z_i[1:] @ W_i + d_z_f[1:] @ W_f + d_z_o[1:] @ W_o + d_z_g[1:] @ W_g
    d_W_i = rows(d_z_i[1:]).T @ rows(x)
    d_U_i = rows(d_z_i[1:]).T @ rows(h[:-1])
    d_b_i = np.sum(d_z_i[1:], axis=(0, 1))
    d_W_f = rows(d_z_f[1:]).T @ rows(x)
    d_U_f = rows(d_z_f[1:]).T @ rows(h[:-1])
    d_b_f = np.sum(d_z_f[1:], axis=(0, 1))
    d_W_o = rows(d_z_o[1:]).T @ rows(x)
    d_U_o = rows(d_z_o[1:]).T @ rows(h[:-1])
    d_b_o = np.sum(d_z_o[1:], axis=(0, 1))
    d_W_g = rows(d_z_g[1:]).T @ rows(x)
    d_U_g = rows(d_z_g[1:]).T @ rows(h[:-1])
    d_b_g = np.sum(d_z_g[1:], axis=(0, 1))
    d_r = np.sum(d_h[0], axis=0)
    d_s = np.sum(d_c[0], axis=0)
    return {
        "parameters": {
            "W_i": d_W_i,
            "U_i": d_U_i,
            "b_i": d_b_i,
            "W_f": d_W_f,
            "U_f": d_U_f,
            "b_f": d_b_f,
            "W_o": d_W_o,
            "U_o": d_U_o,
            "b_o": d_b_o,
            "W_g": d_W_g,
            "U_g": d_U_g,
            "b_g": d_b_g,
            "r": d_r,
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
