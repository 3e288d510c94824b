r"""Sums that do not say what they run over: \sum w_i x_i is \sum_i w_i x_i."""

from __future__ import annotations

from dataclasses import replace

from symbptt.judge.notation.vocabulary import names_in
from symbptt.reader.syntax import BigOperator, Name, Surface

LETTERS = frozenset("ijkl")


def with_index(node: Surface) -> Surface:
    """A sum without limits with the one letter that counts the entries of several of its names."""
    if not isinstance(node, BigOperator) or node.indices or node.upper or node.condition:
        return node
    scripts = [item for name in names_in(node.body) for item in name.subscripts]
    letters = [item.base for item in scripts if isinstance(item, Name) and item.base in LETTERS]
    if len(letters) < 2 or len(set(letters)) != 1:
        return node
    return replace(node, indices=(Name(node.at, letters[0]),))
