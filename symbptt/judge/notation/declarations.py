r"""Sizes that a document declares: W \in \mathbb{R}^{n \times m}, f_t \in (0, 1)^h, x_t: n \times 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.judge.reading import DECLARES, Claim, Reading
from symbptt.reader.syntax import Binary, Bracket, Juxtaposed, Name, Number, Scripted, Surface


@dataclass(frozen=True, slots=True)
class Declaration:
    """The sizes of a name, as declared at a display (or before the display of that number)."""

    key: str
    sizes: tuple[str, ...]
    display: int


def declarations(reading: Reading, vocabulary: Vocabulary) -> Iterator[Declaration]:
    """The declarations of the displays, then those of the prose."""
    starts = [formula.start for formula in reading.document.displays]
    for item in reading.claims:
        if isinstance(item, Claim) and item.left is not None and item.op in DECLARES:
            yield from _declared(vocabulary, item.left, item.right, item.display)
    for formula, chain in reading.inline:
        display = sum(start < formula.start for start in starts)
        for relation in chain.relations():
            if relation.op in DECLARES:
                yield from _declared(vocabulary, relation.left, relation.right, display)


def _declared(vocabulary: Vocabulary, left: Surface, right: Surface, display: int) -> Iterator[Declaration]:
    sizes = _space(right)
    if sizes is None:
        return
    items = left.items if isinstance(left, Bracket) and left.kind == "list" else (left,)
    for item in items:
        if isinstance(item, Name):
            yield Declaration(vocabulary.refer(item).key, sizes, display)


def _space(node: Surface) -> tuple[str, ...] | None:
    """The sizes of a space: \\mathbb{R}^{n \\times m}, (0, 1)^h, or n \\times m."""
    match node:
        case (
            Name(base="\\mathbb{R}" | "R", superscripts=(power,))
            | Scripted(base=Bracket(), superscript=power, subscript=None)
        ) if power is not None:
            return _space(power) or ((_label(power),) if _label(power) else None)
        case Name(base="\\mathbb{R}", superscripts=(), time=None):
            return ("1",)
        case Binary(op="\\times", left=left, right=right):
            sizes = (_label(left), _label(right))
            return sizes if all(sizes) else None
    return None


def _label(node: Surface) -> str:
    """The name of a size: n, 2n, n_x, |V|."""
    match node:
        case Number(text=text):
            return text
        case Name(subscripts=()):
            return node.base
        case Name(time=None):
            return node.canonical
        case Juxtaposed(left=Number(text=text), right=Name(base=base)):
            return text + base
    return ""
