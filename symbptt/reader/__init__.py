"""Reads what people write: documents, LaTeX formulas, and from them recurrences and expressions.

tokens -> macros -> syntax (an untyped surface tree) -> parser; document finds formulas in Markdown and TeX.
Then spelling, symbols (times, powers) -> resolve (terms) -> shapes, ranks (what fits) -> build (expressions);
statements and elaborate put a whole document together, context reads a formula beside a recurrence.

Names are imported when they are first used: who only parses does not wait for SymPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbptt.reader.context import read_expression, read_quantity
    from symbptt.reader.files import read_recurrence, read_recurrence_file

_HOME = {
    "read_expression": "context",
    "read_quantity": "context",
    "read_recurrence": "files",
    "read_recurrence_file": "files",
}

__all__ = ["read_expression", "read_quantity", "read_recurrence", "read_recurrence_file"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symbptt.reader' has no attribute {name!r}")
    return getattr(import_module(f"symbptt.reader.{_HOME[name]}"), name)
