"""Monomials brought into normal form: deltas contracted, domains closed, bound labels and times renamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from symbptt.judge.proofs.atoms import Atom, Axis, Label, is_bound_label
from symbptt.judge.proofs.times import Base, Difference, Domain, Time, Unproved, closed

Bound = Label | Base
SUMMED: Label = "$0"  # the place of what is summed, in the pattern of a sum


@dataclass
class Raw:
    """A product of factors that are not in normal form yet; ``labels`` and ``times`` are what it binds."""

    factors: dict[Atom, int]
    known: Iterable[Difference]
    labels: set[Label]
    times: set[Base]

    def normal(self) -> tuple[dict[Atom, int], Domain] | None:
        """The factors and the domain in normal form; None for zero."""
        domain = self._domain()
        if domain is None:
            return None
        while self._contracted():
            pass
        if any(atom.kind == "zero" for atom in self.factors):
            return None
        self._summed_to_one()
        self._cancelled()
        self._sized()
        domain = self._shifted(domain)
        return self._renamed(domain)

    def _move(self, labels: Mapping[Label, Label], times: Mapping[Base, Time]) -> None:
        self.factors = powers((atom.moved(labels, times), power) for atom, power in self.factors.items())

    # times

    def _domain(self) -> Domain | None:
        """Closes what is known; a time that has one value is that value."""
        domain = closed(self.known)
        while domain is not None and self.times:
            fixed = _fixed(domain, self.times)
            if fixed is None:
                return domain
            base, time = fixed
            self.times.discard(base)
            self._move({}, {base: time})
            domain = closed(moved_domain(domain, {base: time}))
        return domain

    def _shifted(self, domain: Domain) -> Domain:
        """Each bound time is counted so that the latest one that is written is the bound one itself."""
        shifts: dict[Base, Time] = {}
        for base in self.times:
            latest = max((offset for atom in self.factors for offset in atom.offsets(base)), default=0)
            if latest:
                shifts[base] = (base, -latest)
        if not shifts:
            return domain
        self._move({}, shifts)
        return frozenset(moved_domain(domain, shifts))

    # labels

    def _contracted(self) -> bool:
        """One step: a delta or a part of a concatenation that goes; False where there is none."""
        for atom, power in self.factors.items():
            if atom.kind == "delta":
                if power < 0:
                    raise Unproved("a division by a delta")
                one, other = atom.labels
                if one == other:
                    del self.factors[atom]
                    return True
                if is_bound_label(one) and one in self.labels:
                    return self._identified(atom, one, other)
                if is_bound_label(other) and other in self.labels:
                    return self._identified(atom, other, one)
                least, most = sorted(atom.labels, key=repr)
                if power > 1 or any(most in held.free for held in self.factors if held is not atom):
                    del self.factors[atom]
                    self._move({most: least}, {})
                    self.factors[atom] = 1
                    return True
        return self._parts_met()

    def _identified(self, delta: Atom, gone: Label, kept: Label) -> bool:
        del self.factors[delta]
        self.labels.discard(gone)
        self._move({gone: kept}, {})
        return True

    def _parts_met(self) -> bool:
        """Two places in one concatenation: the same part and place in it, or nothing."""
        held: dict[Label, Atom] = {}
        for atom, power in self.factors.items():
            if atom.kind != "part":
                continue
            whole, *place = atom.labels
            other = held.get(whole)
            if other is not None:
                del self.factors[atom]
                same = other.what == atom.what
                if same and not place:
                    return True
                met = Atom("delta", (), (other.labels[1], *place)) if same else Atom("zero", ())
                self.factors[met] = self.factors.get(met, 0) + 1
                return same
            if power > 1:
                self.factors[atom] = 1
                return True
            alone = not any(whole in one.free for one in self.factors if one is not atom)
            if whole in self.labels and alone:
                del self.factors[atom]
                self.labels.discard(whole)
                return True
            held[whole] = atom
        return False

    def _summed_to_one(self) -> None:
        r"""\sum_i y_i = 1 for what the document uses as a distribution."""
        for atom, power in list(self.factors.items()):
            if atom.kind == "value" and "distribution" in atom.what and power == 1 and len(atom.labels) == 1:
                label = atom.labels[0]
                alone = not any(label in one.free for one in self.factors if one is not atom)
                if label in self.labels and alone:
                    del self.factors[atom]
                    self.labels.discard(label)

    def _cancelled(self) -> None:
        r"""\sum_k e^{x_k} / \sum_k e^{x_k} = 1."""
        for whole, power in list(self.factors.items()):
            if whole.kind != "sum" or power >= 0 or len(whole.inner) < 2:
                continue
            ((pattern, _),) = next(iter(whole.inner[1].terms))[0]
            for atom in list(self.factors):
                if self.factors.get(whole, 0) < 0 and self._summed_as(atom, pattern):
                    del self.factors[atom]
                    self.factors = powers([*self.factors.items(), (whole, 1)])

    def _summed_as(self, atom: Atom, pattern: Atom) -> bool:
        """Is this factor the pattern, summed over a label that nothing else holds?"""
        if self.factors[atom] != 1 or atom.head != pattern.head:
            return False
        for label in self.labels.intersection(atom.free):
            alone = not any(label in one.free for one in self.factors if one is not atom)
            if alone and atom.moved({label: SUMMED}, {}) == pattern:
                self.labels.discard(label)
                return True
        return False

    def _sized(self) -> None:
        """A bound label that nothing holds any more counts the axis."""
        for label in sorted(self.labels, key=repr):
            if not any(label in atom.free for atom in self.factors):
                self.labels.discard(label)
                axis: Axis = label[0] if isinstance(label, tuple) else 0
                size = Atom("size", (axis,))
                self.factors[size] = self.factors.get(size, 0) + 1

    # names

    def _renamed(self, domain: Domain) -> tuple[dict[Atom, int], Domain]:
        """Bound labels and times numbered by where they occur."""
        bound: list[Bound] = [*sorted(self.labels, key=repr), *sorted(self.times, key=repr)]
        if not bound:
            return self.factors, domain
        order = _ordered(bound, self.factors, domain)
        height = max((atom.height for atom in self.factors), default=0)
        first = 1000 * (1 + height)
        labels: dict[Label, Label] = {}
        times: dict[Base, Time] = {}
        for place, one in enumerate(order):
            if isinstance(one, tuple):
                labels[one] = (one[0], first + place)
            else:
                times[one] = (first + place, 0)
        self._move(labels, times)
        return self.factors, frozenset(moved_domain(domain, times))


def powers(factors: Iterable[tuple[Atom, int]]) -> dict[Atom, int]:
    """Equal factors collected."""
    found: dict[Atom, int] = {}
    for atom, power in factors:
        found[atom] = found.get(atom, 0) + power
    return {atom: power for atom, power in found.items() if power}


def moved_domain(domain: Iterable[Difference], times: Mapping[Base, Time]) -> Iterator[Difference]:
    """A domain with other bases."""
    for x, y, c in domain:
        one, other = times.get(x, (x, 0)), times.get(y, (y, 0))
        if one[0] != other[0]:
            yield one[0], other[0], c + other[1] - one[1]


def _fixed(domain: Domain, bound: set[Base]) -> tuple[Base, Time] | None:
    """A bound time that is another one, or a number."""
    held = {(x, y): c for x, y, c in domain}
    found = [(x, (y, c)) for (x, y), c in held.items() if x in bound and held.get((y, x)) == -c and x != y]
    return min(found, key=repr) if found else None


def _ordered(bound: list[Bound], factors: Mapping[Atom, int], domain: Domain) -> list[Bound]:
    """The bound ones in an order that their occurrences give, and not their names."""
    if len(bound) == 1:
        return bound
    places = _occurrences(bound, factors, domain)
    colours = dict.fromkeys(bound, 0)
    order: list[Bound] = []
    rest = list(bound)
    while rest:
        colours = _refined(colours, places)
        rest.sort(key=lambda one: colours[one])
        order.append(rest.pop(0))
        colours[order[-1]] = -len(order)
    return order


Places = dict[Bound, list[tuple[str, tuple[Bound | None, ...]]]]


def _occurrences(bound: list[Bound], factors: Mapping[Atom, int], domain: Domain) -> Places:
    """For each bound one, the heads of its factors with its place there, and what is bound beside it."""
    names = set(bound)
    found: Places = {one: [] for one in bound}
    for atom, power in factors.items():
        slots: list[Bound | None] = [one if one in names else None for one in chain(atom.free, atom.moments)]
        for place, one in enumerate(slots):
            if one is not None:
                found[one].append((f"{atom.head}^{power}@{place}", tuple(slots)))
    for x, y, c in domain:
        for place, one in enumerate((x, y)):
            if one in names:
                other = (x, y)[1 - place]
                told = "" if other in names else str(other)
                found[one].append((f"{place}{told}{c}", (other if other in names else None,)))
    return found


def _refined(colours: dict[Bound, int], places: Places) -> dict[Bound, int]:
    """Colours by those of what stands beside, until they split no further; negative ones are settled."""
    while True:
        told = {
            one: (
                colours[one],
                str(
                    sorted(
                        (head, [colours.get(b, 0) if b is not None else -1000 for b in beside])
                        for head, beside in places[one]
                    )
                ),
            )
            for one in colours
        }
        ranks = {key: rank for rank, key in enumerate(sorted(set(told.values())))}
        new = {one: colours[one] if colours[one] < 0 else ranks[told[one]] for one in colours}
        if len(set(new.values())) == len(set(colours.values())):
            return new
        colours = new
