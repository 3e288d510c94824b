"""Changes of a sum at any depth: factors replaced by what they are worth, and the derivative of the whole."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.judge.proofs.atoms import Atom
from symbptt.judge.proofs.monomials import Monomial
from symbptt.judge.proofs.sums import Number, Opened, Sum, constant, single
from symbptt.judge.proofs.times import Difference

Change = Callable[[Atom, tuple[Difference, ...]], Sum | None]


def changed(whole: Sum, marks: frozenset[object], change: Change, known: tuple[Difference, ...] = ()) -> Sum:
    """A sum in which factors are replaced, at any depth of functions, wherever ``change`` has a value.

    ``marks`` are the names of the values, or the kinds of the factors, that may be. ``change`` is told what
    is known of the times where the factor stands.
    """
    if marks.isdisjoint(whole.marks):
        return whole
    result: dict[Monomial, Number] = {}
    moved = False
    for monomial, number in whole.terms.items():
        if all(marks.isdisjoint(atom.marks) for atom, _ in monomial[0]):
            result[monomial] = result.get(monomial, 0) + number
            continue
        opened = Opened(monomial)
        kept, product = [], constant(number)
        for atom, power in opened.factors:
            value = None
            if not marks.isdisjoint(atom.marks):
                value = _changed(atom, marks, change, (*known, *opened.domain))
            if value is None:
                kept.append((atom, power))
            else:
                product = product * value.power(power)
        if len(kept) == len(monomial[0]):
            result[monomial] = result.get(monomial, 0) + number
        else:
            moved = True
            opened.close(result, kept, product)
    return Sum(result) if moved else whole


def _changed(
    atom: Atom, marks: frozenset[object], change: Change, known: tuple[Difference, ...]
) -> Sum | None:
    value = change(atom, known)
    if value is not None or not atom.inner:
        return value
    inner = tuple(changed(one, marks, change, known) for one in atom.inner)
    if inner == atom.inner:
        return None
    return (
        inner[0] if atom.kind == "sum" else single(Atom(atom.kind, atom.what, atom.labels, atom.times, inner))
    )


def differential(whole: Sum, slope: Callable[[Atom], Sum]) -> Sum:
    """The derivative of a sum, where that of a factor that is no sum is ``slope`` of it."""
    result: dict[Monomial, Number] = {}
    for monomial, number in whole.terms.items():
        opened = Opened(monomial)
        for atom, power in opened.factors:
            moved = differential(atom.inner[0], slope) if atom.kind == "sum" else slope(atom)
            if moved:
                rest = [(one, n - (one is atom)) for one, n in opened.factors]
                opened.close(result, rest, moved.scaled(number * power))
    return Sum(result)
