"""What judging costs: a process that starts, a relation, and a relation of a document four times as long.

    python -m benchmarks.judging [--rounds 5] [DOC.md ...]

The sides of each comparison take turns in one run; the medians count. Documents are those of the tests, or
those that are named. Writes benchmarks/judging.md, unless documents are named.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from symbptt.judge import verify

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".md")
STYLES = ROOT / "tests" / "judge" / "styles"
LONG = STYLES / "lstm.md"
CLAIMS = "$$\\frac{\\partial^{+} c_t}"  # where the definitions of that document end
AIM = 50  # relations a second, a process for each document
STARTS = {
    "python -c pass": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "symbptt --version": ["-m", "symbptt.cli", "--version"],
    "symbptt verify, an empty page": ["-m", "symbptt.cli", "verify", "{empty}"],
}


def wall(arguments: list[str]) -> float:
    """The seconds of a process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - start


def cpu(text: str) -> tuple[float, int]:
    """The seconds of processor time in which a document is judged here, and its relations."""
    start = time.process_time()
    judgement = verify(text)
    return time.process_time() - start, len(judgement.relations)


def starts(rounds: int) -> list[str]:
    """A row for each way to start."""
    with tempfile.NamedTemporaryFile(suffix=".md") as empty:
        sides = {name: [part.format(empty=empty.name) for part in way] for name, way in STARTS.items()}
        taken = [{name: wall(way) for name, way in sides.items()} for _ in range(rounds)]
    return [f"| {name} | {statistics.median(row[name] for row in taken):.3f} |" for name in sides]


def lengths(rounds: int) -> list[str]:
    """A row for each length of one document: definitions, then the same claims over and over."""
    head, claims = LONG.read_text(encoding="utf-8").split(CLAIMS, 1)
    texts = {copies: head + (CLAIMS + claims) * copies for copies in (1, 4, 16)}
    taken = [{copies: cpu(text) for copies, text in texts.items()} for _ in range(rounds)]
    rows = []
    for copies in texts:
        seconds = statistics.median(row[copies][0] for row in taken)
        relations = taken[0][copies][1]
        rows.append(f"| {copies} | {relations} | {seconds:.3f} | {1000 * seconds / relations:.1f} |")
    return rows


def documents(paths: list[Path], rounds: int) -> list[str]:
    """A row for each document: judged here, and by a process of its own; and one for all."""
    rows, here, alone, relations = [], 0.0, 0.0, 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        sides = [(cpu(text), wall(["-m", "symbptt.cli", "verify", str(path)])) for _ in range(rounds)]
        count = sides[0][0][1]
        inside, outside = (
            statistics.median(side) for side in ([s[0][0] for s in sides], [s[1] for s in sides])
        )
        rows.append(f"| {path.stem} | {count} | {inside:.3f} | {outside:.3f} | {count / outside:.0f} |")
        here, alone, relations = here + inside, alone + outside, relations + count
    return [*rows, f"| all | {relations} | {here:.3f} | {alone:.3f} | {relations / alone:.0f} |"]


def page(paths: list[Path], rounds: int) -> str:
    """The Markdown page."""
    return "\n".join(
        [
            "# Judging",
            "",
            "Medians of turns in one run. Written by `python -m benchmarks.judging`.",
            "",
            "| a process that starts | seconds |",
            "| --- | --- |",
            *starts(rounds),
            "",
            "One document with its claims once, four and sixteen times: the cost of a relation stays.",
            "",
            "| copies | relations | seconds | ms a relation |",
            "| --- | --- | --- | --- |",
            *lengths(rounds),
            "",
            "Each document judged in this process, and by a process of its own; the aim, for the latter, is "
            f"{AIM} relations a second.",
            "",
            "| document | relations | seconds here | seconds alone | relations a second, alone |",
            "| --- | --- | --- | --- | --- |",
            *documents(paths, rounds),
            "",
        ]
    )


def main() -> None:
    """Measure, print and write the page."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("documents", nargs="*", type=Path)
    arguments = ask.parse_args()
    compileall.compile_dir(ROOT / "symbptt", quiet=1)  # what has been edited is not compiled yet
    text = page(arguments.documents or sorted(STYLES.glob("*.md")), arguments.rounds)
    if not arguments.documents:
        TABLE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
