r"""Sums of products of entries: the normal form.

A sum is a number of monomials with rational coefficients; a monomial is a set of factors with whole powers,
all of them numbers, so that their order does not count. What matrices hold stands in the labels of entries:
(W x)_i is W_{ij} x_j, where j is bound and runs over its whole axis; a bound time runs over the points of the
monomial's domain. Kronecker deltas are contracted away, bound labels and times renamed in an order that their
occurrences give.

Why it is sound: every step is an equation between numbers that holds for all sizes and values for which both
sides are defined. x / x = 1 is used, as the numbers use it, where x is not zero; powers other than whole ones
and functions are factors of their own, equal where their arguments have one normal form. Two sums in one form
say the same; two that differ may still be equal, and then nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cached_property

from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.canonical import SUMMED, Raw, moved_domain, powers
from symbptt.judge.proofs.effort import EFFORT
from symbptt.judge.proofs.monomials import Monomial, bounds, by_head, height, only_renamed, told
from symbptt.judge.proofs.times import ANYWHERE, FRESH, Base, Difference, Time, Unproved

Number = int | Fraction
MOST_MONOMIALS = 100
MOST_POWER = 8


class Sum:
    """A sum of monomials with their coefficients, none of them zero."""

    def __init__(self, terms: Mapping[Monomial, Number]) -> None:
        self.terms = {monomial: number for monomial, number in terms.items() if number}
        if len(self.terms) > MOST_MONOMIALS:
            raise Unproved("too many terms")
        EFFORT.spend(len(self.terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return "\n + ".join(sorted(f"{n} {dict(m[0])}" for m, n in self.terms.items())) or "0"

    @cached_property
    def _hash(self) -> int:
        return hash(frozenset(self.terms.items()))

    @cached_property
    def height(self) -> int:
        """How deep sums stand in functions here."""
        return max((height(factors) for factors, _ in self.terms), default=0)

    @cached_property
    def free(self) -> tuple[Label, ...]:
        """The labels that no monomial binds, in an order that their names do not change."""
        found: dict[Label, None] = {}
        for monomial in sorted(self.terms, key=told):
            bound = bounds(monomial)[0]
            for atom, _ in sorted(monomial[0], key=by_head):
                found.update((label, None) for label in atom.free if label not in bound)
        return tuple(found)

    @cached_property
    def labels(self) -> frozenset[Label]:
        """All labels, bound ones too."""
        return frozenset(label for factors, _ in self.terms for atom, _ in factors for label in atom.free)

    @cached_property
    def moments(self) -> tuple[Base, ...]:
        """The bound times that are bound further out."""
        found: dict[Base, None] = {}
        for monomial in sorted(self.terms, key=told):
            bound = bounds(monomial)[1]
            for atom, _ in sorted(monomial[0], key=by_head):
                found.update((base, None) for base in atom.moments if base not in bound)
        return tuple(found)

    @cached_property
    def bases(self) -> frozenset[Base]:
        """All bases of times."""
        found: set[Base] = set()
        for factors, domain in self.terms:
            found.update(*(atom.bases for atom, _ in factors))
            found.update(base for x, y, _ in domain for base in (x, y))
        return frozenset(found)

    @cached_property
    def marks(self) -> frozenset[object]:
        """The names of values, and the kinds of other factors."""
        return frozenset().union(*(atom.marks for factors, _ in self.terms for atom, _ in factors))

    @cached_property
    def head(self) -> str:
        """What does not change when labels are renamed."""
        return f"<{sorted(f'{number}{told(monomial)}' for monomial, number in self.terms.items())}>"

    def moved(self, labels: Mapping[Label, Label], times: Mapping[Base, Time]) -> Sum:
        """The sum with other free labels and times."""
        if labels.keys().isdisjoint(self.labels) and times.keys().isdisjoint(self.bases):
            return self
        found: dict[Monomial, Number] = {}
        for monomial, number in self.terms.items():
            factors = [(atom.moved(labels, times), power) for atom, power in monomial[0]]
            if only_renamed(monomial, labels, times):
                moved = (frozenset(factors), monomial[1])
                found[moved] = found.get(moved, 0) + number
            else:
                _collect(found, factors, moved_domain(monomial[1], times), *bounds(monomial), number)
        return Sum(found)

    def __add__(self, other: Sum) -> Sum:
        found = dict(self.terms)
        for monomial, number in other.terms.items():
            found[monomial] = found.get(monomial, 0) + number
        return Sum(found)

    def __sub__(self, other: Sum) -> Sum:
        return self + other.scaled(-1)

    def __mul__(self, other: Sum) -> Sum:
        if len(self.terms) * len(other.terms) > 4 * MOST_MONOMIALS:
            raise Unproved("too many terms")
        found: dict[Monomial, Number] = {}
        for one, number in self.terms.items():
            for two, times in other.terms.items():
                _multiplied(found, one, two, number * times)
        return Sum(found)

    def scaled(self, number: Number) -> Sum:
        """The sum times a number."""
        return Sum({monomial: number * times for monomial, times in self.terms.items()})

    def power(self, exponent: int) -> Sum:
        """A whole power. Raises Unproved for large ones, and a division by zero."""
        if abs(exponent) > MOST_POWER or (exponent < 0 and not self.terms):
            raise Unproved("a power")
        if exponent < 0:
            return self._inverse().power(-exponent) if exponent < -1 else self._inverse()
        if exponent == 2 and (inside := self._under_root()) is not None:
            return inside
        result = constant(1)
        for _ in range(exponent):
            result = result * self
        return result

    def _under_root(self) -> Sum | None:
        """x, where this is the root of x."""
        for atom, power in (pair for factors, _ in self.terms for pair in factors):
            if atom.what == ("sqrt", 0) and power == 1 and self == single(atom):
                return atom.inner[0]
        return None

    def _inverse(self) -> Sum:
        """1 / x: of a single product factor by factor, else a factor of its own."""
        if len(self.terms) == 1:
            ((factors, domain), number), *_ = self.terms.items()
            if (
                not domain
                and not bounds((factors, domain))[0]
                and not any(atom.kind in ("delta", "part") for atom, _ in factors)
            ):
                return Sum(
                    {(frozenset((atom, -power) for atom, power in factors), domain): Fraction(1) / number}
                )
        lead = self.terms[min(self.terms, key=told)]
        whole = Atom("sum", inner=(self.scaled(Fraction(1) / lead), *self._pattern()))
        return Sum({(frozenset([(whole, -1)]), ANYWHERE): Fraction(1) / lead})

    def _pattern(self) -> tuple[Sum, ...]:
        r"""e^{x_k} of \sum_k e^{x_k}: what cancels with the inverse where it is summed."""
        if len(self.terms) != 1:
            return ()
        (monomial,) = self.terms
        labels, times = bounds(monomial)
        if len(monomial[0]) != 1 or len(labels) != 1 or times or monomial[1]:
            return ()
        ((atom, power),) = monomial[0]
        return (single(atom.moved(dict.fromkeys(labels, SUMMED), {})),) if power == 1 else ()

    def bound(
        self, axes: Mapping[Label, int], base: Base | None = None, known: Iterable[Difference] = ()
    ) -> Sum:
        """The sum over labels, each over its whole axis, and over a time ``base`` where ``known`` holds."""
        known = tuple(known)
        wide = {label: axis for label, axis in axes.items() if axis != 1}
        fresh: dict[Label, Label] = {label: (axis, next(FRESH)) for label, axis in wide.items()}
        moments = frozenset() if base is None else frozenset([base])
        found: dict[Monomial, Number] = {}
        for monomial, number in self.terms.items():
            factors = [(atom.moved(fresh, {}), power) for atom, power in monomial[0]]
            labels, times = bounds(monomial)
            every = labels.union(fresh.values())
            _collect(found, factors, (*monomial[1], *known), every, times | moments, number)
        return Sum(found)

    def divided(self, test: Callable[[Monomial], bool]) -> tuple[Sum, Sum]:
        """The monomials that pass a test, and the others."""
        passed = {monomial: number for monomial, number in self.terms.items() if test(monomial)}
        if len(passed) == len(self.terms):
            return self, ZERO
        return Sum(passed), Sum({one: number for one, number in self.terms.items() if one not in passed})

    def where(self, known: Iterable[Difference]) -> Sum:
        """The part of the sum where something more is known."""
        known = tuple(known)
        found: dict[Monomial, Number] = {}
        for monomial, number in self.terms.items():
            _collect(found, monomial[0], (*monomial[1], *known), *bounds(monomial), number)
        return Sum(found)


def constant(number: Number) -> Sum:
    """A number."""
    whole = isinstance(number, Fraction) and number.denominator == 1
    return Sum({(frozenset(), ANYWHERE): int(number) if whole else number})


def single(atom: Atom, power: int = 1) -> Sum:
    """One factor."""
    if atom.kind == "delta" and len(set(atom.labels)) == 1:
        return constant(1)
    return Sum({(frozenset([(atom, power)]), ANYWHERE): 1})


ZERO = Sum({})


class Opened:
    """A monomial whose bound labels and times are free for a while, with names that nobody else uses."""

    def __init__(self, monomial: Monomial) -> None:
        self.factors, self.domain = list(monomial[0]), tuple(monomial[1])
        self.labels, self.times = bounds(monomial)
        if self.labels or self.times:
            labels: dict[Label, Label] = {
                label: (label[0], next(FRESH)) for label in self.labels if isinstance(label, tuple)
            }
            times: dict[Base, Time] = {base: (next(FRESH), 0) for base in self.times}
            self.labels = frozenset(labels.values())
            self.times = frozenset(base for base, _ in times.values())
            self.factors = [(atom.moved(labels, times), power) for atom, power in monomial[0]]
            self.domain = tuple(moved_domain(monomial[1], times))

    def close(self, found: dict[Monomial, Number], factors: Iterable[tuple[Atom, int]], product: Sum) -> None:
        """Adds the product of these factors and a sum, bound again."""
        kept = tuple(factors)
        for monomial, number in product.terms.items():
            other = Opened(monomial)
            labels, times = other.labels | self.labels, other.times | self.times
            every = [*kept, *other.factors]
            _collect(found, every, (*self.domain, *other.domain), labels, times, number)


def _multiplied(found: dict[Monomial, Number], one: Monomial, two: Monomial, number: Number) -> None:
    """The product of two monomials; what either binds is renamed, not to be taken for a part of the other."""
    first, second = Opened(one), Opened(two)
    every = [*first.factors, *second.factors]
    domain = (*first.domain, *second.domain)
    _collect(found, every, domain, first.labels | second.labels, first.times | second.times, number)


def _collect(
    found: dict[Monomial, Number],
    factors: Iterable[tuple[Atom, int]],
    domain: Iterable[Difference],
    labels: frozenset[Label],
    times: frozenset[Base],
    number: Number,
) -> None:
    """Adds a monomial in normal form; a sum with a positive power is multiplied out."""
    domain = tuple(domain)
    collected = powers(factors)
    plain = not labels and not times and not domain
    if plain and not any(atom.kind in ("delta", "part", "sum", "zero") for atom in collected):
        monomial = (frozenset(collected.items()), ANYWHERE)
        found[monomial] = found.get(monomial, 0) + number
        return
    normal = Raw(collected, domain, set(labels), set(times)).normal()
    if normal is None:
        return
    monomial = (frozenset(normal[0].items()), normal[1])
    if not any(atom.kind == "sum" and power > 0 for atom, power in monomial[0]):
        found[monomial] = found.get(monomial, 0) + number
        return
    opened = Opened(monomial)
    kept = [(atom, power) for atom, power in opened.factors if atom.kind != "sum" or power < 0]
    product = constant(number)
    for atom, power in opened.factors:
        if atom.kind == "sum" and power > 0:
            product = product * atom.inner[0].power(power)
    opened.close(found, kept, product)
