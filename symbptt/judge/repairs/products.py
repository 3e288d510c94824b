"""Products in a formula: their factors, the terms that they are, and what the formula is with others.

A term is not multiplied by anything outside it. The products inside it that do nothing but scale it, in
brackets, below a transpose or a diag, are its spots: for plain numbers a factor may stand in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Surface,
    Transpose,
)

PRODUCTS = frozenset(["\\cdot", "*", "\\odot", "\\circ", "\\times", "\\otimes"])
ELEMENTWISE = frozenset(["\\odot", "\\circ", "\\otimes"])
Put = Callable[[Surface], Surface]


def is_product(node: Surface) -> bool:
    """Is this a product of two factors, and no function with its argument?"""
    if isinstance(node, Juxtaposed):
        return not (node.direct and isinstance(node.left, Name))
    return isinstance(node, Binary) and node.op in PRODUCTS


def is_sum(node: Surface) -> bool:
    """Is this a sum or a difference of two terms, or a term with a minus?"""
    return isinstance(node, Negative) or (isinstance(node, Binary) and node.op in ("+", "-"))


def factors_of(node: Surface) -> tuple[list[Surface], list[str]]:
    """The factors of a product in their order, and the signs between them ("" for none)."""
    if not is_product(node) or not isinstance(node, Juxtaposed | Binary):
        return [node], []
    first, signs = factors_of(node.left)
    return [*first, node.right], [*signs, node.op if isinstance(node, Binary) else ""]


def product_of(factors: list[Surface], signs: list[str]) -> Surface:
    """A product read from the left."""
    whole = factors[0]
    for sign, factor in zip(signs, factors[1:], strict=True):
        left, right = grouped(whole), grouped(factor)
        whole = Binary(whole.at, sign, left, right) if sign else Juxtaposed(whole.at, left, right)
    return whole


def grouped(node: Surface) -> Surface:
    """A factor that binds loosely, in brackets."""
    loose = is_sum(node) or isinstance(node, BigOperator | Gradient)
    return Bracket(node.at, "()", (node,)) if loose else node


def with_factor(node: Surface, place: int, sign: str, factor: Surface) -> Surface:
    """A product with one more factor at a place, and a sign on that factor's left or, if first, right."""
    factors, signs = factors_of(node)
    before = max(0, place - 1)
    return product_of([*factors[:place], factor, *factors[place:]], [*signs[:before], sign, *signs[before:]])


@dataclass(frozen=True, slots=True)
class Spot:
    """A product, or a factor that stands alone, and the whole formula with something else in its place."""

    node: Surface
    put: Put
    depth: int = 0  # how many brackets of its term it stands in


@dataclass(frozen=True, slots=True)
class Term:
    """What nothing outside multiplies; its spots, the whole term first."""

    spots: tuple[Spot, ...]

    @property
    def whole(self) -> Spot:
        """The term itself."""
        return self.spots[0]


def terms(node: Surface, put: Put = lambda new: new) -> Iterator[Term]:
    """The terms of a formula, the outermost first; not those of derivatives, scripts and limits."""
    match node:
        case Binary(op="+" | "-", left=left, right=right):
            yield from terms(left, lambda new: put(replace(node, left=new)))
            yield from terms(right, lambda new: put(replace(node, right=new)))
        case Negative(operand=operand):
            yield from terms(operand, lambda new: put(replace(node, operand=new)))
        case Number():
            return
        case _:
            spots: list[Spot] = []
            below: list[Spot] = []
            _scan(Spot(node, put), spots, below)
            yield Term(tuple(spots))
            for spot in below:
                yield from terms(spot.node, spot.put)


def _scan(spot: Spot, spots: list[Spot], below: list[Spot]) -> None:
    """Notes a spot and those within it; ``below`` gets what has terms of its own."""
    spots.append(spot)
    factors, signs = factors_of(spot.node)

    def exchanged(place: int, new: Surface) -> Surface:
        return spot.put(product_of([*factors[:place], new, *factors[place + 1 :]], signs))

    for place, factor in enumerate(factors):
        inner = Spot(factor, partial(exchanged, place), spot.depth)
        if is_product(factor):
            _scan(inner, spots, below)
        else:
            _enter(inner, spots, below)


def _enter(spot: Spot, spots: list[Spot], below: list[Spot]) -> None:
    """Goes into a factor: what scales it is a spot, anything else has terms of its own."""
    held = _held(spot.node)
    if held is None:
        return
    inside, again, scales = held
    inner = Spot(inside, lambda new: spot.put(again(new)), spot.depth + 1)
    if not scales or is_sum(inside):
        below.append(inner)
    elif is_product(inside) or isinstance(inside, Bracket) or isinstance(spot.node, Bracket | Apply):
        _scan(inner, spots, below)


def _held(node: Surface) -> tuple[Surface, Put, bool] | None:
    """What a factor holds, the factor with something else in it, and whether the one scales the other."""
    match node:
        case Bracket(items=(inside,)):
            return inside, lambda new: replace(node, items=(new,)), True
        case Transpose(operand=inside):
            return inside, lambda new: replace(node, operand=grouped(new)), True
        case Apply(argument=Surface() as inside, function=function):
            return inside, lambda new: replace(node, argument=new), function in ("diag", "Diag")
        case Braced(body=inside):
            return inside, lambda new: replace(node, body=new), True
        case Fraction(numerator=inside):
            return inside, lambda new: replace(node, numerator=new), True
        case BigOperator(body=inside):
            return inside, lambda new: replace(node, body=new), False
        case Juxtaposed(right=Bracket(items=(inside,)) as bracket):
            return inside, lambda new: replace(node, right=replace(bracket, items=(new,))), False
    return None
