r"""Entries of a matrix by the small letter of its name: w_{ij} is the entry of W in row i and column j."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import names_of
from symbptt.reader.syntax import Chain, Name, Surface
from symbptt.reader.walks import letters_of

LETTERS = frozenset("abijklmnpqrs")
PAIR = 2


def with_capitals(chains: Iterable[Chain]) -> Change:
    """The change that writes W for w where w has two indices wherever it stands, and W stands without any."""
    names = [name for chain in chains for name in names_of(chain)]
    entries = {name.base for name in names if _is_entry(name)}
    others = {name.base for name in names if not _is_entry(name)}
    found = {base for base in entries - others if base.upper() in others}

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node.base in found and _is_entry(node):
            return replace(node, base=node.base.upper())
        return node

    return change if found else unchanged


def _is_entry(name: Name) -> bool:
    """Is this a small letter with two letters below it that count, and nothing else?"""
    letters = "".join(letters_of(item) or "?" for item in name.subscripts)
    plain = name == Name(name.at, name.base, subscripts=name.subscripts, prefix=name.prefix)
    small = len(name.base) == 1 and name.base.islower()
    return plain and small and len(letters) == PAIR and LETTERS.issuperset(letters)
