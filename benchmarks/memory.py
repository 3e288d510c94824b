"""The memory that the gradient of a whole series takes, against what it must keep.

    python benchmarks/memory.py

The generated module for Numba runs in a process of its own for each row: the loss and its gradients by all
parameters and inputs, as in gradients.py. *taken* is by how much the largest resident size of the process
grows in that call, after a call with few times has compiled; inputs and targets were there before. *kept* are
the series of the forward run that the gradient reads, and *gradients* what is returned. Writes
benchmarks/memory.md.
"""

import multiprocessing
import resource
from pathlib import Path

from peers import generated
from peers.tasks import CELLS, SIZES, split, task

PAGE = Path(__file__).with_suffix(".md")
ROWS = [(cell, row) for cell in ("elman", "lstm", "gru", "mgu") for row in (4, 5, 6)]
HEAD = """# Memory of the gradient

Megabytes for the loss and its gradients by all parameters and by the inputs, one call of the generated module
for Numba in float32. *taken*: the growth of the largest resident size of a process in that call. *kept*: the
series of the forward run that the gradient reads. *gradients*: what is returned. *ratio*: what is taken, less
the gradients, over what is kept. Written by `python benchmarks/memory.py`.

| cell | (n, m, T, B) | taken | kept | gradients | ratio |
| --- | --- | --- | --- | --- | --- |
"""


def largest() -> float:
    """The largest resident size of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size(arrays) -> float:
    """Megabytes of arrays."""
    return sum(array.nbytes for array in arrays) / 2**20


def measure(place: tuple[str, int]) -> str:
    """One line of the table."""
    cell, row = place
    n, m, T, B = SIZES[row - 1]
    module = generated.module(cell, "numba")
    few, all_ = (task(CELLS[cell], (n, m, times, B), "float32") for times in (2, T))
    module.loss_and_gradient(split(few), {"x": few.x}, {"d": few.d})
    parameters = split(all_)
    before = largest()
    _, gradients = module.loss_and_gradient(parameters, {"x": all_.x}, {"d": all_.d})
    taken = largest() - before
    returned = size(array for group in gradients.values() for array in group.values())
    given, *_ = module.arguments(parameters, {"x": all_.x}, None)
    kept = size(array for array in module.run(*given) if array.ndim > 2)
    ratio = (taken - returned) / kept
    return f"| {cell} | {SIZES[row - 1]} | {taken:.1f} | {kept:.1f} | {returned:.1f} | {ratio:.2f} |"


def main() -> None:
    """Measure all rows, each in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        lines = pool.map(measure, ROWS, chunksize=1)
    page = HEAD + "\n".join(lines) + "\n"
    print(page)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
