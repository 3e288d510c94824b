r"""Derivatives by the chain rule, along the definitions of a document.

A derivative of one quantity by another is a factor D[u_s; v_k] until it is needed. Two steps take it apart,
both of them the chain rule, and sums over time come of the second alone:

    above:  D[u_s; v_k] = \sum_w \partial u_s / \partial w D[w; v_k], over what u_s is defined by
    below:  D[u_s; v_k] = \sum_w \sum_\tau D[u_s; w_\tau] \partial w_\tau / \partial v_k, over what uses v

Nothing depends on later times (a definition that reads ahead is refused), so D[u_s; v_k] is 0 for s < k, a
delta for one quantity and s = k, and for two quantities of one time is found from above at once. Where the
order of s and k is not known a domain is split.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.changes import changed
from symbptt.judge.proofs.functions import Slope, differentiated
from symbptt.judge.proofs.monomials import Monomial
from symbptt.judge.proofs.rules import END, NOW, START, THEN, Rule, Rules, keys
from symbptt.judge.proofs.sums import ZERO, Sum, constant, single
from symbptt.judge.proofs.times import FRESH, Base, Difference, Time, Unproved, between, closed, furthest


@dataclass
class Chains(Rules):
    """Derivatives along the rules of a document."""

    partials: dict[tuple[object, ...], Sum] = field(default_factory=dict)
    apart: bool = False  # do two letters of entries stand for two entries?

    def slope(self, target: Atom, kind: str, of: Atom | None, since: Time | None) -> Slope:
        """The derivative of a value by ``target``, of the quantity ``of`` or a formula of time ``since``."""
        if kind == "total":
            return lambda atom: self.derivative(kind, atom, target)
        if of is None:
            return lambda atom: (
                self.derivative(kind, atom, target)
                if kind == "immediate" and atom.times[0] is not None and atom.times[0] == since
                else met(atom, target)
            )

        def along(atom: Atom) -> Sum:
            if (atom.what, atom.times) != (of.what, of.times):
                raise Unproved("a quantity that stands for others")
            return self.derivative(kind, atom, target)

        return along

    def derivative(self, kind: str, atom: Atom, target: Atom) -> Sum:
        """A derivative as a factor of its own, if it is not simply zero or one.

        ``kind`` is total (through every path), own (through the definition of the upper quantity alone),
        immediate (through the definitions of its time) or direct (through its definition, all else held).
        """
        u, v = str(atom.what[0]), str(target.what[0])
        (s,), (k,) = atom.times, target.times
        if u == v and s == k:
            return met(atom, target)
        if v not in self.below.get(u, ()):
            return ZERO
        if u in self.ahead:
            raise Unproved(f"{u} reads later times")
        if s is not None and k is not None and s[0] == k[0] and s[1] < k[1]:
            return ZERO
        what = (kind, u, len(atom.labels), v, atom.what, target.what)
        return single(Atom("derivative", what, (*atom.labels, *target.labels), (s, k)))

    def resolved(self, whole: Sum) -> Sum:
        """A sum in which every derivative is of a later time by an earlier one."""
        for _ in range(MOST_STEPS):
            settled, rest = whole.divided(_settled)
            if not rest:
                return changed(whole, DELTAS, _distinct) if self.apart else whole
            whole = settled + changed(rest, DERIVATIVES, self._resolved)
        raise Unproved("too many steps")

    def _resolved(self, atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
        if atom.kind != "derivative":
            return None
        above, target = ends(atom)
        s, k = atom.times
        if atom.what[0] == "direct":
            return self._within(above, target, known, lambda one: met(one, target))
        if atom.what[0] == "immediate":
            return self._immediate(above, target, s, known)
        if s is None or k is None:
            return None
        domain = closed(known)
        if domain is None:
            return ZERO
        most, least = furthest(s, k, domain), furthest(k, s, domain)
        if most is not None and most < 0:
            return ZERO
        if least is not None and least < 0:
            return None
        if most == 0 == least:
            return self._at_once(above, target, known)
        equal = ((s[0], k[0], k[1] - s[1]), (k[0], s[0], s[1] - k[1]))
        later = (k[0], s[0], s[1] - k[1] - 1)
        return self._at_once(above, target, (*known, *equal)).where(equal) + single(atom).where([later])

    def _within(self, atom: Atom, target: Atom, known: Iterable[Difference], slope: Slope) -> Sum:
        """The derivative of a value through its definition."""
        right = self.defined(atom, known)
        return ZERO if right is None else differentiated(right, slope)

    def _at_once(self, above: Atom, target: Atom, known: tuple[Difference, ...]) -> Sum:
        """A derivative within one time."""
        k = target.times[0]
        return self._immediate(Atom("value", above.what, above.labels, (k,)), target, k, known)

    def _immediate(self, atom: Atom, target: Atom, since: Time | None, known: tuple[Difference, ...]) -> Sum:
        """Through the definitions of one time, all earlier ones held."""
        if atom.what == target.what:
            same = met(atom, target)
            if same or atom.times == target.times:
                return same
        time = atom.times[0]
        if time is not None and time != since:
            if since is not None and time[0] != since[0]:
                raise Unproved("times that may be one")
            return ZERO
        return self._within(atom, target, known, lambda one: self._immediate(one, target, since, known))

    def from_above(self, atom: Atom, known: tuple[Difference, ...]) -> Sum:
        """The chain rule through what the upper quantity is defined by."""
        above, target = ends(atom)
        kind = str(atom.what[0])

        def slope(one: Atom) -> Sum:
            moves = kind == "total" or one.what == above.what
            return self.derivative(kind, one, target) if moves else met(one, target)

        return self._within(above, target, known, slope)

    def from_below(self, atom: Atom) -> Sum:
        """The chain rule through all that uses the lower quantity, at all times."""
        above, target = ends(atom)
        kind, u, v = str(atom.what[0]), str(above.what[0]), str(target.what[0])
        if any(v in names for names in self.dark.values()):
            raise Unproved(f"{v} is used where nothing is understood")
        result = ZERO
        for key, rules in self.rules.items():
            if key != u and (kind == "own" or key not in self.below.get(u, ())):
                continue
            always = any(rule.always for rule in rules)
            if always and any(
                rule.time is not None and START[1] <= rule.time[1] for rule in rules if not rule.always
            ):
                raise Unproved("a quantity defined twice")
            for rule in rules:
                if v in keys(rule.right):
                    result = result + self._through(rule, kind, above, target)
        return result

    def _through(self, rule: Rule, kind: str, above: Atom, target: Atom) -> Sum:
        """The paths whose first step is one rule."""
        time = (next(FRESH), 0) if rule.always else rule.time
        middle = Atom("value", *self._own(rule.key), (time,))
        above_it = self.derivative(kind, above, middle)
        if not above_it:
            return ZERO
        names: dict[Label, Label] = dict(zip(LOWER, target.labels, strict=False))
        times: dict[Base, Time] = {} if time is None else {NOW: time}
        if target.times[0] is not None:
            times[THEN] = target.times[0]
        product = above_it * self._partial(rule, target.what, target.times[0] is not None).moved(names, times)
        axes = {label: self.sizes[rule.key][UPPER.index(label)] for label in middle.labels}
        if time is None or not rule.always:
            return product.bound(axes)
        return product.bound(axes, time[0], between(START, time, END))

    def _own(self, key: str) -> tuple[tuple[object, ...], tuple[Label, ...]]:
        """What a rule's own quantity is, with places that nothing else has."""
        what = (key, "distribution") if key in self.distributions else (key,)
        return what, tuple(UPPER[place] for place, size in enumerate(self.sizes[key]) if size != 1)

    def _partial(self, rule: Rule, what: tuple[object, ...], timed: bool) -> Sum:
        """The derivative of what a rule says at NOW by a quantity at THEN, found once."""
        place = (rule.key, rule.time, what, timed)
        if place not in self.partials:
            below = self._own(str(what[0]))[1]
            places = dict(zip(UPPER, LOWER, strict=True))
            target = Atom(
                "value", what, tuple(places[label] for label in below), ((THEN, 0) if timed else None,)
            )
            right = rule.right.moved({1: UPPER[0], 2: UPPER[1]}, {})
            names = {label: LOWER[place] for place, label in enumerate(target.labels)}
            slope = differentiated(right, lambda one: met(one, target))
            self.partials[place] = slope.moved(names, {})
        return self.partials[place]


