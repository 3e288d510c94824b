"""Numbers drawn at random, the same for the same seed: those that the judge tries a formula with.

The generator is splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators",
figure 17), in a few lines: to load numpy.random takes as long as to judge a short page.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from symbptt.judge.notation.vocabulary import CLASSES

GOLDEN = 0x9E3779B97F4A7C15
FACTORS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST, WORD, MANTISSA = 31, 2**64, 2.0**-53


def uniform(seed: tuple[int, ...], low: float, high: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers between low and high, evenly spread, that depend on every number of the seed."""
    state = 0
    for number in seed:
        state = ((state ^ number) + 1) * GOLDEN % WORD
    steps = np.arange(1, prod(shape) + 1, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(state)
    unit = np.asarray((_mixed(steps) >> np.uint64(11)) * MANTISSA, dtype=np.float64)
    return low + (high - low) * unit.reshape(shape)


def signs(seed: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers 1 and -1."""
    return np.where(uniform(seed, 0.0, 1.0, shape) < 0.5, -1.0, 1.0)


def distributions(numbers: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Positive numbers in the proportions of others, which sum to 1 along an axis."""
    return np.asarray(np.abs(numbers) / np.abs(numbers).sum(axis=axis, keepdims=True))


def labels(size: tuple[int, int], axis: int, first: int) -> NDArray[np.float64]:
    """1 for one class and 0 for the others: the classes along ``axis``, one example after the other."""
    classes = (first + np.arange(size[1 - axis])) % min(CLASSES, size[axis])
    rows = np.eye(size[axis])[classes]
    return rows if axis else rows.T


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Words whose bits depend on all bits of those given."""
    for shift, factor in FACTORS:
        words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
    return words ^ (words >> np.uint64(LAST))
