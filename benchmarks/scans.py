"""Seconds of the gradient of linear recurrences by a scan, beside the same code with a loop over time.

    python benchmarks/scans.py [--rounds 15]

The module with the loop is generated from the same recurrence by a plan that knows no scans. Both are timed
in turns in one run, after their gradients were found equal. Writes benchmarks/scans.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from symbptt.interface import load as read
from symbptt.programs import generate, load
from symbptt.programs.arrays.body import Body
from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.program import Plan

TABLE = Path(__file__).with_suffix(".md")
CELLS = ("lru", "min_gru", "lstm_simplified")
LENGTHS = (100, 400, 1600)
SIZES = ((8, 1), (32, 1), (16, 8), (64, 32))  # n and the number of samples
HEAD = "| recurrence | n | samples | steps | loop, ms | scan, ms | times as fast |"


def with_loop(recurrence):
    """The module of the same recurrence by a loop over time."""
    return load(rendered("numpy.py.jinja", Body(Plan(recurrence), names_of(recurrence)), {}))


def arguments(module, recurrence, n, samples, steps):
    """Random parameters, inputs and cotangents."""
    rng = np.random.default_rng(0)
    sizes = {"n": n, "m": n, "p": max(n // 4, 1)}
    parameters = {
        name: rng.normal(size=[sizes[axis] for axis in axes]) / np.sqrt(n)
        for name, axes in module.PARAMETERS.items()
    }
    inputs = {
        x.name: rng.normal(size=(steps, samples, *(sizes[str(size)] for axis in x.shape for size in axis)))
        for x in recurrence.inputs
    }
    values = module.forward(parameters, inputs)
    return parameters, inputs, {}, {name: rng.normal(size=value.shape) for name, value in values.items()}


def check_equal(modules, given):
    """Both modules must give the same gradients."""
    first, second = (module.backward(*given) for module in modules)
    for group, values in first.items():
        for name, value in values.items():
            assert np.abs(value - second[group][name]).max() <= 1e-11 * max(np.abs(value).max(), 1.0)


def seconds(modules, given, rounds):
    """The shortest time of each module, run in turns: others use the machine too."""
    found = [[] for _ in modules]
    for _ in range(rounds):
        for module, times in zip(modules, found, strict=True):
            start = time.perf_counter()
            module.backward(*given)
            times.append(time.perf_counter() - start)
    return [min(times) for times in found]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    lines = [
        "# Scans",
        "",
        "Forward run and gradient (`backward`) of linear recurrences, float64, by a scan in pairs of steps, "
        "beside the same code with a loop over time. Where a row of the state is longer than 128 entries the "
        "scan is a loop too. Time is the best of some rounds in turns. Written by "
        "`python benchmarks/scans.py`.",
        "",
        HEAD,
        "|" + " --- |" * (HEAD.count(" | ") + 1),
    ]
    for cell in CELLS:
        recurrence = read(cell)
        modules = [with_loop(recurrence), load(generate(recurrence))]
        for n, samples in SIZES:
            for steps in LENGTHS:
                given = arguments(modules[0], recurrence, n, samples, steps)
                check_equal(modules, given)
                loop, scan = seconds(modules, given, rounds)
                lines.append(
                    f"| {cell} | {n} | {samples} | {steps} | {loop * 1e3:.2f} | {scan * 1e3:.2f} "
                    f"| {loop / scan:.2f} |"
                )
                print(lines[-1], flush=True)
    TABLE.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
