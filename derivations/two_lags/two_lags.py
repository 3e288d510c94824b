"""two_lags

    h[t] = tanh(W_1 · h[t-1] + W_2 · h[t-2] + U · x[t] + b)
    y[t] = V · h[t]
    L = 1/2 · ⟨y[T] - d[T], y[T] - d[T]⟩
"""

import numpy as np

PARAMETERS = {"W_1": ("n", "n"), "W_2": ("n", "n"), "U": ("n", "m"), "b": ("n",), "V": ("p", "n")}
LONG_STARTS = {"h"}  # states with initial values at more than one time


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"h": (T, B, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"h": (2, B, n)}, zero where left out.
    The initial values of h are those at the times -1, 0.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"h": kept["h"][2:], "y": kept["y"]}
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
    W_1, W_2, U, b, V = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    p = V.shape[0]
    d = np.asarray(targets["d"], dtype)
    y = kept["y"]
    loss = 0.5 * np.sum((y[-1] - d[-1]) * (y[-1] - d[-1]))
    d_y = np.zeros((T, B, p), dtype)
    d_y[-1] += 0.5 * (y[-1] - d[-1]) + 0.5 * (y[-1] - d[-1])
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_1, W_2, U, b, V = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_1.shape[0]
    x = np.asarray(inputs["x"], dtype)
    f = np.empty((T + 2, B, n), dtype)
    h = np.empty((T + 2, B, n), dtype)
    h[:2] = initial.get("h", 0)
    f[2:] = x @ U.T + b
    for t in range(2, T + 2):
        f[t] += h[t - 1] @ W_1.T + h[t - 2] @ W_2.T
        h[t] = np.tanh(f[t])
    y = h[2:] @ V.T
    return {"h": h, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_1, W_2, U, b, V = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_1.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    h = kept["h"]
    d_h = start(cotangents.get("h"), (T + 2, B, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_f = np.empty((T + 2, B, n), dtype)
    d_h[2:] += d_y @ V
    for t in reversed(range(2, T + 2)):
        d_f[t] = d_h[t] * (1 - h[t] ** 2)
        d_h[t - 1] += d_f[t] @ W_1
        d_h[t - 2] += d_f[t] @ W_2
    d_x = d_f[2:] @ U
    d_W_1 = rows(d_f[2:]).T @ rows(h[1:-1])
    d_W_2 = rows(d_f[2:]).T @ rows(h[:-2])
    d_U = rows(d_f[2:]).T @ rows(x)
    d_b = np.sum(d_f[2:], axis=(0, 1))
    d_V = rows(d_y).T @ rows(h[2:])
    return {
        "parameters": {"W_1": d_W_1, "W_2": d_W_2, "U": d_U, "b": d_b, "V": d_V},
        "inputs": {"x": d_x},
        "initial": {"h": d_h[:2]},
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
        initial = {name: np.expand_dims(value, batch_axis(name)) for name, value in initial.items()}
    return inputs, initial, single


def without_batch(gradients):
    """Gradients of a single sample: the batch axis goes."""
    by_input = {name: value[:, 0] for name, value in gradients["inputs"].items()}
    by_initial = {name: value.take(0, batch_axis(name)) for name, value in gradients["initial"].items()}
    return {"parameters": gradients["parameters"], "inputs": by_input, "initial": by_initial}


def batch_axis(name):
    """The axis of the batch in a state's initial values: times come first where there is more than one."""
    return 1 if name in LONG_STARTS else 0
