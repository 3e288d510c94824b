"""The derivative split by path: one product of links for every path from `by` to `of`.

It shows what carries a gradient: in a gated cell, the direct path through the forget gate beside the paths
through each gate and the activation before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.local import Edge
from symbptt.derivation.stages import VALUES
from symbptt.derivation.steps import Step
from symbptt.errors import SymbpttError
from symbptt.expressions import Dot, Eye, Plus, Quantity, Total, is_zero, vec_axis

MOST_PATHS = 200
Path = tuple[Quantity, ...]


def path_steps(frame: Frame) -> list[Step]:
    """The sum over paths, as links, as weights and primes, and as values; the shortest path first.

    Raises SymbpttError where the number of paths is not fixed, or too large for a page.
    """
    by, of = frame.by, frame.of
    if of.time is None or by.time is None or not (of.time - by.time).is_Integer:
        raise SymbpttError(
            f"the paths from {by.name} to {of.name} are as many as there are time steps between: "
            "give both a time, such as c_t and c_{t-1}"
        )
    found = sorted(_bounded(_paths(frame, of)), key=len)
    by_primes = _sum(frame, found, frame.local.with_primes)
    lines = [
        (_sum(frame, found, frame.local.symbolic), "paths", "one product for each path, the shortest first"),
        (by_primes, "activations and weights", "each link is a weight, or f' of what it is applied to"),
        (frame.local.with_values(by_primes), *VALUES),
    ]
    return [Step(Total(of, by), right, rule, why, times=frame.times) for right, rule, why in lines]


def _paths(frame: Frame, y: Quantity) -> Iterator[Path]:
    """Every path from `by` to y, the end first."""
    if y == frame.by:
        yield (y,)
        return
    for q in frame.local.now(y):
        if q.name in frame.between and (q == frame.by or not is_zero(frame.known_total(q))):
            yield from ((y, *rest) for rest in _paths(frame, q))


def _bounded(paths: Iterator[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found.append(path)
        if len(found) > MOST_PATHS:
            raise SymbpttError(f"there are more than {MOST_PATHS} paths: use the nested or the expanded form")
    return found


def _sum(frame: Frame, paths: list[Path], link: Edge) -> Basic:
    return Plus(*(_product(frame, path, link) for path in paths))


def _product(frame: Frame, path: Path, link: Edge) -> Basic:
    links = [link(y, x) for y, x in itertools.pairwise(path)]
    return Dot(*links) if links else Eye(vec_axis(frame.by))
