"""How many broken formulas are found, and how many repairs undo what was broken: a table by kind of mistake.

Usage: python -m benchmarks.mutations [--every N] [DOC.md ...]; without documents, those of the tests.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from tests.judge.mutations import Result, mutants, result

STYLES = Path(__file__).parents[1] / "tests" / "judge" / "styles"


def main() -> None:
    """Judges every N-th mutant and prints the figures."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--every", type=int, default=1)
    ask.add_argument("--show", action="store_true", help="list what did not fail, and repairs that differ")
    ask.add_argument("documents", nargs="*", type=Path)
    arguments = ask.parse_args()
    paths = arguments.documents or sorted(STYLES.glob("*.md"))
    start, results = time.perf_counter(), []
    for path in paths:
        found = list(mutants(path.read_text(encoding="utf-8")))[:: arguments.every]
        for mutant in found:
            results.append((path.stem, result(mutant)))
            show(path.stem, results[-1][1]) if arguments.show else None
    print(table([one for _, one in results]))
    print(f"{len(results)} mutants of {len(paths)} documents, {time.perf_counter() - start:.0f} s")


def show(name: str, one: Result) -> None:
    """A line for a mutant that does not fail, or whose repair is another."""
    if (one.verdict == "fails" and one.repaired) or one.equal:
        return
    print(f"{name}: {one.verdict}: {one.mutant.kind}: {' '.join(one.mutant.latex.split())[-150:]}")
    print(f"    {one.message[:140]} {one.suggestion}")


def table(results: list[Result]) -> str:
    """Fails, holds and is equal, other; and the repairs, by kind of mistake."""
    rows = [f"{'mistake':24}{'mutants':>8}{'fail':>7}{'equal':>7}{'other':>7}{'undone':>10}{'named':>10}"]
    kinds = Counter(one.mutant.kind for one in results)
    for kind in [*sorted(kinds), ""]:
        mine = [one for one in results if kind in ("", one.mutant.kind)]
        fail = sum(one.verdict == "fails" for one in mine)
        equal = sum(one.equal for one in mine)
        undone = sum(one.repaired for one in mine if one.verdict == "fails")
        named = sum(one.named for one in mine if one.verdict == "fails")
        rows.append(
            f"{kind or 'all':24}{len(mine):8}{fail:7}{equal:7}{len(mine) - fail - equal:7}"
            f"{undone:6} {100 * undone / max(1, fail):.0f} %{named:6} {100 * named / max(1, fail):.0f} %"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
