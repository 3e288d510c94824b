"""Many documents at once: in the order given, each whatever becomes of the others."""

import os
import time

import pytest

from symbptt.judge import Wanted, judged_each, many
from symbptt.judge.verdicts import Judgement

PAGE = "$$h_t = \\tanh(W h_{t-1})$$\n\n$$W h_t = h_t + W h_t - h_t$$\n"


@pytest.fixture
def paths(tmp_path):
    """Pages, and between them what is no page."""
    found = []
    for number in range(4):
        path = tmp_path / f"{number}.md"
        path.write_text(PAGE * (number + 1), encoding="utf-8")
        found.append(str(path))
    return [*found[:2], str(tmp_path / "missing.md"), *found[2:]]


def test_the_same_judgements_in_the_same_order(paths):
    heard = []
    found = many.judged_files(paths, Wanted(), 3, heard.append)
    assert found == judged_each(paths, Wanted(), lambda one: None)
    assert sorted(one.source for one in heard) == sorted(paths)
    assert [bool(one.trouble) for one in found] == [False, False, True, False, False]


def hanging(path, wanted, heard, given):
    """Stands in for the judge: hangs over 0.md, breaks down over 1.md."""
    if path.endswith("0.md"):
        time.sleep(60)
    if path.endswith("1.md"):
        os._exit(7)
    heard(0, 1)
    return Judgement(path, ())


def test_what_hangs_or_breaks_is_cut_off(paths, monkeypatch):
    monkeypatch.setattr(many, "judged_file", hanging)
    start = time.monotonic()
    found = many.judged_files(paths, Wanted(), 2, lambda one: None, silence=0.7)
    assert time.monotonic() - start < 10
    assert [one.trouble for one in found] == [
        "given up after 0.7 seconds of silence",
        "the judge broke down over it (exit code 7)",
        "",
        "",
        "",
    ]
