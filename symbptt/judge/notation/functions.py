"""Letters that may be functions: f of f(x), and \\sigma."""

from __future__ import annotations

from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.reader.syntax import Bracket, Name

FUNCTIONS = frozenset(
    ["\\sigma", "\\phi", "\\varphi", "\\psi", "f", "g", "S", "h", "l", "\\ell", "\\rho", "\\kappa"]
)


def function_like(vocabulary: Vocabulary, name: Name, bracket: Bracket) -> bool:
    """May this name, with a bracket after it, be a function?"""
    if len(bracket.items) > 1 and len(name.base) == 1 and name.time is None and bracket.kind == "()":
        return True
    reference = vocabulary.refer(name)
    if name.base in ("\\sigma", "\\phi", "\\varphi", "\\psi"):
        return True
    if name.base in vocabulary.spoken and name.time is None and not name.subscripts:
        return True  # r, where r(x) = \\tanh(x)
    timed_value = reference.key in vocabulary.names.timed
    return (
        name.base in FUNCTIONS
        and (name.time is None or name.base == "S")
        and not (timed_value and len(name.base) > 1)
    )
