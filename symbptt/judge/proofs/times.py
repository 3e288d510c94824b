r"""Times with letters, and what is known of their order.

A time is a base and an offset: t - 1 is ("t", -1), 3 is ("", 3), and a base that is a number is bound by a
sum. What is known of bases is a set of differences (x, y, c), x - y <= c. Sets are closed (every difference
that follows is there), so that two of them with the same integer points are the same set, and
\sum_{t=1}^{T} \sum_{k=1}^{t} and \sum_{k=1}^{T} \sum_{t=k}^{T} have one domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count

from symbptt.judge.numeric.tensors import Undecided

Base = str | int
Time = tuple[Base, int]
Difference = tuple[Base, Base, int]
Domain = frozenset[Difference]
ANYWHERE: Domain = frozenset()
FRESH = count(10**9)  # bases and labels that nobody has used
BOUND = 1000  # from here on numbers are bound; below, they are positions


class Unproved(Undecided):
    """Nothing can be said."""


def between(low: Time, time: Time, high: Time) -> Iterator[Difference]:
    """low <= time <= high."""
    yield at_most(low, time)
    yield at_most(time, high)


def at_most(one: Time, other: Time) -> Difference:
    """One time is not after another."""
    return one[0], other[0], other[1] - one[1]


def closed(known: Iterable[Difference]) -> Domain | None:
    """Everything that follows; None where nothing fulfils it."""
    return _closed(frozenset(known))


@lru_cache(maxsize=8192)
def _closed(known: Domain) -> Domain | None:
    table: dict[tuple[Base, Base], int] = {}
    for x, y, c in known:
        if x == y:
            if c < 0:
                return None
            continue
        table[x, y] = min(c, table.get((x, y), c))
    bases = {base for pair in table for base in pair}
    for middle in bases:
        for x in bases:
            first = table.get((x, middle))
            if first is None:
                continue
            for y in bases:
                second = table.get((middle, y))
                if second is None:
                    continue
                if x == y:
                    if first + second < 0:
                        return None
                elif first + second < table.get((x, y), first + second + 1):
                    table[x, y] = first + second
    return frozenset((x, y, c) for (x, y), c in table.items())


def furthest(one: Time, other: Time, domain: Domain) -> int | None:
    """The most that one time can be after another; None where it is not bounded."""
    if one[0] == other[0]:
        return one[1] - other[1]
    for x, y, c in domain:
        if x == one[0] and y == other[0]:
            return c + one[1] - other[1]
    return None


def is_bound(base: object) -> bool:
    """Is this base, or label, one that a sum binds?"""
    return isinstance(base, int) and base >= BOUND


class Numbers:
    """Letters as numbers, far from each other, so that t - 1 is computed as any index is.

    A number is turned back to its letter and offset; what is no letter with a small offset is refused, and no
    sum or difference of letters is another one.
    """

    UNIT = 10**6
    MOST = 1000

    def __init__(self) -> None:
        self.bases: dict[int, Base] = {0: ""}
        self.held: dict[Base, int] = {}
        self.written: set[int] = set()  # the times that are numbers

    def release(self) -> None:
        """Forgets the bound bases of what was read before."""
        self.held = {base: number for base, number in self.held.items() if isinstance(base, str)}
        self.bases = {near: base for near, base in self.bases.items() if isinstance(base, str)}

    def number(self, base: Base) -> int:
        """The number of a letter or of a bound base."""
        if base not in self.held:
            place = len(self.held) + 1
            near = 10**20 + 7**place if isinstance(base, str) else 5 * 10**20 + 7**place
            if place > 20:
                raise Unproved("too many letters")
            self.bases[near] = base
            self.held[base] = near * self.UNIT
        return self.held[base]

    def time(self, number: int) -> Time:
        """The letter and offset of a number. Raises Unproved."""
        near, offset = divmod(number + self.UNIT // 2, self.UNIT)
        offset -= self.UNIT // 2
        if near not in self.bases or abs(offset) > self.MOST:
            raise Unproved("a time that is no letter with an offset")
        if not near:
            self.written.add(offset)
        return self.bases[near], offset

    def encoded(self, time: Time) -> int:
        """The number of a time."""
        return time[1] + (self.number(time[0]) if time[0] != "" else 0)
