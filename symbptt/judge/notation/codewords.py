r"""Gradients named as in a program: \mathrm{dh}, dhraw, dhnext for dh, dh_{raw}, dh_{next}.

Such a word is read so where what follows its d is a quantity of the document, with or without the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import BEFORE, NEIGHBOURS, names_of
from symbptt.reader.syntax import Chain, Name, Surface, Word


def with_codewords(chains: Iterable[Chain]) -> Change:
    """The change that takes such words apart; none where the document has fewer than two of them."""
    every = [name for chain in chains for name in names_of(chain)]
    known = {name.base for name in every if not name.prefix and not _is_word(name)}
    found = {name.base: apart for name in every if (apart := _apart(name, known)) is not None}
    if len(found) < 2:
        return unchanged

    def change(node: Surface) -> Surface:
        return _renamed(node, *found[node.base]) if isinstance(node, Name) and node.base in found else node

    return change


def _is_word(name: Name) -> bool:
    return len(name.base) > 1 and name.base.isascii() and name.base.isalpha() and name.base.startswith("d")


def _apart(name: Name, known: set[str]) -> tuple[str, str] | None:
    """The quantity and what is said of it: h and raw of dhraw."""
    if not _is_word(name) or name.prefix:
        return None
    rest = name.base[1:]
    for said in ("", *NEIGHBOURS, *BEFORE):
        if rest.endswith(said) and (base := rest.removesuffix(said)) in known:
            return base, said
    return None


def _renamed(name: Name, base: str, said: str) -> Name:
    scripts = (Word(name.at, said), *name.subscripts) if said else name.subscripts
    return replace(name, prefix="d", base=base, subscripts=scripts)
