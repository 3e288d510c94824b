"""The functions that a document defines: generic ones, those by a formula, and those by another name."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

import sympy

from symbptt.errors import SpecificationError
from symbptt.expressions import FunctionSymbol
from symbptt.functions import FUNCTIONS, as_sympy_function
from symbptt.reader import syntax
from symbptt.reader.resolve import Resolver
from symbptt.reader.spelling import ReadingError, canonical
from symbptt.reader.statements import (
    Statement,
    function_formula,
    generic_functions,
    joint_functions,
    size_symbol,
    size_symbols,
)
from symbptt.reader.syntax import Name, Surface
from symbptt.reader.terms import Call, JointFunction, Literal, Negated, Product, Quotient, Raised, Sum, Term


def note_functions(statements: Sequence[Statement], resolver: Resolver, declared: Container[str]) -> None:
    """Notes generic functions, those by a formula and those by another name."""
    for statement in statements:
        for surface in generic_functions(statement):
            resolver.functions[canonical(surface)] = FunctionSymbol(canonical(surface))
        _note_joint(resolver, statement)
    for statement in statements:
        formula = function_formula(statement)
        if formula is not None:
            _by_formula(resolver, statement, *formula)
        else:
            _by_alias(resolver, declared, statement)


def _note_joint(resolver: Resolver, statement: Statement) -> None:
    """A generic function of columns and scalars. Raises SpecificationError for one of matrices."""
    try:
        found = joint_functions(statement, size_symbol)
    except ReadingError as error:
        raise SpecificationError(error.message, statement.place(error.at)) from None
    if found is None:
        return
    names, domain, codomain = found
    if any(len(sizes) > 1 for sizes in (*domain, codomain)):
        message = "a generic function takes and gives columns and scalars, not matrices"
        raise SpecificationError(message, statement.place(names[0].at))
    for name in names:
        symbol = FunctionSymbol(canonical(name))
        resolver.functions[symbol.name] = symbol
        resolver.joint[symbol.name] = JointFunction(symbol, domain, codomain)
    for size in (size for sizes in (*domain, codomain) for size in sizes):
        resolver.sizes.update(size_symbols(size))


def _by_alias(resolver: Resolver, declared: Container[str], statement: Statement) -> None:
    """``S = \\sigma``."""
    if statement.definition is None or not isinstance(statement.definition[0], Name):
        return
    left, right = statement.definition
    match right:
        case Name():
            other = canonical(right)
        case syntax.Apply(function=other, argument=None, primes=0):
            pass
        case _:
            return
    found = resolver.function(other) if other not in declared else None
    if found is not None and isinstance(left, Name) and left.time is None:
        symbol = resolver.functions[canonical(left)] = FunctionSymbol(canonical(left), found.meaning)
        if other in resolver.joint:
            resolver.joint[symbol.name] = replace(resolver.joint[other], symbol=symbol)


def _by_formula(
    resolver: Resolver, statement: Statement, name: str, variables: tuple[Name, ...], formula: Surface
) -> None:
    """``S(z) = ...``: the function of the table with that formula, or one of its own.

    A formula of several variables, or of other quantities, stands for itself wherever it is applied.
    """
    z = sympy.Symbol("z")
    letter = canonical(variables[0])
    local = Resolver(resolver.names, resolver.functions, {letter}, variables={letter: z})
    try:
        value = _scalar(local.term(formula)) if len(variables) == 1 else None
    except ReadingError:
        value = None
    if value is None:
        if resolver.function(name) is None:  # else the table knows it better
            resolver.formulas[name] = tuple(map(canonical, variables)), formula
        return
    same = next((key for key, f in FUNCTIONS.items() if value in _spellings(f.latex, key, z)), None)
    spelled = name if name not in FUNCTIONS else FUNCTIONS[name].latex
    resolver.functions[name] = FunctionSymbol(spelled, same or sympy.Lambda(z, value))


def _spellings(latex: str, key: str, z: sympy.Symbol) -> tuple[sympy.Expr, ...]:
    """The formulas of a function of the table: as it is and with exponentials."""
    value = as_sympy_function(FunctionSymbol(latex, key))(z)
    return (value, value.rewrite(sympy.exp)) if key in ("tanh", "sigmoid", "softplus") else ()


def _scalar(term: Term) -> sympy.Expr:
    """A term of numbers and the variable as a SymPy formula. Raises ReadingError for anything else."""
    match term:
        case Literal(value=value):
            return value
        case Negated(operand=operand):
            return -_scalar(operand)
        case Sum(left=left, right=right):
            return _scalar(left) + _scalar(right)
        case Product(left=left, right=right):
            return _scalar(left) * _scalar(right)
        case Quotient(left=left, right=right):
            return _scalar(left) / _scalar(right)
        case Raised(base=base, exponent=exponent):
            return _scalar(base) ** exponent
        case Call(function=function, argument=argument, order=order):
            return as_sympy_function(function, order)(_scalar(argument))
    raise ReadingError("expected a formula of one number", term.at)
