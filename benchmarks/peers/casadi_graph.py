"""CasADi: the unrolled graph of one sample and its reverse mode, in float64 (it has no other), if small."""

from collections.abc import Callable

import casadi
import numpy as np

from peers.tasks import Task

LARGEST = 500  # entries of all states of all times: the graph is unrolled


def _sigmoid(x):
    return 1 / (1 + casadi.exp(-x))


def elman(p, state, x):
    """One step of one sample."""
    return (casadi.tanh(p["W"] @ x + p["U"] @ state[0] + p["b"]),)


def lstm(p, state, x):
    """One step of one sample."""
    a, c = state
    i, f, g, o = casadi.vertsplit(p["W"] @ x + p["U"] @ a + p["b"], a.shape[0])
    c = _sigmoid(f) * c + _sigmoid(i) * casadi.tanh(g)
    return _sigmoid(o) * casadi.tanh(c), c


def gru(p, state, x):
    """One step of one sample, the reset after the product."""
    (a,) = state
    n = a.shape[0]
    w, u = p["W"] @ x + p["b"], p["U"] @ a
    r, z = casadi.vertsplit(_sigmoid(w[: 2 * n] + u[: 2 * n]), n)
    return ((1 - z) * casadi.tanh(w[2 * n :] + r * (u[2 * n :] + p["e"])) + z * a,)


def mgu(p, state, x):
    """One step of one sample."""
    (a,) = state
    n = a.shape[0]
    w = p["W"] @ x + p["b"]
    f = _sigmoid(w[:n] + p["U"][:n, :] @ a)
    return ((1 - f) * a + f * casadi.tanh(w[n:] + p["U"][n:, :] @ (f * a)),)


STEPS = {"elman": elman, "lstm": lstm, "gru": gru, "mgu": mgu}


def graph(task: Task) -> Callable | None:
    """The function of a task; None for a batch, for float32, and where the graph is too large."""
    T, B, n = task.d.shape
    if B > 1 or task.x.dtype != np.float64 or T * n > LARGEST:
        return None
    shapes = {name: (*value.shape, 1)[:2] for name, value in task.parameters.items()}
    p = {name: casadi.MX.sym(name, *shape) for name, shape in shapes.items()}
    x, d = casadi.MX.sym("x", task.x.shape[2], T), casadi.MX.sym("d", n, T)
    state, loss = (casadi.DM.zeros(n, 1),) * (2 if task.cell.name == "lstm" else 1), 0
    for t in range(T):
        state = STEPS[task.cell.name](p, state, x[:, t])
        loss += 0.5 * casadi.sumsqr(state[0] - d[:, t])
    by = [*p.values(), x]
    function = casadi.Function("loss", [*by, d], [loss, *(casadi.gradient(loss, q) for q in by)])
    given = [casadi.DM(value) for value in (*task.parameters.values(), task.x[:, 0].T, task.d[:, 0].T)]
    return lambda: (task, function(*given))


def arrays(result) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and the gradients by name as NumPy arrays."""
    task, (loss, *gradients) = result
    found = {
        name: np.asarray(g).reshape(task.parameters[name].shape)
        for name, g in zip(task.parameters, gradients, strict=False)
    }
    return float(loss), {**found, "x": np.asarray(gradients[-1]).T[:, None]}


PEERS = {"CasADi": (graph, arrays)}
