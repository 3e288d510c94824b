"""Numbers for single expressions: a world in which y_t is the expression."""

from __future__ import annotations

import itertools
import random

from sympy.core.basic import Basic

from symbptt.expressions import Quantity, shape_of
from symbptt.oracle import Values, World, difference, evaluate
from symbptt.recurrence import Builder, Recurrence, t

SIZES = {"n": 3, "m": 2, "p": 5}


def world_of(node: Basic, sizes=SIZES) -> World:
    b = Builder()
    b.define(Quantity("y", *shape_of(node), t), node)
    return World.random(b.recurrence(), sizes, horizon=3)


def places(free, values: Values, most: int = 25) -> list[Values]:
    """Some combinations of the free indices, as values."""
    ranges = [range(values.integer(low), values.integer(high) + 1) for _, low, high in free]
    every = list(itertools.product(*ranges))
    chosen = random.Random(0).sample(every, min(most, len(every)))
    return [
        values.bound(dict(zip([symbol for symbol, _, _ in free], place, strict=True))) for place in chosen
    ]


def asked(r: Recurrence, form: str) -> list[tuple[Quantity, Quantity]]:
    """What to derive by what in a form: paths lead between states a step apart, the others to parameters."""
    state, loss = r.states[-1], [r.loss.left] if r.loss else []
    if form == "paths":
        return [(state, state.at(t - 1))]
    return [(of, r.parameters[0]) for of in (state, *loss)]


def worst(left: Basic, right: Basic, all_values: list[Values]) -> float:
    return max(difference(evaluate(left, v), evaluate(right, v)) for v in all_values)
