r"""Indices in each other's place: W_{ji} for W_{ij}, and j for i in all of a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations

from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.sided import bound_letters
from symbptt.judge.notation.vocabulary import names_in
from symbptt.reader.syntax import Name, Surface, Word

INDICES = frozenset("hijklmnpqrs")
MOST_LETTERS = 6


def with_indices_swapped(node: Surface) -> Surface | None:
    """W_{ji} for W_{ij}; None for anything else."""
    match node:
        case Name(subscripts=(Word(text=text) as word,)) if len(text) == 2 and set(text) <= INDICES:
            swapped: tuple[Surface, ...] = (replace(word, text=text[::-1]),)
        case Name(subscripts=(Name(base=one) as first, Name(base=other) as second)) if {
            one,
            other,
        } <= INDICES:
            swapped = (second, first)
        case _:
            return None
    new = replace(node, subscripts=swapped)
    return None if new == node else new


def with_letters_exchanged(root: Surface) -> Iterator[tuple[str, str, Surface]]:
    r"""Two free indices in each other's place in several names: \delta_{jk} z_i for \delta_{ik} z_j."""
    below = [set(_letters_below(name)) for name in names_in(root)]
    letters = sorted(set().union(*below) - bound_letters(root))[:MOST_LETTERS]
    for one, other in combinations(letters, 2):
        if sum(bool({one, other} & scripts) for scripts in below) > 1:
            yield one, other, rebuilt(root, partial(_relabelled, {one: other, other: one}))


def _letters_below(name: Name) -> Iterator[str]:
    """The letters that may be indices below a name."""
    for item in name.subscripts:
        match item:
            case Word(text=text) if set(text) <= INDICES:
                yield from text
            case Name(base=base, time=None, subscripts=()) if base in INDICES:
                yield base


def _relabelled(new: Mapping[str, str], node: Surface) -> Surface:
    """A name with other letters as its indices."""
    if not isinstance(node, Name) or not set(_letters_below(node)) & new.keys():
        return node
    scripts: list[Surface] = []
    for item in node.subscripts:
        match item:
            case Word(text=text):
                scripts.append(replace(item, text="".join(new.get(letter, letter) for letter in text)))
            case Name(base=base):
                scripts.append(replace(item, base=new.get(base, base)))
            case _:
                scripts.append(item)
    return replace(node, subscripts=tuple(scripts))
