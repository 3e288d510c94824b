"""The gradient of a loss over a whole series: generated code against JAX, PyTorch, CasADi and NumPy by hand.

    python benchmarks/gradients.py [--cells elman,lstm] [--rows 1,4] [--precisions float32] [--only numpy]

One call is timed: the loss (half the squared error of all states against targets) and its gradients by all
parameters and by the inputs, the same for all; compiling and converting stand outside. The contenders of a
row take turns in one process and the medians count; calls of less than 5 ms are timed several at a time,
after one that wakes caches and threads. The gradients are compared before. All tools have all cores; threads
that wait for work soon sleep, and turns keep a distance: no contender's threads spin in another's turn.
A run of everything writes benchmarks/gradients.md and benchmarks/gradients.png; a part is only printed.
"""

import argparse
import itertools
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Read by OpenBLAS (the logarithm of a number of cycles) and by OpenMP when they start.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

import matplotlib
import numpy as np
import torch
from peers import casadi_graph, generated, jax_scan, numpy_by_hand, torch_loops
from peers.products import products
from peers.tasks import CELLS, SIZES, Task, task

matplotlib.use("Agg")
from matplotlib import pyplot

PRECISIONS = ("float32", "float64")
OWN, OTHERS = generated.PEERS, {}
for peer in (jax_scan, torch_loops, numpy_by_hand, casadi_graph):
    OTHERS.update(peer.PEERS)
BARE = "bare products"
TOLERANCE = {"float32": 2e-4, "float64": 1e-10}  # of the largest entry of a gradient
SECONDS = 4.0  # about what a row may take
DISTANCE = 0.004  # seconds between turns
PAGE, FIGURE = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".png")


@dataclass
class Row:
    """Median seconds of each contender for one cell, size and precision."""

    cell: str
    size: tuple[int, int, int, int]
    precision: str
    seconds: dict[str, float] = field(default_factory=dict)

    def best(self, names: dict) -> str:
        """The fastest contender of some."""
        return min((name for name in self.seconds if name in names), key=self.seconds.__getitem__)

    @property
    def gain(self) -> float:
        """How many times the fastest peer is slower than the best generated target."""
        return self.seconds[self.best(OTHERS)] / self.seconds[self.best(OWN)]

    @property
    def over(self) -> float:
        """The best generated target's time over that of the bare products."""
        return self.seconds[self.best(OWN)] / self.seconds[BARE]


# ------------------------------------------------------------------ measuring


def contenders(task: Task, only: list[str]) -> dict[str, Callable]:
    """The calls by name, ready to be timed. Raises AssertionError where gradients differ."""
    calls = {}
    expected = None
    for name, (make, arrays) in {**OWN, **OTHERS}.items():
        call = make(task) if not only or any(part in name for part in only) else None
        if call is not None:
            found = arrays(call())
            expected = expected or found
            compare(name, found, expected, TOLERANCE[str(task.x.dtype)])
            calls[name] = call
    return {**calls, BARE: products(task)}


def compare(name: str, found: tuple, expected: tuple, tolerance: float) -> None:
    """Raise AssertionError where a loss or gradient is another one."""
    np.testing.assert_allclose(found[0], expected[0], rtol=tolerance, err_msg=name)
    assert set(found[1]) == set(expected[1]), name
    for key, value in expected[1].items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(
            found[1][key], value, rtol=0, atol=tolerance * scale, err_msg=f"{name}: {key}"
        )


def timed(call: Callable, count: int) -> float:
    """Seconds of one call, the mean of `count`; before short ones, one wakes their caches and threads."""
    time.sleep(DISTANCE)
    if count > 1:
        call()
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def measure(row: Row, only: list[str]) -> Row:
    """Fill in a row: at least three turns, of which a first one tells how many are affordable."""
    calls = contenders(task(CELLS[row.cell], row.size, row.precision), only)
    found = {name: [timed(call, 1)] for name, call in calls.items()}
    counts = {name: max(1, min(100, int(0.01 / first))) for name, (first,) in found.items()}
    turn = sum((count + (count > 1)) * found[name][0] for name, count in counts.items())
    for _ in range(max(2, min(25, int(SECONDS / turn)))):
        for name, call in calls.items():
            found[name].append(timed(call, counts[name]))
    row.seconds = {name: statistics.median(values) for name, values in found.items()}
    return row


# ------------------------------------------------------------------ reporting

HEAD = """# Gradients of whole series

Milliseconds for the loss and its gradients by all parameters and by the inputs, one call. The loss is half
the squared error of the states against targets, over all times and samples; the initial states are zero.
n entries of a state, m inputs, T times, B samples. Medians of contenders that took turns in one process, on
{machine}. Compiling and converting stand outside, and the gradients were equal before any was timed.
*gain*: the fastest peer over the best generated target. *over products*: the best generated target over the
bare matrix products that the gradient cannot do without, done with NumPy into arrays made before.
torch.nn has no minimal gated unit; CasADi unrolls one sample in double precision, at the small sizes.
PyTensor is left out: it asks for an older Numba than is used here, so both cannot run in one process.
Written by `python benchmarks/gradients.py`.
"""


