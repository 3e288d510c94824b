r"""The simple (Elman) recurrent network, written by hand in explicit loops and compiled by Numba.

    a_t = S(W_{aa} a_{t-1} + W_{ax} x_t + b),   S(z) = 1 / (1 + e^{-z}),   t = 1..T
    y_t = softmax(W_{ya} a_t + b_y)
    L   = - \sum_{t=1}^{T} d_t^\top \log y_t, summed over the batch

It shares nothing with the engine, so that the two can judge each other; it is never generated.

Arrays are time-major: inputs x (T, B, m), states a (T, B, n), outputs y and targets d (T, B, p), a_0 (B, n).
Without the batch axis they are (T, m), (T, n), (T, p) and (n,), and so is everything that comes back. The
precision is that of the arrays given, which must all be float32 or all float64.

Sources: the network is J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211, with
the softmax output of today; the gradient is backpropagation through time, D. E. Rumelhart, G. E. Hinton and
R. J. Williams, "Learning internal representations by error propagation", PDP vol. 1 (1986), ch. 8, and
P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990) 1550-1560.
"""

import numba
import numpy as np

PARAMETERS = {"W_aa": ("n", "n"), "W_ax": ("n", "m"), "b": ("n",), "W_ya": ("p", "n"), "b_y": ("p",)}


def forward(parameters, inputs, initial=None):
    """The states and outputs at times 1..T.

    parameters: name -> array, shapes as in PARAMETERS; inputs: {"x": (T, B, m) or (T, m)};
    initial: {"a": (B, n) or (n,)}, the state at time 0, zeros when None.
    Returns {"a": (T, B, n), "y": (T, B, p)}, without the batch axis where the inputs have none.
    """
    x, a0 = _batched(parameters, inputs, initial)
    a, y, _ = _forward(*_arrays(parameters), x, a0)
    return _as_given({"a": a, "y": y}, inputs)


def backward(parameters, inputs, initial, cotangents):
    """The gradient of a scalar whose gradients by a_t and y_t, times 1..T, are the cotangents.

    cotangents: {"a": (T, B, n), "y": (T, B, p)}, each optional (zeros when missing); a gradient by a_t counts
    only what does not pass through y_t or a later state. Parameters, inputs and initial as for `forward`.
    Returns {"parameters": {name: gradient}, "inputs": {"x": gradient}, "initial": {"a": gradient}}, each
    gradient in the shape of what it is by; a parameter's is summed over time and batch.
    """
    x, a0 = _batched(parameters, inputs, initial)
    arrays = _arrays(parameters)
    a, y, _ = _forward(*arrays, x, a0)
    a_bar = _cotangent(cotangents, "a", inputs, a)
    y_bar = _cotangent(cotangents, "y", inputs, y)
    return _gradients(arrays, x, a0, a, a_bar, _through_softmax(y, y_bar), inputs)


def loss_and_gradient(parameters, inputs, targets, initial=None):
    r"""The loss L = -\sum_t d_t^\top \log y_t, summed over the batch, and its gradients.

    targets: {"d": (T, B, p) or (T, p)}, any weights, not only one-hot rows; the rest as for `forward`.
    Returns (L, gradients), the gradients as `backward` returns them.
    """
    x, a0 = _batched(parameters, inputs, initial)
    arrays = _arrays(parameters)
    a, y, log_y = _forward(*arrays, x, a0)
    d = _with_batch(targets["d"], _is_single(inputs))
    loss, logit_bar = _cross_entropy(d, y, log_y)
    return loss, _gradients(arrays, x, a0, a, np.zeros_like(a), logit_bar, inputs)


def _arrays(parameters):
    """The parameters in the order of PARAMETERS, contiguous."""
    return tuple(np.ascontiguousarray(parameters[name]) for name in PARAMETERS)


def _is_single(inputs):
    """Whether x is one sample (T, m) rather than a batch (T, B, m)."""
    return inputs["x"].ndim == 2


def _with_batch(array, single):
    """The time-major array with its batch axis."""
    return np.ascontiguousarray(array[:, np.newaxis] if single else array)


def _batched(parameters, inputs, initial):
    """x (T, B, m) and a_0 (B, n)."""
    x = _with_batch(inputs["x"], _is_single(inputs))
    shape = (x.shape[1], parameters["b"].shape[0])
    a0 = np.zeros(shape, x.dtype) if initial is None else np.ascontiguousarray(initial["a"]).reshape(shape)
    return x, a0


def _cotangent(cotangents, name, inputs, like):
    """The named cotangent with its batch axis, zeros where it is missing."""
    if name not in cotangents:
        return np.zeros_like(like)
    return _with_batch(cotangents[name], _is_single(inputs))


def _as_given(arrays, inputs):
    """Time-major arrays without the batch axis where the inputs have none."""
    return {name: array[:, 0] if _is_single(inputs) else array for name, array in arrays.items()}


def _gradients(arrays, x, a0, a, a_bar, logit_bar, inputs):
    """The gradients of all that was given, in the shape in which it was given."""
    *by_parameter, x_bar, a0_bar = _backward(*arrays, x, a0, a, a_bar, logit_bar)
    return {
        "parameters": dict(zip(PARAMETERS, by_parameter, strict=True)),
        "inputs": _as_given({"x": x_bar}, inputs),
        "initial": {"a": a0_bar[0] if _is_single(inputs) else a0_bar},
    }


