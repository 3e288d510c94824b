"""What stands on the two sides of a relation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from symbptt.reader.syntax import BigOperator, Name, Surface
from symbptt.reader.walks import names_in, walk


class Sided(Protocol):
    """Anything with two sides."""

    @property
    def left(self) -> Surface | None:
        """The left side."""

    @property
    def right(self) -> Surface:
        """The right side."""


def claim_sides(claim: Sided) -> list[Surface]:
    """The sides that are there: the left one may be missing."""
    return [side for side in (claim.left, claim.right) if side is not None]


def claim_nodes(claim: Sided) -> Iterator[Surface]:
    """The nodes of both sides, scripts included."""
    return (node for side in claim_sides(claim) for node in walk(side))


def claim_names(claim: Sided) -> Iterator[Name]:
    """The names of both sides, not those in the scripts of another."""
    return (name for side in claim_sides(claim) for name in names_in(side))


def bound_letters(node: Surface) -> set[str]:
    """The letters over which the sums and products of a formula run."""
    running = (inner for inner in walk(node) if isinstance(inner, BigOperator))
    return {index.base for inner in running for index in inner.indices if isinstance(index, Name)}
