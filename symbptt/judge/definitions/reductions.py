"""Formulas that reduce vectors to a number: a norm, an inner product w^T h, a sum over entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symbptt.judge.notation.lying import factors
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Fraction,
    Juxtaposed,
    Name,
    Negative,
    Norm,
    Number,
    Scripted,
    Surface,
    Transpose,
)


def reduces(node: Surface, counts: Callable[[Surface], bool]) -> bool:
    """Does a formula reduce vectors to a number? ``counts`` tells whether one is a number."""
    match node:
        case Norm() | Apply(function="tr" | "trace" | "Tr" | "det"):
            return True
        case Scripted(base=inside, subscript=None) | Bracket(kind="()" | "[]" | "\\{\\}", items=(inside,)):
            return reduces(inside, counts)
        case BigOperator(kind="sum", body=inside) | Negative(operand=inside):
            return reduces(inside, counts)
        case Fraction(numerator=left) | Binary(op="/", left=left):
            return reduces(left, counts)
        case Binary(op="+" | "-", left=left, right=right):
            return reduces(left, counts) or reduces(right, counts)
        case Juxtaposed(left=left, right=right) | Binary(left=left, right=right):
            rows = any(isinstance(factor, Transpose) for factor in factors(left))
            return (rows and counts(node)) or reduces(left, counts) or reduces(right, counts)
    return False


def weights(node: Surface) -> Iterator[Name]:
    r"""The names that weigh a norm, \beta in \frac{\beta}{2} \| r_t \|^2."""
    beside = list(factors(node))
    if not any(isinstance(_bare(factor), Norm) for factor in beside):
        return
    for factor in beside:
        above = factor.numerator if isinstance(factor, Fraction) else factor
        if isinstance(above, Name):
            yield above


def _bare(node: Surface) -> Surface:
    return node.base if isinstance(node, Scripted) else node


def adds_entries(node: Surface, entries: frozenset[str]) -> bool:
    """Is this a sum over entries, with a sign or a number before it?"""
    match node:
        case BigOperator(kind="sum", indices=(Name(base=letter),), body=inside):
            return letter in entries or adds_entries(inside, entries)
        case Negative(operand=inside) | Juxtaposed(left=Number() | Fraction(), right=inside):
            return adds_entries(inside, entries)
    return False