@numba.njit(cache=False)
def _sigmoid(z):
    """1 / (1 + e^{-z}) of a number, with no overflow on either side."""
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    e = np.exp(z)
    return e / (1 + e)


@numba.njit(cache=False)
def _forward(W_aa, W_ax, b, W_ya, b_y, x, a0):
    """a (T, B, n), y (T, B, p) and log y (T, B, p) of x (T, B, m), a_0 (B, n)."""
    T, B, m = x.shape
    n, p = b.shape[0], b_y.shape[0]
    a = np.empty((T, B, n), x.dtype)
    y = np.empty((T, B, p), x.dtype)
    log_y = np.empty((T, B, p), x.dtype)
    for t in range(T):
        for s in range(B):
            for i in range(n):
                z = b[i]
                for j in range(n):
                    z += W_aa[i, j] * (a[t - 1, s, j] if t > 0 else a0[s, j])
                for j in range(m):
                    z += W_ax[i, j] * x[t, s, j]
                a[t, s, i] = _sigmoid(z)
            largest = -np.inf
            for k in range(p):
                z = b_y[k]
                for i in range(n):
                    z += W_ya[k, i] * a[t, s, i]
                log_y[t, s, k] = z
                largest = max(largest, z)
            total = 0.0
            for k in range(p):
                total += np.exp(log_y[t, s, k] - largest)
            for k in range(p):
                log_y[t, s, k] -= largest + np.log(total)
                y[t, s, k] = np.exp(log_y[t, s, k])
    return a, y, log_y


@numba.njit(cache=False)
def _cross_entropy(d, y, log_y):
    r"""-\sum d \log y, and its gradient by the logits: y \sum_k d_k - d, all (T, B, p)."""
    T, B, p = y.shape
    loss = 0.0
    logit_bar = np.empty_like(y)
    for t in range(T):
        for s in range(B):
            weight = 0.0
            for k in range(p):
                loss -= d[t, s, k] * log_y[t, s, k]
                weight += d[t, s, k]
            for k in range(p):
                logit_bar[t, s, k] = y[t, s, k] * weight - d[t, s, k]
    return loss, logit_bar


@numba.njit(cache=False)
def _through_softmax(y, y_bar):
    r"""The gradient by the logits from that by y: y (y_bar - \sum_k y_k y_bar_k), all (T, B, p)."""
    T, B, p = y.shape
    logit_bar = np.empty_like(y)
    for t in range(T):
        for s in range(B):
            mean = 0.0
            for k in range(p):
                mean += y[t, s, k] * y_bar[t, s, k]
            for k in range(p):
                logit_bar[t, s, k] = y[t, s, k] * (y_bar[t, s, k] - mean)
    return logit_bar


@numba.njit(cache=False)
def _backward(W_aa, W_ax, b, W_ya, b_y, x, a0, a, a_bar, logit_bar):
    r"""From the gradients by a_t alone (T, B, n) and by the logits (T, B, p) to all others.

    With \delta_t the total gradient by a_t, and z_t the argument of S,
        \delta_t = a_bar_t + W_ya^T logit_bar_t + W_aa^T z_bar_{t+1},   z_bar_t = a_t (1 - a_t) \delta_t.
    Returns the gradients by W_aa, W_ax, b, W_ya, b_y, x (T, B, m), a_0 (B, n).
    """
    T, B, m = x.shape
    n, p = b.shape[0], b_y.shape[0]
    W_aa_bar, W_ax_bar, b_bar = np.zeros_like(W_aa), np.zeros_like(W_ax), np.zeros_like(b)
    W_ya_bar, b_y_bar = np.zeros_like(W_ya), np.zeros_like(b_y)
    x_bar = np.zeros_like(x)
    delta = np.zeros_like(a0)  # what arrives at a_t from a_{t+1}
    z_bar = np.empty(n, x.dtype)
    for t in range(T - 1, -1, -1):
        for s in range(B):
            for k in range(p):
                b_y_bar[k] += logit_bar[t, s, k]
                for i in range(n):
                    W_ya_bar[k, i] += logit_bar[t, s, k] * a[t, s, i]
                    delta[s, i] += W_ya[k, i] * logit_bar[t, s, k]
            for i in range(n):
                z_bar[i] = a[t, s, i] * (1 - a[t, s, i]) * (delta[s, i] + a_bar[t, s, i])
                delta[s, i] = 0
            for i in range(n):
                b_bar[i] += z_bar[i]
                for j in range(n):
                    W_aa_bar[i, j] += z_bar[i] * (a[t - 1, s, j] if t > 0 else a0[s, j])
                    delta[s, j] += W_aa[i, j] * z_bar[i]
                for j in range(m):
                    W_ax_bar[i, j] += z_bar[i] * x[t, s, j]
                    x_bar[t, s, j] += W_ax[i, j] * z_bar[i]
    return W_aa_bar, W_ax_bar, b_bar, W_ya_bar, b_y_bar, x_bar, delta
