"""Documents: which stretches are formulas, of which kind, and where they stand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from symbptt.errors import SpecificationError
from symbptt.reader.document import Formula, read_document
from symbptt.reader.parser import parse


def _displays(text: str, source: str = "notes.md") -> list[str]:
    return [formula.latex.strip() for formula in read_document(text, source).displays]


def _inline(text: str, source: str = "notes.md") -> list[str]:
    return [formula.latex for formula in read_document(text, source).inline]


@pytest.mark.parametrize(
    "text",
    [
        "$$h = f$$",
        "$$\nh = f\n$$",
        "\\[ h = f \\]",
        "```math\nh = f\n```",
        "- item\n\n  $$\n  h = f\n  $$\n",
        "> $$\n> h = f\n> $$",
    ],
)
def test_displays_of_markdown(text: str) -> None:
    assert _displays(text) == ["h = f"]


def test_environments_are_displays() -> None:
    latex = "\\begin{align*}\nh &= f \\\\\ny &= g\n\\end{align*}"
    assert _displays(f"Text\n\n{latex}\n\nmore") == [latex]
    assert _displays(f"$$\n{latex}\n$$") == [latex]


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("where $x_t \\in \\mathbb{R}^m$ holds", ["x_t \\in \\mathbb{R}^m"]),
        ("从$h_t$到$x_t$。", ["h_t", "x_t"]),
        ("\\(a\\) and $b$", ["a", "b"]),
        ("from $5 to $10", []),
        ("US$5 and \\$a\\$", []),
        ("`$a$` and ``$b$``", []),
        ("```\n$a$\n$$b$$\n```", []),
        ("    $a$ in an indented block", []),
        ("<!-- $a$ $$b$$ -->", []),
        ("no $a\n\nb$ over a blank line", []),
        ("an open $$ and $a$", ["a"]),
    ],
)
def test_inline(text: str, formulas: list[str]) -> None:
    assert _inline(text) == formulas
    assert _displays(text) == []


def test_declarations() -> None:
    text = "<!-- symbptt: x_t \\in \\mathbb{R}^m -->\n"
    (formula,) = read_document(text, "a.md").inline
    assert (formula.kind, formula.latex) == ("declaration", "x_t \\in \\mathbb{R}^m")
    (formula,) = read_document("% symbptt: $U: n \\times m$\n% $no$", "a.tex").inline
    assert (formula.kind, formula.latex) == ("declaration", "U: n \\times m")


def test_tex() -> None:
    text = "% $$dropped$$\n\\begin{equation}\na = b % $c$\n\\end{equation}\n50\\% of $d$\n"
    text += "\\begin{verbatim}$e$\\end{verbatim}\n"
    assert _displays(text, "a.tex")[0].startswith("\\begin{equation}")
    assert len(_displays(text, "a.tex")) == 1
    assert _inline(text, "a.tex") == ["d"]


def test_macros_of_the_document() -> None:
    document = read_document("$\\newcommand{\\W}{W_{h}}$\n\n$$\\W x$$", "a.md")
    assert parse(document.displays[0].latex, macros=document.macros) == parse("W_{h} x")


def test_places() -> None:
    text = "# Title\n\nText $a$ here\n\n$$\nh = f \\\\\n  y = )\n$$\n"
    document = read_document(text, "a.md")
    inline, display = document.inline[0], document.displays[0]
    assert (inline.line, inline.column) == (3, 7)
    with pytest.raises(SpecificationError) as caught:
        parse(display.latex, place_of=display.place)
    assert str(caught.value) == "a.md:7:7: expected an expression, found )\n  y = )\n      ^"


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = "$" + "a + " * 60 + "b )" + " + c" * 60 + "$"
    (formula,) = read_document(text, "a.md").inline
    with pytest.raises(SpecificationError) as caught:
        parse(formula.latex, place_of=formula.place)
    _, line, caret = str(caught.value).splitlines()
    assert len(line) < 110
    assert line[caret.index("^")] == ")"


def test_the_caret_stands_under_full_width_characters() -> None:
    formula = Formula("我 )", "a.md", 1, 1, "inline", 0, "我 )")
    with pytest.raises(SpecificationError) as caught:
        parse(formula.latex, place_of=formula.place)
    assert str(caught.value).splitlines()[-1] == "   ^"


@pytest.mark.parametrize(
    "piece", ["$$ x ", "\\[ ", "\\begin{align} ", "`", "` a $x$ ", "<!-- ", "$a ", "text $x_t$ $$a=b$$\n"]
)
def test_cost_is_linear(piece: str) -> None:
    read_document(piece * 50_000, "a.md")


def test_the_markdown_parser_is_loaded_for_code_only() -> None:
    program = (
        "import sys; from symbptt.reader.document import read_document as read;"
        "assert read('    a\\n\\n$$b$$', 'a.md').displays and 'markdown_it' not in sys.modules;"
        "assert not read('    $$b$$', 'a.md').displays and 'markdown_it' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("text", "displays", "unclosed"),
    [
        ("$$ a\n\nIt goes on in words.\n\n$$ b $$", ["b"], ["$$"]),
        ("\\[ a\n\n- an item\n\n\\[ b \\]", ["b"], ["\\["]),
        ("$$ a\n\n# Title\n\n$$ b $$", ["b"], ["$$"]),
        ("a $$\n\n$$ b $$", ["b"], ["$$"]),
        ("$$\na\n\n+ \\text{with some words in it} b\n$$", ["a\n\n+ \\text{with some words in it} b"], []),
        ("$$ a \f $$ b $$", ["b"], ["$$"]),
    ],
)
def test_a_display_that_nothing_closes(text: str, displays: list[str], unclosed: list[str]) -> None:
    assert _displays(text) == displays
    assert [formula.latex for formula in read_document(text, "a.md").unclosed] == unclosed
