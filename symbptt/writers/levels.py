"""How tightly each node binds when it is written, shared by all writers; decided from the node alone."""

from __future__ import annotations

from enum import IntEnum

import sympy
from sympy.core.basic import Basic
from sympy.printing.precedence import PRECEDENCE, precedence_traditional

from symbptt.expressions import (
    Apply,
    Block,
    Braced,
    Derivative,
    Diagonal,
    Dot,
    Entry,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    Power,
    ProductOver,
    Slice,
    SumOver,
    Tensor,
    Times,
    Transposed,
    Vec,
    children,
    is_scalar,
)


class Level(IntEnum):
    """From the loosest to the tightest. SCRIPTED takes no further superscript without brackets."""

    SUM = 1
    BIG = 2
    ELEMENTWISE = 3
    PRODUCT = 4
    FRACTION = 5
    SCRIPTED = 6
    CALL = 7
    ATOM = 8


LEVELS: dict[type, Level] = {
    Plus: Level.SUM,
    SumOver: Level.BIG,
    ProductOver: Level.BIG,
    Kron: Level.ELEMENTWISE,
    Dot: Level.PRODUCT,
    PathSum: Level.FRACTION,
    MatrixPower: Level.SCRIPTED,
    Transposed: Level.SCRIPTED,
    Apply: Level.CALL,
    Joint: Level.CALL,
    Diagonal: Level.CALL,
    Vec: Level.CALL,
    Inner: Level.CALL,
    Block: Level.ATOM,
    Slice: Level.ATOM,
    Entry: Level.ATOM,
}


def level(node: Basic) -> Level:
    """The level at which a node is written; whatever has no level of its own is an atom."""
    if isinstance(node, Braced):
        return level(node.args[0])
    if isinstance(node, Times):
        return _times_level(node)
    if isinstance(node, Power):
        return Level.FRACTION if is_scalar(node) and is_fraction(node) else Level.SCRIPTED
    if isinstance(node, Ones):
        return Level.ATOM if node.shape.rows else Level.SCRIPTED
    if isinstance(node, Derivative) or (isinstance(node, Joint) and node.by):
        return Level.FRACTION
    if isinstance(node, Tensor):
        return LEVELS.get(type(node), Level.ATOM)
    return _scalar_level(node)


def _times_level(node: Times) -> Level:
    if is_negative(node.args[0]):
        return Level.SUM
    tensors = [f for f in node.args if not is_scalar(f)]
    return Level.ELEMENTWISE if len(tensors) > 1 else Level.PRODUCT


def is_fraction(node: Basic) -> bool:
    """Whether a scalar power is written below a fraction bar, or as a root."""
    exponent = node.args[1]
    return isinstance(exponent, sympy.Expr) and (is_negative(exponent) or exponent == sympy.Rational(1, 2))


def is_negative(node: Basic) -> bool:
    """Whether a SymPy scalar is written with a leading minus that a sum can take over."""
    return isinstance(node, sympy.Expr) and not node.is_Add and bool(node.as_coeff_Mul()[0].is_negative)


def split_sign(term: Basic) -> tuple[bool, Basic]:
    """Whether a term is written with a minus, and the term without it."""
    if isinstance(term, sympy.Expr):
        return (True, -term) if is_negative(term) else (False, term)
    if isinstance(term, Times) and is_negative(term.args[0]):
        return True, Times(-term.args[0], *term.args[1:])
    return False, term


def is_reciprocal(factor: Basic) -> bool:
    """Whether a scalar factor goes below a fraction bar."""
    return isinstance(factor, Power) and is_scalar(factor) and is_negative(factor.args[1])


TALL = (Derivative, SumOver, ProductOver, PathSum, Block, Braced, sympy.Sum, sympy.Product, sympy.MatrixBase)


def is_tall(node: Basic) -> bool:
    """Whether a node is set higher than a line of letters, so that brackets around it must grow."""
    if isinstance(node, TALL) or (isinstance(node, Joint) and node.by):
        return True
    if isinstance(node, (Power, sympy.Pow)):
        exponent = node.args[1]
        return is_tall(node.args[0]) or bool(exponent.is_negative) or not exponent.is_Integer
    if node.is_Rational and not node.is_Integer:
        return True
    return any(is_tall(part) for part in (children(node) if isinstance(node, Tensor) else node.args))


def _scalar_level(node: Basic) -> Level:
    if is_negative(node):
        return Level.SUM
    if isinstance(node, (sympy.Sum, sympy.Product)):
        return Level.BIG
    if node.is_Rational and not node.is_Integer:
        return Level.FRACTION
    strength = precedence_traditional(node)
    if strength < PRECEDENCE["Mul"]:
        return Level.SUM
    if strength == PRECEDENCE["Mul"]:
        return Level.PRODUCT
    return Level.SCRIPTED if node.is_Pow else Level.CALL if node.is_Function else Level.ATOM
