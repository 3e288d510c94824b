"""Index notation: every step as an equation of numbers, with explicit sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, product
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.steps import Derivation, Step, TimeRange
from symbptt.expressions import Axis, Gradient, Immediate, Total, shape_of
from symbptt.notations.entries import entry
from symbptt.notations.places import Letters, Part, Place, split

Free = tuple[TimeRange, ...]


def to_index(derivation: Derivation) -> Derivation:
    """The derivation with every step as an equation between entries, for all values of its free indices.

    The indices and their ranges are added to the times of a step. Where rows or columns are stacked of
    blocks, there is one equation for each block.
    """
    letters = Letters.without(_taken(derivation))
    steps: list[Step] = []
    for _, chain in groupby(derivation.steps, key=lambda step: step.left):
        steps.extend(_entries(list(chain), letters))
    return derivation.with_steps(tuple(steps), "index")


def index_equation(left: Basic, right: Basic, taken: set[str]) -> list[tuple[Basic, Basic, Free]]:
    """One equation between matrices as equations between entries, with the ranges of their free indices.

    `taken` are names that no index may have.
    """
    step = Step(left, right, "", "")
    return [(s.left, s.right, s.times) for s in _entries([step], Letters.without(taken | _names([step])))]


def _taken(derivation: Derivation) -> set[str]:
    """Names that no index may have: quantities, sizes, times and the indices of sums over time."""
    r = derivation.recurrence
    named = {q.name for q in derivation.definitions} | {str(size) for size in r.sizes}
    return set(r.quantities) | named | _names(derivation.steps)


def _names(chain: Iterable[Step]) -> set[str]:
    """The symbols of a chain: sizes, times and the indices of its sums."""
    found: set[str] = set()
    for step in chain:
        for side in (step.left, step.right):
            found |= {symbol.name for symbol in side.atoms(sympy.Symbol)}
        found |= {str(symbol) for limits in step.times for part in limits for symbol in part.free_symbols}
    return found


def _entries(chain: list[Step], letters: Letters) -> list[Step]:
    """The steps of a chain for each combination of blocks, those of one combination in a row.

    A line that says the same as the one before is left out.
    """
    found: list[Step] = []
    for rows, cols, free, rest in _places(chain, letters):
        lines: list[Step] = []
        for step in chain:
            left, right = (entry(side, rows, cols, rest) for side in (step.left, step.right))
            if not lines or right != lines[-1].right:
                lines.append(replace(step, left=left, right=right, times=(*step.times, *free)))
        found.extend(lines)
    return found


def _places(chain: list[Step], letters: Letters) -> Iterator[tuple[Place, Place, Free, Letters]]:
    """Each combination of blocks with its free indices, their ranges, and the letters that are left."""
    left = chain[0].left
    sides = [side for step in chain for side in (step.left, step.right)]
    ways = [_stretches(sides, which) for which in (0, 1)]
    for (r_start, r_axis), (c_start, c_axis) in product(*ways):
        r_order, c_order = _display_orders(left, r_axis, c_axis)
        rows, rest = _named(r_axis, r_order, letters)
        cols, rest = _named(c_axis, c_order, rest)
        free = (*_ranges(rows, r_axis, r_order), *_ranges(cols, c_axis, c_order))
        yield _place(r_start, r_axis, rows), _place(c_start, c_axis, cols), free, rest


def _stretches(sides: list[Basic], which: int) -> list[tuple[Any, Axis]]:
    """The blocks that the rows or columns of some side are stacked of; or the whole axis."""
    parts = next((found for side in sides if (found := split(side, which)) is not None), None)
    return list(parts) if parts else [(None, shape_of(sides[0])[which])]


def _display_orders(left: Basic, rows: Axis, cols: Axis) -> tuple[list[int], list[int]]:
    """The order in which indices are named: rows before columns, also along a vec axis."""
    if isinstance(left, (Total, Immediate)) and not isinstance(left, Gradient):
        widths = [len(shape_of(q).cols) for q in (left.of, left.by)]
    else:
        widths = [0, 0]
    return _turned(len(rows), widths[0]), _turned(len(cols), widths[1])


def _turned(count: int, width: int) -> list[int]:
    return [*range(width, count), *range(min(width, count))]


def _named(axis: Axis, order: list[int], letters: Letters) -> tuple[tuple[sympy.Symbol, ...], Letters]:
    """A letter for every size of an axis, taken in the order in which they are shown."""
    names, rest = letters.take(len(axis))
    by_place = dict(zip(order, names, strict=True))
    return tuple(by_place[n] for n in range(len(axis))), rest


def _ranges(names: tuple[sympy.Symbol, ...], axis: Axis, order: list[int]) -> Free:
    return tuple((names[n], sympy.S.One, axis[n]) for n in order)


def _place(start: Any, axis: Axis, names: tuple[sympy.Symbol, ...]) -> Place:
    return names if start is None else (Part(start, axis, names),)
