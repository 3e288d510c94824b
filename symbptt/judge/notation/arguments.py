r"""Quantities that are written with what they depend on: \ell(\hat y_t, y_t) = \tfrac12 \|\hat y_t - y_t\|^2.

Where a display defines a name with arguments at a time, without a time of its own, the name with such
arguments at time k is the quantity at time k: \ell(\hat y_k, y_k) is read as \ell_k.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from symbptt.judge.notation.normal import EQUALS, Change, unchanged
from symbptt.judge.notation.vocabulary import application, names_in
from symbptt.judge.numeric.functions import ELEMENTARY
from symbptt.reader.spelling import Spelling, is_spellable
from symbptt.reader.syntax import Bracket, Chain, Name, Surface

KNOWN = frozenset([*ELEMENTARY, "softmax", "prod", "diag"])
_Key = tuple[str, tuple[Surface, ...], tuple[Surface, ...]]


@dataclass(frozen=True)
class _Arguments:
    """What a name is applied to: the stems of its arguments, and their times."""

    stems: tuple[str, ...]
    times: tuple[Surface, ...]


def with_arguments(chains: Iterable[Chain]) -> Change:
    """The change that reads a name with its arguments as the quantity at their time."""
    chains = tuple(chains)
    calls = [(chain, call) for chain in chains if (call := _defined_call(chain)) is not None]
    if not calls:
        return unchanged
    names = Spelling.of(chains)
    defined: dict[_Key, _Arguments] = {}
    other: set[_Key] = set()
    for chain, (name, bracket) in calls:
        key, found = _key(name), _arguments(bracket, names)
        formula = found is not None and _speaks(chain.links[0].right, found, names)
        if found is None or not formula or defined.setdefault(key, found).stems != found.stems:
            other.add(key)

    def change(node: Surface) -> Surface:
        call = application(node)
        if call is None or call[0].time is not None or call[0].primes:
            return node
        known = defined.get(_key(call[0])) if _key(call[0]) not in other else None
        found = _arguments(call[1], names) if known is not None else None
        if known is None or found is None or found.stems != known.stems:
            return node
        return replace(call[0], at=node.at, time=found.times[-1], style="subscript")

    return change if defined else unchanged


def _defined_call(chain: Chain) -> tuple[Name, Bracket] | None:
    """The name with arguments that a statement defines, or None."""
    call = application(chain.first) if chain.first is not None else None
    if call is None or not chain.links or chain.links[0].op not in EQUALS:
        return None
    return None if call[0].base in KNOWN or call[0].time is not None else call


def _key(name: Name) -> _Key:
    return name.stem, name.subscripts, name.superscripts


def _arguments(bracket: Bracket, names: Spelling) -> _Arguments | None:
    """The arguments, where each is a name, and all those before a semicolon have a time."""
    stems, times = [], []
    for number, item in enumerate(bracket.items):
        if not isinstance(item, Name) or not is_spellable(item):
            return None
        stem, time, _ = names.split(item)
        after = ";" in bracket.separators[:number]
        if time is None and not after:
            return None
        stems.append(stem)
        times += [] if time is None else [time]
    return _Arguments(tuple(stems), tuple(times)) if times else None


def _speaks(right: Surface, found: _Arguments, names: Spelling) -> bool:
    """Does a right side hold the arguments, so that it is a formula of them?"""
    held = {names.split(name)[0] for name in names_in(right) if is_spellable(name)}
    return bool(held & set(found.stems)) and application(right) is None
