r"""Ordered products over time, \prod_{i=k+1}^{t} J_i, recognised as the derivative that they come to.

By induction: if J_i = D[a_i; a_{i-1}] for every i, and a_i moves with earlier times through a_{i-1} alone,
then D[a_t; a_k] = J_t D[a_{t-1}; a_k], the recursion of the product; both are the identity for t = k.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbptt.judge.numeric.tensors import Tensor
from symbptt.judge.proofs.arrays import Entries, symbols, tensor
from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.chains import DERIVATIVES, Chains, unit
from symbptt.judge.proofs.changes import changed
from symbptt.judge.proofs.decision import vanishes
from symbptt.judge.proofs.rules import END, START
from symbptt.judge.proofs.sums import Sum, single
from symbptt.judge.proofs.times import FRESH, Difference, Numbers, Time, Unproved, at_most, between

OFFSETS = (0, 1)  # of the upper quantity, from the letter of the product
KINDS = ("total", "own")
STARTS: tuple[Time, Time] = (("", 0), ("", 1))  # the earliest quantity that a factor is differentiated by


def ordered_product(
    chains: Chains, numbers: Numbers, body: Tensor, base: int, low: Time, high: Time, latest_left: bool
) -> Tensor:
    """The product of ``body``, in which the time ``base`` runs from ``low`` to ``high``. Raises Unproved."""
    array = symbols(body)
    held = [place for place, size in enumerate(array.shape) if size != 1]
    if len(held) != 2 or array.shape[held[0]] != array.shape[held[1]]:
        raise Unproved("a product of something else than square matrices")
    if not body.plain and body.of is None and not latest_left:
        raise Unproved("Jacobians in the order of time")
    upper, lower = held if latest_left or not body.plain else held[::-1]
    for key, offset, kind in _candidates(chains, array.shape[held[0]], body, numbers, base):
        for start in STARTS:
            valid = [*between(low, (base, 0), high), *between((start[0], start[1] + 1), (base, offset), END)]
            one = (
                _at(chains.atom(key, (base, offset)), upper),
                _at(chains.atom(key, (base, offset - 1)), lower),
            )
            if _is_jacobian(chains, kind, array.entry, one, valid):
                first, last = (low[0], low[1] + offset - 1), (high[0], high[1] + offset)
                found = chains.derivative(kind, _timed(one[0], last), _timed(one[1], first))
                product = Entries(array.shape, _where(found, first, last, start, upper, lower))
                if body.of is None:
                    return tensor(product)
                return tensor(product, (key, numbers.encoded(last)), (key, numbers.encoded(first)))
    raise Unproved("a product that is no derivative")


def _is_jacobian(
    chains: Chains, kind: str, factor: Sum, ends: tuple[Atom, Atom], known: list[Difference]
) -> bool:
    """Is a factor the derivative over one step, and a quantity alone in carrying it on?"""
    try:
        same = vanishes(factor - chains.derivative(kind, *ends), chains, known)
        return bool(same) and _alone(chains, kind, str(ends[0].what[0]))
    except Unproved:
        return False


def _where(found: Sum, first: Time, last: Time, start: Time, upper: Label, lower: Label) -> Sum:
    """The derivative from ``first`` to ``last`` in the run, the identity for no factor, else open."""
    nothing = at_most((last[0], last[1] + 1), first)
    unknown = single(Atom("product", (next(FRESH),), (upper, lower), (first, last)))
    some = at_most(first, last)
    inside, within = at_most(start, first), at_most(last, END)
    early, late = at_most((first[0], first[1] + 1), start), at_most((END[0], END[1] + 1), last)
    parts = [
        unit(upper, lower).where([nothing]),
        found.where([some, inside, within]),
        unknown.where([some, early]),
        unknown.where([some, inside, late]),
    ]
    return parts[0] + parts[1] + parts[2] + parts[3]


def _candidates(
    chains: Chains, size: int, body: Tensor, numbers: Numbers, base: int
) -> Iterator[tuple[str, int, str]]:
    """The quantities that a factor may be a Jacobian of."""
    if body.of is not None and body.of[1] is not None:
        time = numbers.time(body.of[1])
        if time[0] == base:
            yield from ((body.of[0], time[1], kind) for kind in KINDS)
        return
    for key, rules in chains.rules.items():
        shape = chains.sizes.get(key, (1, 1))
        if (
            any(rule.always for rule in rules)
            and max(shape) == size
            and 1 in shape
            and key in chains.below[key]
        ):
            yield from ((key, offset, kind) for kind in KINDS for offset in OFFSETS)


def _at(atom: Atom, place: Label) -> Atom:
    return Atom(atom.kind, atom.what, (place,), atom.times)


def _timed(atom: Atom, time: Time) -> Atom:
    return Atom(atom.kind, atom.what, atom.labels, (time,))


def _alone(chains: Chains, kind: str, key: str) -> bool:
    """Does a quantity move with earlier times through itself one step before alone?"""
    now, then = (next(FRESH), 0), (next(FRESH), 0)
    above, below = _timed(_at(chains.atom(key, now), 1), now), _timed(_at(chains.atom(key, then), 2), then)
    known: tuple[Difference, ...] = (
        *between(START, then, END),
        *between(START, now, END),
        (then[0], now[0], -2),
    )
    (start,) = [atom for factors, _ in chains.derivative(kind, above, below).terms for atom, _ in factors]
    whole = chains.from_above(start, known)
    for _ in range(8):
        rest = [
            atom
            for factors, _ in whole.terms
            for atom, _ in factors
            if atom.kind == "derivative" and (atom.what[1], atom.times[0]) != (key, (now[0], -1))
        ]
        if not rest:
            return True
        if any(atom.times[0] not in (now, (now[0], -1)) for atom in rest):
            return False
        whole = _stepped(whole, rest, chains, known)
    return False


def _stepped(whole: Sum, rest: list[Atom], chains: Chains, known: tuple[Difference, ...]) -> Sum:
    names = {(atom.what, atom.times[0]) for atom in rest}

    def change(atom: Atom, more: tuple[Difference, ...]) -> Sum | None:
        if atom.kind != "derivative" or (atom.what, atom.times[0]) not in names:
            return None
        return chains.from_above(atom, (*known, *more))

    return changed(whole, DERIVATIVES, change)
