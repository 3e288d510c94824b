"""mlstm

    q[t] = W_q · x[t]
    k[t] = 1/sqrt(n) · W_k · x[t]
    v[t] = W_v · x[t]
    i[t] = exp(w_iᵀ · x[t] + b_i)
    f[t] = σ(w_fᵀ · x[t] + b_f)
    o[t] = σ(W_o · x[t] + b_o)
    C[t] = f[t] · C[t-1] + i[t] · v[t] · k[t]ᵀ
    z[t] = f[t] · z[t-1] + i[t] · k[t]
    ρ[t] = 1 + relu(z[t]ᵀ · q[t] - 1) + relu(-z[t]ᵀ · q[t] - 1)
    h[t] = o[t] ⊙ (C[t] · q[t]) / ρ[t]
    C[0] = 0
    z[0] = 0
    L = 1/2 · (Σ(t=1..T) ⟨h[t] - d[t], h[t] - d[t]⟩)
"""

import math
import numpy as np

PARAMETERS = {
    "W_q": ("n", "m"),
    "W_k": ("n", "m"),
    "W_v": ("p", "m"),
    "w_i": ("m",),
    "b_i": (),
    "w_f": ("m",),
    "b_f": (),
    "W_o": ("p", "m"),
    "b_o": ("p",),
}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def relu(x):
    """relu of every entry."""
    return np.where(x > 0, x, 0)


