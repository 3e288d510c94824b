"""Expressions in index notation: the source of entry (i, j) of any expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Apply,
    Braced,
    Diagonal,
    Dot,
    Eye,
    Ones,
    Plus,
    Power,
    Quantity,
    Slice,
    Times,
    Transposed,
    Zeros,
)
from symbptt.functions import entry as table_entry
from symbptt.functions import slope
from symbptt.programs.loops import elementary
from symbptt.programs.plan.names import Names
from symbptt.programs.source import code as c
from symbptt.programs.source.code import Code, Level
from symbptt.programs.source.lowering import fraction, signed_sum, split_sign
from symbptt.programs.source.scalars import scalar

Access = Callable[[Quantity, str, str], str]


@dataclass(frozen=True)
class Entries:
    """How entries are written.

    `access(q, i, j)` is how entry (i, j) of a quantity is written, `symbol(name)` how a size or a time is,
    `one` and `real` how the number one and other numbers are.
    """

    names: Names
    access: Access
    symbol: Callable[[str], str]
    one: str = "one"
    real: str = "real({})"

    def at(self, node: Basic, i: str = "i", j: str = "j") -> Code:
        """The entry of a node; an axis that it lacks is broadcast, so its index is not used.

        Raises SymbpttError naming the type of a node that is no expression of single entries.
        """
        if isinstance(node, sympy.Expr):
            return self._number(node)
        rule = RULES.get(type(node))
        if rule is None:
            raise SymbpttError(f"the numba target has no form for {type(node).__name__}")
        return rule(self, node, i, j)

    def length(self, value: sympy.Expr) -> str:
        """A size, or another whole number, as source."""
        return scalar(value, self.symbol).at(Level.PRODUCT)

    def _number(self, value: sympy.Expr) -> Code:
        """A number in the precision of the arrays: a plain one would widen float32."""
        if value == 1:
            return Code(self.one)
        if value.could_extract_minus_sign():
            return c.negated(self._number(-value))
        return Code(self.real.format(scalar(value, self.symbol).text))

    def shifted(self, index: str, start: sympy.Expr) -> str:
        """An index counted from further on."""
        return index if start == 0 else f"{scalar(start, self.symbol).text} + {index}"


def _quantity(entries: Entries, q: Quantity, i: str, j: str) -> Code:
    return Code(entries.access(q, i if q.shape.rows else "", j if q.shape.cols else ""))


def _plus(entries: Entries, node: Plus, i: str, j: str) -> Code:
    terms = tuple(term for term in node.args if not isinstance(term, Zeros))
    return signed_sum(lambda term: entries.at(term, i, j), terms)


def _times(entries: Entries, node: Times, i: str, j: str) -> Code:
    minus, positive = split_sign(node)
    if minus:
        return c.negated(entries.at(positive, i, j))
    above, below = [], []
    for factor in positive.args if isinstance(positive, Times) else (positive,):
        top, bottom = fraction(factor)
        above.extend([entries.at(top, i, j)] if not _is_one(top) else [])
        below.extend([entries.at(bottom, i, j)] if not _is_one(bottom) else [])
    return c.multiplied(above or [Code(entries.one)], below)


def _is_one(node: Basic) -> bool:
    return isinstance(node, Ones) or node == 1


def _power(entries: Entries, node: Power, i: str, j: str) -> Code:
    base, exponent = node.args
    if exponent.could_extract_minus_sign():
        return c.multiplied([Code(entries.one)], [entries.at(Power(base, -exponent), i, j)])
    if exponent == sympy.Rational(1, 2):
        return c.called("np.sqrt", entries.at(base, i, j))
    power = str(exponent) if exponent.is_Integer else entries.at(exponent).at(Level.ATOM)
    return c.powered(entries.at(base, i, j), power)


def _apply(entries: Entries, node: Apply, i: str, j: str) -> Code:
    symbol = node.function
    if table_entry(symbol) is None:
        called = c.called(entries.names.function(symbol.name, node.order), entries.at(node.argument, i, j))
        return Code(f"real({called.text})")
    if node.order:
        return entries.at(slope(Apply(symbol, node.argument)), i, j)
    return c.called(function_name(str(symbol.meaning)), entries.at(node.argument, i, j))


def _outer(entries: Entries, node: Dot, i: str, j: str) -> Code:
    """The product of a column by a row; others were taken apart before."""
    left, right = node.args
    return c.multiplied([entries.at(left, i, ""), entries.at(right, "", j)])


def _diagonal(entries: Entries, node: Diagonal, i: str, j: str) -> Code:
    return Code(f"({entries.at(node.args[0], i, '').text} if {i} == {j} else real(0))")


def _slice(entries: Entries, node: Slice, i: str, j: str) -> Code:
    value, axis, start = node.args[:3]
    indices = [i, j]
    axis = int(axis)
    kept = bool(node.shape[axis])
    indices[axis] = entries.shifted(indices[axis], start) if kept else scalar(start, entries.symbol).text
    return entries.at(value, *indices)


RULES: dict[type, Callable[[Entries, Any, str, str], Code]] = {
    Quantity: _quantity,
    Zeros: lambda entries, node, i, j: Code("real(0)"),
    Ones: lambda entries, node, i, j: Code("one"),
    Eye: lambda entries, node, i, j: Code(f"real({i} == {j})"),
    Plus: _plus,
    Times: _times,
    Power: _power,
    Apply: _apply,
    Dot: _outer,
    Diagonal: _diagonal,
    Slice: _slice,
    Transposed: lambda entries, node, i, j: entries.at(node.args[0], j, i),
    Braced: lambda entries, node, i, j: entries.at(node.args[0], i, j),
}


def function_name(key: str) -> str:
    """What a function of the table is called in a compiled module. Raises SymbpttError where it has none."""
    if key not in elementary.PLAIN and not hasattr(elementary, key):
        raise SymbpttError(f"the numba target has no function {key}")
    return elementary.PLAIN.get(key, key)


def is_leaf(node: Basic) -> bool:
    """Whether an entry is at hand, without computing anything."""
    if isinstance(node, (Transposed, Slice)):
        return is_leaf(node.args[0])
    return isinstance(node, (Quantity, Zeros, Ones, Eye)) or (isinstance(node, sympy.Expr) and node.is_number)
