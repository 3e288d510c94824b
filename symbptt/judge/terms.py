r"""Sums of products in a normal form: what has the same one is equal for all sizes and values.

A form is a sum of terms, a term a number times scalars in any order times factors: a chain of matrices, whose
order counts, or a product entry by entry, whose order does not. Products are expanded over sums, transposes
moved to the leaves, diag(v) x becomes v \odot x, like terms are collected.

Products are taken in their usual reading, by the shapes of their factors; where a shape is not known they
stay as written, with their parts in normal form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from symbptt.judge.shapes import ONE, Pair
from symbptt.judge.tensors import ELEMENTWISE

SCALAR: Pair = (ONE, ONE)
MOST_TERMS = 64
EACH, DIAGONAL = "entry by entry", "diag"


class Unproved(Exception):
    """Nothing can be said: too many terms, or a sign whose meaning hangs on what stands beside it."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A leaf, a product entry by entry of ``parts``, or the diagonal matrix of a column, its one part."""

    what: object
    shape: Pair
    turned: bool = False
    parts: tuple[Factors, ...] = ()


Factors = tuple[Factor, ...]
Term = tuple[tuple[Factors, ...], Factors]  # scalars, each a chain, and a chain; an empty one is 1


@dataclass(frozen=True, slots=True)
class Form:
    """A sum of terms with their numbers; one without a chain is added to every entry."""

    terms: tuple[tuple[Term, Fraction], ...]
    shape: Pair | None  # None: nothing is known


def collected(terms: Iterable[tuple[Term, Fraction]], shape: Pair | None) -> Form:
    """The sum of terms. Raises Unproved for too many."""
    total: dict[Term, Fraction] = {}
    for (scalars, chain), number in terms:
        term = (tuple(sorted(scalars, key=repr)), chain)
        total[term] = total.get(term, Fraction(0)) + number
        if len(total) > MOST_TERMS:
            raise Unproved
    return Form(tuple(sorted((item for item in total.items() if item[1]), key=repr)), shape)


def constant(number: Fraction) -> Form:
    """A number."""
    return collected([(((), ()), number)], SCALAR)


def leaf(what: object, shape: Pair | None) -> Form:
    """What is not taken apart."""
    chain = (Factor((what, shape), shape or (-1, -1)),)
    return Form(((((chain,), ()) if shape == SCALAR else ((), chain), Fraction(1)),), shape)


def added(one: Form, other: Form, sign: int = 1) -> Form:
    """The sum or difference; a scalar is added to every entry, and of two other shapes nothing is known."""
    shapes = {form.shape for form in (one, other)} - {SCALAR}
    shape = SCALAR if not shapes else shapes.pop() if len(shapes) == 1 else None
    return collected([*one.terms, *((term, sign * number) for term, number in other.terms)], shape)


def product(op: str, one: Form, other: Form) -> Form:
    """The product in the usual reading of its sign and shapes; as written where that is not known."""
    if SCALAR in (one.shape, other.shape):
        return _expanded(one, other, _scaled, other.shape if one.shape == SCALAR else one.shape)
    same = one.shape == other.shape
    if one.shape is not None and other.shape is not None:
        inner = one.shape[1] == other.shape[0]
        if inner and op not in ELEMENTWISE and not (op == "*" and same):
            return _expanded(_whole(one), _whole(other), _chained, (one.shape[0], other.shape[1]))
        if same:
            return _expanded(one, other, _each, one.shape)
    return leaf(("product", op, one, other), None)


def divided(one: Form, other: Form) -> Form:
    """The quotient, entry by entry."""
    if other.shape == SCALAR and len(other.terms) == 1 and other.terms[0][0] == ((), ()):
        return product("", one, constant(1 / other.terms[0][1]))
    if SCALAR in (one.shape, other.shape) or (one.shape == other.shape and one.shape is not None):
        return product("\\odot", one, leaf(("inverse", other), other.shape))
    return leaf(("product", "/", one, other), None)


