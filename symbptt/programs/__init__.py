"""Programs: code generated from a recurrence. `generate` writes a module, `load` imports one."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.errors import SymbpttError
from symbptt.programs.loading import load, load_file
from symbptt.programs.module import names_of, numpy_module
from symbptt.programs.names import Names
from symbptt.recurrence import Recurrence

__all__ = ["TARGETS", "Names", "generate", "load", "load_file", "names_of"]

TARGETS: dict[str, Callable[[Recurrence], str]] = {"numpy": numpy_module}


def generate(recurrence: Recurrence, target: str = "numpy") -> str:
    """The source of a module with forward, backward and, where a loss is declared, loss_and_gradient.

    Raises SymbpttError for a target that there is not.
    """
    if target not in TARGETS:
        raise SymbpttError(f"unknown target {target}: expected {', '.join(TARGETS)}")
    return TARGETS[target](recurrence)
