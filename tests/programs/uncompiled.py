"""Every recurrence through its compiled-loop module and its NumPy module, the loops run as plain Python.

Run as `NUMBA_DISABLE_JIT=1 python -m tests.programs.uncompiled`: writes {name: largest relative difference}.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from symbptt import cells
from symbptt.check.case import Case
from symbptt.programs import generate, load
from symbptt.recurrence import Recurrence
from tests.judges.given import recurrence
from tests.programs.recurrences import EVERY


def difference(r: Recurrence) -> float:
    """The largest difference of values, gradients and loss, for a batch and for one sample."""
    modules = [load(generate(r, target)) for target in ("numpy", "numba")]
    for symbol in r.functions:
        if symbol.meaning == "":
            for module in modules:
                setattr(module, symbol.name, lambda x: np.sin(x))
                setattr(module, f"{symbol.name}_prime", lambda x: np.cos(x))
    found = [0.0]
    for samples in ("batch", "single"):
        expected, mine = (results(module, Case(r).arguments(samples)) for module in modules)
        modules[1].THREADS, modules[1].SAMPLES, modules[1].WORTH = 3, 1, 1
        modules[1].TIMES_BY_SAMPLES, modules[1].AT_ONCE = 3, 1
        for other in (
            mine,
            results(modules[1], Case(r).arguments(samples)),
        ):  # the second in threads and blocks
            assert expected.keys() == other.keys()
            found += [apart(other[key], expected[key]) for key in expected]
    return max(found)


def results(module, given) -> dict[tuple[str, ...], np.ndarray]:
    """All that the functions of a module return."""
    common, initial = (given["parameters"], given["inputs"]), given["initial"]
    groups = {("value",): module.forward(*common, initial)}
    gradients = [module.backward(*common, initial, given["cotangents"])]
    if hasattr(module, "loss_and_gradient"):
        loss, by_loss = module.loss_and_gradient(*common, given["targets"], initial)
        gradients.append(by_loss)
        groups["loss",] = {"": loss}
    for n, found in enumerate(gradients):
        groups |= {(str(n), group): values for group, values in found.items()}
    return {(*place, key): np.asarray(v) for place, group in groups.items() for key, v in group.items()}


def apart(mine: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, relative to the largest entry but for very small ones."""
    assert mine.shape == other.shape
    return float(np.abs(mine - other).max(initial=0) / max(np.abs(other).max(initial=0), 1e-3))


if __name__ == "__main__":
    every = {name: recurrence(name) for name in cells.ready()}
    every |= {name: make() for name, make in EVERY.items()}
    found = {name: difference(r) for name, r in every.items() if not r.runs_backwards}
    sys.stdout.write(json.dumps(found))