MOST_STEPS = 24
DERIVATIVES = frozenset(["derivative"])
DELTAS = frozenset(["delta"])
UPPER: tuple[Label, Label] = ("@1", "@2")  # places of what a rule defines
LOWER: tuple[Label, Label] = ("@3", "@4")  # places of what it is differentiated by


@lru_cache(maxsize=4096)
def _settled(monomial: Monomial) -> bool:
    """Is every derivative of a monomial of a later time by an earlier one, or by or of what has none?"""
    for atom, _ in monomial[0]:
        if atom.kind != "derivative":
            continue
        if atom.what[0] in ("direct", "immediate"):
            return False
        s, k = atom.times
        least = -1 if s is None or k is None else furthest(k, s, monomial[1])
        if least is None or least >= 0:
            return False
    return True


def ends(atom: Atom) -> tuple[Atom, Atom]:
    """The upper and the lower quantity of a derivative."""
    _, _, count, _, above, below = atom.what
    if not isinstance(count, int) or not isinstance(above, tuple) or not isinstance(below, tuple):
        raise TypeError("a derivative without its ends")
    return (
        Atom("value", above, atom.labels[:count], atom.times[:1]),
        Atom("value", below, atom.labels[count:], atom.times[1:]),
    )


def met(atom: Atom, target: Atom) -> Sum:
    """The derivative of a name by itself, where their times meet; of another name, nothing."""
    if atom.what != target.what:
        return ZERO
    (s,), (k,) = atom.times, target.times
    if (s is None) != (k is None):
        raise Unproved("a quantity with and without its time")
    found = _deltas(atom.labels, target.labels)
    if s is None or k is None or s == k:
        return found
    if s[0] == k[0]:
        return ZERO
    return found.where([(s[0], k[0], k[1] - s[1]), (k[0], s[0], s[1] - k[1])])


def unit(one: Label, other: Label) -> Sum:
    """The identity."""
    return _deltas((one,), (other,))


def _deltas(one: tuple[Label, ...], other: tuple[Label, ...]) -> Sum:
    product = constant(1)
    for a, b in zip(one, other, strict=True):
        product = product * single(Atom("delta", (), (a, b)))
    return product


def _distinct(atom: Atom, known: tuple[Difference, ...]) -> Sum | None:
    """Two letters of entries that no condition compares are two entries."""
    signs = {str(label)[:1] for label in atom.labels if isinstance(label, str)}
    letters = len([label for label in atom.labels if isinstance(label, str)]) == 2
    return ZERO if atom.kind == "delta" and letters and signs in ({"~"}, {"#"}) else None
