"""Programs: code generated from a recurrence. `generate` writes a module, `load` imports one."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.errors import SymbpttError
from symbptt.programs.arrays.module import names_of, numpy_module
from symbptt.programs.arrays.two_way import two_way_module
from symbptt.programs.loading import load, load_file
from symbptt.programs.loops import numba_module
from symbptt.programs.modes import EXACT, MODES
from symbptt.programs.plan.names import Names, sizes_apart
from symbptt.programs.series.jax_target import jax_module
from symbptt.programs.series.torch_target import torch_module
from symbptt.recurrence import Recurrence

__all__ = ["EXACT", "MODES", "TARGETS", "Names", "generate", "load", "load_file", "names_of"]

TARGETS: dict[str, Callable[[Recurrence], str]] = {
    "numpy": numpy_module,
    "jax": jax_module,
    "torch": torch_module,
    "numba": numba_module,
}


def generate(recurrence: Recurrence, target: str = "numpy", gradient: str = EXACT) -> str:
    """The source of a module with forward, backward and, where a loss is declared, loss_and_gradient.

    `gradient` is the mode in which gradients are computed: one of MODES. Raises SymbpttError for a target or
    a mode that there is not, and where a mode cannot be had for a target or for the recurrence.
    """
    if target not in TARGETS:
        raise SymbpttError(f"unknown target {target}: expected {', '.join(TARGETS)}")
    if gradient not in MODES:
        raise SymbpttError(f"unknown mode {gradient} of the gradient: expected {', '.join(MODES)}")
    recurrence = sizes_apart(recurrence)
    if recurrence.runs_backwards:
        if (target, gradient) != ("numpy", EXACT):
            raise SymbpttError(
                f"some of the recurrence runs backwards in time: its code is for numpy by {EXACT} alone"
            )
        return two_way_module(recurrence)
    if gradient == EXACT:
        return TARGETS[target](recurrence)
    if target != "numpy":
        raise SymbpttError(f"the target {target} has gradients by {EXACT} alone: {gradient} is of numpy")
    return MODES[gradient](recurrence)
