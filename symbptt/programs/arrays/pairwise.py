"""The scan that generated modules bring with them: it is copied into them as it stands here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scan(gates: Any, values: NDArray[Any]) -> None:
    """values[t] += gates[t - 1] * values[t - 1] for t = 1, 2, ... in place; gates may lack the axis of times.

    Two steps at a time become one (Blelloch 1990), by products of gates alone; in a loop where rows are long.
    """
    steps = len(values) - 1
    gates = np.broadcast_to(gates, (steps, *values.shape[1:]))
    if steps < 8 or values[0].size > 128:
        carried = np.empty_like(values[0])
        for t in range(steps):
            values[t + 1] += np.multiply(gates[t], values[t], out=carried)
        return
    even = steps // 2 * 2
    second = gates[1:even:2]
    values[2 : even + 1 : 2] += second * values[1:even:2]
    scan(second * gates[:even:2], values[: even + 1 : 2])
    values[1::2] += gates[::2] * values[:-1:2]
