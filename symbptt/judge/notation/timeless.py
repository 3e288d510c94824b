r"""Quantities whose time is left out: z = W h_{t-1} + U x_t, and h_t = \tanh(z).

What is defined without a time by names at time t, and is nowhere written with a time, is meant at time t. In
a document that writes no times, h_{next} and h_{prev} are h_t and h_{t-1}.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from symbptt.judge.notation.columns import equations
from symbptt.judge.notation.normal import EQUALS, Change, unchanged
from symbptt.judge.notation.vocabulary import BEFORE, NEIGHBOURS, application, names_in, names_of
from symbptt.reader.spelling import Spelling, is_spellable
from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Derivative,
    Gradient,
    Name,
    Number,
    Surface,
    Word,
    spelled,
)
from symbptt.reader.walks import children, walk

LETTER = "t"


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
    every = [name for chain in chains for name in names_of(chain) if is_spellable(name)]
    timed = {names.split(name)[0] for name in every if names.split(name)[1]}
    given: dict[str, list[Surface]] = {}  # by name without a time, what it is defined as
    for left, op, right in (one for chain in chains for one in equations(chain)):
        if op not in EQUALS or not is_spellable(left):
            continue
        key, time, _ = names.split(left)
        named = time is None and not left.primes and left.base != names.letter and key not in timed
        if named and not _by_known(left, plain, names):
            given.setdefault(key, []).append(right)
    found: set[str] = set()
    while fresh := {
        key
        for key, rights in given.items()
        if key not in found and all(_open(right, names, key, found) for right in rights)
    }:
        found |= fresh
    if not found:
        return unchanged

    def label(item: Surface) -> Surface:
        """The i of W_i, which has no time."""
        named = isinstance(item, Name) and item.time is not None and names.split(item)[0] in found
        return replace(item, time=None, style=None) if named and isinstance(item, Name) else item

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node.time is None and not node.primes and is_spellable(node):
            key, time, _ = names.split(node)
            if key in found and time is None:
                return replace(node, time=Name(node.at, names.letter), style="subscript")
            labels = tuple(label(item) for item in node.subscripts)
            return node if labels == node.subscripts else replace(node, subscripts=labels)
        call = application(node)
        if call is not None and call[0].time is not None and names.split(call[0])[0] in found:
            time = _time_of(call[1], names)
            return node if time is None else replace(call[0], at=node.at, time=time)
        return node

    return change


def with_neighbours(chains: Iterable[Chain]) -> Change:
    """The change that gives h_{next} = f(h_{prev}) its times, where no quantity has a time in letters."""
    chains = tuple(chains)
    names = [name for chain in chains for name in names_of(chain) if not name.prefix]
    if any(isinstance(node, Name) for name in names if name.time is not None for node in walk(name.time)):
        return unchanged
    found = {
        name.base
        for chain in chains
        for name, op, _ in equations(chain)
        if op in EQUALS and not name.prefix and _step(name) == 0
    }
    found &= {name.base for name in names if _step(name) == -1}

    def change(node: Surface) -> Surface:
        if (
            not isinstance(node, Name)
            or node.prefix
            or node.base not in found
            or (step := _step(node)) is None
        ):
            return node
        letter = Name(node.at, LETTER)
        time = letter if step == 0 else Binary(node.at, "-", letter, Number(node.at, str(-step)))
        scripts = tuple(item for item in node.subscripts if spelled(item) not in NEIGHBOURS)
        return replace(node, subscripts=scripts, time=time, style="subscript")

    return change if found else unchanged


def _step(name: Name) -> int | None:
    """0 for h_{next}, -1 for h_{prev}."""
    words = [item.text for item in name.subscripts if isinstance(item, Word) and item.text in NEIGHBOURS]
    return NEIGHBOURS[words[0]] if len(words) == 1 and name.time is None else None


def _by_known(left: Name, plain: Container[str], names: Spelling) -> bool:
    """Is this a gradient by a name of the document, such as dW, whose steps add up, or one with a number?"""
    scripts = tuple(item for item in left.subscripts if spelled(item) not in (*BEFORE, *NEIGHBOURS))
    by = names.split(replace(left, prefix="", subscripts=scripts))[0]
    return bool(left.prefix) and (left.base.isdigit() or by in plain)


def _time_of(bracket: Bracket, names: Spelling) -> Surface | None:
    """The time of the last of some arguments, all of which have one."""
    times = [names.split(item)[1] if isinstance(item, Name) else None for item in bracket.items]
    return times[-1] if times and all(time is not None for time in times) else None


def _open(node: Surface, names: Spelling, key: str, found: Container[str]) -> bool:
    """Does a formula hold a name at a time with the letter t that no sum binds, and not the name itself?

    What was found to be meant at time t is one. A derivative may be worth a parameter, W = \\partial z_t /
    \\partial h_{t-1}, which has no time.
    """
    keys = {names.split(name)[0] for name in names_in(node) if is_spellable(name)}
    if key in keys or any(isinstance(one, Derivative | Gradient) for one in walk(node)):
        return False
    return _free(node, names) or any(other in found for other in keys)


def _free(node: Surface, names: Spelling) -> bool:
    if isinstance(node, BigOperator) and _binds(node, names.letter):
        return False
    if isinstance(node, Name) and is_spellable(node):
        time = names.split(node)[1]
        return time is not None and any(one.base == names.letter for one in names_in(time))
    return any(_free(child, names) for child in children(node))


def _binds(node: BigOperator, letter: str) -> bool:
    return any(name.base == letter for index in node.indices for name in names_in(index))
