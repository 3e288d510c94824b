"""The derivative of a_T by w of a scalar sigmoid RNN, a_t = S(w a_{t-1} + u x_t + b), by four tools.

    python benchmarks/unroll.py [--tools symbptt,casadi] [--horizons 4,8,16]

Each measurement is a process of its own, so that its peak memory (resource.getrusage) is its own too; the
tools take turns at every horizon T. What is timed is building a_T and its derivative, after import; the
numbers that come out are then compared with a recursion in floating point. A tool is asked for no larger T
once it took 5 s. Writes benchmarks/unroll.md.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HORIZONS = (4, 8, 16, 32, 64, 128, 256, 512, 1000)
LIMIT = 5.0
W, U, B, A0 = 0.7, -0.4, 0.1, 0.3
TABLE = Path(__file__).with_suffix(".md")
SPECIFICATION = r"$a_t = \sigma(w a_{t-1} + u x_t + b)$ with $w, u, b, a_t, x_t \in \mathbb{R}$"

Evaluate = Callable[[], float] | None
Found = dict[tuple[str, int], dict[str, Any]]


def inputs(T: int) -> list[float]:
    """x_1..x_T."""
    return [math.sin(t) for t in range(1, T + 1)]


def expected(T: int) -> float:
    """d a_T / d w by the recursion d_t = a_t (1 - a_t) (a_{t-1} + w d_{t-1}), in floating point."""
    a, d = A0, 0.0
    for x in inputs(T):
        after = 1 / (1 + math.exp(-(W * a + U * x + B)))
        a, d = after, after * (1 - after) * (a + W * d)
    return d


def symbptt_unrolled(T: int) -> tuple[Any, Evaluate]:
    """The one place that calls symbptt: the unrolled derivative as a program of named statements."""
    import symbptt

    recurrence = symbptt.Recurrence.from_latex(SPECIFICATION)
    program = symbptt.unrolled(recurrence, "a_t", "w", T)
    at = {"w": W, "u": U, "b": B, "a_0": A0, **{f"x_{t}": x for t, x in enumerate(inputs(T), start=1)}}
    return program, lambda: float(program.function()(*(at[str(s)] for s in program.given))[1])


def sympy_diff(T: int) -> tuple[Any, Evaluate]:
    """sympy.diff of the substituted expression."""
    import sympy

    w, u, b, a0 = symbols = sympy.symbols("w u b a_0")
    xs = sympy.symbols(f"x_1:{T + 1}")
    a = a0
    for x in xs:
        a = 1 / (1 + sympy.exp(-(w * a + u * x + b)))
    derivative = sympy.diff(a, w)
    at = dict(zip((*symbols, *xs), (W, U, B, A0, *inputs(T)), strict=True))
    return derivative, (lambda: float(derivative.evalf(subs=at))) if T <= 8 else None


def symengine_diff(T: int) -> tuple[Any, Evaluate]:
    """SymEngine's diff of the substituted expression."""
    import symengine

    w, u, b, a0 = symbols = symengine.symbols("w u b a_0")
    xs = [symengine.Symbol(f"x_{t}") for t in range(1, T + 1)]
    a = a0
    for x in xs:
        a = 1 / (1 + symengine.exp(-(w * a + u * x + b)))
    derivative = symengine.diff(a, w)
    at = dict(zip((*symbols, *xs), (W, U, B, A0, *inputs(T)), strict=True))
    return derivative, (lambda: float(derivative.subs(at))) if T <= 16 else None


def casadi_gradient(T: int) -> tuple[Any, Evaluate]:
    """CasADi's reverse mode on an SX graph."""
    import casadi

    w, u, b, a0 = (casadi.SX.sym(name) for name in ("w", "u", "b", "a_0"))
    x = casadi.SX.sym("x", T)
    a = a0
    for t in range(T):
        a = 1 / (1 + casadi.exp(-(w * a + u * x[t] + b)))
    function = casadi.Function("d", [w, u, b, a0, x], [casadi.gradient(a, w)])
    return function, lambda: float(function(W, U, B, A0, inputs(T)))


