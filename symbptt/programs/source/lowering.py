"""Expressions as array source: one rule a node."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Block,
    Braced,
    Diagonal,
    Dot,
    Eye,
    Inner,
    MatrixPower,
    Ones,
    Plus,
    Power,
    Quantity,
    Slice,
    SumOver,
    Times,
    Transposed,
    Zeros,
    shape_of,
    size,
)
from symbptt.functions import FUNCTIONS, Elementwise, entry, slope
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.places import Scope, Storage, lag_of, subscript
from symbptt.programs.source import code as c
from symbptt.programs.source.code import Code, Level
from symbptt.programs.source.contraction import chained
from symbptt.programs.source.dialect import NUMPY, Dialect
from symbptt.programs.source.scalars import is_short, scalar
from symbptt.recurrence import T


@dataclass(frozen=True)
class Lowering:
    """What lowering must know: names, where each quantity lies, rows in front of time 1, scope, dialect."""

    names: Names
    storage: dict[str, Storage]
    front: int
    scope: Scope
    dialect: Dialect = NUMPY

    def at(self, scope: Scope) -> Self:
        """The same in another scope."""
        return replace(self, scope=scope)

    def lower(self, node: Basic) -> Code:
        """The source of an expression, one value for every time and sample of the scope.

        Raises TypeError naming the type of a node that has no array form.
        """
        if isinstance(node, sympy.Expr):
            return self._scalar(node)
        rule = LOWER.get(type(node))
        if rule is None:
            raise TypeError(f"no {self.dialect.name} form for {type(node).__name__}")
        return rule(self, node)

    def at_its_time(self, q: Quantity) -> str:
        """The values of a quantity that has a time, as source."""
        return self.names.variable(q.name) + subscript(q.time, self.scope, self.storage[q.name], self.front)

    def lead_of(self, q: Quantity) -> int:
        """How many leading axes the values of a quantity that has a time have."""
        return 1 if lag_of(q.time, self.scope) is None else self.scope.lead

    def leading(self) -> list[str]:
        """The lengths of the leading axes of the scope, as source."""
        if self.scope.lead == 1:
            return ["B"]
        return [self._scalar(sympy.expand(self.scope.high - self.scope.low + 1)).at(Level.PRODUCT), "B"]

    def _scalar(self, node: sympy.Expr) -> Code:
        code = scalar(node, self._symbol)
        return replace(code, lead=self.scope.lead if self.runs(node) else 0)

    def runs(self, node: sympy.Expr) -> bool:
        """Whether a number changes along the rows of whole arrays."""
        return self.scope.kind == "whole" and self.scope.index in node.free_symbols

    def _symbol(self, name: str) -> str:
        if name == T.name:
            return "T"
        index = self.scope.index
        if index is None or name != index.name:
            return self.names.variable(name)
        if self.scope.kind == "loop":
            return "t" if self.front == 1 else f"(t - {self.front - 1})"
        low, stop = (scalar(end, self._symbol).text for end in (self.scope.low, self.scope.high + 1))
        return self.dialect.called("arange", low, stop, self.dialect.typed) + "[:, None]"

    def entries(self, axis: Axis) -> str:
        """The length of an axis as source; "" for an axis of length one."""
        return self._scalar(size(axis)).at(Level.PRODUCT) if axis else ""

    def shape(self, node: Basic, leading: list[str]) -> str:
        """The shape of the array of a node, as source."""
        parts = [*leading, *(self._scalar(size(axis)).text for axis in shape_of(node) if axis)]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"

    def filled(self, node: Basic, code: Code, lead: int) -> Code:
        """The value with all its axes at their full length, as an array of its own must have."""
        rows, cols = map(bool, shape_of(node))
        if (code.lead, code.rows, code.cols) == (lead, rows, cols):
            return code
        shape = self.shape(node, self.leading()[-lead:] if lead else [])
        if code.text in ("0", "1"):
            constant = self.dialect.made("zeros" if code.text == "0" else "ones", shape)
            return Code(constant, Level.ATOM, lead, rows, cols)
        text = self.dialect.called("broadcast_to", c.aligned(code, rows, cols).text, shape)
        return Code(text, Level.ATOM, lead, rows, cols)


# ------------------------------------------------------------------ leaves


def _quantity(lo: Lowering, q: Quantity) -> Code:
    rows, cols = map(bool, q.shape)
    if q.time is None:
        return Code(lo.names.variable(q.name), Level.ATOM, 0, rows, cols)
    return Code(lo.at_its_time(q), Level.ATOM, lo.lead_of(q), rows, cols)


def _eye(lo: Lowering, node: Eye) -> Code:
    text = lo.dialect.called("eye", lo.entries(node.shape.rows), lo.dialect.typed)
    return Code(text, Level.ATOM, 0, True, True)


# ------------------------------------------------------------------ elementwise


def split_sign(term: Basic) -> tuple[bool, Basic]:
    """Whether a term is written with a minus, and the term without it."""
    if isinstance(term, sympy.Expr):
        return (True, -term) if term.could_extract_minus_sign() else (False, term)
    first = term.args[0]
    if isinstance(term, Times) and isinstance(first, sympy.Expr) and first.could_extract_minus_sign():
        return True, Times(-first, *term.args[1:])
    return False, term


def signed_sum(lower: Callable[[Basic], Code], terms: tuple[Basic, ...]) -> Code:
    """A sum of terms, those with a minus last."""
    signed = [split_sign(term) for term in terms]
    if not all(minus for minus, _ in signed):
        signed.sort(key=lambda pair: pair[0])
    return c.added([(minus, lower(term)) for minus, term in signed])


def _plus(lo: Lowering, node: Plus) -> Code:
    """The terms, those with a minus last; zeros only make the others larger."""
    return signed_sum(lo.lower, tuple(term for term in node.args if not isinstance(term, Zeros)))


def _times(lo: Lowering, node: Times) -> Code:
    minus, positive = split_sign(node)
    if minus:
        return c.negated(lo.lower(positive))
    above, below = [], []
    for factor in positive.args:
        top, bottom = fraction(factor)
        above.extend([lo.lower(top)] if top != 1 else [])
        below.extend([lo.lower(bottom)] if bottom != 1 else [])
    return c.multiplied(above, below)


def fraction(factor: Basic) -> tuple[Basic, Basic]:
    """A factor as numerator and denominator."""
    if isinstance(factor, Power) and factor.args[1].could_extract_minus_sign():
        return sympy.S.One, Power(factor.args[0], -factor.args[1])
    if isinstance(factor, sympy.Expr) and not factor.is_Float and not is_short(factor):
        above, below = factor.as_numer_denom()
        return above, below
    return factor, sympy.S.One


def _power(lo: Lowering, node: Power) -> Code:
    base, exponent = node.args
    if exponent.could_extract_minus_sign():
        return c.multiplied([], [lo.lower(Power(base, -exponent))])
    if exponent == sympy.Rational(1, 2):
        return c.called(f"{lo.dialect.module}.sqrt", lo.lower(base))
    over = lo.lower(exponent)
    power = c.powered(lo.lower(base), over.at(Level.ATOM))
    return replace(power, lead=max(power.lead, over.lead))


def _apply(lo: Lowering, node: Apply) -> Code:
    symbol, known = node.function, entry(node.function)
    argument = lo.lower(node.argument)
    if known is None:
        return c.called(lo.names.function(symbol.name, node.order), argument)
    if node.order:
        return lo.lower(slope(Apply(symbol, node.argument)))
    if isinstance(known, Elementwise):
        return c.called(function_name(symbol.meaning, lo.dialect), argument)
    argument = lo.filled(node.argument, argument, argument.lead)
    name, axis = function_name(symbol.meaning, lo.dialect), -2 if argument.rows and argument.cols else -1
    if axis == -1 and name == symbol.meaning:  # the default of what the module defines
        return c.called(name, argument)
    text = f"{name}({argument.text}, {lo.dialect.axis}={axis})"
    return replace(argument, text=text, level=Level.ATOM, kept="")


def function_name(key: str, dialect: Dialect) -> str:
    """A function of the table in generated code: the library's own name, or one that the module defines."""
    if key in dialect.functions:
        return dialect.functions[key]
    template = FUNCTIONS[key].numpy
    plain = re.fullmatch(r"(np\.\w+)\(\{x\}\)", template) if isinstance(template, str) else None
    return dialect.translated(plain.group(1)) if plain else key


