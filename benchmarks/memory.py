"""The memory that the gradient of a whole series takes, against what it must keep.

    python benchmarks/memory.py

The generated modules for NumPy and Numba run in a process of their own for each row: the loss and its
gradients by all parameters and inputs, as in gradients.py. *taken* is how far the resident size rises in
that call above what it was before, after a first call has compiled and BLAS has its own room: memory that was
free but not given back is given back first (malloc_trim), and the mark of the largest size is set anew, so
that nothing hides in what compiling has left behind. All threads take memory from one place: what is free
in a thread's own is not given back, and would hide what the thread takes again. *kept* are the bytes of the
series of the forward run that the gradient reads, each byte once, and *gradients* what is returned. Linux
with glibc alone. Writes benchmarks/memory.md.
"""

import ctypes
import multiprocessing
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.lib.array_utils import byte_bounds
from peers import generated
from peers.tasks import CELLS, SIZES, split, task

PAGE = Path(__file__).with_suffix(".md")
ROWS = [
    (target, cell, row)
    for target in ("numpy", "numba")
    for cell in ("elman", "lstm", "gru", "mgu")
    for row in (4, 5, 6)
]
HEAD = """# Memory of the gradient

Megabytes for the loss and its gradients by all parameters and by the inputs, one call of the generated module
in float32. *taken*: how far the resident size of a process rises in that call. *kept*: the series of the
forward run that the gradient reads, without inputs and targets, which the caller has. *gradients*: what is
returned. *ratio*: what is taken, less the gradients, over what is kept.

What must be kept is a choice between memory and time. Here it is all that the reverse sweep reads, so that it
computes no function of the forward run again: for n entries of a state and each step and sample n numbers for
Elman (a), 7 n for the LSTM (four gates, c, tanh c, a), 5 n for the GRU and 4 n for the minimal gated unit.
A sweep that computed tanh c and a again would keep 5 n of the LSTM's 7 n; against that its ratio would be 1.4
times as large. Checkpoints keep far less (checkpoints.md). Beside the series stand the parameters, stacked
and turned, what is added to their gradients (for NumPy a product, for Numba the sums of all threads but one),
and the adjoints of a part of the series (NumPy 256 rows, times by samples, Numba 120 in each thread): over
longer series these stay as they are, and the ratio falls.
Written by `python benchmarks/memory.py`.

| target | cell | (n, m, T, B) | taken | kept | gradients | ratio |
| --- | --- | --- | --- | --- | --- | --- |
"""


def resident(which: str) -> float:
    """The resident size of this process in megabytes: VmRSS is that of now, VmHWM the largest so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(which))
    return int(line.split()[1]) / 1024


def taken(call: Callable[[], Any]) -> tuple[float, Any]:
    """By how many megabytes a call raises the resident size at most, and what it returns."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = resident("VmRSS")
    result = call()
    return resident("VmHWM") - before, result


def size(arrays: Iterable[np.ndarray]) -> float:
    """Megabytes of arrays, memory that several of them share once."""
    total, end = 0, 0
    for low, high in sorted(map(byte_bounds, arrays)):
        total, end = total + max(high - max(low, end), 0), max(high, end)
    return total / 2**20


def kept(target: str, module: Any, parameters: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> float:
    """Megabytes of the series that the forward run keeps."""
    if target == "numpy":
        found = module.run(parameters, inputs, {}).values()
    else:
        given, *_ = module.arguments(parameters, inputs, None)
        prepared, run = module.prepared, module.run  # compiled for use in other functions alone
        found = njit(lambda *every: run(*every, *prepared(*every)))(*given)
    return size(array for array in found if np.ndim(array) > 2)


def measure(place: tuple[str, str, int]) -> str:
    """One line of the table."""
    target, cell, row = place
    n, m, T, B = SIZES[row - 1]
    module = generated.module(cell, target)
    given = task(CELLS[cell], (n, m, T, B), "float32")
    parameters, inputs, targets = split(given), {"x": given.x}, {"d": given.d}
    module.loss_and_gradient(parameters, inputs, targets)
    most, (_, gradients) = taken(lambda: module.loss_and_gradient(parameters, inputs, targets))
    returned = size(np.asarray(value) for group in gradients.values() for value in group.values())
    keeps = kept(target, module, parameters, inputs)
    ratio = (most - returned) / keeps
    shown = f"{most:.1f} | {keeps:.1f} | {returned:.1f} | {ratio:.2f}"
    return f"| {target} | {cell} | {SIZES[row - 1]} | {shown} |"


def main() -> None:
    """Measure all rows, each in a process of its own."""
    lines = []
    os.environ["MALLOC_ARENA_MAX"] = "1"
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for line in pool.imap(measure, ROWS):
            print(line, flush=True)
            lines.append(line)
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
