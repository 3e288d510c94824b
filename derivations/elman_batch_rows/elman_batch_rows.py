"""elman_batch_rows

    H[t] = tanh(X[t] · W_xh + H[t-1] · W_hh + b_h)
    Y[t] = softmax(W_hyᵀ · H[t]ᵀ + b_yᵀ)ᵀ
    H[0] = 0
    L = -1/N · (Σ(t=1..T) ⟨D[t], log(Y[t])⟩)
"""

import numpy as np

PARAMETERS = {
    "W_xh": ("m", "n"),
    "W_hh": ("n", "n"),
    "b_h": ("n",),
    "W_hy": ("n", "p"),
    "b_y": ("p",),
}


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    e = np.exp(x - x.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"H": (T, B, N, n), "Y": (T, B, N, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"X": (T, B, N, m)}.
    initial: {"H": (B, N, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"H": kept["H"][1:], "Y": kept["Y"]}
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

    targets: {"D": (T, B, N, p)}.
    The other arguments are those of `forward`.
    """
    inputs, initial, single = with_batch(inputs, initial)
    if single:
        targets = {name: np.asarray(value)[:, None] for name, value in targets.items()}
    kept = run(parameters, inputs, initial)
    dtype = np.result_type(*parameters.values(), 0.0)
    N = inputs["X"].shape[2]
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
    W_xh, W_hh, b_h, W_hy, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["X"].shape[:2]
    N = inputs["X"].shape[2]
    n = W_xh.shape[1]
    X = np.asarray(inputs["X"], dtype)
    f = np.empty((T + 1, B, N, n), dtype)
    H = np.empty((T + 1, B, N, n), dtype)
    H[0] = initial.get("H", 0)
    f[1:] = X @ W_xh + b_h
    for t in range(1, T + 1):
        f[t] += H[t - 1] @ W_hh
        H[t] = np.tanh(f[t])
    z_Y = W_hy.T @ H[1:].swapaxes(-1, -2) + b_y[..., None]
    softmax_z_Y = softmax(z_Y, axis=-2)
    Y = softmax_z_Y.swapaxes(-1, -2)
    return {"H": H, "softmax_z_Y": softmax_z_Y, "Y": Y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_xh, W_hh, b_h, W_hy, b_y = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["X"].shape[:2]
    N = inputs["X"].shape[2]
    n = W_xh.shape[1]
    p = W_hy.shape[1]
    X = np.asarray(inputs["X"], dtype)
    H = kept["H"]
    softmax_z_Y = kept["softmax_z_Y"]
    d_H = start(cotangents.get("H"), (T + 1, B, N, n), dtype)
    d_Y = start(cotangents.get("Y"), (T, B, N, p), dtype)
    d_f = np.empty((T + 1, B, N, n), dtype)
    d_softmax_z_Y = d_Y.swapaxes(-1, -2)
    d_z_Y = (
        softmax_z_Y
        * (d_softmax_z_Y - np.sum(softmax_z_Y * d_softmax_z_Y, axis=-2, keepdims=True))
    )
    d_H[1:] += d_z_Y.swapaxes(-1, -2) @ W_hy.T
    for t in reversed(range(1, T + 1)):
        d_f[t] = d_H[t] * (1 - H[t] ** 2)
        d_H[t - 1] += d_f[t] @ W_hh.T
    d_X = d_f[1:] @ W_xh.T
    d_W_xh = np.einsum("tbki,tbkj->ij", X, d_f[1:])
    d_W_hh = np.einsum("tbki,tbkj->ij", H[:-1], d_f[1:])
    d_b_h = np.sum(np.sum(d_f[1:], axis=(0, 1)), axis=-2)
    d_W_hy = np.einsum("tbki,tbjk->ij", H[1:], d_z_Y)
    d_b_y = np.sum(np.sum(d_z_Y.swapaxes(-1, -2), axis=(0, 1)), axis=-2)
    return {
        "parameters": {"W_xh": d_W_xh, "W_hh": d_W_hh, "b_h": d_b_h, "W_hy": d_W_hy, "b_y": d_b_y},
        "inputs": {"X": d_X},
        "initial": {"H": d_H[0]},
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