# ------------------------------------------------------------------ products


def factors(lo: Lowering, node: Dot) -> tuple[list[Code], list[str]]:
    """The factors of a product, and the lengths of the axes between them."""
    inner = [lo.entries(shape_of(factor).cols) for factor in node.args[:-1]]
    return [lo.lower(factor) for factor in node.args], inner


def _dot(lo: Lowering, node: Dot) -> Code:
    return chained(lo.dialect, *factors(lo, node))


def _inner(lo: Lowering, node: Inner) -> Code:
    product = c.multiplied([lo.lower(part) for part in node.args])
    lengths = [
        Code(lo.entries(axis))
        for axis, has in zip(shape_of(node.args[0]), (product.rows, product.cols), strict=True)
        if axis and not has
    ]
    if product.rows and product.cols:
        product = Code(lo.dialect.summed(product.text, "(-2, -1)"), Level.ATOM, product.lead)
    elif product.rows or product.cols:
        along = c.summed_rows if product.rows else c.summed_cols
        product = along(lo.dialect, product)
    return c.multiplied([*lengths, product])


def _matrix_power(lo: Lowering, node: MatrixPower) -> Code:
    base, exponent = (lo.lower(part) for part in node.args)
    text = lo.dialect.called("linalg.matrix_power", base.text, exponent.text)
    return replace(base, text=text, level=Level.ATOM)


