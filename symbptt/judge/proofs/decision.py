"""Is a sum zero? Derivatives and names are eliminated in the order in which a run computes them.

What is used first goes first: a derivative by an early quantity becomes derivatives by what uses it, until
the latest quantity that the sum speaks of is reached; then the same from above, and for the values of names,
from the latest down to the earliest. The sum is zero if it is so after some step; else nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from symbptt.judge.proofs.atoms import Atom
from symbptt.judge.proofs.chains import DERIVATIVES, MOST_STEPS, Chains, ends
from symbptt.judge.proofs.changes import changed
from symbptt.judge.proofs.rules import values
from symbptt.judge.proofs.sums import Sum
from symbptt.judge.proofs.times import Base, Difference, is_bound

Rank = tuple[int, int]
Place = tuple[Base, Rank]  # the letter that a time counts from, and where in the order


def vanishes(whole: Sum, chains: Chains, known: Iterable[Difference]) -> str:
    """How a sum was found to be zero where something is known of the times; empty where it was not."""
    whole, used = chains.resolved(whole.where(known)), ["one normal form"]
    for names in ((BY_PARAMETERS, FROM_BELOW), (FROM_ABOVE,)):
        before = whole
        for name in names:
            whole = _exhausted(whole, chains, name, used)
        if FROM_ABOVE in names and whole == before:
            break
        defined = [*used]
        if not _exhausted(whole, chains, DEFINITIONS, defined):
            return ", ".join(defined)
    return ""


def _exhausted(whole: Sum, chains: Chains, name: str, used: list[str]) -> Sum:
    """What a sum comes to by steps of one kind; that it was taken is noted."""
    for _ in range(MOST_STEPS):
        found = STEPS[name](whole, chains) if whole else None
        if found is None:
            break
        whole = chains.resolved(found)
        if name not in used:
            used.append(name)
    return whole


def _derivatives(whole: Sum) -> Iterator[Atom]:
    for factors, _ in whole.terms:
        yield from (atom for atom, _ in factors if atom.kind == "derivative")


def _place(chains: Chains, value: Atom) -> Place | None:
    """Where a value stands in the order; None for one without a time."""
    time = value.times[0]
    if time is None:
        return None
    return "bound" if is_bound(time[0]) else time[0], (time[1], chains.stages.get(str(value.what[0]), -1))


def _parameters(whole: Sum, chains: Chains) -> Sum | None:
    """Derivatives by what has no time."""
    if not any(atom.times[1] is None for atom in _derivatives(whole)):
        return None

    def change(atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
        return chains.from_below(atom) if atom.kind == "derivative" and atom.times[1] is None else None

    return changed(whole, DERIVATIVES, change)


def _early(whole: Sum, chains: Chains) -> Sum | None:
    """Derivatives by what is used first, of those not by the last one, or by what later times do not use."""
    places = {atom: _place(chains, ends(atom)[1]) for atom in _derivatives(whole)}
    last: dict[Base, Rank] = {}
    for atom, place in places.items():
        if place is not None and atom.what[3] in chains.passing:
            last[place[0]] = max(place[1], last.get(place[0], place[1]))
    early = {
        place
        for atom, place in places.items()
        if place is not None and (atom.what[3] not in chains.passing or place[1] < last[place[0]])
    }
    if not early:
        return None
    first = min(early, key=lambda place: (place[1], str(place[0])))

    def change(atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
        if atom.kind != "derivative" or _place(chains, ends(atom)[1]) != first:
            return None
        return chains.from_below(atom)

    return changed(whole, DERIVATIVES, change)


def _late(whole: Sum, chains: Chains) -> Sum | None:
    """Derivatives of what is computed last, of those not of the first one; of what has no time first."""
    places = {atom: _place(chains, ends(atom)[0]) for atom in _derivatives(whole)}
    first: dict[Base, Rank] = {}
    for place in places.values():
        if place is not None:
            first[place[0]] = min(place[1], first.get(place[0], place[1]))
    late = {
        place for atom, place in places.items() if place is None or place[1] > first[place[0]] or _near(atom)
    }
    if not late:
        return None
    last = None if None in late else max(filter(None, late), key=lambda place: (place[1], str(place[0])))

    def change(atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
        if atom.kind != "derivative" or _place(chains, ends(atom)[0]) != last:
            return None
        return chains.from_above(atom, known)

    return changed(whole, DERIVATIVES, change)


def _near(atom: Atom) -> bool:
    """Is a derivative over a known number of steps?"""
    s, k = atom.times
    return s is not None and k is not None and s[0] == k[0]


def _values(whole: Sum, chains: Chains) -> Sum | None:
    """The names that are computed last, of those not the first one."""
    found = {atom: _place(chains, atom) for atom in values(whole) if atom.what[0] in chains.stages}
    first: dict[Base, Rank] = {}
    for place in found.values():
        if place is not None:
            first[place[0]] = min(place[1], first.get(place[0], place[1]))
    late = {place for place in found.values() if place is None or place[1] > first[place[0]]}
    if not late:
        return None
    last = None if None in late else max(filter(None, late), key=lambda place: (place[1], str(place[0])))

    def change(atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
        if atom.kind != "value" or str(atom.what[0]) not in chains.rules or _place(chains, atom) != last:
            return None
        return chains.defined(atom, known)

    names = frozenset(atom.what[0] for atom, place in found.items() if place == last)
    return changed(whole, names, change)


BY_PARAMETERS, FROM_BELOW = "chain rule by parameters", "chain rule from below"
FROM_ABOVE, DEFINITIONS = "chain rule from above", "definitions"
STEPS: dict[str, Callable[[Sum, Chains], Sum | None]] = {
    BY_PARAMETERS: _parameters,
    FROM_BELOW: _early,
    FROM_ABOVE: _late,
    DEFINITIONS: _values,
}
