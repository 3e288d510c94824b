"""Definitions as rules: what each name is at which times, and what it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from symbptt.judge.proofs.atoms import Atom
from symbptt.judge.proofs.sums import ZERO, Sum
from symbptt.judge.proofs.times import Base, Difference, Time, Unproved, closed, furthest

NOW = "now"  # the time of a definition that holds at every time
THEN = "then"  # the time of what a definition is differentiated by
WHOLE = "of all times"  # a loss without a time, beside those at each time
START: Time = ("", 1)
END: Time = ("T", 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """``key`` is ``right``, with its places 1 and 2: at a time, at every one (``NOW``), or without any."""

    key: str
    time: Time | None
    right: Sum

    @property
    def always(self) -> bool:
        """Does it hold at every time of the run?"""
        return self.time is not None and self.time[0] == NOW


@dataclass
class Rules:
    """The definitions of a document as rules; ``dark`` are the names in those that are not understood."""

    sizes: Mapping[str, tuple[int, int]]
    concatenations: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    distributions: frozenset[str] = frozenset()
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    dark: dict[str, frozenset[str]] = field(default_factory=dict)

    def joined(self, parts: tuple[int, ...]) -> int:
        """The axis of a concatenation."""
        if parts not in self.concatenations:
            raise Unproved("a concatenation of its own")
        return self.concatenations[parts]

    def atom(self, key: str, time: Time | None) -> Atom:
        """The entries of a name; its places are the labels 1 and 2."""
        if key not in self.sizes:
            raise Unproved(f"the size of {key} is not known")
        labels = tuple(place + 1 for place, size in enumerate(self.sizes[key]) if size != 1)
        if time is None and f"{key} {WHOLE}" in self.sizes:
            key = f"{key} {WHOLE}"
        what = (key, "distribution") if key in self.distributions else (key,)
        return Atom("value", what, labels, (time,))

    # what depends on what

    @cached_property
    def below(self) -> dict[str, set[str]]:
        """The names that each name is defined by, at any depth."""
        found = {
            key: {name for rule in rules for name in keys(rule.right)} for key, rules in self.rules.items()
        }
        for key, names in self.dark.items():
            found.setdefault(key, set()).update(names)
        while True:
            wider = {
                key: names.union(*(found.get(name, set()) for name in names)) for key, names in found.items()
            }
            if wider == found:
                return found
            found = wider

    @cached_property
    def ahead(self) -> set[str]:
        """The names whose definitions read later times, or are not understood."""
        reading = {key for key, rules in self.rules.items() if any(map(_reads_ahead, rules))} | set(self.dark)
        return reading | {key for key, names in self.below.items() if names & reading}

    @cached_property
    def stages(self) -> dict[str, int]:
        """The place of each name among those of one time."""
        found: dict[str, int] = {}

        def stage(key: str, path: tuple[str, ...]) -> int:
            if key not in found:
                if key in path:
                    raise Unproved(f"{key} is defined in a circle")
                names = {
                    str(atom.what[0])
                    for rule in self.rules.get(key, ())
                    for atom in values(rule.right)
                    if rule.time == atom.times[0]
                }
                found[key] = 1 + max((stage(name, (*path, key)) for name in names), default=-1)
            return found[key]

        for key in self.rules:
            stage(key, ())
        return found  # of what is defined, and what it is defined by

    @cached_property
    def passing(self) -> set[str]:
        """The names that later times depend on."""
        crossing = {
            str(atom.what[0])
            for rules in self.rules.values()
            for rule in rules
            for atom in values(rule.right)
            if rule.time is not None and atom.times[0] not in (rule.time, None)
        }
        return crossing | {
            key for key in self.sizes if any(key in self.below.get(one, ()) for one in crossing)
        }

    # rules

    def defined(self, atom: Atom, known: Iterable[Difference]) -> Sum | None:
        """What a value is defined as, at its time and places; None for what nothing defines there."""
        key, time = str(atom.what[0]), atom.times[0]
        if key in self.dark:
            raise Unproved(f"{key} is not understood")
        for rule in self.rules.get(key, ()):
            if rule.time is None or time is None:
                if rule.time is None and time is None:
                    return self._placed(rule.right, atom, {})
                continue
            if not rule.always:
                if rule.time == time:
                    return self._placed(rule.right, atom, {})
                if rule.time[0] == time[0] or self._apart(rule.time, time, known):
                    continue
                raise Unproved("a time that may be the first")
            domain = closed(known)
            if domain is None:
                return ZERO
            before, after = furthest(time, ("", 0), domain), furthest(START, time, domain)
            if after is not None and after <= 0 and _entails(furthest(time, END, domain)):
                return self._placed(rule.right, atom, {NOW: time})
            if before is None or before > 0:
                raise Unproved("a time that may lie outside the run")
        return None

    def _placed(self, right: Sum, atom: Atom, times: Mapping[Base, Time]) -> Sum:
        """What a rule says at the places and the time of a value."""
        own = self.atom(str(atom.what[0]), None).labels
        return right.moved(dict(zip(own, atom.labels, strict=True)), times)

    def _apart(self, one: Time, other: Time, known: Iterable[Difference]) -> bool:
        domain = closed(known)
        if domain is None:
            return True
        first, second = furthest(one, other, domain), furthest(other, one, domain)
        return (first is not None and first < 0) or (second is not None and second < 0)


def _entails(most: int | None) -> bool:
    return most is not None and most <= 0


def values(whole: Sum) -> Iterator[Atom]:
    """All values of names, those in functions too."""
    for factors, _ in whole.terms:
        for atom, _ in factors:
            if atom.kind == "value":
                yield atom
            for one in atom.inner:
                yield from values(one)


@lru_cache(maxsize=1024)
def keys(whole: Sum) -> set[str]:
    """The names whose values stand in a sum."""
    return {str(atom.what[0]) for atom in values(whole)}


def _reads_ahead(rule: Rule) -> bool:
    """Does a definition read a later time, or one whose order to its own is not known?"""
    if rule.time is None:
        return False
    times = [atom.times[0] for atom in values(rule.right)]
    return any(time is not None and (time[0] != rule.time[0] or time[1] > rule.time[1]) for time in times)
