"""What a user waits for at the start: `import symbptt` and parsing a specification, beside `import sympy`.

    python benchmarks/startup.py [--rounds 7]

Fresh processes in turns; the median of the seconds that each says it took, by its own clock, from its first
line on. Also names the modules that came in and should not have. Writes benchmarks/startup.md.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".md")
SPECIFICATION = ROOT / "derivations" / "simple_rnn" / "spec.md"
BUDGET = 0.7  # seconds more than `import sympy`, for import and parsing together
HEAVY = ("numba", "scipy", "matplotlib", "torch", "jax", "IPython", "nbformat", "latex2sympy2_extended")

PARSE = f"""import pathlib, symbptt
symbptt.Recurrence.from_latex(pathlib.Path({str(SPECIFICATION)!r}).read_text())
"""
STARTS = {
    "nothing": "pass",
    "import numpy": "import numpy",
    "import sympy": "import sympy",
    "import symbptt": "import symbptt",
    "import symbptt and parse": PARSE,
}


def seconds(code: str) -> float:
    """The seconds that a fresh process takes for the code, by its own clock."""
    timed = f"import time\nstart = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"
    return float(fresh(timed))


def heavy_modules() -> list[str]:
    """Heavy modules that are loaded after import and parsing."""
    return fresh(f"{PARSE}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])").split()


def fresh(code: str) -> str:
    """What a fresh process prints last."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def page(medians: dict[str, float], heavy: list[str]) -> str:
    """The Markdown page."""
    base = medians["import sympy"]
    rows = [f"| {name} | {s:.3f} | {s - base:+.3f} | {s / base:.2f} |" for name, s in medians.items()]
    more = medians["import symbptt and parse"] - base
    return "\n".join(
        [
            "# Start-up",
            "",
            "Median seconds in fresh processes, taken in turns. Written by `python benchmarks/startup.py`.",
            "",
            "| | seconds | more than `import sympy` | ratio |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            f"Import and parsing cost {more:.3f} s more than `import sympy`; the aim is {BUDGET} s. "
            f"Heavy modules loaded: {', '.join(heavy) or 'none'}.",
            "",
        ]
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    for code in STARTS.values():
        seconds(code)  # compiles what is not compiled yet
    taken = [{name: seconds(code) for name, code in STARTS.items()} for _ in range(rounds)]
    medians = {name: statistics.median(row[name] for row in taken) for name in STARTS}
    text = page(medians, heavy_modules())
    TABLE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
