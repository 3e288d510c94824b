"""Notations: three ways to write one derivation. Adding one is adding a line to the table."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.derivation.steps import Derivation
from symbptt.notations.index import to_index
from symbptt.notations.matrix import to_matrix
from symbptt.notations.scalar import to_scalar, to_sympy

__all__ = ["NOTATIONS", "to_index", "to_matrix", "to_scalar", "to_sympy"]

NOTATIONS: dict[str, Callable[[Derivation], Derivation]] = {
    "matrix": to_matrix,
    "index": to_index,
    "scalar": to_scalar,
}
