r"""Edits of slopes: that of another function, n (1 - n) for 1 - n^2, and a function applied once too often.

Of n = \tanh(z) the slope is 1 - n^2, and 1 - \tanh^2(n) is tanh twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from symbptt.judge.definitions.relation import upright
from symbptt.judge.notation.normal import NOWHERE
from symbptt.judge.repairs.products import ELEMENTWISE, factors_of, product_of
from symbptt.judge.repairs.stock import Edit, Stock
from symbptt.reader.syntax import Apply, Binary, Bracket, Name, Number, Scripted, Surface
from symbptt.reader.written import written

SLOPED = ("tanh", "sigmoid")
TWO = Number(NOWHERE, "2")


def slopes(node: Surface, stock: Stock) -> Iterator[Edit]:
    """The slope of another function, and a function once instead of twice."""
    for new in (*_of_sigmoid(node), *_of_tanh(node), *_applied_once(node)):
        yield Edit(2, f"not {written(node)} but {written(new)} is meant", new)


def _of_sigmoid(node: Surface) -> Iterator[Surface]:
    r"""n \odot (1 - n) for 1 - n^2."""
    name = _squared(node.right) if isinstance(node, Binary) and _is_from_one(node) else None
    if isinstance(node, Binary) and name is not None:
        rest = Bracket(node.at, "()", (replace(node, right=name),))
        yield Binary(node.at, "\\odot", name, rest)


def _of_tanh(node: Surface) -> Iterator[Surface]:
    r"""1 - n^2 for n \odot (1 - n), two neighbours in a product."""
    factors, signs = factors_of(node)
    for place, (one, other) in enumerate(pairwise(factors)):
        rest = upright(other)
        if isinstance(one, Name) and isinstance(rest, Binary) and _is_from_one(rest) and rest.right == one:
            slope = Bracket(node.at, "()", (replace(rest, right=_powered(one, TWO)),))
            kept = [*factors[:place], slope, *factors[place + 2 :]]
            yield product_of(kept, [*signs[:place], *signs[place + 1 :]])


def _applied_once(node: Surface) -> Iterator[Surface]:
    """x for tanh(x), with the power that it has."""
    match node:
        case Apply(function=function, argument=Bracket(items=(Name() as name,)), primes=0):
            if function in SLOPED:
                yield name if node.superscript is None else _powered(name, node.superscript)


def _is_from_one(node: Binary) -> bool:
    """Is this 1 less something?"""
    return node.op == "-" and isinstance(node.left, Number) and node.left.text == "1"


def _powered(name: Name, power: Surface) -> Surface:
    """A name with a power, in brackets where something stands above it already."""
    if name.superscripts or name.style not in (None, "subscript"):
        return Scripted(name.at, Bracket(name.at, "()", (name,)), superscript=power)
    return replace(name, superscripts=(power,))


def _squared(node: Surface) -> Name | None:
    r"""The name n of n^2, (n)^2 and n \odot n."""
    match node:
        case Name(superscripts=(*rest, Number(text="2"))):
            return replace(node, superscripts=tuple(rest))
        case Scripted(base=Bracket(items=(Name() as name,)), superscript=Number(text="2")):
            return name
        case Binary(op=op, left=Name() as name, right=other) if op in ELEMENTWISE and name == other:
            return name
    return None
