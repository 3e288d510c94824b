"""bag_of_vectors

    s[t] = s[t-1] + E · x[t]
    r[t] = 1/t · s[t]
    h[t] = tanh(W · r[t] + b)
    y[t] = softmax(V · h[t] + b_y)
    s[0] = 0
    L = -d[T]ᵀ · log(y[T])
"""

import numpy as np

PARAMETERS = {"E": ("m", "v"), "W": ("n", "m"), "b": ("n",), "V": ("p", "n"), "b_y": ("p",)}


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"s": (T, B, m), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, v)}.
    initial: {"s": (B, m)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"s": kept["s"][1:], "y": kept["y"]}
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
    E, W, b, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    p = V.shape[0]
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
    E, W, b, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    m = E.shape[0]
    x = np.asarray(inputs["x"], dtype)
    s = np.empty((T + 1, B, m), dtype)
    s[0] = initial.get("s", 0)
    s[1:] = x @ E.T
    for t in range(1, T + 1):
        s[t] += s[t - 1]
    r = s[1:] / np.arange(1, T + 1, dtype=dtype)[:, None][..., None]
    f = r @ W.T + b
    h = np.tanh(f)
    z_y = h @ V.T + b_y
    y = softmax(z_y)
    return {"s": s, "r": r, "h": h, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    E, W, b, V, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    m = E.shape[0]
    p = V.shape[0]
    x = np.asarray(inputs["x"], dtype)
    r = kept["r"]
    h = kept["h"]
    y = kept["y"]
    d_s = start(cotangents.get("s"), (T + 1, B, m), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_z_y = y * (d_y - np.sum(y * d_y, axis=-1, keepdims=True))
    d_h = d_z_y @ V
    d_f = d_h * (1 - h**2)
    d_r = d_f @ W
    d_s[1:] += d_r / np.arange(1, T + 1, dtype=dtype)[:, None][..., None]
    for t in reversed(range(1, T + 1)):
        d_s[t - 1] += d_s[t]
    d_x = d_s[1:] @ E
    d_E = rows(d_s[1:]).T @ rows(x)
    d_W = rows(d_f).T @ rows(r)
    d_b = np.sum(d_f, axis=(0, 1))
    d_V = rows(d_z_y).T @ rows(h)
    d_b_y = np.sum(d_z_y, axis=(0, 1))
    return {
        "parameters": {"E": d_E, "W": d_W, "b": d_b, "V": d_V, "b_y": d_b_y},
        "inputs": {"x": d_x},
        "initial": {"s": d_s[0]},
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
