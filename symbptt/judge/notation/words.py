r"""Names of several letters, as in a program: ai, af, ao for a_i, a_f, a_o, and dai, daf for their gradients.

Letters that stand close together are read as one name where they are defined, at least two names of that
kind that share a letter are, and the shared letter never stands alone. Where it is the letter of the time, as
in rt and zt, r_t and z_t are meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import names_of
from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import Chain, Juxtaposed, Name, Surface
from symbptt.reader.walks import walk

FEWEST = 2  # names of one kind
TIME = "t"
DEFINES = frozenset(["=", ":=", "\\coloneqq", "\\triangleq"])


def with_words(chains: Iterable[Chain]) -> Change:
    """The change that reads such letters as one name; none where there are fewer than two of a kind."""
    chains = tuple(chains)
    every = [node for chain in chains for side in sides_of(chain) for node in walk(side)]
    used = Counter(filter(None, map(_pair, every)))
    within = {id(name) for node in every if _pair(node) for name in _ends(node)}
    names = [name for chain in chains for name in names_of(chain)]
    alone = {name.base for name in names if id(name) not in within}
    dated = {name.base for name in names if isinstance(name.time, Name) and name.time.base == TIME}
    firsts = {_whole(chain.first) for chain in chains if chain.links and chain.links[0].op in DEFINES}
    defined = [pair for pair in firsts if pair is not None and used[pair] > 1]
    heads, lasts = Counter(head for head, _ in defined), Counter(last for _, last in defined)
    words = {
        (head, last)
        for head, last in defined
        if (heads[head] >= FEWEST and head not in alone)
        or (lasts[last] >= FEWEST and last == TIME and head in dated)
    }
    return partial(_joined, words) if words else unchanged


def _joined(words: set[tuple[str, str]], node: Surface) -> Surface:
    """A product that ends with such letters, with the name in their place."""
    if not isinstance(node, Juxtaposed) or _pair(node) not in words:
        return node
    before, last = _ends(node)
    if last.base == TIME:
        one = replace(before, time=last, style="subscript")
    else:
        one = replace(last, at=before.at, base=before.base + last.base, prefix=before.prefix)
    return replace(node.left, right=one) if isinstance(node.left, Juxtaposed) else one


def _ends(node: Surface) -> list[Name]:
    """The last two factors of a product, where they are names."""
    if not isinstance(node, Juxtaposed) or node.direct:
        return []
    before = node.left.right if isinstance(node.left, Juxtaposed) else node.left
    return [one for one in (before, node.right) if isinstance(one, Name)]


def _pair(node: Surface) -> tuple[str, str] | None:
    """The letters with which a product ends, where they stand close together."""
    match _ends(node):
        case [before, last] if before.at.stop == last.at.start and last.prefix == "":
            plain = before == Name(before.at, before.base, prefix=before.prefix) and before.prefix in (
                "",
                "d",
            )
            small = all(len(one.base) == 1 and one.base.islower() for one in (before, last))
            return (before.base, last.base) if plain and small else None
    return None


def _whole(node: Surface | None) -> tuple[str, str] | None:
    """The letters of a product of two that stands alone."""
    return _pair(node) if isinstance(node, Juxtaposed) and isinstance(node.left, Name) else None
