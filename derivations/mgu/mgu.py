"""mgu

    f[t] = σ(W_f · [h[t-1]; x[t]] + b_f)
    h̃[t] = tanh(W_h · [f[t] ⊙ h[t-1]; x[t]] + b_h)
    h[t] = (1 - f[t]) ⊙ h[t-1] + f[t] ⊙ h̃[t]
    h[0] = 0
    L = 1/2 · ⟨h[T] - d[T], h[T] - d[T]⟩
"""

import numpy as np

PARAMETERS = {"W_f": ("n", "m + n"), "b_f": ("n",), "W_h": ("n", "m + n"), "b_h": ("n",)}


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
    W_f, b_f, W_h, b_h = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_f.shape[0]
    d = np.asarray(targets["d"], dtype)
    h = kept["h"]
    loss = 0.5 * np.sum((h[-1] - d[-1]) * (h[-1] - d[-1]))
    d_h = np.zeros((T + 1, B, n), dtype)
    d_h[-1] += 0.5 * (h[-1] - d[-1]) + 0.5 * (h[-1] - d[-1])
    cotangents = {"h": d_h}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_f, b_f, W_h, b_h = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_f.shape[0]
    x = np.asarray(inputs["x"], dtype)
    z_f = np.empty((T + 1, B, n), dtype)
    z_h_tilde = np.empty((T + 1, B, n), dtype)
    f = np.empty((T + 1, B, n), dtype)
    h_tilde = np.empty((T + 1, B, n), dtype)
    h = np.empty((T + 1, B, n), dtype)
    h[0] = initial.get("h", 0)
    z_f[1:] = x @ W_f[:, n:].T + b_f
    z_h_tilde[1:] = x @ W_h[:, n:].T + b_h
    for t in range(1, T + 1):
        z_f[t] += h[t - 1] @ W_f[:, :n].T
        f[t] = sigmoid(z_f[t])
        z_h_tilde[t] += (f[t] * h[t - 1]) @ W_h[:, :n].T
        h_tilde[t] = np.tanh(z_h_tilde[t])
        h[t] = (1 - f[t]) * h[t - 1] + f[t] * h_tilde[t]
    return {"f": f, "h_tilde": h_tilde, "h": h}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_f, b_f, W_h, b_h = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_f.shape[0]
    x = np.asarray(inputs["x"], dtype)
    f = kept["f"]
    h_tilde = kept["h_tilde"]
    h = kept["h"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_z_h_tilde = np.empty((T + 1, B, n), dtype)
    d_z_f = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_h_tilde = f[t] * d_h[t]
        d_z_h_tilde[t] = d_h_tilde * (1 - h_tilde[t] ** 2)
        d_f = h[t - 1] * (d_z_h_tilde[t] @ W_h[:, :n]) + h_tilde[t] * d_h[t] - h[t - 1] * d_h[t]
        d_z_f[t] = d_f * f[t] * (1 - f[t])
        d_h[t - 1] += d_z_f[t] @ W_f[:, :n] + f[t] * (d_z_h_tilde[t] @ W_h[:, :n]) + (1 - f[t]) * d_h[t]
    d_x = d_z_f[1:] @ W_f[:, n:] + d_z_h_tilde[1:] @ W_h[:, n:]
    d_W_f = rows(d_z_f[1:]).T @ rows(np.concatenate([h[:-1], x], axis=-1))
    d_b_f = np.sum(d_z_f[1:], axis=(0, 1))
    d_W_h = rows(d_z_h_tilde[1:]).T @ rows(np.concatenate([f[1:] * h[:-1], x], axis=-1))
    d_b_h = np.sum(d_z_h_tilde[1:], axis=(0, 1))
    return {
        "parameters": {"W_f": d_W_f, "b_f": d_b_f, "W_h": d_W_h, "b_h": d_b_h},
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
