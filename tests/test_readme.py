"""What the README shows is what the commands print today."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
# A command stands alone, four spaces in; the next block of plain output is its own, whole or in part.
SHOWN = re.findall(
    r"^    ((?:echo [^\n]* \| )?symbptt [^\n]*)$(?:(?!^    |^```).)*?^```\n(.*?)^```$", README, re.S | re.M
)
# The very first command is part of the set-up's line.
SHOWN += [("symbptt derive simple_rnn --to text", re.search(r"^```\n(.*?)^```$", README, re.S | re.M)[1])]


def printed(command: str, folder: Path) -> list[str]:
    """The lines that a command of the README prints."""
    before, _, call = command.rpartition(" | ")
    given = before.removeprefix("echo ").strip("'") or None
    program = [sys.executable, "-m", "symbptt.cli", *call.split()[1:]]
    wide = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        program,
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=wide,
        check=False,
    )
    return plain(done.stdout + done.stderr)


def plain(text: str) -> list[str]:
    """The lines of some output, with # for figures that rounding decides."""
    lines = (re.sub(r"\d\.\de[-+]\d+", "#", line).rstrip() for line in text.splitlines())
    return [re.sub(r"\s{2,}(?=#|$)", "  ", line) for line in lines if line.strip()]


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_output_that_is_shown_is_printed(command, shown, tmp_path):
    document = re.search(r"```markdown\n(.*?)```", README, re.S)
    (tmp_path / "notes.md").write_text(document[1], encoding="utf-8")
    found = printed(command, tmp_path)
    for line in plain(shown):
        assert line == "..." or line in found


def test_every_main_command_is_shown_with_its_output():
    assert {re.search(r"symbptt (\w+)", command)[1] for command, _ in SHOWN} == {
        "derive",
        "verify",
        "check",
        "cells",
    }


def test_the_code_that_is_shown_is_generated(tmp_path):
    shown = re.search(r"```python\n(def run.*?)```", README, re.S)[1]
    assert shown in "\n".join(
        subprocess.run(
            [sys.executable, "-m", "symbptt.cli", "generate", "simple_rnn"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout.splitlines()
    )


def test_the_python_that_is_shown_runs():
    lines = re.search(r"```python\n(import symbptt.*?)```", README, re.S)[1]
    done = subprocess.run([sys.executable, "-"], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
