r"""Sums that do not say what they run over: \sum w_i x_i is \sum_i w_i x_i.

A sum whose body stands in braces reaches as far as its index does: \sum_t {a_t} {b_t} is \sum_t a_t b_t.
"""

from __future__ import annotations

from dataclasses import replace

from symbptt.judge.notation.vocabulary import names_in
from symbptt.reader.syntax import BigOperator, Binary, Juxtaposed, Name, Surface
from symbptt.reader.walks import walk

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


def reaching(node: Surface) -> Surface:
    """A sum in braces with the factor after it, where that holds its index."""
    match node:
        case Juxtaposed(left=BigOperator(braced=True) as big, right=factor):
            pass
        case Binary(op=op, left=BigOperator(braced=True) as big, right=factor) if op not in ("+", "-", "/"):
            pass
        case _:
            return node
    letters = {index.base for index in big.indices if isinstance(index, Name)}
    held = any(isinstance(one, Name) and one.base in letters for one in walk(factor))
    return replace(big, body=replace(node, left=big.body)) if held else node
