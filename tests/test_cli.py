"""The command line: its contract, its exit codes, and its errors with their places."""

from __future__ import annotations

import subprocess
import sys

import pytest

from symbptt.cli import main
from symbptt.derivation import FORMS
from symbptt.notations import NOTATIONS
from symbptt.version import __version__
from symbptt.writers import WRITERS

ELMAN = r"""
# A network

$$a_t = S(W_{aa} a_{t-1} + W_{ax} x_t + b), \qquad a_0 = 0$$

with $S = \sigma$ and $W_{aa} \in \mathbb{R}^{n \times n}$.
"""

OPEN = r"$$h_t = f(h_{t-1}, x_t)$$ $f: \mathbb{R}^n \times \mathbb{R}^m \to \mathbb{R}^n$"


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["symbptt", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        done = capsys.readouterr()
        return int(stop.value.code or 0), done.out, done.err

    return run


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "elman.md"
    path.write_text(ELMAN, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", [f for f in FORMS if f != "paths"])
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("to", WRITERS)
def test_derive_in_every_form_notation_and_format(call, spec, form, notation, to):
    code, out, err = call("derive", spec, "--form", form, "--notation", notation, "--to", to)
    assert (code, err) == (0, "")
    assert "W" in out


def test_derive_says_what_was_asked_for(call, spec):
    code, out, _ = call("derive", spec, "--of", "a_t", "--wrt", "W_ax", "--to", "text", "--verify")
    assert code == 0
    assert "∂a[t]/∂vec(W_ax)" in out


@pytest.mark.parametrize("form", [f for f in FORMS if f != "paths"])
def test_derive_by_everything(call, spec, form):
    code, out, _ = call("derive", spec, "--wrt", "all", "--form", form, "--to", "text", "--of", "a_t")
    assert code == 0
    for by in ("vec(W_aa)", "vec(W_ax)", "b", "x[1]" if form == "unrolled" else "x[k]", "a[0]"):
        assert f"/∂{by}" in out


def test_paths(call, spec):
    code, out, _ = call("derive", spec, "--of", "a_t", "--wrt", "a_{t-1}", "--form", "paths", "--to", "text")
    assert code == 0
    assert "diag(a[t] ⊙ (1 - a[t])) · W_aa" in out


def test_a_number_of_layers_and_a_size_are_set(call):
    code, out, _ = call("derive", "deep_rnn", "--set", "L=2", "--set", "n_1=5", "--to", "text", "--of", "y_t")
    assert code == 0
    assert "h^(2)[t] (n_2 x 1)" in out
    assert "h^(1)[t] (5 x 1)" in out
    assert "h^(3)" not in out
    assert call("check", "deep_rnn", "--set", "L=1")[0] == 0
    for wrong in ("L", "L=two", "q=2"):
        assert call("generate", "deep_rnn", "--set", wrong)[0] == 2


def test_a_file_is_written_whole(call, spec, tmp_path):
    target = tmp_path / "out.tex"
    assert call("derive", spec, "-o", target)[:2] == (0, "")
    assert "align" in target.read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".out*"))


def test_a_file_that_cannot_be_written(call, spec, tmp_path):
    code, _, err = call("derive", spec, "-o", tmp_path / "nowhere" / "out.tex")
    assert code == 2
    assert "cannot be written" in err


def test_generate(call, spec, tmp_path):
    code, out, _ = call("generate", spec)
    assert code == 0
    assert "def backward(parameters, inputs, initial, cotangents):" in out


def test_check(call, spec):
    code, out, err = call("check", spec)
    assert (code, err) == (0, "")
    assert "W_aa" in out


def test_standard_input():
    done = subprocess.run(
        [sys.executable, "-m", "symbptt.cli", "derive", "-", "--to", "text"],
        input=ELMAN,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "∂a[t]/∂vec(W_aa)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("derive", "nobody"), "nobody: expected a file, `-`, or the name of a ready recurrence"),
        (("derive", "simple_rn"), "did you mean simple_rnn?"),
        (("derive", "simple_rnn", "--wrt", "W_zz"), "W_zz"),
        (("generate", "OPEN"), "code needs a formula for a generic function of several arguments"),
        (("derive", "simple_rnn", "--of", "a_t", "--wrt", "W_ya"), "a does not depend on W_{ya}"),
        (("derive", "simple_rnn", "--form", "sideways"), "sideways"),
        (("derive", "simple_rnn", "--steps", "0"), "--steps"),
        (("derive", "simple_rnn", "--form", "unrolled", "--wrt", "x_k"), "needs a time for x"),
        (("conjure",), "conjure"),
    ],
)
def test_a_call_at_fault(call, arguments, message, tmp_path):
    (tmp_path / "open.md").write_text(OPEN, encoding="utf-8")
    code, out, err = call(*(str(tmp_path / "open.md") if one == "OPEN" else one for one in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_an_error_in_a_specification_names_the_place(call, tmp_path):
    path = tmp_path / "wrong.md"
    path.write_text(
        "# Wrong\n\n"
        "$W \\in \\mathbb{R}^{n \\times m}$, $a_t \\in \\mathbb{R}^n$\n\n"
        "$$\na_t = \\tanh(W a_{t-1})\n$$\n",
        encoding="utf-8",
    )
    code, out, err = call("derive", path)
    assert (code, out) == (2, "")
    first, line, caret = err.splitlines()[:3]
    assert first.startswith(f"{path}:6:")
    assert "n x m" in first
    assert line == "a_t = \\tanh(W a_{t-1})"
    assert caret.strip().startswith("^")


def test_cells_are_listed(call):
    code, out, _ = call("cells")
    assert code == 0
    assert "simple_rnn" in out


def test_the_version(call):
    assert call("--version") == (0, f"symbptt {__version__}\n", "")


def test_help_is_fast_and_names_the_commands():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "symbptt.cli", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("derive", "generate", "check", "cells"))
    assert "sympy" not in done.stderr
