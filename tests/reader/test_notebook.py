"""Notebooks: the Markdown of their cells, and the way back to cell and file."""

import json

import pytest

from symbptt.errors import SymbpttError
from symbptt.reader.document import read_document
from symbptt.reader.notebook import read_notebook

pytest.importorskip("nbformat", reason="notebooks are read with nbformat")

CELLS = [
    ("markdown", "# Title\n\n$$h_t = \\tanh(W h_{t-1})$$\n"),
    ("code", "x = '$$a = b$$'\n'source'"),
    ("markdown", 'é "quoted" 😀 $$\\frac{a}{b} = W$$\nand an open $$'),
    ("raw", "$$raw = 1$$"),
    ("markdown", "$$z_t = h_t$$"),
]


def notebook(split: bool, indent: int | None, ascii_only: bool = False) -> str:
    """The file of a notebook, its sources split into lines or not, written in one line or over many."""
    cells = []
    for number, (kind, source) in enumerate(CELLS):
        cell = {"cell_type": kind, "id": f"c{number}", "metadata": {"tags": ["source"]}}
        cell["source"] = source.splitlines(keepends=True) if split else source
        if kind == "code":
            output = {"output_type": "stream", "name": "stdout", "text": ["$$c = d$$"]}
            cell |= {"outputs": [output], "execution_count": 1}
        cells.append(cell)
    whole = {"cells": cells, "metadata": {"source": "x"}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=indent, ensure_ascii=ascii_only)


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("indent", [1, None])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_formula_knows_its_place(split, indent, ascii_only):
    raw = notebook(split, indent, ascii_only)
    found = read_notebook(raw, "n.ipynb")
    displays = read_document(found.text, "n.ipynb").displays
    assert [display.latex for display in displays] == [
        "h_t = \\tanh(W h_{t-1})",
        "\\frac{a}{b} = W",
        "z_t = h_t",
    ]
    spots = [found.spot(display.line, display.column) for display in displays]
    assert [(spot.cell, spot.line) for spot in spots] == [(1, 3), (3, 1), (5, 1)]
    for display, spot in zip(displays, spots, strict=True):
        line = raw.split("\n")[spot.file_line - 1]
        assert line[spot.file_column - 1 :].startswith(json.dumps(display.latex)[1:-1])


def test_no_formula_goes_from_cell_to_cell():
    found = read_notebook(notebook(True, 1), "n.ipynb")
    (opening,) = read_document(found.text, "n.ipynb").unclosed
    spot = found.spot(opening.line, opening.column)
    assert (spot.cell, spot.line, spot.column) == (3, 2, 13)


@pytest.mark.parametrize(
    "raw", ["", "{", "[1, 2]", "3", '{"cells": 3}', '{"cells": [{"source": 1}]}', "{}", "null"]
)
def test_what_is_no_notebook_is_an_error(raw):
    with pytest.raises(SymbpttError, match=r"n\.ipynb: .*notebook"):
        read_notebook(raw, "n.ipynb")


def test_an_empty_notebook():
    raw = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert read_notebook(raw, "n.ipynb").text == ""
