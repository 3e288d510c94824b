"""jordan

    a[t] = σ(W_ay · y[t-1] + W_ax · x[t] + b)
    y[t] = softmax(W_ya · a[t] + b_y)
    L = -Σ(t=1..T) d[t]ᵀ · log(y[t])
"""

import numpy as np

PARAMETERS = {"W_ay": ("n", "p"), "W_ax": ("n", "m"), "b": ("n",), "W_ya": ("p", "n"), "b_y": ("p",)}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"y": (B, p)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"y": kept["y"][1:]}
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
    W_ay, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    p = W_ay.shape[1]
    d = np.asarray(targets["d"], dtype)
    y = kept["y"]
    loss = -np.sum(d * np.log(y[1:]))
    d_y = np.zeros((T + 1, B, p), dtype)
    d_y[1:] += -d / y[1:]
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_ay, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_ay.shape[0]
    p = W_ay.shape[1]
    x = np.asarray(inputs["x"], dtype)
    z_a = np.empty((T + 1, B, n), dtype)
    a = np.empty((T + 1, B, n), dtype)
    y = np.empty((T + 1, B, p), dtype)
    y[0] = initial.get("y", 0)
    z_a[1:] = x @ W_ax.T + b
    for t in range(1, T + 1):
        z_a[t] += y[t - 1] @ W_ay.T
        a[t] = sigmoid(z_a[t])
        z_y = a[t] @ W_ya.T + b_y
        y[t] = softmax(z_y)
    return {"a": a, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_ay, W_ax, b, W_ya, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_ay.shape[0]
    p = W_ay.shape[1]
    x = np.asarray(inputs["x"], dtype)
    a = kept["a"]
    y = kept["y"]
    d_y = start(cotangents.get("y"), (T + 1, B, p), dtype)
    d_z_y = np.empty((T + 1, B, p), dtype)
    d_z_a = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_z_y[t] = y[t] * (d_y[t] - np.sum(y[t] * d_y[t], axis=-1, keepdims=True))
        d_a = d_z_y[t] @ W_ya
        d_z_a[t] = d_a * a[t] * (1 - a[t])
        d_y[t - 1] += d_z_a[t] @ W_ay
    d_x = d_z_a[1:] @ W_ax
    d_W_ay = rows(d_z_a[1:]).T @ rows(y[:-1])
    d_W_ax = rows(d_z_a[1:]).T @ rows(x)
    d_b = np.sum(d_z_a[1:], axis=(0, 1))
    d_W_ya = rows(d_z_y[1:]).T @ rows(a[1:])
    d_b_y = np.sum(d_z_y[1:], axis=(0, 1))
    return {
        "parameters": {"W_ay": d_W_ay, "W_ax": d_W_ax, "b": d_b, "W_ya": d_W_ya, "b_y": d_b_y},
        "inputs": {"x": d_x},
        "initial": {"y": d_y[0]},
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