def machine() -> str:
    """The processors and the libraries, with the threads they use."""
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (np, torch, jax_scan.jax))
    threads = f"torch with {torch.get_num_threads()} threads, the others with what they choose"
    return f"all {os.cpu_count()} cores ({platform.machine()}; {versions}; {threads})"


def cells_of(row: Row, names: list[str]) -> list[str]:
    """One line of the table."""
    times = [f"{1e3 * row.seconds[name]:.3g}" if name in row.seconds else "-" for name in names]
    best = row.best(OWN).removeprefix("symbptt ")
    return [row.cell, str(row.size), row.precision, *times, best, f"{row.gain:.2f}", f"{row.over:.2f}"]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table, and what they come to."""
    names = [name for name in [*OWN, *OTHERS, BARE] if any(name in row.seconds for row in rows)]
    head = ["cell", "(n, m, T, B)", "precision", *names, "best", "gain", "over products"]
    lines = [head, ["---"] * len(head), *(cells_of(row, names) for row in rows)]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", *summary(rows)])


def summary(rows: list[Row]) -> Iterator[str]:
    """The figures that the rows come to."""
    gains = [row.gain for row in rows]
    large = [row for row in rows if row.size[0] >= 128]
    mean, enough, lost = (
        statistics.geometric_mean(gains),
        sum(g >= 1.3 for g in gains),
        sum(g < 1 for g in gains),
    )
    yield f"- {len(rows)} rows; geometric mean of the gains {mean:.2f}, the least {min(gains):.2f}"
    yield f"- rows with a gain of at least 1.3: {enough}; rows where a peer is faster: {lost}"
    if large:
        within = sum(row.over <= 1.3 for row in large)
        yield f"- from n = 128 within 1.3 times of the bare products: {within} of {len(large)} rows"
    for precision, cell in itertools.product(PRECISIONS, CELLS):
        part = [row.gain for row in rows if (row.precision, row.cell) == (precision, cell)]
        if part:
            yield f"- {cell}, {precision}: geometric mean of the gains {statistics.geometric_mean(part):.2f}"


def curve(rows: list[Row], name: str) -> tuple[list[str], list[float]]:
    """The sizes at which a contender ran, and its time over the best generated target's."""
    known = [row for row in rows if name in row.seconds]
    return [str(row.size) for row in known], [row.seconds[name] / row.seconds[row.best(OWN)] for row in known]


def figure(rows: list[Row]) -> None:
    """Time over the best generated target's, by size, a panel a cell and precision."""
    panels, axes = pyplot.subplots(2, 4, figsize=(16, 7), sharex=True, sharey=True, layout="constrained")
    styles = {**dict.fromkeys(OWN, "-o"), **dict.fromkeys(OTHERS, "--s"), BARE: ":"}
    for (precision, cell), axis in zip(itertools.product(PRECISIONS, CELLS), axes.flat, strict=True):
        part = [row for row in rows if (row.precision, row.cell) == (precision, cell)]
        for i, (name, style) in enumerate(styles.items()):
            color = "black" if name == BARE else f"C{i}"
            axis.plot(*curve(part, name), style, label=name, markersize=4, color=color)
        axis.set(title=f"{cell}, {precision}", yscale="log")
        axis.axhline(1, color="0.8", zorder=0)
        axis.tick_params(axis="x", rotation=40)
    for axis in axes[:, 0]:
        axis.set_ylabel("time / best generated")
    panels.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    panels.savefig(FIGURE, dpi=110)


def main() -> None:
    """Measure all rows, or those asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument(
        "--rows", default=",".join(str(i) for i in range(1, len(SIZES) + 1)), help="sizes, from 1"
    )
    parser.add_argument("--precisions", default=",".join(PRECISIONS))
    parser.add_argument("--only", default="", help="contenders whose name has one of these in it")
    given = parser.parse_args()
    sizes = [SIZES[int(i) - 1] for i in given.rows.split(",")]
    rows = []
    for cell, size, precision in itertools.product(
        given.cells.split(","), sizes, given.precisions.split(",")
    ):
        rows.append(measure(Row(cell, size, precision), given.only.split(",") if given.only else []))
        print(
            rows[-1].cell,
            size,
            precision,
            {k: f"{1e3 * s:.3g} ms" for k, s in rows[-1].seconds.items()},
            flush=True,
        )
    page = HEAD.format(machine=machine()) + "\n" + table(rows) + "\n"
    print(page)
    if len(rows) == len(CELLS) * len(SIZES) * len(PRECISIONS) and not given.only:
        PAGE.write_text(page, encoding="utf-8")
        figure(rows)


if __name__ == "__main__":
    main()
