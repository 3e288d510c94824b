"""Judges of LaTeX that a machine may lack: pdflatex and KaTeX. Tests that want one say so where they skip."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KATEX = """
const katex = require('katex');
const wrong = [];
for (const formula of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  try { katex.renderToString(formula, {displayMode: true, strict: 'error', maxExpand: 100000}); }
  catch (problem) { wrong.push(problem.message + ' in ' + formula.slice(0, 200)); }
}
console.log(JSON.stringify(wrong));
"""


@functools.cache
def has_katex() -> bool:
    if shutil.which("node") is None:
        return False
    found = subprocess.run(["node", "-e", "require('katex')"], cwd=ROOT, capture_output=True, check=False)
    return found.returncode == 0


def katex_errors(formulas: list[str]) -> list[str]:
    """What KaTeX says against display formulas; skips the test where there is no KaTeX."""
    if not has_katex():
        pytest.skip("KaTeX is not installed here: npm install --no-save katex")
    done = subprocess.run(
        ["node", "-e", KATEX],
        cwd=ROOT,
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def pdflatex_errors(page: str, folder: Path) -> list[str]:
    """The errors of pdflatex on a whole document; skips the test where there is no TeX system."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed here")
    (folder / "page.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "page.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert (folder / "page.pdf").is_file(), done.stdout[-2000:]
    return [line for line in done.stdout.splitlines() if line.startswith("!")]
