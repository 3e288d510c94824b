"""Documents from files: every kind, every way in which a file can be at fault, and inline formulas."""

import io
import json
import sys

import pytest

from symbptt import Recurrence
from symbptt.errors import SymbpttError
from symbptt.judge import Wanted, judged_file, verify, verify_file
from symbptt.reader.document import read_document

CLAIM = r"\frac{\partial h_t}{\partial h_{t-1}} = W"
ELMAN = r"h_t = \tanh(W h_{t-1} + U x_t)"
PAGES = {
    "a.md": f"$${ELMAN}$$\n\n$$\n{CLAIM}\n$$\n",
    "b.md": f"```math\n{ELMAN}\n```\n\n\\[\n{CLAIM}\n\\]\n",
    "c.md": f"\\begin{{align*}}\n{ELMAN} \\\\\n{CLAIM}\n\\end{{align*}}\n",
    "d.tex": f"% $$x = $$\n\\[ {ELMAN} \\]\n\\begin{{equation}}\n{CLAIM} % $$\n\\end{{equation}}\n",
    "e.md": f"> $$\n> {ELMAN}\n> $$\n\n- then\n\n  $$\n  {CLAIM}\n  $$\n",
}


def verdicts(judgement):
    return [one.finding.verdict for one in judgement.relations]


@pytest.mark.parametrize("name", PAGES)
def test_every_way_to_write_a_display(name, tmp_path):
    path = tmp_path / name
    path.write_text(PAGES[name], encoding="utf-8")
    judgement = verify_file(path)
    assert verdicts(judgement) == ["definition", "fails"]
    line = PAGES[name].split("\n")[judgement.relations[1].line - 1]
    assert line[judgement.relations[1].column - 1 :].startswith(CLAIM)


def test_a_notebook_is_judged_as_one_document(tmp_path):
    pytest.importorskip("nbformat", reason="notebooks are read with nbformat")
    sources = [f"$${ELMAN}$$", "text\n\n" + f"$${CLAIM}$$"]
    cells = [
        {"cell_type": "markdown", "id": str(n), "metadata": {}, "source": source.splitlines(keepends=True)}
        for n, source in enumerate(sources)
    ]
    path = tmp_path / "n.ipynb"
    raw = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    path.write_text(raw, encoding="utf-8")
    failed = verify_file(path).relations[1]
    assert (failed.finding.verdict, failed.cell, failed.line, failed.column) == ("fails", 2, 3, 3)
    line = raw.split("\n")[failed.in_file.line - 1]
    part, whole = failed.in_file, failed.file_region
    assert line[whole.column - 1 :].startswith(json.dumps(CLAIM)[1:-1])
    assert line[part.column - 1 : part.end_column - 1] == "W"


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAGES["a.md"].encode())))
    judgement = verify_file("-")
    assert (judgement.source, verdicts(judgement)) == ("<stdin>", ["definition", "fails"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"$$a = b$$ \x00 \x01", "is no text: a zero byte stands at offset 10"),
        (b"\xff\xfe$$a = b$$", "is no text in UTF-8: see byte 0"),
        (b"$$a = b$$ " * 2_000_001, "is larger than 20 MB"),
        (None, "cannot be read: is a directory"),
        ("", "cannot be read: no such file or directory"),
    ],
    ids=["zero byte", "bytes", "large", "directory", "missing"],
)
def test_a_file_at_fault_is_one_clear_error(data, said, tmp_path):
    path = tmp_path / "a.md"
    if data is None:
        path.mkdir()
    elif data:
        path.write_bytes(data)
    with pytest.raises(SymbpttError) as caught:
        verify_file(path)
    assert str(caught.value) == f"{path}: {said}"
    judgement = judged_file(str(path), Wanted())
    assert (judgement.source, judgement.trouble, judgement.relations) == (str(path), said, ())


