"""symbptt: derive the gradients of a recurrence, write the derivation down, and generate checked code.

>>> import symbptt
>>> rnn = symbptt.Recurrence.from_latex(r"h_t = \\tanh(W h_{t-1} + U x_t)")
>>> print(symbptt.derive(rnn, "h_t", "W", form="nested"))            # doctest: +SKIP

Names are imported when they are first used, so that `import symbptt` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from symbptt.version import __version__ as __version__

if TYPE_CHECKING:
    from symbptt.cells import ready
    from symbptt.check import check
    from symbptt.derivation import Derivation, Step
    from symbptt.errors import SpecificationError, SymbpttError
    from symbptt.expressions import FunctionSymbol, Quantity
    from symbptt.functions import function
    from symbptt.interface import derive, derive_all, load, unrolled
    from symbptt.judge import verify
    from symbptt.programs import generate
    from symbptt.recurrence import Builder, Equation, Recurrence, T, t

_HOME = {
    "ready": "cells",
    "check": "check",
    "Derivation": "derivation",
    "Step": "derivation",
    "SpecificationError": "errors",
    "SymbpttError": "errors",
    "FunctionSymbol": "expressions",
    "Quantity": "expressions",
    "function": "functions",
    "derive": "interface",
    "derive_all": "interface",
    "load": "interface",
    "unrolled": "interface",
    "verify": "judge",
    "generate": "programs",
    "Builder": "recurrence",
    "Equation": "recurrence",
    "Recurrence": "recurrence",
    "T": "recurrence",
    "t": "recurrence",
}

__all__ = [
    "Builder", "Derivation", "Equation", "FunctionSymbol", "Quantity", "Recurrence", "SpecificationError",
    "Step", "SymbpttError", "T", "check", "derive", "derive_all", "function", "generate", "load", "ready",
    "t", "unrolled", "verify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symbptt' has no attribute {name!r}")
    return getattr(import_module(f"symbptt.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
