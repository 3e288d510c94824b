"""Words for messages: what a piece of a formula is called, and which known name is near an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from symbptt.functions import FUNCTIONS, SPELLINGS
from symbptt.reader import syntax
from symbptt.reader.syntax import Surface, Text


def unknown_function(name: str, defined: Iterable[str]) -> str:
    """The message for an unknown function, with the nearest known name."""
    near = did_you_mean(name, defined)
    return (
        f"unknown function {name}{near}: define it as ${name} = \\sigma$, ${name}(z) = ...$ "
        f"or as generic ${name}: \\mathbb{{R}} \\to \\mathbb{{R}}$, of several arguments "
        f"${name}: \\mathbb{{R}}^n \\times \\mathbb{{R}}^m \\to \\mathbb{{R}}^n$; "
        f"declare its shape if it is a factor"
    )


def did_you_mean(name: str, defined: Iterable[str] = ()) -> str:
    """`` (did you mean \\tanh?)``, or nothing."""
    spelled = {key: FUNCTIONS[value].latex for key, value in SPELLINGS.items()}
    spelled.update({one.lstrip("\\"): one for one in defined})
    plain = name.lstrip("\\")
    near = difflib.get_close_matches(plain, spelled, n=1, cutoff=0.7) if len(plain) > 1 else []
    return f" (did you mean {spelled[near[0]]}?)" if near else ""


def described(node: Surface) -> str:
    """What a piece of a formula is called in a message."""
    if isinstance(node, Text):
        return f"the text {node.text!r}"
    if isinstance(node, syntax.Dots):
        return "an ellipsis"
    return {"Relation": "a relation", "Cases": "a choice of cases", "Indicator": "an indicator"}.get(
        type(node).__name__, f"{type(node).__name__.lower()}"
    )
