"""Products of matrices that a compiled module brings with it, as plain Python.

The time loop multiplies a few rows, those of the samples, by the same matrix again and again. A library
would bring the matrix into the order in which its inner loop reads it in every step, and wake its threads.
Here it is cut into panels of columns once, and a tile of rows and columns at a time is summed in registers
(Goto and van de Geijn 2008). What multiplies a tile is in templates/tiles.py.jinja; `add_tile` stands for it
where nothing is compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np

VECTOR = 64  # bytes; two vectors are the columns of a tile
ROWS = VECTOR // 8  # of a tile: its sums take half of the registers
BLOCK = 120  # rows that share what is in the cache: no power of two, or they drive each other out of it
STRIP = 256  # columns that are brought into panels at once
LITTLE = 1_000_000  # multiplications


def rows(x: Any) -> Any:
    """The columns of all times and samples as the rows of one matrix."""
    return x.reshape((x.shape[0] * x.shape[1], x.shape[2]))


def padded(x: Any, front: int) -> Any:
    """A series with rows of zeros in front, for the times before 1."""
    found = np.zeros((front + x.shape[0], *x.shape[1:]), x.dtype)
    found[front:] = x
    return found


def block_of(x: Any, first: int, steps: int, samples: Any) -> Any:
    """Some times and samples of a series as an array of their own: `steps` times at most, from `first` on."""
    found = np.empty_like(x[first : first + steps, samples])
    for t in range(len(found)):
        found[t] = x[first + t, samples]
    return found


def put_block(d: Any, first: int, samples: Any, found: Any) -> None:
    """The reverse of `block_of`."""
    for t in range(len(found)):
        d[first + t, samples] = found[t]


def panels(w: Any, count: int) -> Any:
    """The columns of a matrix in panels as wide as a tile, the last one filled up with zeros.

    `count`: of the rows that are multiplied by it; where they do not make a tile, all columns are one panel.
    Below each panel there is room for a tile that is cut off at the right or below.
    """
    width = 2 * VECTOR // w.itemsize if count >= ROWS else w.shape[1]
    whole = w.shape[1] // width
    found = np.zeros(((w.shape[1] + width - 1) // width, w.shape[0] + ROWS, width), w.dtype)
    for p in range(whole):
        for k in range(w.shape[0]):
            for j in range(width):
                found[p, k, j] = w[k, p * width + j]
    for k in range(w.shape[0]):
        for j in range(w.shape[1] - whole * width):
            found[whole, k, j] = w[k, whole * width + j]
    return found


def narrow_panels(x: Any, first: int, width: int) -> Any:
    """Some columns of a matrix, from `first` on, in panels with as many columns as a tile has rows."""
    found = np.zeros(((width + ROWS - 1) // ROWS, x.shape[0], ROWS), x.dtype)
    for k in range(x.shape[0]):
        for p in range(width // ROWS):
            for i in range(ROWS):
                found[p, k, i] = x[k, first + p * ROWS + i]
        for i in range(width % ROWS):
            found[width // ROWS, k, i] = x[k, first + width // ROWS * ROWS + i]
    return found


def add_tile(x: Any, w: Any, out: Any, s: int, p: int) -> None:
    """out += x @ w in the tile from row s on, below panel p."""
    j = p * w.shape[2]
    out[s : s + ROWS, j : j + w.shape[2]] += (x[s : s + ROWS] @ w[p, :-ROWS])[:, : out.shape[1] - j]


def add_row_times_matrix(x: Any, w: Any, out: Any) -> None:
    """out += x @ w for one row: four rows of w at a time, so that out is read and written less often."""
    for q in range(len(x) // 4):
        i = 4 * q
        for j in range(len(out)):
            first, second = (
                x[i] * w[i, j] + x[i + 1] * w[i + 1, j],
                x[i + 2] * w[i + 2, j] + x[i + 3] * w[i + 3, j],
            )
            out[j] += first + second
    for i in range(len(x) // 4 * 4, len(x)):
        for j in range(len(out)):
            out[j] += x[i] * w[i, j]


def add_product(x: Any, w: Any, out: Any) -> None:
    """out += x @ w, with w in panels."""
    if len(w) == 1 and len(x) < ROWS:
        for s in range(len(x)):
            add_row_times_matrix(x[s], w[0], out[s])
        return
    for first in range(0, len(x), BLOCK):
        for p in range(len(w)):
            for s in range(first, min(first + BLOCK, len(x)), ROWS):
                add_tile(x, w, out, s, p)


def product(x: Any, w: Any, out: Any) -> None:
    """out = x @ w, with w in panels."""
    for s in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[s, j] = 0
    add_product(x, w, out)


def add_outer_products(x: Any, y: Any, out: Any) -> None:
    """out += x.T @ y: the sum over all rows; by BLAS where there is too little to do for panels."""
    if x.size * y.shape[1] < LITTLE:
        out += np.dot(x.T, y)
        return
    for first in range(0, len(x), BLOCK):
        some, right = x[first : first + BLOCK], panels(y[first : first + BLOCK], ROWS)
        for column in range(0, x.shape[1], STRIP):
            left = narrow_panels(some, column, min(STRIP, x.shape[1] - column))
            for q in range(len(right)):
                for p in range(len(left)):
                    i = column + p * ROWS
                    part = out[i : i + ROWS]
                    add_tile(left[p, :, : len(part)].T, right, part, 0, q)
