"""The checker: generated code against finite differences, complex step and a compiled reference.

What is differentiated is the loss, or, where none is declared, the sum of all states and outputs with random
weights. A difference is the largest of any entry, relative to the largest entry.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbptt.check.case import Arrays, Case
from symbptt.check.compare import Row, compared
from symbptt.check.table import print_summary, print_table
from symbptt.errors import SymbpttError
from symbptt.oracle import STEP, generic_instance
from symbptt.programs import generate, load, load_file
from symbptt.recurrence import Recurrence

__all__ = ["TOLERANCES", "Row", "check", "print_summary", "print_table"]

TOLERANCES = {
    "finite differences": 1e-6,
    "complex step": 1e-12,
    "compiled reference": 1e-12,
    "forward run": 1e-12,
}
# Below this part of the scalar a gradient is measured against the scalar: finite differences round there.
FLOORS = {"finite differences": 1e-4}


def check(
    recurrence: Recurrence, reference: Path | None = None, source: str | None = None, target: str = "numpy"
) -> list[Row]:
    """Generated code (or `source`) by every judge: all values and gradients, of a batch and of one sample.

    `reference` is the file of a compiled module with the contract of generated code. Raises SymbpttError
    where the library of the target is not installed.
    """
    case = Case(recurrence)
    module = _loaded(generate(recurrence, target) if source is None else source, target)
    for symbol in recurrence.functions:
        if symbol.meaning == "":
            _set_generic(module, case, symbol.name)
    other = None if reference is None else load_file(reference)
    return [row for samples in ("batch", "single") for row in _rows(case, module, other, samples)]


def _loaded(source: str, target: str) -> ModuleType:
    """The module of some source, computing in double precision: JAX does so only where it is told."""
    if target == "jax":
        os.environ.setdefault("JAX_ENABLE_X64", "1")
    try:
        return load(source)
    except ModuleNotFoundError as missing:
        raise SymbpttError(
            f"code for {target} runs where {missing.name} is installed: it is not here"
        ) from missing


def _set_generic(module: ModuleType, case: Case, name: str) -> None:
    """A function that the recurrence leaves open, with its derivative by complex step."""
    f = generic_instance(name)
    setattr(module, case.names.function(name, 0), f)
    setattr(module, case.names.function(name, 1), lambda x: np.imag(f(x + 1j * STEP)) / STEP)


def _rows(case: Case, module: ModuleType, reference: ModuleType | None, samples: str) -> Iterator[Row]:
    mine = _results(case, module, samples)
    judges = {judge: case.gradients(judge, samples) for judge in ("finite differences", "complex step")}
    total = abs(case.total(samples))
    values = {
        "value": case.values(samples),
        **({"loss": _loss(case, samples)} if case.recurrence.loss else {}),
    }
    yield from _compared("forward run", mine, values, samples, total)
    for judge, gradients in judges.items():
        yield from _compared(judge, mine, gradients, samples, total)
    if reference is not None:
        yield from _compared("compiled reference", mine, _results(case, reference, samples), samples, total)


def _compared(
    judge: str, mine: dict[str, Arrays], other: dict[str, Arrays], samples: str, total: float
) -> Iterator[Row]:
    floor = FLOORS.get(judge, 1e-8) * max(total, 1.0)
    for kind, arrays in other.items():
        for name, theirs in arrays.items():
            ours = mine[kind].get(name, np.empty(0))
            yield compared((name, kind), samples, judge, ours, theirs, TOLERANCES[judge], floor)


def _loss(case: Case, samples: str) -> Arrays:
    assert case.recurrence.loss is not None
    return {case.key(case.recurrence.loss.left): np.asarray(case.total(samples))}


def _results(case: Case, module: ModuleType, samples: str) -> dict[str, Arrays]:
    """What a module says: values, the loss where there is one, and all gradients."""
    given = case.arguments(samples)
    common = (given["parameters"], given["inputs"])
    found: dict[str, Any] = {"value": module.forward(*common, given["initial"])}
    if case.recurrence.loss is None:
        return {**found, **module.backward(*common, given["initial"], given["cotangents"])}
    loss, gradients = module.loss_and_gradient(*common, given["targets"], given["initial"])
    return {**found, "loss": {case.key(case.recurrence.loss.left): np.asarray(loss)}, **gradients}
