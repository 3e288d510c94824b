r"""Formulas of single entries as formulas of whole vectors and matrices.

    h_{t,i} = \tanh(\sum_j W_{ij} h_{t-1,j} + b_i)        is    h_t = \tanh(W h_{t-1} + b)
    \sum_k y_{t,k} \log p_{t,k}                           is    \langle y_t, \log p_t \rangle
A formula is carried with the letters that are free in it: none for a number, one for a column, two for a
matrix. A sum over a letter joins the factors that have it: vectors by entries, matrices by matrix products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce

import sympy

from symbptt.functions import is_columnwise
from symbptt.reader import syntax, walks
from symbptt.reader.spelling import ReadingError
from symbptt.reader.symbols import Names
from symbptt.reader.syntax import Name, Surface
from symbptt.reader.terms import (
    JUXTAPOSED,
    Call,
    Constant,
    Element,
    Flipped,
    Negated,
    Partial,
    Product,
    Quotient,
    Raised,
    Special,
    Sum,
    Summed,
    Symbol,
    Term,
    walk,
)

Letters = tuple[sympy.Symbol, ...]
Free = tuple[Term, Letters]


def entry_letters(names: Names, formulas: Iterable[Surface]) -> frozenset[str]:
    """The letters that count entries: those summed over that are no times, and those beside them."""
    found: set[str] = set()
    for formula in formulas:
        for node in walks.walk(formula):
            if isinstance(node, syntax.BigOperator) and node.kind == "sum":
                summed = {index.base for index in node.indices if isinstance(index, Name)}
                found |= _counted_beside(names, node.body, summed)
    return frozenset(found - {names.letter})


def _counted_beside(names: Names, body: Surface, summed: set[str]) -> set[str]:
    """The letters of the scripts that hold a letter summed over, where it is no time."""
    inside = list(walks.names_in(body))
    times = [names.refer(name).time for name in inside]
    if any(str(symbol) in summed for time in times if time is not None for symbol in time.free_symbols):
        return set()
    scripts = (walks.letters_of(item) for name in inside for item in name.subscripts)
    return set[str]().union(*(set(letters) for letters in scripts if summed & set(letters)))


def free_letters(left: Name, entries: frozenset[str]) -> tuple[str, ...]:
    """The letters for each of which an equation is meant: i of h_i = ..."""
    scripts = (walks.letters_of(item) for item in left.subscripts)
    return tuple(letter for letters in scripts if set(letters) <= entries for letter in letters)


def ranks_shown(term: Term) -> dict[str, frozenset[str]]:
    """The ranks that names with indices can have: W_{ij} is of a matrix, h_j of a vector."""
    found = ((part.base, len(part.indices)) for part in walk(term) if isinstance(part, Element))
    return {base.name: RANKS[axes] for base, axes in found if isinstance(base, Symbol) and axes in RANKS}


RANKS = {1: frozenset(["column", "row"]), 2: frozenset(["matrix"])}


def whole(term: Term, letters: Letters) -> Term:
    """The formula of a whole quantity from that of its entry at `letters`.

    Raises ReadingError where the formula is of no vector or matrix product.
    """
    if not any(isinstance(part, Element) for part in walk(term)):
        return term
    found, free = _lifted(term)
    if set(free) - set(letters):
        raise ReadingError(f"the index {min(map(str, set(free) - set(letters)))} is free here", term.at)
    return _turned(found, free, letters)


def _turned(term: Term, free: Letters, wanted: Letters) -> Term:
    return Flipped(term.at, term) if len(free) == 2 and free == wanted[::-1] else term


def _lifted(term: Term) -> Free:
    """The formula without its indices, and the letters that it is the entry of."""
    match term:
        case Element(base=base, indices=indices) if len(indices) <= 2:
            return base, indices
        case Element(indices=indices):
            message = f"an entry with {len(indices)} indices: a quantity has at most two axes"
            raise ReadingError(message, term.at)
        case Call(function=function, argument=argument) if not is_columnwise(function):
            inside, free = _lifted(argument)
            return replace(term, argument=inside), free
        case Negated(operand=operand):
            inside, free = _lifted(operand)
            return replace(term, operand=inside), free
        case Raised(base=base):
            inside, free = _lifted(base)
            return replace(term, base=inside, elementwise=bool(free)), free
        case Sum(left=left, right=right):
            return _added(term, _lifted(left), _lifted(right))
        case Quotient(left=left, right=right):
            above, below = _lifted(left), _lifted(right)
            if below[1] and set(below[1]) != set(above[1]):
                raise ReadingError("a fraction of entries with other indices", term.at)
            return replace(term, left=above[0], right=_turned(*below, above[1])), above[1]
        case Product(left=left, right=right) if term.op != "inner":
            return _multiplied(term, _lifted(left), _lifted(right))
        case Summed(index=index) if not _is_time(term):
            return _contracted(term, index)
        case Summed(body=body):
            inside, free = _lifted(body)
            return replace(term, body=inside), free
    if any(isinstance(part, Element) for part in walk(term)) and not isinstance(term, Partial):
        raise ReadingError("an entry has no meaning here: write the formula for whole vectors", term.at)
    return term, ()


def _is_time(term: Summed) -> bool:
    """Does the index of a sum stand in times?"""
    times = (part.time for part in walk(term.body) if isinstance(part, Symbol) and part.time is not None)
    return any(term.index in time.free_symbols for time in times)


def _added(term: Sum, left: Free, right: Free) -> Free:
    if left[1] and right[1] and set(left[1]) != set(right[1]):
        raise ReadingError("a sum of entries with different indices", term.at)
    free = left[1] or right[1]
    return replace(term, left=left[0], right=_turned(*right, free)), free


def _multiplied(term: Term, left: Free, right: Free) -> Free:
    """The product of two entries: by entries, of a number, or an outer product."""
    (one, first), (other, second) = left, right
    if not first or not second:
        return Product(term.at, JUXTAPOSED, one, other), first or second
    if set(first) == set(second):
        return Product(term.at, "\\odot", one, _turned(other, second, first)), first
    if len(first) == len(second) == 1:
        return Product(term.at, JUXTAPOSED, one, Flipped(other.at, other)), first + second
    matrix, vector = (left, right) if len(first) == 2 else (right, left)
    scale = Special(vector[0].at, "diag", vector[0])
    ordered = (scale, matrix[0]) if matrix[1][0] == vector[1][0] else (matrix[0], scale)
    return Product(term.at, JUXTAPOSED, *ordered), matrix[1]


# ------------------------------------------------------------------ sums


def _contracted(term: Summed, index: sympy.Symbol) -> Free:
    """A sum over the entries of an axis, term by term."""
    body = term.body
    if isinstance(body, Negated):
        inside, free = _contracted(replace(term, body=body.operand), index)
        return Negated(term.at, inside), free
    if isinstance(body, Sum):
        left, right = (_contracted(replace(term, body=side), index) for side in (body.left, body.right))
        return _added(Sum(term.at, body.left, body.right), left, right)
    factors = [_lifted(factor) for factor in _factors(body)]
    with_index = [factor for factor in factors if index in factor[1]]
    others = [factor for factor in factors if index not in factor[1]]
    if not with_index:
        raise ReadingError(f"the index {index} of the sum stands nowhere in it", term.at)
    return reduce(
        lambda one, other: _multiplied(term, one, other), [*others, _joined(term, with_index, index)]
    )


def _factors(term: Term) -> Iterator[Term]:
    if isinstance(term, Product) and term.op != "inner":
        yield from _factors(term.left)
        yield from _factors(term.right)
    else:
        yield term


def _joined(term: Summed, factors: list[Free], index: sympy.Symbol) -> Free:
    """The factors that share a summed letter: v and w an inner product, W v, A diag(v) B."""
    vectors = [factor for factor in factors if factor[1] == (index,)]
    matrices = [factor for factor in factors if len(factor[1]) == 2]
    at = term.at
    if len(matrices) > 2:
        raise ReadingError(f"a sum over {index} of more than two matrices", at)
    ones = Constant(at, "ones", f"\\mathbf{{1}}#{index}{at.start}")
    if not matrices:
        return _summed(term, [vector for vector, _ in vectors], ones), ()
    left, first = matrices[0]
    if first[0] == index:
        left, first = Flipped(left.at, left), first[::-1]
    if len(matrices) == 1:
        vector = _by_entries(term, vectors) if vectors else ones
        return Product(at, JUXTAPOSED, left, vector), first[:1]
    right, second = matrices[1]
    if second[1] == index:
        right, second = Flipped(right.at, right), second[::-1]
    if vectors:
        right = Product(at, JUXTAPOSED, Special(at, "diag", _by_entries(term, vectors)), right)
    return Product(at, JUXTAPOSED, left, right), (first[0], second[1])


def _summed(term: Term, vectors: list[Term], ones: Term) -> Term:
    """The sum of a product of vectors: of a square the sum of squares, else an inner product."""
    *others, last = vectors
    match last:
        case Raised(base=base, exponent=sympy.Integer(p=2)) if not others:
            return Special(term.at, "squares", base)
    if not others:
        return Product(term.at, "inner", last, ones)
    return Product(term.at, "inner", reduce(lambda a, b: Product(term.at, "\\odot", a, b), others), last)


def _by_entries(term: Term, vectors: list[Free]) -> Term:
    return reduce(lambda one, other: Product(term.at, "\\odot", one, other), (v[0] for v in vectors))
