"""Plain NumPy as people write backpropagation through time: gate by gate, step by step, sums as they come."""

from collections.abc import Callable

import numpy as np

from peers.tasks import Task, joined, split


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def elman(p, x, d):
    """The loss, the gradients by the parameters (added up in place) and by x."""
    T, n = len(x), d.shape[2]
    g, dx, loss = {name: np.zeros_like(value) for name, value in p.items()}, np.zeros_like(x), 0.0
    a = [np.zeros_like(d[0])]
    for t in range(T):
        a.append(np.tanh(x[t] @ p["W_a"].T + a[-1] @ p["U_a"].T + p["b_a"]))
        loss += 0.5 * np.sum((a[-1] - d[t]) ** 2)
    da = np.zeros((x.shape[1], n), x.dtype)
    for t in reversed(range(T)):
        da = da + a[t + 1] - d[t]
        dz = da * (1 - a[t + 1] ** 2)
        da, dx[t] = _weights(g, "a", dz, x[t], a[t], p)
    return loss, g, dx


def lstm(p, x, d):
    """As `elman`."""
    T = len(x)
    g, dx, loss = {name: np.zeros_like(value) for name, value in p.items()}, np.zeros_like(x), 0.0
    a, c, kept = [np.zeros_like(d[0])], [np.zeros_like(d[0])], []
    for t in range(T):
        i, f, u, o = (
            function(x[t] @ p[f"W_{k}"].T + a[-1] @ p[f"U_{k}"].T + p[f"b_{k}"])
            for k, function in zip("ifgo", (sigmoid, sigmoid, np.tanh, sigmoid), strict=True)
        )
        c.append(f * c[-1] + i * u)
        a.append(o * np.tanh(c[-1]))
        kept.append((i, f, u, o))
        loss += 0.5 * np.sum((a[-1] - d[t]) ** 2)
    da, dc = np.zeros_like(d[0]), np.zeros_like(d[0])
    for t in reversed(range(T)):
        i, f, u, o = kept[t]
        da = da + a[t + 1] - d[t]
        tanh_c = np.tanh(c[t + 1])
        dc = dc + da * o * (1 - tanh_c**2)
        by_gate = {
            "i": dc * u * i * (1 - i),
            "f": dc * c[t] * f * (1 - f),
            "g": dc * i * (1 - u**2),
            "o": da * tanh_c * o * (1 - o),
        }
        dc, da = dc * f, np.zeros_like(da)
        for k, dz in by_gate.items():
            by_a, by_x = _weights(g, k, dz, x[t], a[t], p)
            da, dx[t] = da + by_a, dx[t] + by_x
    return loss, g, dx


def gru(p, x, d):
    """As `elman`; the reset comes after the product."""
    T = len(x)
    g, dx, loss = {name: np.zeros_like(value) for name, value in p.items()}, np.zeros_like(x), 0.0
    a, kept = [np.zeros_like(d[0])], []
    for t in range(T):
        r = sigmoid(x[t] @ p["W_r"].T + a[-1] @ p["U_r"].T + p["b_r"])
        z = sigmoid(x[t] @ p["W_z"].T + a[-1] @ p["U_z"].T + p["b_z"])
        q = a[-1] @ p["U_g"].T + p["e_g"]
        u = np.tanh(x[t] @ p["W_g"].T + p["b_g"] + r * q)
        a.append((1 - z) * u + z * a[-1])
        kept.append((r, z, q, u))
        loss += 0.5 * np.sum((a[-1] - d[t]) ** 2)
    da = np.zeros_like(d[0])
    for t in reversed(range(T)):
        r, z, q, u = kept[t]
        da = da + a[t + 1] - d[t]
        dn = da * (1 - z) * (1 - u**2)
        by_r, x_r = _weights(g, "r", dn * q * r * (1 - r), x[t], a[t], p)
        by_z, x_z = _weights(g, "z", da * (a[t] - u) * z * (1 - z), x[t], a[t], p)
        dq = dn * r
        g["U_g"] += dq.T @ a[t]
        g["e_g"] += dq.sum(0)
        g["W_g"] += dn.T @ x[t]
        g["b_g"] += dn.sum(0)
        dx[t] = x_r + x_z + dn @ p["W_g"]
        da = da * z + by_r + by_z + dq @ p["U_g"]
    return loss, g, dx


def mgu(p, x, d):
    """As `elman`."""
    T = len(x)
    g, dx, loss = {name: np.zeros_like(value) for name, value in p.items()}, np.zeros_like(x), 0.0
    a, kept = [np.zeros_like(d[0])], []
    for t in range(T):
        f = sigmoid(x[t] @ p["W_f"].T + a[-1] @ p["U_f"].T + p["b_f"])
        u = np.tanh(x[t] @ p["W_g"].T + (f * a[-1]) @ p["U_g"].T + p["b_g"])
        a.append((1 - f) * a[-1] + f * u)
        kept.append((f, u))
        loss += 0.5 * np.sum((a[-1] - d[t]) ** 2)
    da = np.zeros_like(d[0])
    for t in reversed(range(T)):
        f, u = kept[t]
        da = da + a[t + 1] - d[t]
        by_fa, x_u = _weights(g, "g", da * f * (1 - u**2), x[t], f * a[t], p)
        df = da * (u - a[t]) + by_fa * a[t]
        by_f, x_f = _weights(g, "f", df * f * (1 - f), x[t], a[t], p)
        da, dx[t] = da * (1 - f) + by_fa * f + by_f, x_u + x_f
    return loss, g, dx


def _weights(g, k, dz, x, a, p):
    """Add a gate's step to the gradients by its parameters; returns what goes on to the state and to x."""
    g[f"W_{k}"] += dz.T @ x
    g[f"U_{k}"] += dz.T @ a
    g[f"b_{k}"] += dz.sum(0)
    return dz @ p[f"U_{k}"], dz @ p[f"W_{k}"]


CELLS = {"elman": elman, "lstm": lstm, "gru": gru, "mgu": mgu}


def by_hand(task: Task) -> Callable:
    """The call for a task."""
    p, function = split(task), CELLS[task.cell.name]
    return lambda: (task.cell, *function(p, task.x, task.d))


def arrays(result) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and the gradients, stacked."""
    cell, loss, g, dx = result
    return float(loss), {**joined(cell, g), "x": dx}


PEERS = {"NumPy by hand": (by_hand, arrays)}
