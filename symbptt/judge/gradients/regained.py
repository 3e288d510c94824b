r"""Repairs of equations between gradients with names, dW = ...: the slightest edit that gives the gradient.

What the left side should be is known, so that an edit of the right side is held against that one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from symbptt.errors import SymbpttError
from symbptt.judge.gradients.factors import entrywise_sign, written_factors
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.tensors import Tensor
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.edits import edits, family
from symbptt.judge.repairs.products import terms
from symbptt.judge.repairs.repairs import Repair, as_repair
from symbptt.judge.repairs.stock import Stock
from symbptt.reader.syntax import Name, Surface
from symbptt.reader.written import written

MOST = 200  # edits
READINGS = 2  # of each

Values = Callable[[Surface], Iterator[Tensor]]
Truth = Callable[[Tensor], bool]


def regained(
    claim: Claim, right: Surface, values: Values, true: Truth, near: list[Claim], forward: list[Surface]
) -> Repair | None:
    """The slightest edit of a right side that makes it true.

    ``near`` are the equations around it, and ``forward`` the right sides of what the network computes.
    """
    for said, new in islice(_tries(right, near, forward), MOST):
        if _is_true(new, values, true):
            whole = rebuilt(claim.right, partial(_instead, right, new))
            return as_repair(claim, replace(claim, right=whole), said)
    return None


def _instead(old: Surface, new: Surface, node: Surface) -> Surface:
    return new if node is old else node


def _is_true(node: Surface, values: Values, true: Truth) -> bool:
    try:
        return any(map(true, islice(values(node), READINGS)))
    except SymbpttError:
        return False


def _tries(right: Surface, near: list[Claim], forward: list[Surface]) -> Iterator[tuple[str, Surface]]:
    """Right sides with one edit, then with one factor more."""
    for edit in edits(right, Stock(_families([*(one.right for one in near), *forward]))):
        yield edit.said, edit.node
    entrywise = entrywise_sign(near)
    for factor in dict.fromkeys(factor for one in near for factor in written_factors(one)):
        places = [
            (distance, whole)
            for term in terms(right)
            for spot in term.spots
            for distance, whole in factor.inside(spot, entrywise)
        ]
        for _, whole in sorted(places, key=lambda item: item[0]):
            yield f"the factor {written(factor.node)} is missing", whole


def _families(nodes: Iterable[Surface]) -> dict[str, tuple[Name, ...]]:
    """The names of the equations that are easily confused."""
    found: dict[str, dict[Name, None]] = {}
    for name in (name for node in nodes for name in names_in(node)):
        found.setdefault(family(name), {}).setdefault(replace(name, superscripts=(), primes=0))
    return {kind: tuple(names) for kind, names in found.items()}
