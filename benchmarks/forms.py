"""Seconds to derive and print each form in each notation, for every ready recurrence, after import.

    python benchmarks/forms.py [--rounds 3] [SPEC.md ...]

The first round of a form pays for SymPy's caches; both it and the median of the rest are shown. The aim is
0.5 s for the expanded and the adjoint form. Writes benchmarks/forms.md.
"""

import argparse
import statistics
import time
from pathlib import Path

import symbptt
from symbptt.writers import WRITERS

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".md")
FORMS = ("unrolled", "nested", "expanded", "adjoint")
NOTATIONS = ("scalar", "matrix", "index")


def derive_and_print(text: str, form: str, notation: str) -> str:
    """The one place that calls symbptt: from the text of a specification to the LaTeX of a derivation."""
    recurrence = symbptt.Recurrence.from_latex(text)
    return str(WRITERS["latex"](symbptt.derive(recurrence, form=form, notation=notation)))


def timed(text: str, form: str, notation: str, rounds: int) -> tuple[float, float]:
    """Seconds of the first round and the median of the others."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        derive_and_print(text, form, notation)
        seconds.append(time.perf_counter() - start)
    return seconds[0], statistics.median(seconds[1:])


def rows(specification: Path, rounds: int) -> list[str]:
    """The table's rows of one specification."""
    text = specification.read_text(encoding="utf-8")
    found = []
    for form in FORMS:
        cells = [timed(text, form, notation, rounds) for notation in NOTATIONS]
        shown = " | ".join(f"{first:.3f} / {later:.3f}" for first, later in cells)
        found.append(f"| {specification.parent.name} | {form} | {shown} |")
        print(found[-1], flush=True)
    return found


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specifications", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    specifications = given.specifications or sorted((ROOT / "derivations").glob("*/spec.md"))
    lines = [
        "# Deriving and printing",
        "",
        "Seconds from the text of the specification to the LaTeX of the derivation, after import: first "
        "time / median of later times. Written by `python benchmarks/forms.py`.",
        "",
        "| recurrence | form | " + " | ".join(NOTATIONS) + " |",
        "| --- | --- |" + " --- |" * len(NOTATIONS),
        *(row for specification in specifications for row in rows(specification, given.rounds)),
        "",
    ]
    TABLE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
