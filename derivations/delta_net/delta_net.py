"""delta_net

    q[t] = W_q · x[t]
    u[t] = W_k · x[t]
    k[t] = u[t] / (⟨u[t], u[t]⟩^(1/2))
    v[t] = W_v · x[t]
    β[t] = σ(wᵀ · x[t])
    S[t] = S[t-1] · (I(n) - β[t] · k[t] · k[t]ᵀ) + β[t] · v[t] · k[t]ᵀ
    y[t] = S[t] · q[t]
    S[0] = 0
    L = 1/2 · (Σ(t=1..T) ⟨y[t] - d[t], y[t] - d[t]⟩)
"""

import numpy as np

PARAMETERS = {"W_q": ("n", "m"), "W_k": ("n", "m"), "W_v": ("p", "m"), "w": ("m",)}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"S": (T, B, p, n), "y": (T, B, p)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    initial: {"S": (B, p, n)}, zero where left out.
    A single sample comes without the axis B, and all that is returned for it too.
    """
    inputs, initial, single = with_batch(inputs, initial)
    kept = run(parameters, inputs, initial)
    values = {"S": kept["S"][1:], "y": kept["y"]}
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
    loss = 0.5 * np.sum((y - d) * (y - d))
    d_y = 0.5 * (y - d) + 0.5 * (y - d)
    cotangents = {"y": d_y}
    gradients = pull_back(parameters, inputs, kept, cotangents)
    return loss, without_batch(gradients) if single else gradients


def run(parameters, inputs, initial):
    """The forward run of a batch: all that is returned or needed by the gradients."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_q, W_k, W_v, w = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_q.shape[0]
    p = W_v.shape[0]
    x = np.asarray(inputs["x"], dtype)
    v = np.empty((T + 1, B, p), dtype)
    k = np.empty((T + 1, B, n), dtype)
    beta = np.empty((T + 1, B), dtype)
    S = np.empty((T + 1, B, p, n), dtype)
    S[0] = initial.get("S", 0)
    q = x @ W_q.T
    u = x @ W_k.T
    v[1:] = x @ W_v.T
    f = x @ w
    k[1:] = u / np.sqrt(np.sum(u * u, axis=-1))[..., None]
    beta[1:] = sigmoid(f)
    for t in range(1, T + 1):
        S[t] = (
            S[t - 1] @ (np.eye(n, dtype=dtype) - beta[t][..., None, None] * (k[t][..., None] * k[t][..., None, :]))
            + beta[t][..., None, None] * (v[t][..., None] * k[t][..., None, :])
        )
    y = np.einsum("tbik,tbk->tbi", S[1:], q)
    return {"q": q, "u": u, "k": k, "v": v, "beta": beta, "S": S, "y": y}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    W_q, W_k, W_v, w = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = W_q.shape[0]
    p = W_v.shape[0]
    x = np.asarray(inputs["x"], dtype)
    q = kept["q"]
    u = kept["u"]
    k = kept["k"]
    v = kept["v"]
    beta = kept["beta"]
    S = kept["S"]
    d_S = start(cotangents.get("S"), (T + 1, B, p, n), dtype)
    d_y = start(cotangents.get("y"), (T, B, p), dtype)
    d_S[1:] += d_y[..., None] * q[..., None, :]
    for t in reversed(range(1, T + 1)):
        d_S[t - 1] += (
            d_S[t]
            @ (np.eye(n, dtype=dtype) - beta[t][..., None, None] * (k[t][..., None] * k[t][..., None, :]))
        )
    d_beta = (
        np.sum(np.sum(-k[1:][..., None] * k[1:][..., None, :] * (S[:-1].swapaxes(-1, -2) @ d_S[1:]), axis=-1), axis=-1)
        + np.sum(np.sum(v[1:][..., None] * k[1:][..., None, :] * d_S[1:], axis=-1), axis=-1)
    )
    d_k = (
        beta[1:][..., None] * np.einsum("tbki,tbk->tbi", d_S[1:], v[1:])
        - beta[1:][..., None] * np.einsum("tbki,tbk->tbi", S[:-1], np.einsum("tbik,tbk->tbi", d_S[1:], k[1:]))
        - beta[1:][..., None] * np.einsum("tbki,tbk->tbi", d_S[1:], np.einsum("tbik,tbk->tbi", S[:-1], k[1:]))
    )
    d_f = d_beta * beta[1:] * (1 - beta[1:])
    d_v = beta[1:][..., None] * np.einsum("tbik,tbk->tbi", d_S[1:], k[1:])
    d_u = (
        d_k / np.sqrt(np.sum(u * u, axis=-1))[..., None]
        - 0.5 * np.sum(u * d_k, axis=-1, keepdims=True) * u / (np.sqrt(np.sum(u * u, axis=-1)) ** 2)[..., None] / np.sqrt(np.sum(u * u, axis=-1))[..., None]
        - 0.5 * np.sum(u * d_k, axis=-1, keepdims=True) * u / (np.sqrt(np.sum(u * u, axis=-1)) ** 2)[..., None] / np.sqrt(np.sum(u * u, axis=-1))[..., None]
    )
    d_q = np.einsum("tbki,tbk->tbi", S[1:], d_y)
    d_x = d_q @ W_q + d_u @ W_k + d_v @ W_v + d_f[..., None] * w
    d_W_q = rows(d_q).T @ rows(x)
    d_W_k = rows(d_u).T @ rows(x)
    d_W_v = rows(d_v).T @ rows(x)
    d_w = np.sum(d_f[..., None] * x, axis=(0, 1))
    return {
        "parameters": {"W_q": d_W_q, "W_k": d_W_k, "W_v": d_W_v, "w": d_w},
        "inputs": {"x": d_x},
        "initial": {"S": d_S[0]},
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
