"""Terms: formulas whose names are resolved (quantity, function, index, number), their shapes not known yet.

    term = Literal | Symbol | Call | Together | Negated | Sum | Product | Quotient | Raised | Flipped
         | Special | Stack | Constant | Element | Summed | Multiplied | Partial
A product keeps the operator that was written; what it means follows from the shapes. Terms compare by
identity, so that what was found out about one can be kept in a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import sympy

from symbptt.expressions import FunctionSymbol
from symbptt.reader.syntax import Span
from symbptt.recurrence import t

JUXTAPOSED = ""
ELEMENTWISE = frozenset(["\\odot", "\\circ"])


@dataclass(frozen=True, eq=False)
class Term:
    """Base of the terms; ``at`` is where it stands in its formula."""

    at: Span


@dataclass(frozen=True, eq=False)
class Literal(Term):
    """A number, a size, a time or a bound index."""

    value: sympy.Expr


@dataclass(frozen=True, eq=False)
class Symbol(Term):
    """A quantity, at a time or without."""

    name: str
    time: sympy.Expr | None = None


@dataclass(frozen=True, eq=False)
class Call(Term):
    """A function of every entry, or of every column; ``order`` counts the primes."""

    function: FunctionSymbol
    argument: Term
    order: int = 0


@dataclass(frozen=True, eq=False)
class JointFunction:
    """A generic function of several columns and scalars: the sizes of each, and of its value."""

    symbol: FunctionSymbol
    domain: tuple[tuple[sympy.Expr, ...], ...]
    codomain: tuple[sympy.Expr, ...]

    def with_sizes(self, fixed: Mapping[sympy.Expr, sympy.Expr]) -> JointFunction:
        """The same where the text sets sizes to numbers."""
        domain = tuple(tuple(size.xreplace(fixed) for size in sizes) for sizes in self.domain)
        return replace(self, domain=domain, codomain=tuple(size.xreplace(fixed) for size in self.codomain))


@dataclass(frozen=True, eq=False)
class Together(Term):
    """A generic function of several arguments, in ``rows`` of one row."""

    function: JointFunction
    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, eq=False)
class Negated(Term):
    """A minus sign."""

    operand: Term


@dataclass(frozen=True, eq=False)
class Sum(Term):
    """Two terms added."""

    left: Term
    right: Term


@dataclass(frozen=True, eq=False)
class Product(Term):
    """A product with its operator as written, empty for juxtaposition."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, eq=False)
class Quotient(Term):
    """A fraction, elementwise or by a scalar."""

    left: Term
    right: Term


@dataclass(frozen=True, eq=False)
class Raised(Term):
    """A power with a numeric exponent."""

    base: Term
    exponent: sympy.Expr
    elementwise: bool = False  # whether it was written so


@dataclass(frozen=True, eq=False)
class Flipped(Term):
    """A transpose."""

    operand: Term


@dataclass(frozen=True, eq=False)
class Special(Term):
    """diag, vec, trace, or the sum of squares below a norm; ``kind`` says which."""

    kind: str
    operand: Term


@dataclass(frozen=True, eq=False)
class Stack(Term):
    """Blocks; a list without a layout of its own (``[a, x]``) has ``rows`` of one row and ``free`` set."""

    rows: tuple[tuple[Term, ...], ...]
    free: bool = False


@dataclass(frozen=True, eq=False)
class Constant(Term):
    """The identity or the ones; its axes follow from what stands around. ``name`` is its own."""

    kind: str
    name: str


@dataclass(frozen=True, eq=False)
class Element(Term):
    """One entry of a quantity."""

    base: Term
    indices: tuple[sympy.Symbol, ...]


@dataclass(frozen=True, eq=False)
class Summed(Term):
    """A sum over times, or (no limits) over the entries of an axis."""

    body: Term
    index: sympy.Symbol
    low: sympy.Expr | None
    high: sympy.Expr | None


@dataclass(frozen=True, eq=False)
class Multiplied(Term):
    """An ordered product over times, the factor of ``high`` leftmost."""

    body: Term
    index: sympy.Symbol
    high: sympy.Expr
    low: sympy.Expr


@dataclass(frozen=True, eq=False)
class Partial(Term):
    """A derivative kept: ``kind`` is total, immediate or gradient."""

    kind: str
    of: Term
    by: Term


def parts(term: Term) -> Iterator[Term]:
    """The terms right below a term, left to right."""
    for part in fields(term):
        value = getattr(term, part.name)
        if isinstance(value, Term):
            yield value
        elif part.name == "rows":
            yield from (item for row in value for item in row)


def walk(term: Term) -> Iterator[Term]:
    """A term and everything below it."""
    yield term
    for part in parts(term):
        yield from walk(part)


def symbols(term: Term) -> Iterator[Symbol | Constant]:
    """The quantities and constants of a term, left to right."""
    return (node for node in walk(term) if isinstance(node, (Symbol, Constant)))


def is_timed(term: Term) -> bool:
    """Does the term hold a quantity at a time?"""
    return any(isinstance(s, Symbol) and s.time is not None for s in symbols(term))


def shifted(term: Term, time: sympy.Expr) -> Term:
    """The term with another time in the place of t."""
    return _changed(term, lambda value: value.xreplace({t: time}))


def at_times(term: Term, times: Mapping[str, sympy.Expr]) -> Term:
    """The term with quantities that stood without a time at those given for their names."""
    if isinstance(term, Symbol):
        return replace(term, time=times[term.name]) if term.time is None and term.name in times else term
    return _below(term, lambda part: at_times(part, times))


def _changed(term: Term, rule: Callable[[sympy.Expr], sympy.Expr]) -> Term:
    """The term with a rule applied to every time, limit and number."""
    found = {part.name: getattr(term, part.name) for part in fields(term)}
    changes: dict[str, Any] = {k: rule(v) for k, v in found.items() if isinstance(v, sympy.Expr)}
    return _below(replace(term, **changes), lambda part: _changed(part, rule))


def _below(term: Term, rule: Callable[[Term], Term]) -> Term:
    """The term with a rule applied to the terms right below it."""
    changes: dict[str, Any] = {}
    for part in fields(term):
        value = getattr(term, part.name)
        if isinstance(value, Term):
            changes[part.name] = rule(value)
        elif part.name == "rows":
            changes[part.name] = tuple(tuple(map(rule, row)) for row in value)
    return replace(term, **changes)
