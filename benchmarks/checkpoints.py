"""Memory and time of the gradient with checkpoints, beside the ordinary one, over growing numbers of steps.

    python benchmarks/checkpoints.py [--cell lstm] [--rounds 5]

Memory is the most that `backward` holds at once (tracemalloc), beside its arguments and the gradients that it
returns. Both modules are timed in turns in one run, after the gradients were found equal. Writes
benchmarks/checkpoints.md.
"""

import argparse
import math
import time
import tracemalloc
from pathlib import Path

import numpy as np

from symbptt.expressions import size
from symbptt.interface import load as read
from symbptt.programs import generate, load

TABLE = Path(__file__).with_suffix(".md")
SIZES = {"n": 32, "m": 16, "p": 8, "q": 8}
SAMPLES = 4
LENGTHS = (100, 200, 400, 800, 1600, 3200, 6400)
HEAD = (
    "| steps | ordinary, MB | checkpoints, MB | of the ordinary | KB for each root of steps "
    "| ordinary, ms | checkpoints, ms | times as long |"
)


def arguments(module, recurrence, steps):
    """Random parameters, inputs and cotangents."""
    rng = np.random.default_rng(0)

    sizes = {symbol: SIZES[symbol.name] for symbol in recurrence.sizes}

    def numbers(q, *leading):
        return rng.normal(size=(*leading, *(int(size(axis).subs(sizes)) for axis in q.shape if axis)))

    keys = zip(module.PARAMETERS, recurrence.parameters, strict=True)
    parameters = {key: numbers(p) / math.sqrt(SIZES["n"]) for key, p in keys}
    inputs = {x.name: numbers(x, steps, SAMPLES) for x in recurrence.inputs}
    values = module.forward(parameters, inputs)
    return parameters, inputs, {}, {name: rng.normal(size=value.shape) for name, value in values.items()}


def memory(module, given):
    """The most bytes held at once, beside arguments and results."""
    tracemalloc.start()
    gradients = module.backward(*given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - sum(value.nbytes for group in gradients.values() for value in group.values())


def seconds(modules, given, rounds):
    """The shortest time of each module, run in turns: others use the machine too."""
    found = [[] for _ in modules]
    for _ in range(rounds):
        for module, times in zip(modules, found, strict=True):
            start = time.perf_counter()
            module.backward(*given)
            times.append(time.perf_counter() - start)
    return [min(times) for times in found]


def check_equal(modules, given):
    """Both modules must give the same gradients."""
    first, second = (module.backward(*given) for module in modules)
    for group, values in first.items():
        for name, value in values.items():
            assert np.abs(value - second[group][name]).max() <= 1e-12 * max(np.abs(value).max(), 1.0)


def row(modules, recurrence, steps, rounds):
    """A line of the table."""
    given = arguments(modules[0], recurrence, steps)
    check_equal(modules, given)
    whole, kept = (memory(module, given) for module in modules)
    slow, slower = seconds(modules, given, rounds)
    return (
        f"| {steps} | {whole / 1e6:.2f} | {kept / 1e6:.2f} | {kept / whole:.3f} "
        f"| {kept / 1e3 / math.sqrt(steps):.1f} "
        f"| {slow * 1e3:.1f} | {slower * 1e3:.1f} | {slower / slow:.2f} |"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    recurrence = read(given.cell)
    modules = [load(generate(recurrence, gradient=mode)) for mode in ("bptt", "checkpointed")]
    lines = [
        "# Checkpoints",
        "",
        f"The gradient of {given.cell} (n = {SIZES['n']}, m = {SIZES['m']}, {SAMPLES} samples, float64) with "
        "the states kept every sqrt(T) steps alone, beside the ordinary one. Memory is the peak beside "
        "arguments and results; time is the best of some rounds in turns. Written by "
        "`python benchmarks/checkpoints.py`.",
        "",
        HEAD,
        "|" + " --- |" * HEAD.count(" | ") + " --- |",
    ]
    for steps in LENGTHS:
        lines.append(row(modules, recurrence, steps, given.rounds))
        print(lines[-1], flush=True)
    TABLE.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
