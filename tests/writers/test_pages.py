"""Pages of derivations: every example, form and notation, in every kind of page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from symbptt.derivation import FORMS, derive
from symbptt.derivation.steps import SCALAR_ONLY, Derivation
from symbptt.errors import SymbpttError
from symbptt.notations import NOTATIONS
from symbptt.writers import (
    WRITERS,
    derivation_latex,
    recurrence_latex,
    step_latex,
    to_html,
    to_latex,
    to_markdown,
    to_tex_page,
    to_text,
)
from symbptt.writers.chains import WIDEST, Contents, chains, displays, lines, width
from symbptt.writers.html import recurrence_html
from symbptt.writers.names import TIME_STYLES
from symbptt.writers.pages import PREAMBLE
from tests.examples import EXAMPLES, OPEN, elman, gated
from tests.notations.worlds import asked
from tests.writers.judges import katex_errors, pdflatex_errors

WRITTEN = {**EXAMPLES, **OPEN}


def derivation_of(name: str, form: str, notation: str, style: str = "subscript") -> Derivation:
    r = replace(WRITTEN[name](), time_style=style)
    of, by = asked(r, form)[-1]
    return NOTATIONS[notation](derive(r, of, by, form, steps=2))


def every() -> list[Derivation]:
    """Each example in each form and notation, the styles of writing times in turn."""
    styles = list(TIME_STYLES)
    return [
        derivation_of(name, form, notation, styles[n % len(styles)])
        for n, name in enumerate(WRITTEN)
        for form in FORMS
        for notation in NOTATIONS
    ]


def expanded() -> Derivation:
    r = elman()
    return derive(r, r.states[0], r.quantities["W_{aa}"], "expanded")


# ------------------------------------------------------------------ what a page says


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_page_says_what_it_is_and_how_to_read_it(kind, notation):
    page = WRITERS[kind](NOTATIONS[notation](expanded()))
    for said in ("expanded form", f"{notation} notation", "total derivative", "immediate", "sum of products"):
        assert said in page
    assert "scalars only" in page
    layout = {"matrix": "numerator layout", "index": "count from 1", "scalar": "Every size is one"}
    assert layout[notation] in page


@pytest.mark.parametrize("kind", WRITERS)
def test_every_rule_and_reason_is_on_the_page(kind):
    derivation = expanded()
    page = WRITERS[kind](derivation)
    for step in derivation.steps:
        assert step.rule in page
        assert step.why.replace("'", "&#x27;") in page or step.why in page


def test_total_and_immediate_are_printed_differently():
    first = expanded().steps[0]
    assert step_latex(first) == (
        r"\frac{\partial a_{t}}{\partial \operatorname{vec} W_{aa}} = "
        r"\frac{\partial^{+} a_{t}}{\partial \operatorname{vec} W_{aa}} + "
        r"\frac{\partial^{+} a_{t}}{\partial a_{t-1}}\, "
        r"\frac{\partial a_{t-1}}{\partial \operatorname{vec} W_{aa}}"
    )


def test_steps_with_one_left_side_are_one_chain():
    derivation = expanded()
    found = chains(derivation)
    assert len(found) == 1
    assert derivation_latex(derivation).count("&=") == len(derivation.steps)
    assert derivation_latex(derivation).count(r"\begin{aligned}") == 1


def test_short_chains_for_the_same_times_are_one_display():
    r = elman()
    derivation = derive(r, r.loss.left, r.parameters[0], "adjoint")
    assert len(displays(chains(derivation))) < len(chains(derivation))
    assert [s for d in displays(chains(derivation)) for s in d.steps] == list(derivation.steps)


def test_the_mark_is_on_the_merged_line_only():
    derivation = expanded()
    marked = [row for row in derivation_latex(derivation).splitlines() if "scalars only" in row]
    assert len(marked) == sum(step.scope == SCALAR_ONLY for step in derivation.steps) == 1


def test_long_sums_are_broken():
    r = gated()
    steps = derive(r, r.states[-1], r.parameters[0], "nested").steps
    long = [s.right for s in steps if len(lines(s.right)) > 1]
    assert long
    for right in long:
        assert sum(map(len, lines(right))) == len(right.args)
        for line in lines(right):
            assert len(line) == 1 or sum(width(term) + 2 for term in line) <= WIDEST


def test_text_is_aligned():
    page = to_text(expanded())
    chain = page[page.index("For 1 <= t <= T:") :].splitlines()[1:]
    columns = {
        row.index(" = ") for row in chain if " = " in row and "[" not in row[: row.index(" = ")].strip()[:1]
    }
    assert len(columns) == 1


def test_html_needs_nothing_else():
    page = to_html(expanded())
    assert not re.search(r"<script|<link|src=|href=|@import|url\(", page)
    assert "<math" in page


# ------------------------------------------------------------------ several derivations on one page


def by_each_parameter() -> list[Derivation]:
    r = gated()
    return [derive(r, r.states[-1], p, "expanded") for p in r.parameters]


def test_steps_that_stand_above_are_not_repeated():
    found = by_each_parameter()
    shown = [chain for section in Contents(tuple(found)).sections for chain in section.chains]
    assert len(shown) == len(set(shown)) < sum(len(chains(d)) for d in found)
    assert set(shown) == {chain for d in found for chain in chains(d)}
    assert all(section.chains for section in Contents(tuple(found)).sections)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_page_of_several_says_the_recurrence_once(kind):
    found = by_each_parameter()
    page = WRITERS[kind](*found)
    assert page.count("numerator layout") == 1
    assert page.count("not repeated") == 1
    assert len(page) < sum(len(WRITERS[kind](d)) for d in found) / 2


def test_a_page_of_several_compiles(tmp_path):
    assert pdflatex_errors(to_tex_page(*by_each_parameter()), tmp_path) == []


def test_a_page_is_about_one_recurrence_in_one_notation():
    one, other = expanded(), by_each_parameter()[0]
    with pytest.raises(SymbpttError, match="one recurrence, in one notation"):
        to_markdown(one, other)
    with pytest.raises(SymbpttError, match="one recurrence, in one notation"):
        to_markdown(one, NOTATIONS["index"](one))


# ------------------------------------------------------------------ notebooks


def test_objects_display_themselves():
    derivation = expanded()
    assert "<math" in derivation._repr_html_()
    assert "$$" in derivation._repr_markdown_()
    assert derivation.steps[0]._repr_latex_().startswith(r"$\displaystyle \frac")
    assert recurrence_latex(elman()).startswith(r"\begin{aligned}")
    assert "<math" in recurrence_html(elman())


# ------------------------------------------------------------------ that it compiles


def test_every_page_is_html_and_text():
    for derivation in every():
        assert "<math" in to_html(derivation)
        assert to_text(derivation)


def test_every_page_compiles_in_pdflatex(tmp_path):
    fragments = "\n\\clearpage\n".join(map(to_latex, every()))
    assert pdflatex_errors(PREAMBLE + fragments + "\\end{document}\n", tmp_path) == []


def test_a_whole_page_compiles(tmp_path):
    assert pdflatex_errors(to_tex_page(expanded()), tmp_path) == []


def test_every_display_renders_in_katex():
    found = [d for page in map(to_markdown, every()) for d in re.findall(r"\$\$\n(.*?)\n\$\$", page, re.S)]
    assert len(found) > 2 * len(every())
    assert katex_errors(found) == []
