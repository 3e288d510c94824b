"""The judge starts without SymPy, and a longer document takes no longer a relation."""

import gc
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from symbptt.errors import SymbpttError
from symbptt.judge import limits, verify
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.gradients.numbered import Numbered
from symbptt.judge.numeric.choices import Result

NUMBERED = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$y_t = V h_t$$

$$\delta 3 = \delta 1 + \delta 2$$

$$\delta 4 = \delta 3 \cdot (1 - h_t^2)$$

$$\delta U = \delta U + \delta 4 * x_t^T$$

$$\delta W = \delta W + \delta 4 * h_{t-1}^T$$

$$\delta 5 = \delta 4 \cdot h_t$$
"""
STYLE = Path(__file__).parent / "styles" / "lstm.md"


def test_the_judge_does_not_load_sympy():
    code = "import sys, symbptt.judge, symbptt.reports; print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_cost_is_linear():
    text = STYLE.read_text(encoding="utf-8")
    head, claims = text.split("$$\\frac{\\partial^{+} c_t}", 1)
    claims = "$$\\frac{\\partial^{+} c_t}" + claims

    def seconds(copies: int) -> float:
        start = time.process_time()
        verify(head + claims * copies)
        return time.process_time() - start

    seconds(1)
    assert seconds(8) < 4 * seconds(2) * 1.5


def test_what_is_written_again_is_worked_out_once(monkeypatch):
    made: Counter[type] = Counter()

    def counted(kind):
        prepared = kind.__post_init__

        def prepare(self):
            made[kind] += 1
            prepared(self)

        monkeypatch.setattr(kind, "__post_init__", prepare)

    def shaped(self):
        made[Scope] += self.shapes is None
        return shapes(self)

    shapes = Scope.shaped
    monkeypatch.setattr(Scope, "shaped", shaped)
    counted(Numbered)
    verify(NUMBERED)
    once = dict(made)
    made.clear()
    found = verify(4 * NUMBERED).relations
    assert made[Numbered] == once[Numbered] == 1
    assert made[Scope] <= once[Scope] + 2 * 3  # \delta 3 and \delta 5 begin anew in each copy
    assert [one.finding.verdict for one in found[7:9]] == ["holds", "holds"]


def test_an_error_that_is_remembered_holds_on_to_nothing():
    assert Result(None, SymbpttError, "words").error is SymbpttError
    gc.collect()
    gc.disable()
    try:
        verify(STYLE.read_text(encoding="utf-8"))
        kept = sum(type(one).__name__ == "frame" for one in gc.get_objects())
    finally:
        gc.enable()
    assert kept < 100


@pytest.mark.parametrize("before", [(700, 10, 10), (50_000, 5, 5), (0, 10, 10)])
def test_the_garbage_collector_is_left_as_it_was(before):
    usual = gc.get_threshold()
    gc.set_threshold(*before)
    try:
        with limits.seldom_collected(), limits.seldom_collected():
            during = gc.get_threshold()
        assert gc.get_threshold() == before
    finally:
        gc.set_threshold(*usual)
    assert during == (limits.COLLECTIONS if before[0] == 700 else before)
