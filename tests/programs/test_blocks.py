"""The reverse sweep in blocks of times: the same gradients, in the memory of what is kept."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from symbptt.check.case import Case
from symbptt.programs.arrays.blocks import can_be_cut, is_sum_over_times
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.plan.program import Plan
from tests.programs.recurrences import EVERY
from tests.programs.test_modes import RECURRENCES, largest_difference, module_of, series

CUT = [name for name, make in EVERY.items() if not make().runs_backwards and can_be_cut(ScannedPlan(make()))]


def in_blocks(recurrence, rows):
    """A module with blocks of so many rows."""
    module = module_of(recurrence, "bptt")
    module.ROWS = rows
    return module


def test_most_recurrences_can_be_cut():
    assert len(CUT) > 0.7 * len(EVERY)


@pytest.mark.parametrize("name", CUT)
def test_blocks_have_the_gradients_of_the_whole(name):
    recurrence = EVERY[name]()
    given = series(recurrence, 7)
    module = in_blocks(recurrence, 10**6)
    wanted = module.backward(*given)
    for rows in (1, 4, 6):  # one step, two and three steps of two samples
        module.ROWS = rows
        assert largest_difference(module.backward(*given), wanted) < 1e-12


@pytest.mark.parametrize("name", [name for name in CUT if EVERY[name]().loss is not None])
def test_the_loss_of_all_blocks_is_that_of_the_whole(name):
    recurrence = EVERY[name]()
    given = Case(recurrence).arguments("batch")
    common = (given["parameters"], given["inputs"], given["targets"], given["initial"])
    module = in_blocks(recurrence, 10**6)
    loss, wanted = module.loss_and_gradient(*common)
    module.ROWS = 1
    found, gradients = module.loss_and_gradient(*common)
    assert found == pytest.approx(loss, rel=1e-12)
    assert largest_difference(gradients, wanted) < 1e-12


def test_a_loss_is_cut_where_it_is_a_sum_over_all_times():
    shown = {name: make() for name, make in EVERY.items() if make().loss is not None}
    cut = {name for name, recurrence in shown.items() if is_sum_over_times(recurrence)}
    assert {"elman", "lstm"} & set(shown) <= cut
    for name in cut:
        parts = Plan(shown[name]).loss.parts
        assert all(part.of.time is not None and part.scope.kind == "whole" for part in parts)


def test_what_is_not_cut():
    """Equations that name the time, inputs looked back to, and initial values that are computed."""
    left = {name for name, make in EVERY.items() if not make().runs_backwards and name not in CUT}
    for name in left:
        module = module_of(EVERY[name](), "bptt")
        assert not hasattr(module, "ROWS")


@pytest.mark.parametrize(("name", "most"), [("elman", 1.6), ("lstm", 1.2), ("gru", 1.2)])
def test_memory_is_that_of_what_is_kept(name, most):
    """Over many blocks: the largest memory taken at once, less the gradients, over what the run keeps."""
    recurrence = RECURRENCES[name]()
    module = in_blocks(recurrence, 64)
    arguments = series(recurrence, 1000)
    tracemalloc.start()
    kept = module.run(*arguments[:3])
    keeps = tracemalloc.get_traced_memory()[0]
    del kept
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    gradients = module.backward(*arguments)
    taken = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    returned = sum(np.asarray(value).nbytes for group in gradients.values() for value in group.values())
    assert taken - returned < most * keeps
