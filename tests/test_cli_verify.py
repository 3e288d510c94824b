"""`symbptt verify`: formats, exit codes, whole files or none, and one error for each document at fault."""

import json

import pytest
from rich.console import Console

from symbptt.reports import terminal
from tests.test_cli import call

__all__ = ["call"]

GOOD = "$$h_t = \\tanh(W h_{t-1})$$\n\n$$W h_t = h_t + W h_t - h_t$$\n"
BAD = GOOD + "\n$$\\frac{\\partial h_t}{\\partial h_{t-1}} = W$$\n"
DOUBT = GOOD + "\n$$h_t \\approx x_t$$\n"


@pytest.fixture
def pages(tmp_path):
    """A page that is well, one that is wrong, one in doubt, and one that is not there."""
    for name, text in {"good": GOOD, "bad": BAD, "doubt": DOUBT}.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    return {name: tmp_path / f"{name}.md" for name in ("good", "bad", "doubt", "missing")}


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        (["good"], [], 0),
        (["doubt"], [], 0),
        (["doubt"], ["--strict"], 1),
        (["good", "bad"], [], 1),
        (["good", "missing", "bad"], [], 2),
        (["good", "missing", "bad"], ["--jobs", "2"], 2),
        (["good"], ["--jobs", "0"], 2),
    ],
)
def test_exit_codes(call, pages, names, options, expected):
    code, out, err = call("verify", *options, *(pages[name] for name in names))
    assert code == expected
    assert ("missing.md: cannot be read: no such file or directory" in err) == ("missing" in names)
    assert "Traceback" not in out + err


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_others_are_judged_whatever_becomes_of_one(call, pages, jobs):
    _, out, err = call("verify", "--jobs", jobs, *pages.values())
    lines = out.splitlines()
    assert lines[0] == f"{pages['good']}: 2 relations: 1 definition, 1 holds"
    assert lines[1].startswith(f"{pages['bad']}:5:43: fails: ")
    assert lines[-1].startswith("all: 4 documents (1 not judged), 8 relations")
    assert err.count("\n") == 1


def test_json_for_scripts(call, pages):
    code, out, _ = call("verify", "--to", "json", pages["bad"], pages["missing"])
    bad, missing = json.loads(out)["documents"]
    assert code == 2
    assert [one["verdict"] for one in bad["relations"]] == ["definition", "holds", "fails"]
    assert missing["error"].startswith("cannot be read")


@pytest.mark.parametrize(
    ("form", "first"), [("github", "::error file="), ("sarif", "{"), ("json", "{"), ("text", "")]
)
def test_every_format_goes_to_a_file(call, pages, tmp_path, form, first):
    file = tmp_path / "report"
    code, out, _ = call("verify", "--to", form, "-o", file, pages["bad"])
    assert (code, out) == (1, "")
    assert file.read_text(encoding="utf-8").startswith(first)
    assert call("verify", "--to", form, pages["bad"])[1] == file.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written(call, pages, tmp_path):
    code, out, err = call("verify", "-o", tmp_path / "nowhere" / "report", pages["good"])
    assert (code, out) == (2, "")
    assert "cannot be written" in err


def test_all_and_explain_show_what_holds(call, pages):
    assert "holds" not in call("verify", pages["good"])[1].splitlines()[0].split(": ")[1]
    assert f"{pages['good']}:3:3: holds" in call("verify", "-v", pages["good"])[1]
    _, out, _ = call("verify", "--explain", pages["good"])
    assert "  read as: W\\, h_{t} = h_{t} + W\\, h_{t} - h_{t}" in out
    assert "  shapes:  W: n x n, h: n" in out
    assert f"{pages['good']}: convention: vectors: columns" in out


def test_inline_formulas_on_request(call, tmp_path):
    page = tmp_path / "a.md"
    page.write_text("where $z_t = x_t$ and $z_t = 2 x_t$ for $5 to $10", encoding="utf-8")
    assert call("verify", page)[1] == f"{page}: 0 relations\n"
    assert call("verify", "--inline", page)[1].endswith("2 definitions\n")


def test_a_terminal_has_colours_and_a_bar(call, pages, monkeypatch):
    shown = []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(terminal, "print_report", lambda judgements, everything: shown.extend(judgements))
    code, out, _ = call("verify", pages["good"], pages["bad"])
    assert (code, out) == (1, "")
    assert [len(one.relations) for one in shown] == [2, 3]
    assert Console  # the bar itself is tested with the reports