TOOLS: dict[str, tuple[Callable[[int], tuple[Any, Evaluate]], str]] = {
    "symbptt": (symbptt_unrolled, "symbptt.interface"),
    "casadi": (casadi_gradient, "casadi"),
    "symengine": (symengine_diff, "symengine"),
    "sympy.diff": (sympy_diff, "sympy"),
}


def measure(tool: str, T: int) -> dict[str, Any]:
    """In this process: seconds after import, peak megabytes, relative error (None where not evaluated)."""
    sys.setrecursionlimit(1_000_000)
    build, module = TOOLS[tool]
    __import__(module)
    start = time.perf_counter()
    result, value = build(T)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    error = abs(value() - expected(T)) / abs(expected(T)) if value else None
    del result
    return {"seconds": seconds, "megabytes": peak, "error": error}


def child(tool: str, T: int) -> dict[str, Any]:
    """The measurement by a fresh process, or {"failed": why}."""
    command = [sys.executable, __file__, "--measure", tool, str(T)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer in {60 * LIMIT:.0f} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"failed": lines[-1] if lines else f"ended with {done.returncode}"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run(tools: list[str], horizons: list[int]) -> Found:
    """Every tool at every horizon, in turns; a tool leaves when it fails or takes longer than LIMIT."""
    found: Found = {}
    left = list(tools)
    for T in horizons:
        for tool in list(left):
            row = found[tool, T] = child(tool, T)
            print(tool, T, row, flush=True)
            if row.get("seconds", math.inf) > LIMIT:
                left.remove(tool)
    return found


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log seconds against log T over the upper half of the horizons measured, at least three."""
    upper = points[min(len(points) // 2, max(len(points) - 3, 0)) :]
    if len(upper) < 2:
        return math.nan
    return float(np.polyfit(np.log([T for T, _ in upper]), np.log([s for _, s in upper]), 1)[0])


def cell(row: dict[str, Any] | None) -> str:
    """One cell of the table."""
    if row is None:
        return "-"
    return "failed" if "failed" in row else f"{row['seconds']:.4f} s, {row['megabytes']:.0f} MB"


def grown(found: Found, tool: str) -> str:
    """How the tool's seconds grow with T."""
    points = [(T, row["seconds"]) for (name, T), row in found.items() if name == tool and "seconds" in row]
    return f"{exponent(points):.2f}"


def worst(found: Found, tool: str) -> str:
    """The tool's largest relative error, where its result was evaluated."""
    errors = [row.get("error") for (name, _), row in found.items() if name == tool]
    known = [error for error in errors if error is not None]
    return f"{max(known):.0e}" if known else "-"


HEAD = f"""# The unrolled derivative, $\\partial a_T / \\partial w$

Seconds to build $a_T$ and its derivative for $a_t = S(w a_{{t-1}} + u x_t + b)$, after import, and the peak
memory of the whole process, imports included. One process each, the tools in turns; a tool is asked for no
larger T once it took {LIMIT:.0f} s. The exponent is fitted to the upper half of the horizons. Values are
compared with a recursion in floating point (sympy.diff to T = 8, SymEngine to 16: evaluating theirs is slow).
Written by `python benchmarks/unroll.py`.
"""


def table(found: Found, tools: list[str], horizons: list[int]) -> str:
    """The Markdown page."""
    rows = [
        ["T", *tools],
        ["---"] * (len(tools) + 1),
        *([str(T), *(cell(found.get((tool, T))) for tool in tools)] for T in horizons),
        ["seconds grow as T to the", *(grown(found, tool) for tool in tools)],
        ["largest relative error", *(worst(found, tool) for tool in tools)],
    ]
    failures = [f"- {tool}, T = {T}: {row['failed']}" for (tool, T), row in found.items() if "failed" in row]
    body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([HEAD, *body, *(["", *failures] if failures else []), ""])


def main() -> None:
    """Measure and write the page; with --measure TOOL T, one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--horizons", default=",".join(map(str, HORIZONS)))
    parser.add_argument("--measure", nargs=2, metavar=("TOOL", "T"), help="one measurement, in this process")
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure[0], int(given.measure[1]))))
        return
    tools, horizons = given.tools.split(","), [int(T) for T in given.horizons.split(",")]
    page = table(run(tools, horizons), tools, horizons)
    TABLE.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
