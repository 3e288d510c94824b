"""Programs: code generated from a recurrence. `generate` writes a module, `load` imports one."""

from __future__ import annotations

from collections.abc import Iterable

from symbptt.errors import SymbpttError
from symbptt.expressions import Joint
from symbptt.programs.arrays.module import names_of
from symbptt.programs.loading import load, load_file
from symbptt.programs.modes import BOTH_WAYS, EXACT, MODES
from symbptt.programs.plan.names import Names, sizes_apart
from symbptt.recurrence import Recurrence

__all__ = ["BOTH_WAYS", "EXACT", "MODES", "TARGETS", "Names", "generate", "load", "load_file", "names_of"]

TARGETS = tuple(MODES[EXACT])


def generate(recurrence: Recurrence, target: str = "numpy", gradient: str = EXACT) -> str:
    """The source of a module with forward, backward and, where a loss is declared, loss_and_gradient.

    `gradient` is the mode in which gradients are computed: one of MODES. Raises SymbpttError for a target or
    a mode that there is not, and where a mode cannot be had for a target or for the recurrence.
    """
    if target not in TARGETS:
        raise SymbpttError(f"unknown target {target}: expected {', '.join(TARGETS)}")
    if gradient not in MODES:
        raise SymbpttError(f"unknown mode {gradient} of the gradient: expected {', '.join(MODES)}")
    _refuse_joint(recurrence)
    recurrence = sizes_apart(recurrence)
    modes = BOTH_WAYS if recurrence.runs_backwards else MODES
    if gradient not in modes:
        raise SymbpttError(
            f"some of the recurrence runs backwards in time: gradients by {_listed(modes)}, not by {gradient}"
        )
    if target not in modes[gradient]:
        gradients = f"gradients by {gradient} are"
        what = "code for what runs backwards in time is" if modes is BOTH_WAYS else gradients
        raise SymbpttError(f"{what} for {_listed(modes[gradient])}, not for {target}")
    return modes[gradient][target](recurrence)


def _refuse_joint(recurrence: Recurrence) -> None:
    """Raises SymbpttError where a function of several arguments is left open: its Jacobians have no code."""
    joint = [str(node.function.name) for node in recurrence.generic if isinstance(node, Joint)]
    if joint:
        raise SymbpttError(
            f"code needs a formula for a generic function of several arguments: expected "
            f"{joint[0]}(u, v) = ..., found only the shapes of {joint[0]}"
        )


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else f"{last} alone"
