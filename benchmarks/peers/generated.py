"""The targets of symbptt, whatever they are: each loads the module generated from the cell's equations."""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import jax
import numpy as np
import torch

from peers.tasks import CELLS, Task, joined, split
from symbptt import Recurrence
from symbptt.programs import TARGETS, generate, load

# How a target's library makes its arrays; others take NumPy's.
MAKES: dict[str, Callable[[np.ndarray], Any]] = {"jax": jax.numpy.asarray, "torch": torch.from_numpy}


@cache
def module(cell: str, target: str) -> ModuleType:
    """The generated module."""
    return load(generate(Recurrence.from_latex(CELLS[cell].specification), target))


def generated(target: str) -> Callable[[Task], Callable | None]:
    """The call of a target for a task; None where the target has no function for it."""

    def call(task: Task) -> Callable | None:
        function = getattr(module(task.cell.name, target), "loss_and_gradient", None)
        make = MAKES.get(target, np.asarray)
        p = {name: make(value) for name, value in split(task).items()}
        x, d = {"x": make(task.x)}, {"d": make(task.d)}
        if function is None:
            return None
        return lambda: (task.cell, jax.block_until_ready(function(p, x, d)))

    return call


def arrays(result) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and the gradients, stacked."""
    cell, (loss, gradients) = result
    parts = {name: _array(value) for name, value in gradients["parameters"].items()}
    return float(loss), {**joined(cell, parts), "x": _array(gradients["inputs"]["x"])}


def _array(value: Any) -> np.ndarray:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


PEERS = {f"symbptt {target}": (generated(target), arrays) for target in TARGETS}
