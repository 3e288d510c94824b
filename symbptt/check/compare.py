"""One comparison of two arrays, its verdict, and a guess at what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symbptt.check.case import Array


@dataclass(frozen=True)
class Row:
    """One comparison of generated code with a judge.

    `quantity` is what was computed (`kind` value or loss), or by what was differentiated (`kind` parameters,
    inputs or initial); `entry` is where the two differ most, `mine` and `other` what they say there.
    """

    quantity: str
    kind: str
    samples: str
    against: str
    difference: float
    tolerance: float
    entry: tuple[int, ...]
    mine: complex
    other: complex
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance; one that is no number is not."""
        return bool(self.difference <= self.tolerance)


def compared(
    what: tuple[str, str],
    samples: str,
    against: str,
    mine: Array,
    other: Array,
    tolerance: float,
    floor: float,
) -> Row:
    """Two arrays compared; the largest entry of either is the measure, but at least `floor`."""
    mine, other = np.asarray(mine), np.asarray(other)
    name, kind = what
    if mine.shape != other.shape:
        hint = f"its shape is {mine.shape}, expected {other.shape}"
        return Row(
            name, kind, samples, against, float("inf"), tolerance, (), float("nan"), float("nan"), hint
        )
    apart = np.nan_to_num(np.abs(mine - other), nan=np.inf)
    scale = max(float(np.abs(mine).max(initial=0)), float(np.abs(other).max(initial=0)), floor)
    entry = tuple(int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape)) if apart.size else ()
    difference = float(apart.max(initial=0)) / scale if np.isfinite(scale) else float("inf")
    hint = "" if difference <= tolerance else diagnosis(mine, other, kind)
    here = (complex(mine[entry]), complex(other[entry])) if apart.size else (0j, 0j)
    return Row(name, kind, samples, against, difference, tolerance, entry, *here, hint)


def diagnosis(mine: Array, other: Array, kind: str) -> str:
    """The common mistake that explains a difference, "" where none does."""
    if not np.isfinite(mine).all():
        return "it has entries that are not finite"
    repairs = {
        "its sign is wrong": (-mine, other),
        "it is twice what it should be": (mine, 2 * other),
        "it is half of what it should be": (2 * mine, other),
        "it is zero": (mine, 0 * other),
    }
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1]:
        repairs["it is transposed"] = (mine.T, other)
    if kind in ("inputs", "value") and len(mine) > 1:
        repairs["it is one time step late"] = (mine[1:], other[:-1])
        repairs["it is one time step early"] = (mine[:-1], other[1:])
    fitting = (
        hint for hint, (left, right) in repairs.items() if np.allclose(left, right, rtol=1e-5, atol=1e-12)
    )
    return next(fitting, "")
