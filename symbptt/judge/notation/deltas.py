r"""Names such as \delta c_t that stand for the gradient by c_t, read as \frac{\partial L}{\partial c_t}.

They are read so where the document defines c_t itself, or \Gamma_t of \delta \gamma_t, and writes equations
for at least two such names at a time of their own, and none with the neighbours da_{next} and da_{prev} of
one step alone. What they are the gradient of is the loss that the document says, or one that it leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.sided import Sided
from symbptt.judge.notation.vocabulary import NEIGHBOURS, Vocabulary, names_in, names_of
from symbptt.reader.spelling import Spelling, is_spellable
from symbptt.reader.syntax import NAMED_GRADIENTS, Binary, Chain, Derivative, Name, Surface, Word
from symbptt.reader.walks import walk

KINDS = {prefix: kind for kind, prefix in NAMED_GRADIENTS.items()}
LEAST = 2


def gradients(chains: Sequence[Chain], inline: Sequence[Chain]) -> Change:
    """The change that reads \\delta c_t as a gradient; none where the document does not mean it so."""
    names = Spelling.of(chains)
    every = [name for chain in chains for name in names_of(chain) if is_spellable(name)]
    prefixed = [name for name in every if name.prefix in KINDS and not name.base.isdigit()]
    if any(_is_neighbour(name) for name in prefixed) or not prefixed:
        return unchanged
    known = {names.split(name)[0] for name in every if not name.prefix}
    firsts = [chain.first for chain in chains if isinstance(chain.first, Name)]
    defined = {names.split(first)[0] for first in firsts if not first.prefix}
    plain = [_plain(first) for first in firsts if first in prefixed]
    split = [names.split(way) for first in plain for way in (first, capital(first))]
    heads = {key for key, time, _ in split if time is not None}
    if len(heads & defined) < LEAST:
        return unchanged
    loss = _loss([*inline, *chains])

    def change(node: Surface) -> Surface:
        if not isinstance(node, Name) or node.prefix not in KINDS or not is_spellable(node):
            return node
        plain = _plain(node)
        if names.split(plain)[0] not in known and names.split(capital(plain))[0] not in defined:
            return node
        return Derivative(node.at, KINDS[node.prefix], Name(node.at, loss), (plain,))

    return change


def is_delta(node: Surface) -> bool:
    """Is this a gradient that the document writes as a name?"""
    return isinstance(node, Derivative) and node.kind in NAMED_GRADIENTS


def earlier_head(claim: Sided, vocabulary: Vocabulary) -> bool:
    """Is \\delta c_{t-1} on the left, from gradients at t: what one step hands back?"""
    if not isinstance(claim.left, Derivative) or not is_delta(claim.left):
        return False
    times = [vocabulary.refer(name).time for name in names_in(claim.left.denominators[0])]
    return any(isinstance(time, Binary) and time.op == "-" for time in times)


def is_later(name: Name) -> bool:
    """Does a name stand at t + 1, or any later time?"""
    scripts = [item for item in (name.time, *name.subscripts, *name.superscripts) if item is not None]
    return any(isinstance(item, Binary) and item.op == "+" for item in scripts)


def at_last_time(letter: str, node: Surface) -> Surface:
    """The change of a formula at time t to one at time T."""
    if isinstance(node, Name) and node == Name(node.at, letter):
        return replace(node, base="T")
    return node


def _plain(name: Name) -> Name:
    return replace(name, prefix="")


def capital(name: Name) -> Name:
    r"""\Gamma_f for \gamma_f, as what the function of a gate takes may be called; any other name as it is."""
    greek = name.base.startswith("\\") and name.base[1:2].islower()
    return replace(name, base="\\" + name.base[1:].capitalize()) if greek else name


def _is_neighbour(name: Name) -> bool:
    scripts = [item.text if isinstance(item, Word) else getattr(item, "base", "") for item in name.subscripts]
    return any(script in NEIGHBOURS for script in scripts)


def _loss(chains: Sequence[Chain]) -> str:
    r"""The first loss that the document differentiates or defines, or one of a name of its own.

    E \\in \\mathbb{R}^{n \\times m} is none.
    """
    sized = {chain.first.base for chain in chains if isinstance(chain.first, Name) and _declares(chain)}
    for chain in chains:
        for name in names_of(chain):
            plain = not name.prefix and not name.accents
            if name.base in SCALARS and name.base not in sized and plain:
                return name.base
    return "\\mathcal{L}"


def _declares(chain: Chain) -> bool:
    """Does a statement say that a name is a vector or a matrix?"""
    return any(link.op == "\\in" for link in chain.links) and any(
        isinstance(node, Name) and node.superscripts for link in chain.links for node in walk(link.right)
    )
