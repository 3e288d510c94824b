"""The bare matrix products that the gradient cannot do without, with NumPy, those of the loop into arrays."""

from collections.abc import Callable

import numpy as np

from peers.tasks import Task


def products(task: Task) -> Callable:
    """Inputs and their gradient, one product forward and one back a step, and the weights' gradients."""
    (T, B, m), n, k = task.x.shape, task.n, len(task.cell.gates)
    dtype = task.x.dtype
    x, a = task.x.reshape(T * B, m), np.ones((T, B, n), dtype)
    W, gates = task.parameters["W"], np.ones((T, B, k * n), dtype)
    one_by_one = task.cell.name == "mgu"  # its second product waits for its first gate
    parts = (
        [task.parameters["U"][i * n : (i + 1) * n] for i in range(k)]
        if one_by_one
        else [task.parameters["U"]]
    )
    turned = [np.ascontiguousarray(part.T) for part in parts]
    forward = [np.empty((B, len(part)), dtype) for part in parts]
    back = np.empty((B, n), dtype)
    each = [np.ones((T, B, len(part)), dtype) for part in parts]

    def call() -> None:
        np.matmul(x, W.T)
        for t in range(T):
            for part, out in zip(turned, forward, strict=True):
                np.matmul(a[t], part, out=out)
        for t in reversed(range(T)):
            for part, d in zip(parts, each, strict=True):
                np.matmul(d[t], part, out=back)
        d_gates = gates.reshape(T * B, k * n)
        np.matmul(d_gates.T, x)
        for d in each:
            np.matmul(d.reshape(T * B, -1).T, a.reshape(T * B, n))
        np.matmul(d_gates, W)

    return call
