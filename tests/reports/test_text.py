"""The linter's text: what is shown, what is only counted, and where the caret stands."""

import io
from dataclasses import replace

from rich.console import Console

from symbptt.judge.verdicts import Judgement
from symbptt.reports import as_text
from symbptt.reports.terminal import print_report, progress
from symbptt.reports.text import relation
from tests.reports.judgements import ALL, DEFINITION, FAILS, HOLDS, LOST, NOTEBOOK


def test_a_failure_shows_line_caret_counterexample_and_suggestion():
    assert relation("a.md", FAILS).splitlines() == [
        "a.md:3:21: fails: The two sides differ, 100% of them.",
        r"$$a_t = W a_{t-1} = V$$",
        "                    ^",
        "  at t=3, n=2: left 1, right 2 (relative error 0.5)",
        "  did you mean: W",
    ]


def test_a_range_is_underlined():
    *_, caret = relation("a.md", DEFINITION).splitlines()
    assert caret == "  ^" + "~" * 18


def test_what_needs_no_look_is_counted_only():
    text = as_text([ALL])
    assert "definition:" not in text
    assert "docs/a, b.md:5:1" not in text
    assert "docs/a, b.md:7:1: holds for scalars: It is true for scalars." in text
    assert "docs/a, b.md:8:1: undetermined: g is unknown." in text
    assert text.splitlines()[-1] == (
        "docs/a, b.md: 7 relations: 1 definition, 3 hold (1 for scalars only), 1 fails, "
        "1 unreadable, 1 undetermined"
    )


def test_everything_is_shown_on_request_in_the_order_of_the_document():
    places = [line.split(": ")[0] for line in as_text([ALL], True).splitlines() if ".md:" in line]
    lines = [int(place.split(":")[1]) for place in places if place.count(":") == 2]
    assert lines == sorted(lines)
    assert len(lines) == len(ALL.relations)


def test_long_values_stand_on_lines_of_their_own():
    long = "[" + ", ".join(["0.1234"] * 8) + "]"
    evidence = FAILS.finding.evidence
    shown = replace(FAILS, finding=replace(FAILS.finding, evidence=replace(evidence, left=long)))
    assert f"    left  {long}" in relation("a.md", shown).splitlines()


def test_how_it_was_read():
    text = as_text([ALL], True)
    assert "  read as: i_{t} = j_{t}" in text
    assert "  shapes:  i: n, j: n x m" in text
    assert "  chosen:  product: chain" in text
    assert "docs/a, b.md: convention: vectors: columns" in text


def test_a_notebook_names_the_cell():
    assert as_text([NOTEBOOK]).startswith("n.ipynb:cell 2:1:3: fails: Wrong.")


def test_several_documents_have_a_summary_of_all():
    last = as_text([ALL, NOTEBOOK, LOST]).splitlines()[-1]
    assert last.startswith("all: 3 documents (1 not judged), 8 relations: 1 definition, 3 hold")


def test_one_of_each_is_singular():
    assert as_text([Judgement("a.md", (HOLDS,))]) == "a.md: 1 relation: 1 holds"


def test_a_terminal_gets_the_same_words_in_colour():
    plain, colour = io.StringIO(), io.StringIO()
    print_report([ALL], True, Console(file=plain, width=40))
    print_report([ALL], True, Console(file=colour, width=40, force_terminal=True, color_system="standard"))
    assert plain.getvalue().splitlines() == as_text([ALL], True).splitlines()
    assert "\x1b[1;31mfails" in colour.getvalue()


def test_a_bar_counts_the_documents():
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80)
    with progress(2, console) as finished:
        finished(ALL)
        finished(NOTEBOOK)
    assert "2/2" in written.getvalue()
