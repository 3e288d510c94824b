"""elman_batch_columns

    A[t] = tanh(W_x · X[t] + W_a · A[t-1] + b_a)
    Y[t] = softmax(W_y · A[t] + b_y)
    L = -1/N · (Σ(t=1..T) ⟨D[t], log(Y[t])⟩)
"""

import numpy as np

PARAMETERS = {"W_x": ("n", "m"), "W_a": ("n", "n"), "b_a": ("n",), "W_y": ("p", "n"), "b_y": ("p",)}


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"A": (T, B, n, N), "Y": (T, B, p, N)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"X": (T, B, m, N)}.
    initial: {"A": (B, n, N)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"A": kept["A"][1:], "Y": kept["Y"]}
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

    targets: {"D": (T, B, p, N)}.
    The other arguments are those of `forward`.
    """
    inputs, initial, single = with_batch(inputs, initial)
    if single:
        targets = {name: np.asarray(value)[:, None] for name, value in targets.items()}
    kept = run(parameters, inputs, initial)
    dtype = np.result_type(*parameters.values(), 0.0)
    N = inputs["X"].shape[3]
    D = np.asarray(targets["D"], dtype)
    Y = kept["Y"]
    loss = -np.sum(D * np.log(Y)) / N
    d_Y = -D / N / Y
    cotangents = {"Y": d_Y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_x, W_a, b_a, W_y, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["X"].shape[:2]
    n = W_x.shape[0]
    N = inputs["X"].shape[3]
    X = np.asarray(inputs["X"], dtype)
    f = np.empty((T + 1, B, n, N), dtype)
    A = np.empty((T + 1, B, n, N), dtype)
    A[0] = initial.get("A", 0)
    f[1:] = W_x @ X + b_a[..., None]
    for t in range(1, T + 1):
        f[t] += W_a @ A[t - 1]
        A[t] = np.tanh(f[t])
    z_Y = W_y @ A[1:] + b_y[..., None]
    Y = softmax(z_Y, axis=-2)
    return {"A": A, "Y": Y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_x, W_a, b_a, W_y, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["X"].shape[:2]
    n = W_x.shape[0]
    N = inputs["X"].shape[3]
    p = W_y.shape[0]
    X = np.asarray(inputs["X"], dtype)
    A = kept["A"]
    Y = kept["Y"]
    d_A = start(cotangents.get("A"), (T + 1, B, n, N), dtype)
    d_Y = start(cotangents.get("Y"), (T, B, p, N), dtype)
    d_f = np.empty((T + 1, B, n, N), dtype)
    d_z_Y = Y * (d_Y - np.sum(Y * d_Y, axis=-2, keepdims=True))
    d_A[1:] += W_y.T @ d_z_Y
    for t in reversed(range(1, T + 1)):
        d_f[t] = d_A[t] * (1 - A[t] ** 2)
        d_A[t - 1] += W_a.T @ d_f[t]
    d_X = W_x.T @ d_f[1:]
    d_W_x = np.einsum("tbik,tbjk->ij", d_f[1:], X)
    d_W_a = np.einsum("tbik,tbjk->ij", d_f[1:], A[:-1])
    d_b_a = np.sum(np.sum(d_f[1:], axis=(0, 1)), axis=-1)
    d_W_y = np.einsum("tbik,tbjk->ij", d_z_Y, A[1:])
    d_b_y = np.sum(np.sum(d_z_Y, axis=(0, 1)), axis=-1)
    return {
        "parameters": {"W_x": d_W_x, "W_a": d_W_a, "b_a": d_b_a, "W_y": d_W_y, "b_y": d_b_y},
        "inputs": {"X": d_X},
        "initial": {"A": d_A[0]},
    }


def start(cotangent, shape, dtype):
    """Zeros of the shape, with the cotangent in its last rows: those of the times 1..T."""
    d = np.zeros(shape, dtype)
    if cotangent is not None:
        d[shape[0] - len(cotangent) :] = cotangent
    return d


def with_batch(inputs, initial):
    """Inputs and initial values with a batch axis, and whether they came without."""
    single = np.ndim(inputs["X"]) == 3
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