# ------------------------------------------------------------------ arrangements


def _block(lo: Lowering, node: Block) -> Code:
    parts = [[lo.lower(block) for block in row.args] for row in node.args]
    lead = max(code.lead for row in parts for code in row)
    return joined(lo, node, parts, lead)


def joined(lo: Lowering, node: Block, parts: list[list[Code]], lead: int) -> Code:
    """The blocks of a block matrix joined along their axes."""
    rows, cols = map(bool, node.shape)
    full = [
        [
            c.with_axes(lo.filled(block, code, lead), rows, cols)
            for block, code in zip(row.args, codes, strict=True)
        ]
        for row, codes in zip(node.args, parts, strict=True)
    ]
    lines = [_concatenated(lo, [code.text for code in row], -1) for row in full]
    first = 0 if not lead else -2 if cols else -1
    return Code(_concatenated(lo, lines, first), Level.ATOM, lead, rows, cols)


def _concatenated(lo: Lowering, texts: list[str], axis: int) -> str:
    return texts[0] if len(texts) == 1 else lo.dialect.joined(texts, str(axis or ""))


def _slice(lo: Lowering, node: Slice) -> Code:
    value, axis, start, stop = node.args[:4]
    code, along_rows = lo.lower(value), axis == 0
    if not (code.rows if along_rows else code.cols):
        return code
    kept = bool(node.shape[int(axis)])
    first, last = ("" if end == 0 else lo.lower(end).text for end in (start, stop))
    if stop == size(shape_of(value)[int(axis)]):
        last = ""
    colon = " : " if " " in first + last else ":"
    part = f"{first}{colon}{last}".strip() if kept else first or "0"
    tail = ", :" if along_rows and code.cols and code.lead else ""
    head = ("..., " if code.lead else ":, ") if code.lead or (not along_rows and code.rows) else ""
    text = _subscripted(code.at(Level.ATOM), f"{head}{part}{tail}")
    return Code(
        text,
        Level.ATOM,
        code.lead,
        code.rows and (kept or not along_rows),
        code.cols and (kept or along_rows),
    )


def _subscripted(text: str, subscript: str) -> str:
    """A further subscript after the one of the time, in the same brackets: z[t] -> z[t, ..., :n]."""
    return f"{text[:-1]}, {subscript}]" if re.fullmatch(r"\w+\[[^\[\],]*\]", text) else f"{text}[{subscript}]"


# ------------------------------------------------------------------ sums over time


def scope_of_sum(lo: Lowering, node: SumOver) -> Scope:
    """The scope inside a sum over time; raises TypeError where it has no array form."""
    if lo.scope.kind != "once":
        raise TypeError(
            f"no {lo.dialect.name} form for a SumOver inside an equation at time t or inside another SumOver"
        )
    _, index, low, high = node.args
    return Scope("whole", index, low, high)


def _sum_over(lo: Lowering, node: SumOver) -> Code:
    """A sum over time that leaves the batch."""
    inside = lo.at(scope_of_sum(lo, node))
    code = inside.lower(node.args[0])
    if code.lead < 2:
        return c.multiplied([Code(inside.leading()[0]), code])
    return Code(lo.dialect.summed(code.text, "0"), Level.ATOM, 1, code.rows, code.cols)


LOWER: dict[type, Callable[[Lowering, Any], Code]] = {
    Quantity: _quantity,
    Zeros: lambda lo, node: c.number(0),
    Ones: lambda lo, node: c.number(1),
    Eye: _eye,
    Plus: _plus,
    Times: _times,
    Power: _power,
    Apply: _apply,
    Dot: _dot,
    Inner: _inner,
    Diagonal: lambda lo, node: lo.lower(Times(Eye(node.shape.rows), node.args[0])),
    MatrixPower: _matrix_power,
    Transposed: lambda lo, node: c.flipped(lo.lower(node.args[0])),
    Block: _block,
    Slice: _slice,
    SumOver: _sum_over,
    Braced: lambda lo, node: lo.lower(node.args[0]),
}
