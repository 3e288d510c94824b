"""A judgement as a table of its relations, in HTML and in Markdown (what a notebook shows)."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from math_core import LatexError, LatexToMathML

from symbptt.judge.verdicts import Judged, Judgement
from symbptt.reports.github import message
from symbptt.reports.text import summary

COLOURS = {"fails": "#c62828", "unreadable": "#8e24aa", "undetermined": "#b26a00", "holds": "#2e7d32"}
_LABELS = re.compile(r"\\(?:tag|label)\*?\{[^{}]*\}|\\(?:nonumber|notag)\b")
_ROWS = re.compile(r"(?<!\\)&|\\\\")


def as_html(judgement: Judgement) -> str:
    """A table of line, verdict, relation (as MathML) and what is to be said about it."""
    rows = "".join(_html_row(judged) for judged in judgement.relations)
    head = "<tr><th>line</th><th>verdict</th><th>relation</th><th></th></tr>"
    return f"<table>{head}{rows}</table><p>{escape(summary(judgement))}</p>"


def as_markdown(judgement: Judgement) -> str:
    """The same as a table of Markdown with inline mathematics."""
    rows = [
        f"| {_line(one)} | {_verdict(one)} | ${_for_cell(mathematics(one.latex))}$ | {_said(one)} |"
        for one in judgement.relations
    ]
    head = ["| line | verdict | relation | |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, "", summary(judgement)])


def mathematics(latex: str) -> str:
    """A piece of a display as a formula of its own: on one line, without labels, its rows aligned."""
    text = " ".join(_LABELS.sub("", latex).split())
    return f"\\begin{{aligned}}{text}\\end{{aligned}}" if _ROWS.search(text) else text


def _html_row(judged: Judged) -> str:
    colour = COLOURS.get(judged.finding.verdict, "inherit")
    said = "<br>".join(escape(line) for line in _lines(judged))
    return (
        f'<tr><td>{_line(judged)}</td><td style="color:{colour}"><b>{_verdict(judged)}</b></td>'
        f'<td style="text-align:left">{_mathml(mathematics(judged.latex))}</td>'
        f'<td style="text-align:left">{said}</td></tr>'
    )


@lru_cache(maxsize=1)
def _converter() -> LatexToMathML:
    return LatexToMathML(pretty_print="never")


def _mathml(latex: str) -> str:
    """MathML, or the LaTeX itself where it cannot be converted."""
    try:
        return _converter().convert_with_local_state(latex, displaystyle=True)
    except LatexError:
        return f"<code>{escape(latex)}</code>"


def _line(judged: Judged) -> str:
    cell = "" if judged.cell is None else f"cell {judged.cell}, "
    return f"{cell}{judged.line}"


def _verdict(judged: Judged) -> str:
    return judged.finding.verdict + (" for scalars" if judged.finding.scope == "scalar" else "")


def _lines(judged: Judged) -> list[str]:
    quiet = judged.finding.verdict in ("holds", "definition") and not judged.finding.message
    return [] if quiet else message(judged).split("\n")


def _said(judged: Judged) -> str:
    return "<br>".join(escape(line).replace("|", "&#124;") for line in _lines(judged))


def _for_cell(latex: str) -> str:
    r"""A bar would end the cell of a Markdown table: \vert and \Vert say the same."""
    return latex.replace("\\|", "\\Vert ").replace("|", "\\vert ")
