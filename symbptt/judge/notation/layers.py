r"""Statements for any layer: \delta_t^{(l)} = \partial L / \partial a_t^{(l)}, beside a_t^{(1)} and (2).

Such a statement says the same of each layer that the document names; (l - 1) is the layer below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbptt.judge.notation.normal import Change, rebuilt
from symbptt.judge.notation.times import split
from symbptt.reader.spelling import Spelling, is_spellable, names_of
from symbptt.reader.syntax import Bracket, Chain, Name, Number, Surface

MOST = 6  # layers
LETTERS = frozenset("lijkmn")  # of layers in general


@dataclass(frozen=True)
class Layers:
    """The layers that a document names by numbers, and its names, without their times."""

    names: Spelling
    known: frozenset[str] = frozenset()
    numbers: tuple[int, ...] = ()

    @staticmethod
    def of(chains: Iterable[Chain], names: Spelling) -> Layers:
        """The layers of all statements of a document."""
        every = [name for chain in chains for name in names_of(chain) if is_spellable(name)]
        bare = [names.split(name)[2] for name in every]  # the brackets of times are no labels
        labels = [label for label in map(_label, bare) if isinstance(label, Number)]
        numbers = sorted({int(label.text) for label in labels if label.text.isdigit()})
        known = frozenset(names.split(name)[0] for name in every)
        return Layers(names, known, tuple(numbers[:MOST]))

    def changes(self, names: Sequence[Name]) -> Iterator[Change]:
        """For a statement that holds these names, the changes that make it one of each layer."""
        letters = Counter(_letter(self.names.split(name)[2]) for name in names if is_spellable(name))
        del letters[""]
        letter, count = max(letters.items(), default=("", 0))
        for number in self.numbers if len(letters) == 1 and count > 1 else ():  # W^{(s)} alone is a name
            change = _at_layer(letter, number)
            meant = [name for name in (rebuilt(one, change) for one in names) if isinstance(name, Name)]
            if all(self._is_known(name) for name in meant if _label(name) is not None):
                yield change

    def _is_known(self, name: Name) -> bool:
        return is_spellable(name) and self.names.split(name)[0] in self.known


def _label(name: Name) -> Surface | None:
    """What stands in brackets above a name: (1), (l), [l - 1]."""
    for item in name.superscripts:
        if isinstance(item, Bracket) and item.kind in ("()", "[]") and len(item.items) == 1:
            return item.items[0]
    return None


def _letter(name: Name) -> str:
    """The letter of the layer of a name, or nothing."""
    label = _label(name)
    letter = split(label)[0] if label is not None else None
    plain = isinstance(letter, Name) and letter == Name(letter.at, letter.base)
    return letter.base if plain and isinstance(letter, Name) and letter.base in LETTERS else ""


def _at_layer(letter: str, number: int) -> Callable[[Surface], Surface]:
    """The change that puts a number for the letter of a layer."""

    def numbered(item: Surface) -> Surface:
        if not isinstance(item, Bracket) or len(item.items) != 1:
            return item
        found, offset = split(item.items[0])
        if not isinstance(found, Name) or found.base != letter:
            return item
        return replace(item, items=(Number(item.at, str(number + offset)),))

    def change(node: Surface) -> Surface:
        if not isinstance(node, Name) or _letter(node) != letter:
            return node
        return replace(node, superscripts=tuple(map(numbered, node.superscripts)))

    return change
