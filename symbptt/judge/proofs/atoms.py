"""Factors: what the normal form does not take apart, with the places where labels and times stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from symbptt.judge.proofs.times import Base, Time, is_bound

if TYPE_CHECKING:
    from symbptt.judge.proofs.sums import Sum

Axis = int
Label = int | str | tuple[Axis, int]  # a position in an array, a letter of an entry, or bound


def is_bound_label(label: Label) -> bool:
    """Does a sum bind this label?"""
    return isinstance(label, tuple)


class Atom:
    """A factor.

    ``kind`` is value, derivative, function, sum (with a power of its own), call (a function of several
    arguments), delta, part (of a concatenation), letter (a time as a number), size or zero. ``what`` says
    which one, ``labels`` and ``times`` where; ``inner`` are the arguments of a function.
    """

    __slots__ = (
        "_hash",
        "_head",
        "bases",
        "free",
        "height",
        "inner",
        "kind",
        "labels",
        "marks",
        "moments",
        "times",
        "what",
    )

    def __init__(
        self,
        kind: str,
        what: tuple[object, ...] = (),
        labels: tuple[Label, ...] = (),
        times: tuple[Time | None, ...] = (),
        inner: tuple[Sum, ...] = (),
    ) -> None:
        if kind == "delta":
            labels = tuple(sorted(labels, key=repr))
        self.kind, self.what, self.labels, self.times, self.inner = kind, what, labels, times, inner
        own = [time[0] for time in times if time is not None]
        self.bases: frozenset[Base] = frozenset(own)
        self.free: tuple[Label, ...] = labels
        self.moments: tuple[Base, ...] = tuple(filter(is_bound, own))
        self.height = 0
        self.marks = frozenset([what[0] if kind == "value" else kind])  # what it holds, to be looked for
        if inner:
            self.bases = self.bases.union(*(one.bases for one in inner))
            within = (label for one in inner for label in one.free if not str(label).startswith("$"))
            self.free = tuple(dict.fromkeys([*labels, *within]))
            moments = [base for one in inner for base in one.moments]
            self.moments = tuple(dict.fromkeys([*self.moments, *moments]))
            self.marks = self.marks.union(*(one.marks for one in inner))
            self.height = 1 + max(one.height for one in inner)
        self._head = ""
        self._hash = hash((kind, what, labels, times, inner))

    @property
    def head(self) -> str:
        """What it is but for its labels and bound times."""
        if not self._head:
            within = "".join(one.head for one in self.inner)
            self._head = f"{self.kind}{self.what}{[_told(time) for time in self.times]}{within}"
        return self._head

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Atom)
            and self._hash == other._hash
            and (self.kind, self.what, self.labels) == (other.kind, other.what, other.labels)
            and (self.times, self.inner) == (other.times, other.inner)
        )

    def __repr__(self) -> str:
        return f"{self.kind}{self.what}{self.labels}{self.times}{self.inner or ''}"

    def moved(self, labels: Mapping[Label, Label], times: Mapping[Base, Time]) -> Atom:
        """The atom with other labels and times."""
        timed = bool(times) and not self.bases.isdisjoint(times)
        if not timed and not any(label in labels for label in self.free):
            return self
        within = labels
        if self.kind == "call":  # the places of its arguments are its own
            within = {old: new for old, new in labels.items() if not str(old).startswith("$")}
        found = Atom(
            self.kind,
            self.what,
            tuple(labels.get(label, label) for label in self.labels),
            tuple(_moved(time, times) for time in self.times) if timed else self.times,
            tuple(one.moved(within, times) for one in self.inner),
        )
        if not timed:
            found._head = self._head
        return found

    def offsets(self, base: Base) -> Iterator[int]:
        """What is added to a base wherever it stands."""
        yield from (time[1] for time in self.times if time is not None and time[0] == base)
        for one in self.inner:
            if base in one.bases:
                yield from (x for factors, _ in one.terms for atom, _ in factors for x in atom.offsets(base))


def _told(time: Time | None) -> object:
    return ("*", time[1]) if time is not None and is_bound(time[0]) else time


def _moved(time: Time | None, times: Mapping[Base, Time]) -> Time | None:
    if time is None or time[0] not in times:
        return time
    base, offset = times[time[0]]
    return base, offset + time[1]
