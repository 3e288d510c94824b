"""Monomials: factors with whole powers, and the domain of the times that are bound; their names and order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.times import BOUND, Base, Domain, Time

Factors = frozenset[tuple[Atom, int]]
Monomial = tuple[Factors, Domain]


def only_renamed(monomial: Monomial, labels: Mapping[Label, Label], times: Mapping[Base, Time]) -> bool:
    """Do new names leave the normal form as it is, but for the names?"""
    if monomial[1] or any(atom.kind in ("delta", "part", "zero") for atom, _ in monomial[0]):
        return False
    free = {label for atom, _ in monomial[0] for label in atom.free}
    if len({labels.get(label, label) for label in free}) < len(free):
        return False
    bases = {base for atom, _ in monomial[0] for base in atom.bases}
    if bases.isdisjoint(times):
        return True
    return len({times.get(base, (base, 0))[0] for base in bases}) == len(bases)


@lru_cache(maxsize=16384)
def told(monomial: Monomial) -> str:
    """What a monomial is, whatever its labels are called."""
    return str(sorted(f"{atom.head}{power}" for atom, power in monomial[0]))


def by_head(factor: tuple[Atom, int]) -> str:
    """The place of a factor in an order that its labels do not change first of all."""
    return f"{factor[0].head}{factor[1]}{factor[0].labels}{factor[0].times}"


def height(factors: Iterable[tuple[Atom, int]]) -> int:
    """How deep sums stand in the functions of a monomial."""
    return max((atom.height for atom, _ in factors), default=0)


@lru_cache(maxsize=16384)
def bounds(monomial: Monomial) -> tuple[frozenset[Label], frozenset[Base]]:
    """The labels and times that a monomial in normal form binds: their numbers tell how deep they stand."""
    first = BOUND * (1 + height(monomial[0]))
    labels = (label for atom, _ in monomial[0] for label in atom.free if isinstance(label, tuple))
    moments = {base for atom, _ in monomial[0] for base in atom.moments}
    moments.update(base for x, y, _ in monomial[1] for base in (x, y))
    return (
        frozenset(label for label in labels if first <= label[1] < first + BOUND),
        frozenset(base for base in moments if isinstance(base, int) and first <= base < first + BOUND),
    )
