"""The judge starts without SymPy, and a longer document takes no longer a relation."""

import subprocess
import sys
import time
from pathlib import Path

from symbptt.judge import verify

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
