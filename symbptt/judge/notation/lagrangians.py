r"""Lagrangians: a cost to which the equations of a state are adjoined, each with its multiplier.

L = J + \sum_t \lambda_t^\top (F(h_{t-1}) - h_t) is differentiated with h_1, ..., h_T free: what each
depends on is said by the constraints, which the multipliers stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from symbptt.reader.syntax import BigOperator, Binary, Bracket, Chain, Juxtaposed, Name, Surface, Transpose
from symbptt.reader.walks import names_in, walk


def lagrangians(chains: Iterable[Chain], key: Callable[[Name], str]) -> dict[str, frozenset[str]]:
    """The Lagrangians that statements define, with the states and multipliers that are free in them."""
    chains = [chain for chain in chains if isinstance(chain.first, Name) and chain.links]
    defined = {key(chain.first) for chain in chains if isinstance(chain.first, Name)}
    found: dict[str, frozenset[str]] = {}
    for chain in chains:
        sums = [node for node in walk(chain.links[0].right) if isinstance(node, BigOperator)]
        pairs = {(key(one), key(state)) for node in sums for one, state in _adjoined(node.body)}
        free = frozenset(name for pair in pairs if pair[1] in defined for name in pair)
        if free and isinstance(chain.first, Name):
            found[key(chain.first)] = free
    return found


def _adjoined(body: Surface) -> Iterator[tuple[Name, Name]]:
    r"""Each multiplier with its state: \lambda_t^\top (F(h_{t-1}) - h_t), as an inner product, too."""
    for node in walk(body):
        match node:
            case (
                Juxtaposed(left=Transpose(operand=Name() as one), right=Bracket(items=(rest,)))
                | Binary(op="\\cdot", left=Name() as one, right=Bracket(items=(rest,)))
                | Binary(op="\\cdot", left=Transpose(operand=Name() as one), right=Bracket(items=(rest,)))
                | Bracket(kind="\\langle\\rangle", items=(Name() as one, rest))
            ):
                yield from ((one, state) for state in _left_over(rest))


def _left_over(node: Surface) -> Iterator[Name]:
    """The state in what is left over of its equation: F(h_{t-1}) - h_t, h_t - F(h_{t-1})."""
    match node:
        case (
            Binary(op="-", left=Name() as state, right=other)
            | Binary(op="-", left=other, right=Name() as state)
        ) if state.stem in {name.stem for name in names_in(other)}:
            yield state
