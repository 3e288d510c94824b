"""ctrnn

    h[t] = h[t-1] + η · τ^⊙(-1) ⊙ (W · σ(h[t-1] + b) + U · x[t] - h[t-1])
    h[0] = s
    L = 1/2 · (Σ(t=1..T) ⟨h[t] - d[t], h[t] - d[t]⟩)
"""

import numpy as np

PARAMETERS = {"b": ("n",), "eta": (), "tau": ("n",), "W": ("n", "n"), "U": ("n", "m"), "s": ("n",)}


def sigmoid(x):
    """sigmoid of every entry."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def forward(parameters, inputs, initial=None):
    """Every state and output at the times 1..T: {"h": (T, B, n)}.

    parameters: a dictionary of arrays with the shapes of PARAMETERS; their precision is that of all results.
    inputs: {"x": (T, B, m)}.
    The initial value of h at time 0 is computed: s.
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
    b, eta, tau, W, U, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = b.shape[0]
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
    b, eta, tau, W, U, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = b.shape[0]
    x = np.asarray(inputs["x"], dtype)
    x = np.concatenate([np.zeros((1, *x.shape[1:]), dtype), x])
    h = np.empty((T + 1, B, n), dtype)
    sigma_f = np.empty((T + 1, B, n), dtype)
    h[0] = s
    for t in range(1, T + 1):
        f = h[t - 1] + b
        sigma_f[t] = sigmoid(f)
        h[t] = h[t - 1] + eta * (sigma_f[t] @ W.T + x[t] @ U.T - h[t - 1]) / tau
    return {"x": x, "sigma_f": sigma_f, "h": h}


def pull_back(parameters, inputs, kept, cotangents):
    """The reverse sweep over a batch: d_q is the gradient by q."""
    dtype = np.result_type(*parameters.values(), 0.0)
    b, eta, tau, W, U, s = (np.asarray(parameters[name], dtype) for name in PARAMETERS)
    T, B = inputs["x"].shape[:2]
    n = b.shape[0]
    x = kept["x"]
    sigma_f = kept["sigma_f"]
    h = kept["h"]
    d_h = start(cotangents.get("h"), (T + 1, B, n), dtype)
    d_f = np.empty((T + 1, B, n), dtype)
    for t in reversed(range(1, T + 1)):
        d_sigma_f = eta * ((d_h[t] / tau) @ W)
        d_f[t] = d_sigma_f * sigma_f[t] * (1 - sigma_f[t])
        d_h[t - 1] += d_f[t] + d_h[t] - eta * d_h[t] / tau
    d_x = eta * ((d_h[1:] / tau) @ U)
    d_b = np.sum(d_f[1:], axis=(0, 1))
    d_eta = np.sum((sigma_f[1:] @ W.T + x[1:] @ U.T - h[:-1]) / tau * d_h[1:])
    d_tau = (
        -eta
        * np.sum((sigma_f[1:] @ W.T + x[1:] @ U.T - h[:-1]) * d_h[1:] / tau**2, axis=(0, 1))
    )
    d_W = eta * (rows(d_h[1:] / tau).T @ rows(sigma_f[1:]))
    d_U = eta * (rows(d_h[1:] / tau).T @ rows(x[1:]))
    d_s = np.sum(d_h[0], axis=0)
    return {
        "parameters": {"b": d_b, "eta": d_eta, "tau": d_tau, "W": d_W, "U": d_U, "s": d_s},
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
