r"""\log p(y_t | x_1, ..., x_t) as the logarithm of an output: \log \hat{y}_{t, y_t}, \hat{y} a softmax.

A document that gives its loss as a likelihood means the entry, for the class that is seen, of the one
quantity that it defines as a softmax. Where it defines several, or none, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.normal import Change, unchanged
from symbptt.reader.syntax import Apply, Bracket, Chain, Juxtaposed, Name, Relation, Surface
from symbptt.reader.walks import walk

LOGARITHMS = frozenset(["log", "ln"])


def with_likelihoods(chains: Iterable[Chain]) -> Change:
    """The change that reads the logarithm of a conditional probability of a label as one of the output."""
    found = {one.stem: one for chain in chains for one in _outputs(chain)}
    if len(found) != 1:
        return unchanged
    output = next(iter(found.values()))

    def change(node: Surface) -> Surface:
        match node:
            case Apply(argument=Juxtaposed(left=Name(time=None), right=Bracket() as given)):
                label = _label(given) if node.function in LOGARITHMS else None
                if label is not None:
                    entry = replace(output, at=node.at, time=label.time, subscripts=(label,))
                    return replace(node, argument=entry)
        return node

    return change


def _outputs(chain: Chain) -> Iterable[Name]:
    """The quantity with a time, and no other scripts, that a statement gives as a softmax."""
    first = chain.first
    if isinstance(first, Name) and first.time is not None and not first.subscripts and not first.prefix:
        nodes = (node for link in chain.links for node in walk(link.right))
        if any(isinstance(node, Apply) and node.function == "softmax" for node in nodes):
            yield first


def _label(given: Bracket) -> Name | None:
    """y_t of (y_t | ...) and of (Y_t = y_t | ...)."""
    if given.separators[:1] != ("|",):
        return None
    seen = given.items[0]
    seen = seen.right if isinstance(seen, Relation) and seen.op == "=" else seen
    return seen if isinstance(seen, Name) and seen.time is not None and not seen.subscripts else None
