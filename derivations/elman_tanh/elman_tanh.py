"""elman_tanh

    a[t] = tanh(W_aa · a[t-1] + W_ax · x[t] + b)
    y[t] = softmax(W_ya · a[t] + b_y)
    a[0] = 0
    L = -d[T]ᵀ · log(y[T])
"""

import numpy as np

PARAMETERS = {"W_aa": ("n", "n"), "W_ax": ("n", "m"), "b": ("n",), "W_ya": ("p", "n"), "b_y": ("p",)}


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"a": (T, B, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"a": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"a": kept["a"][1:], "y": kept["y"]}
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
    W_aa, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    p = W_ya.shape[0]
    d = np.asarray(targets["d"], dtype)
    y = kept["y"]
    loss = -np.sum(d[-1] * np.log(y[-1]))
    d_y = np.zeros((T, B, p), dtype)
    d_y[-1] += -d[-1] / y[-1]
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_aa, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_aa.shape[0]
    x = np.asarray(inputs["x"], dtype)
    f = np.empty((T + 1, B, n), dtype)
    a = np.empty((T + 1, B, n), dtype)
    a[0] = initial.get("a", 0)
    f[1:] = x @ W_ax.T + b
    for t in range(1, T + 1):
        f[t] += a[t - 1] @ W_aa.T
        a[t] = np.tanh(f[t])
    z_y = a[1:] @ W_ya.T + b_y
    y = softmax(z_y)
    return {"a": a, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_aa, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_aa.shape[0]
    p = W_ya.shape[0]
    x = np.asarray(inputs["x"], dtype)
    a = kept["a"]
    y = kept["y"]
    d_a = start(cotangents.get("a"), (T + 1, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_f = np.empty((T + 1, B, n), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_a[1:] += d_z_y @ W_ya
    for t in reversed(range(1, T + 1)):
        d_f[t] = d_a[t] * (1 - a[t] ** 2)
        d_a[t - 1] += d_f[t] @ W_aa
    d_x = d_f[1:] @ W_ax
    d_W_aa = rows(d_f[1:]).T @ rows(a[:-1])
    d_W_ax = rows(d_f[1:]).T @ rows(x)
    d_b = np.sum(d_f[1:], axis=(0, 1))
    d_W_ya = rows(d_z_y).T @ rows(a[1:])
    d_b_y = np.sum(d_z_y, axis=(0, 1))
    return {
        "parameters": {"W_aa": d_W_aa, "W_ax": d_W_ax, "b": d_b, "W_ya": d_W_ya, "b_y": d_b_y},
        "inputs": {"x": d_x},
        "initial": {"a": d_a[0]},
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