def step(x):
    """step of every entry."""
    return (x > 0).astype(x.dtype)


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"C": (T, B, p, n), "z": (T, B, n), "h": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"C": (B, p, n), "z": (B, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"C": kept["C"][1:], "z": kept["z"][1:], "h": kept["h"]}
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
    h = kept["h"]
    loss = 0.5 * np.sum((h - d) * (h - d))
    d_h = 0.5 * (h - d) + 0.5 * (h - d)
    cotangents = {"h": d_h}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_q = np.asarray(parameters["W_q"], dtype)
    W_k = np.asarray(parameters["W_k"], dtype)
    W_v = np.asarray(parameters["W_v"], dtype)
    w_i = np.asarray(parameters["w_i"], dtype)
    b_i = np.asarray(parameters["b_i"], dtype)
    w_f = np.asarray(parameters["w_f"], dtype)
    b_f = np.asarray(parameters["b_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    b_o = np.asarray(parameters["b_o"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_q.shape[0]
    p = W_v.shape[0]
    x = np.asarray(inputs["x"], dtype)
    k = np.empty((T + 1, B, n), dtype)
    v = np.empty((T + 1, B, p), dtype)
    i = np.empty((T + 1, B), dtype)
    f = np.empty((T + 1, B), dtype)
    C = np.empty((T + 1, B, p, n), dtype)
    z = np.empty((T + 1, B, n), dtype)
    C[0] = initial.get("C", 0)
    z[0] = initial.get("z", 0)
    q = x @ W_q.T
    k[1:] = (x @ W_k.T) / math.sqrt(n)
    v[1:] = x @ W_v.T
    z_i = x @ w_i + b_i
    z_f = x @ w_f + b_f
    z_o = x @ W_o.T + b_o
    i[1:] = np.exp(z_i)
    f[1:] = sigmoid(z_f)
    o = sigmoid(z_o)
    for t in range(1, T + 1):
        C[t] = (
            f[t][..., None, None] * C[t - 1]
            + i[t][..., None, None] * (v[t][..., None] * k[t][..., None, :])
        )
        z[t] = f[t][..., None] * z[t - 1] + i[t][..., None] * k[t]
    z_rho = np.sum(z[1:] * q, axis=-1) - 1
    z_rho_2 = -np.sum(z[1:] * q, axis=-1) - 1
    relu_z_rho = relu(z_rho)
    relu_z_rho_2 = relu(z_rho_2)
    rho = 1 + relu_z_rho + relu_z_rho_2
    h = o * np.einsum("tbik,tbk->tbi", C[1:], q) / rho[..., None]
    return {
        "q": q,
        "k": k,
        "v": v,
        "i": i,
        "f": f,
        "o": o,
        "C": C,
        "z": z,
        "z_rho": z_rho,
        "z_rho_2": z_rho_2,
        "rho": rho,
        "h": h,
    }


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_q = np.asarray(parameters["W_q"], dtype)
    W_k = np.asarray(parameters["W_k"], dtype)
    W_v = np.asarray(parameters["W_v"], dtype)
    w_i = np.asarray(parameters["w_i"], dtype)
    w_f = np.asarray(parameters["w_f"], dtype)
    W_o = np.asarray(parameters["W_o"], dtype)
    T, B = inputs["x"].shape[:2]
    n = W_q.shape[0]
    p = W_v.shape[0]
    x = np.asarray(inputs["x"], dtype)
    q = kept["q"]
    k = kept["k"]
    v = kept["v"]
    i = kept["i"]
    f = kept["f"]
    o = kept["o"]
    C = kept["C"]
    z = kept["z"]
    z_rho = kept["z_rho"]
    z_rho_2 = kept["z_rho_2"]
    rho = kept["rho"]
    d_C = start(cotangents.get("C"), (T + 1, B, p, n), dtype)
    d_z = start(cotangents.get("z"), (T + 1, B, n), dtype)
    d_h = start(cotangents.get("h"), (T, B, p), dtype)
    d_rho = -np.sum(o * np.einsum("tbik,tbk->tbi", C[1:], q) * d_h, axis=-1) / rho**2
    d_relu_z_rho_2 = d_rho
    d_relu_z_rho = d_rho
    d_z_rho_2 = d_relu_z_rho_2 * step(z_rho_2)
    d_z_rho = d_relu_z_rho * step(z_rho)
    d_z[1:] += d_z_rho[..., None] * q - d_z_rho_2[..., None] * q
    d_C[1:] += (o * d_h)[..., None] * q[..., None, :] / rho[..., None, None]
    for t in reversed(range(1, T + 1)):
        d_z[t - 1] += f[t][..., None] * d_z[t]
        d_C[t - 1] += f[t][..., None, None] * d_C[t]
    d_o = np.einsum("tbik,tbk->tbi", C[1:], q) * d_h / rho[..., None]
    d_f = np.sum(np.sum(C[:-1] * d_C[1:], axis=-1), axis=-1) + np.sum(z[:-1] * d_z[1:], axis=-1)
    d_i = (
        np.sum(np.sum(v[1:][..., None] * k[1:][..., None, :] * d_C[1:], axis=-1), axis=-1)
        + np.sum(k[1:] * d_z[1:], axis=-1)
    )
    d_z_o = d_o * o * (1 - o)
    d_z_f = d_f * f[1:] * (1 - f[1:])
    d_z_i = d_i * i[1:]
    d_v = i[1:][..., None] * np.einsum("tbik,tbk->tbi", d_C[1:], k[1:])
    d_k = i[1:][..., None] * np.einsum("tbki,tbk->tbi", d_C[1:], v[1:]) + i[1:][..., None] * d_z[1:]
    d_q = (
        d_z_rho[..., None] * z[1:]
        + np.einsum("tbki,tbk->tbi", C[1:], o * d_h) / rho[..., None]
        - d_z_rho_2[..., None] * z[1:]
    )
    d_x = (
        d_q @ W_q
        + (d_k @ W_k) / math.sqrt(n)
        + d_v @ W_v
        + d_z_i[..., None] * w_i
        + d_z_f[..., None] * w_f
        + d_z_o @ W_o
    )
    d_W_q = rows(d_q).T @ rows(x)
    d_W_k = (rows(d_k).T @ rows(x)) / math.sqrt(n)
    d_W_v = rows(d_v).T @ rows(x)
    d_w_i = np.sum(d_z_i[..., None] * x, axis=(0, 1))
    d_b_i = np.sum(d_z_i)
    d_w_f = np.sum(d_z_f[..., None] * x, axis=(0, 1))
    d_b_f = np.sum(d_z_f)
    d_W_o = rows(d_z_o).T @ rows(x)
    d_b_o = np.sum(d_z_o, axis=(0, 1))
    return {
        "parameters": {
            "W_q": d_W_q,
            "W_k": d_W_k,
            "W_v": d_W_v,
            "w_i": d_w_i,
            "b_i": d_b_i,
            "w_f": d_w_f,
            "b_f": d_b_f,
            "W_o": d_W_o,
            "b_o": d_b_o,
        },
        "inputs": {"x": d_x},
        "initial": {"C": d_C[0], "z": d_z[0]},
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
