"""JAX: jit of value_and_grad of a scan, the input products inside of it (plain) or before it (hoisted)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from peers.tasks import Task

jax.config.update("jax_enable_x64", True)
sigmoid, tanh = jax.nn.sigmoid, jnp.tanh


def elman(p, state, w):
    """One step; w is the inputs' part of the gates, bias included."""
    a = tanh(w + state[0] @ p["U"].T)
    return (a,), a


def lstm(p, state, w):
    """One step."""
    a, c = state
    i, f, g, o = jnp.split(w + a @ p["U"].T, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    a = sigmoid(o) * tanh(c)
    return (a, c), a


def gru(p, state, w):
    """One step, the reset after the product."""
    (a,) = state
    u = a @ p["U"].T
    n = a.shape[-1]
    r, z = jnp.split(sigmoid(w[:, : 2 * n] + u[:, : 2 * n]), 2, axis=-1)
    candidate = tanh(w[:, 2 * n :] + r * (u[:, 2 * n :] + p["e"]))
    a = (1 - z) * candidate + z * a
    return (a,), a


def mgu(p, state, w):
    """One step."""
    (a,) = state
    n = a.shape[-1]
    f = sigmoid(w[:, :n] + a @ p["U"][:n].T)
    a = (1 - f) * a + f * tanh(w[:, n:] + (f * a) @ p["U"][n:].T)
    return (a,), a


STEPS = {"elman": elman, "lstm": lstm, "gru": gru, "mgu": mgu}


def _projected(p, x):
    return x @ p["W"].T + p["b"]


def _loss(step: Callable, states: int, hoisted: bool) -> Callable:
    def loss(p, x, d):
        zero = jnp.zeros(d.shape[1:], d.dtype)
        rows = _projected(p, x) if hoisted else x
        each = step if hoisted else lambda p, state, x: step(p, state, _projected(p, x))
        _, a = jax.lax.scan(lambda state, w: each(p, state, w), (zero,) * states, rows)
        return 0.5 * jnp.sum((a - d) ** 2)

    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))


def _peer(task: Task, hoisted: bool) -> Callable:
    compiled = _loss(STEPS[task.cell.name], 2 if task.cell.name == "lstm" else 1, hoisted)
    p = {name: jnp.asarray(value) for name, value in task.parameters.items()}
    x, d = jnp.asarray(task.x), jnp.asarray(task.d)
    return lambda: jax.block_until_ready(compiled(p, x, d))


def arrays(result) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and the gradients by name as NumPy arrays."""
    loss, (parameters, x) = result
    return float(loss), {**{name: np.asarray(g) for name, g in parameters.items()}, "x": np.asarray(x)}


PEERS = {
    "JAX scan": (lambda task: _peer(task, hoisted=False), arrays),
    "JAX scan, hoisted": (lambda task: _peer(task, hoisted=True), arrays),
}
