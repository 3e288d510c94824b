r"""Quantities whose time is left out: z = W h_{t-1} + U x_t, and h_t = \tanh(z).

What is defined without a time by names at time t, and is nowhere written with a time, is meant at time t.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from symbptt.judge.notation.columns import equations
from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import BEFORE, NEIGHBOURS, application, names_in, names_of
from symbptt.reader.spelling import Spelling, is_spellable
from symbptt.reader.syntax import (
    BigOperator,
    Bracket,
    Chain,
    Derivative,
    Gradient,
    Name,
    Surface,
    children,
    spelled,
    walk,
)

DEFINING = frozenset(["=", ":=", "\\equiv", "\\coloneqq", "\\triangleq", "\\doteq"])


def with_time(chains: Iterable[Chain]) -> Change:
    """The change that gives such names the time that is meant."""
    chains = tuple(chains)
    names = Spelling.of(chains)
    plain = {
        names.split(name)[0]
        for chain in chains
        for name in names_of(chain)
        if not name.prefix and is_spellable(name)
    }
    floating: dict[str, bool] = {}  # by name, whether all its definitions hold an open t
    for left, op, right in (one for chain in chains for one in equations(chain)):
        if op not in DEFINING or not is_spellable(left):
            continue
        key, time, _ = names.split(left)
        if (
            time is None
            and not _by_known(left, plain, names)
            and not left.primes
            and left.base != names.letter
        ):
            floating[key] = floating.get(key, True) and _open(right, names, key)
    if not any(floating.values()):
        return unchanged
    every = [name for chain in chains for name in names_of(chain) if is_spellable(name)]
    timed = {names.split(name)[0] for name in every if names.split(name)[1]}
    found = {key for key, is_open in floating.items() if is_open} - timed

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node.time is None and not node.primes and is_spellable(node):
            key, time, _ = names.split(node)
            if key in found and time is None:
                return replace(node, time=Name(node.at, names.letter), style="subscript")
        call = application(node)
        if call is not None and call[0].time is not None and names.split(call[0])[0] in found:
            time = _time_of(call[1], names)
            return node if time is None else replace(call[0], at=node.at, time=time)
        return node

    return change if found else unchanged


def _by_known(left: Name, plain: Container[str], names: Spelling) -> bool:
    """Is this a gradient by a name of the document, such as dW, whose steps add up, or one with a number?"""
    scripts = tuple(item for item in left.subscripts if spelled(item) not in (*BEFORE, *NEIGHBOURS))
    by = names.split(replace(left, prefix="", subscripts=scripts))[0]
    return bool(left.prefix) and (left.base.isdigit() or by in plain)


def _time_of(bracket: Bracket, names: Spelling) -> Surface | None:
    """The time of the last of some arguments, all of which have one."""
    times = [names.split(item)[1] if isinstance(item, Name) else None for item in bracket.items]
    return times[-1] if times and all(time is not None for time in times) else None


def _open(node: Surface, names: Spelling, key: str) -> bool:
    """Does a formula hold a name at a time with the letter t that no sum binds, and not the name itself?

    A derivative may be worth a parameter, W = \\partial z_t / \\partial h_{t-1}, which has no time.
    """
    if any(names.split(name)[0] == key for name in names_in(node) if is_spellable(name)):
        return False
    return _free(node, names) and not any(isinstance(one, Derivative | Gradient) for one in walk(node))


def _free(node: Surface, names: Spelling) -> bool:
    if isinstance(node, BigOperator) and _binds(node, names.letter):
        return False
    if isinstance(node, Name) and is_spellable(node):
        time = names.split(node)[1]
        return time is not None and any(one.base == names.letter for one in names_in(time))
    return any(_free(child, names) for child in children(node))


def _binds(node: BigOperator, letter: str) -> bool:
    return any(name.base == letter for index in node.indices for name in names_in(index))
