r"""Accents that are declared to mean gradients: a bar by "we write $\bar{z} = \partial L / \partial z$".

The letter of the declaration stands for any: \bar{h}_t is then \partial L / \partial h_t.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import names_of
from symbptt.reader.syntax import Chain, Derivative, Name, Surface


def accented(chains: Sequence[Chain]) -> Change:
    """The change that reads such names as derivatives; none where no accent is declared so."""
    declared = dict(_declared(chains))
    known = {_bare(name) for chain in chains for name in names_of(chain) if not name.accents}

    def change(node: Surface) -> Surface:
        if not isinstance(node, Name) or not node.accents or node.accents[-1] not in declared:
            return node
        plain = replace(node, accents=node.accents[:-1])
        if _bare(plain) not in known:
            return node
        return Derivative(node.at, "\\partial", Name(node.at, declared[node.accents[-1]]), (plain,))

    return change if declared else unchanged


def _declared(chains: Sequence[Chain]) -> Iterator[tuple[str, str]]:
    r"""The accent and the loss of \bar{z} = \partial L / \partial z, for a z that is met nowhere else."""
    for chain in chains:
        match chain:
            case Chain(first=Name(accents=(*_, accent)) as first, links=(link,)):
                plain = replace(first, accents=first.accents[:-1])
                others = (name for other in chains if other is not chain for name in names_of(other))
                loss = _loss_by(link.right, plain)
                if loss and all(name.base != plain.base for name in others):
                    yield accent, loss


def _loss_by(node: Surface, by: Name) -> str:
    """The loss that is differentiated by a name; "" where it is anything else."""
    match node:
        case Derivative(numerator=Name(base=base), denominators=(below,)) if base in SCALARS and below == by:
            return base
    return ""


def _bare(name: Name) -> tuple[str, tuple[Surface, ...]]:
    """A name without its time."""
    return name.base, name.subscripts
