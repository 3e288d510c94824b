"""Formulas and names read in the context of a recurrence whose shapes are known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import sympy
from sympy.core.basic import Basic

from symbptt.errors import Place, SpecificationError
from symbptt.expressions import FunctionSymbol, Joint, Quantity, signature
from symbptt.reader.build import Build
from symbptt.reader.naming import name_sizes
from symbptt.reader.parser import parse_expression, place_in
from symbptt.reader.resolve import Resolver
from symbptt.reader.shapes import Misfit, Typing
from symbptt.reader.spelling import ReadingError
from symbptt.reader.symbols import Names
from symbptt.reader.syntax import Span
from symbptt.reader.terms import Constant, JointFunction, Symbol, Term, symbols
from symbptt.recurrence import Recurrence

SOURCE = "<formula>"


class Scope(NamedTuple):
    """The names that a formula may use."""

    quantities: dict[str, Quantity]
    functions: tuple[FunctionSymbol, ...]
    joint: tuple[JointFunction, ...]
    sizes: tuple[sympy.Symbol, ...]
    time_style: str

    @staticmethod
    def of(recurrence: Recurrence, names: Iterable[Quantity] = ()) -> Scope:
        """Those of a recurrence, and some more."""
        more = {q.name: q for q in names}
        r = recurrence
        joint = tuple(_joint(node) for node in r.generic if isinstance(node, Joint))
        return Scope({**r.quantities, **more}, r.functions, joint, r.sizes, r.time_style)


def _joint(node: Joint) -> JointFunction:
    arguments, value = signature(node)
    return JointFunction(node.function, tuple(argument.rows for argument in arguments), value.rows)


def read_expression(latex: str, recurrence: Recurrence, names: Iterable[Quantity] = ()) -> Basic:
    """An expression over the quantities of a recurrence; here \\otimes is the Kronecker product.

    `names` are further quantities, such as the adjoints that a derivation brings in.

    Raises SpecificationError for what cannot be read, names the recurrence lacks, and shapes that do not fit.
    """
    scope = Scope.of(recurrence, names)
    surface = parse_expression(latex, place_of=lambda offset: place_in(latex, offset, SOURCE))
    try:
        term = _resolver(scope).term(surface)
    except ReadingError as error:
        raise SpecificationError(error.message, _place(latex, error.at)) from None
    for symbol in symbols(term):
        if isinstance(symbol, Symbol) and symbol.name not in scope.quantities:
            raise SpecificationError(_unknown(symbol.name, scope), _place(latex, symbol.at))
    return _build(latex, term, scope)


def _build(latex: str, term: Term, scope: Scope) -> Basic:
    """The expression of a term."""
    declared = {name: quantity.shape for name, quantity in scope.quantities.items()}
    ranks = {
        s.name: "square" if s.kind == "eye" else "column" for s in symbols(term) if isinstance(s, Constant)
    }
    typing = Typing(ranks, declared, rows=False, shown=lambda at: latex[at.start : at.stop])
    try:
        typing.form(term)
    except Misfit as misfit:
        raise SpecificationError(misfit.message, _place(latex, misfit.at)) from None
    typing.sizes.settle()
    name_sizes(typing, [(name, "") for name in ranks], set(scope.quantities))
    return Build(typing).expression(term)


def read_quantity(latex: str, recurrence: Recurrence) -> Quantity:
    """A quantity of a recurrence by name: W_{aa} or W_aa, a_t, a_0, h_{t-1}; a state alone is at time t.

    Raises SpecificationError for a name that the recurrence lacks.
    """
    scope = Scope.of(recurrence)
    for name, quantity in scope.quantities.items():
        if latex.strip() in (name, plain(name)):
            return quantity
    term = _as_symbol(latex, scope)
    if term is None or term.name not in scope.quantities:
        raise SpecificationError(_unknown(latex.strip(), scope))
    quantity = scope.quantities[term.name]
    return quantity if term.time is None else quantity.at(term.time)


def _as_symbol(latex: str, scope: Scope) -> Symbol | None:
    """The text as one quantity at a time, or None."""
    stem, _, time = latex.strip().rpartition("_")
    for name in scope.quantities if stem else ():
        if stem == plain(name) and not time.startswith("{"):
            latex = f"{name}_{{{time}}}" if "_" not in name else name.replace("_{", f"_{{{time},", 1)
    try:
        term = _resolver(scope).term(parse_expression(latex))
    except (ReadingError, SpecificationError):
        return None
    return term if isinstance(term, Symbol) else None


def plain(name: str) -> str:
    """A LaTeX name without braces and backslashes, as generated code has it: W_{aa} is W_aa."""
    return name.replace("{", "").replace("}", "").replace("\\", "").replace(" ", "")


def _resolver(scope: Scope) -> Resolver:
    timed = frozenset(name for name, quantity in scope.quantities.items() if quantity.time is not None)
    names = Names("t", timed, style=scope.time_style)
    joint = {f.symbol.name: f for f in scope.joint}
    functions = {f.name: f for f in (*scope.functions, *(f.symbol for f in scope.joint))}
    sizes: dict[str, sympy.Symbol] = {str(size): size for size in scope.sizes}
    return Resolver(names, functions, set(scope.quantities), sizes, kronecker=True, joint=joint)


def _unknown(name: str, scope: Scope) -> str:
    known = {plain(one): one for one in scope.quantities}
    near = difflib.get_close_matches(plain(name), known, n=1)
    hint = f"did you mean {known[near[0]]}?" if near else f"it has {', '.join(scope.quantities)}"
    return f"{name} is not a quantity of the recurrence ({hint})"


def _place(latex: str, at: Span) -> Place:
    return replace(place_in(latex, at.start, SOURCE), length=max(1, at.stop - at.start))
