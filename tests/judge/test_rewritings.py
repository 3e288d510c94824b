"""Formulas that hold, written in another way: they still hold, and a wrong one never comes to hold."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbptt.judge import verify

STYLES = sorted((Path(__file__).parent / "styles").glob("*.md"))
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.S)


def renamed_indices(latex: str) -> str:
    """\\sum_{k=1}^{t} x_k as \\sum_{s=1}^{t} x_s, in all of a formula."""
    found = re.search(r"\\(?:sum|prod)_\{([kij])=", latex)
    if found is None:
        return latex
    letter = found[1]
    latex = re.sub(r"_\{([a-z]{2})\}", lambda pair: pair[0].replace(letter, "s"), latex)
    return re.sub(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", "s", latex)


def reordered_sums(latex: str) -> str:
    """a + b as b + a, where the right side is a plain sum of two terms."""
    left, right = latex.split("=", 1)
    depth, places = 0, []
    for place, sign in enumerate(right):
        depth += (sign in "{([") - (sign in "})]")
        if sign in "+-" and depth == 0:
            places.append((place, sign))
    if len(places) != 1 or places[0][1] == "-" or not right[: places[0][0]].strip() or "\\sum" in right:
        return latex
    cut = places[0][0]
    return f"{left}= {right[cut + 1 :]} + {right[:cut]}"


def bracketed(latex: str) -> str:
    """Brackets around the right side."""
    left, right = latex.split("=", 1)
    return f"{left}= \\left({right}\\right)"


def other_signs(latex: str) -> str:
    """\\circ for \\odot, ^T for ^\\top, \\operatorname{diag} for \\mathrm{diag}."""
    latex = latex.replace("\\odot", "\\circ").replace("^\\top", "^{T}")
    return latex.replace("\\mathrm{diag}", "\\operatorname{diag}")


def exchanged(latex: str) -> str:
    """B = A for A = B; where B is a name alone, B = A would define it."""
    left, right = latex.split("=", 1)
    if "\\" not in right.replace("\\top", ""):
        return latex
    return f"{right} = {left}"


def named_products(latex: str) -> str:
    """diag(v) W for v \\odot ...: the square as a product of the two."""
    return re.sub(r"([a-z]_\{?[a-z+1]+\}?)\^2", r"\1 \\odot \1", latex)


def expanded(latex: str) -> str:
    """u \\odot (1 - v) as u - u \\odot v, for single names."""
    return re.sub(r"([a-z]_t) \\odot \(1 - ([a-z]_t)\)", r"(\1 - \1 \\odot \2)", latex)


REWRITINGS = [renamed_indices, reordered_sums, bracketed, other_signs, exchanged, named_products, expanded]


def claims(text: str) -> Iterator[str]:
    """The displays of single relations that hold for all sizes."""
    judgement = verify(text)
    displays = DISPLAY.findall(text)
    for one in judgement.relations:
        if (one.finding.verdict, one.finding.scope) == ("holds", "any") and one.display is not None:
            yield displays[one.display]


@pytest.mark.parametrize("rewriting", REWRITINGS, ids=lambda rewriting: rewriting.__name__)
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_rewritings_still_hold(path, rewriting):
    text = path.read_text(encoding="utf-8")
    changed = {latex: rewriting(latex) for latex in claims(text)}
    changed = {latex: new for latex, new in changed.items() if new != latex}
    for latex, new in changed.items():
        text = text.replace(f"$${latex}$$", f"$${new}$$")
    wrong = [one.latex for one in verify(text).relations if one.finding.verdict in ("fails", "unreadable")]
    assert wrong == []
    held = [one for one in verify(text).relations if one.finding.verdict == "holds"]
    assert len(held) >= len(changed)
