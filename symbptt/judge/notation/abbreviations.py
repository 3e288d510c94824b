r"""Names with three indices and more that stand for a derivative, as p^k_{ij}(t) in real-time learning.

No array here has so many axes, so what they stand for is put in their place, with the indices and the time of
each place. Where p^k_{ij}(t) is \partial y_k(t) / \partial W_{ij}, p^l_{ij}(t-1) is the same of y_l(t-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from symbptt.judge.notation.normal import Change, rebuilt
from symbptt.reader.syntax import Bracket, Chain, Derivative, Name, Surface, Word

LEAST = 3  # indices; fewer are the entries of a vector or a matrix


@dataclass(frozen=True)
class Abbreviation:
    """``letters`` of the name that is defined, at ``time``, in the derivative that it stands for."""

    letters: tuple[str, ...]
    time: str
    derivative: Derivative

    def at(self, node: Name) -> Surface | None:
        """What another occurrence of the name stands for; None where its indices are no such letters."""
        found = indices(node)
        if len(found) != len(self.letters):
            return None
        values: dict[str, Surface] = {
            letter: Name(node.at, new) for letter, new in zip(self.letters, found, strict=True)
        }
        if node.time is not None:
            values[self.time] = node.time
        return replace(rebuilt(self.derivative, _put(values)), at=node.at)


def with_derivatives(chains: Iterable[Chain]) -> Change:
    """The change that puts the derivatives in the place of the names that stand for them."""
    known: dict[str, Abbreviation] = {}
    for chain in chains:
        for relation in chain.relations():
            left, right = relation.left, relation.right
            if not isinstance(left, Name) or not isinstance(right, Derivative) or len(indices(left)) < LEAST:
                continue
            time = left.time.base if isinstance(left.time, Name) else ""
            known.setdefault(left.stem, Abbreviation(indices(left), time, right))

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node.stem in known:
            return known[node.stem].at(node) or node
        return node

    return change


def indices(name: Name) -> tuple[str, ...]:
    """The letters below and above a name, those of a word one by one; nothing where anything else stands."""
    found: list[str] = []
    for item in (*name.subscripts, *name.superscripts):
        while isinstance(item, Bracket) and len(item.items) == 1:
            item = item.items[0]
        if isinstance(item, Word):
            found.extend(item.text)
        elif isinstance(item, Name) and item == Name(item.at, item.base):
            found.append(item.base)
        else:
            return ()
    return tuple(found)


def _put(values: Mapping[str, Surface]) -> Change:
    """The change of letters that stand alone, or in a word below a name, to what they are here."""

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node == Name(node.at, node.base):
            return values.get(node.base, node)
        if isinstance(node, Name) and any(isinstance(item, Word) for item in node.subscripts):
            return replace(
                node, subscripts=tuple(part for item in node.subscripts for part in _split(item, values))
            )
        return node

    return change


def _split(item: Surface, values: Mapping[str, Surface]) -> tuple[Surface, ...]:
    """The letters of a word, each as it is here, where all are indices."""
    if isinstance(item, Word) and all(letter in values for letter in item.text):
        return tuple(values[letter] for letter in item.text)
    return (item,)