def test_windows_and_byte_order_marks(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + PAGES["a.md"].replace("\n", "\r\n").encode())
    assert [(one.line, one.column) for one in verify_file(path).relations] == [(1, 3), (4, 1)]


# ------------------------------------------------------------------ what a text may be


def test_a_text_a_path_or_a_bare_relation(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(PAGES["a.md"], encoding="utf-8")
    for document in (PAGES["a.md"], path, str(path)):
        assert verdicts(verify(document)) == ["definition", "fails"]
    assert verdicts(verify(ELMAN)) == ["definition"]
    assert verdicts(verify("Nothing here is a formula.")) == []
    with pytest.raises(SymbpttError, match="no such file"):
        verify("missing.md")


def test_relations_about_a_recurrence():
    rnn = Recurrence.from_latex(ELMAN)
    judgement = rnn.verify(rf"{CLAIM.replace('W', 'diag(1 - h_t^2) W')} = W", explain=True)
    assert verdicts(judgement) == ["holds", "fails"]
    assert (judgement.relations[0].line, judgement.relations[0].display) == (1, 0)
    assert dict(judgement.relations[0].explanation.shapes) == {"h": "n", "W": "n x n"}
    page = rnn.verify(f"So\n\n$$h_t = h_{{t-1}}$$ and\n$${ELMAN}$$")
    assert verdicts(page) == ["fails", "holds"]
    assert [(one.display, one.line) for one in page.relations] == [(0, 3), (1, 4)]


# ------------------------------------------------------------------ inline formulas


def test_inline_relations_on_request():
    page = f"With ${ELMAN}$ we have, for $5 to $10 = cheap, that ${CLAIM}$.\n\n$$h_t = h_t$$\n"
    assert verdicts(verify(page)) == ["holds"]
    found = verify(page, inline=True)
    assert verdicts(found) == ["definition", "fails", "holds"]
    assert [one.display for one in found.relations] == [None, None, 0]
    assert found.relations[1].column == page.index(CLAIM) + 1


@pytest.mark.parametrize(
    "prose", ["costs $5 = cheap, or $10 = dear", "US$5=3$ a = b$", r"\$a = b\$", "`$a = b$`"]
)
def test_prices_are_no_formulas(prose):
    assert verdicts(verify(prose + "\n\n$$z_t = x_t$$", inline=True)) == ["definition"]


# ------------------------------------------------------------------ displays that nothing closes


@pytest.mark.parametrize("opening", ["$$", "\\[", "\\begin{align}"])
def test_the_rest_is_judged_after_a_display_that_nothing_closes(opening):
    text = f"{opening} a = b\n\nThis is how it goes on.\n\n$$z_t = x_t$$\n\n\\[ z_t = 2 x_t - x_t \\]\n"
    judgement = verify(text)
    assert verdicts(judgement) == ["unreadable", "definition", "holds"]
    assert opening in judgement.relations[0].finding.message
    assert (judgement.relations[0].line, judgement.relations[0].column) == (1, 1)


def test_a_blank_line_alone_ends_no_display():
    (display,) = read_document("$$\na = b\n\n + \\text{some words in it} c\n$$", "a.md").displays
    assert "c" in display.latex


# ------------------------------------------------------------------ what a suggestion stands for


def test_a_suggestion_stands_for_a_part_or_for_the_whole_relation():
    page = f"$${ELMAN}$$\n\n$$\\frac{{\\partial h_t}}{{x_t}} = diag(1 - h_t^2) U$$\n\n$${CLAIM}$$\n"
    _, part, whole = verify(page).relations
    line = page.split("\n")[part.line - 1]
    assert line[part.part.column - 1 : part.part.end_column - 1] == r"\frac{\partial h_t}{x_t}"
    assert part.finding.suggestion == r"\frac{\partial h_t}{\partial x_t}"
    line = page.split("\n")[whole.line - 1]
    assert line[whole.part.column - 1 : whole.part.end_column - 1] == "W"
    assert whole.finding.suggestion.endswith("\\, W")