def transposed(form: Form) -> Form:
    """The transpose, moved to the leaves."""
    if form.shape is None:
        return leaf(("transpose", form), None)
    terms = [((scalars, _turned(chain)), number) for (scalars, chain), number in form.terms]
    return collected(terms, (form.shape[1], form.shape[0]))


def diagonal(form: Form) -> Form:
    """The diagonal matrix of a vector."""
    if form.shape is None or (form.shape[0] == ONE) == (form.shape[1] == ONE):
        return leaf((DIAGONAL, form), None)
    axis = form.shape[0] or form.shape[1]
    column = form if form.shape[1] == ONE else transposed(form)
    return collected(
        [
            ((scalars, (Factor(DIAGONAL, (axis, axis), parts=(chain,)),)), number)
            for (scalars, chain), number in column.terms
        ],
        (axis, axis),
    )


def _whole(form: Form) -> Form:
    """A form in which a scalar is added to every entry is not expanded over a matrix product."""
    return leaf(("sum", form), form.shape) if any(not chain for (_, chain), _ in form.terms) else form


def _expanded(one: Form, other: Form, join: Callable[[Factors, Factors], Term], shape: Pair | None) -> Form:
    terms = []
    for (scalars, chain), number in one.terms:
        for (others, following), times in other.terms:
            more, whole = join(chain, following)
            terms.append((((*scalars, *others, *more), whole), number * times))
    return collected(terms, shape)


def _scaled(one: Factors, other: Factors) -> Term:
    """One of the two is a scalar, whose factors are kept apart."""
    return (), one or other


def _each(one: Factors, other: Factors) -> Term:
    """Entry by entry; a scalar that is added to every entry scales."""
    if not one or not other:
        return (), one or other
    parts = sorted((*_parts(one), *_parts(other)), key=repr)
    return (), (Factor(EACH, (one[0].shape[0], one[-1].shape[1]), parts=tuple(parts)),)


def _parts(chain: Factors) -> tuple[Factors, ...]:
    return chain[0].parts if len(chain) == 1 and chain[0].what == EACH else (chain,)


def _chained(one: Factors, other: Factors) -> Term:
    """A chain cut where an axis has size 1: a piece from such a cut to another is a scalar."""
    scalars: list[Factors] = []
    rest: list[Factor] = []
    for piece in _pieces((*one, *other)):
        if piece[0].shape[0] == piece[-1].shape[1] == ONE:
            short = _absorbed(piece)
            scalars.append(min(short, _turned(short), key=repr))
        elif piece[-1].shape[1] == ONE:
            rest += _turned(_absorbed(_turned(piece)))
        else:
            rest += _absorbed(piece)
    return tuple(scalars), tuple(rest)


def _pieces(chain: Factors) -> Iterator[Factors]:
    start = 0
    for place in range(1, len(chain) + 1):
        if place == len(chain) or chain[place].shape[0] == ONE:
            yield chain[start:place]
            start = place


def _absorbed(chain: Factors) -> Factors:
    """x diag(v) is x \\odot v^T for a row x, and the product of two diagonal matrices one of them."""
    found: list[Factor] = []
    for factor in chain:
        last = found[-1].what if found else None
        if factor.what == DIAGONAL and last == DIAGONAL:
            _, both = _each(found.pop().parts[0], factor.parts[0])
            found.append(Factor(DIAGONAL, factor.shape, parts=(both,)))
        elif factor.what == DIAGONAL and found and found[0].shape[0] == ONE:
            found = list(_each(tuple(found), _turned(factor.parts[0]))[1])
        else:
            found.append(factor)
    return tuple(found)


def _turned(chain: Factors) -> Factors:
    """The transpose of a chain."""
    return tuple(map(_upright, reversed(chain)))


def _upright(factor: Factor) -> Factor:
    shape = (factor.shape[1], factor.shape[0])
    if factor.what == EACH:
        parts = sorted(map(_turned, factor.parts), key=repr)
        return Factor(EACH, shape, parts=tuple(parts))
    return factor if factor.what == DIAGONAL else Factor(factor.what, shape, not factor.turned)
