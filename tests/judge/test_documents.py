r"""Documents in the ways in which people write: what is right raises no alarm, what is planted is caught.

Each file of documents/ is right as it stands. A comment in it,

    <!-- planted: what kind of error | the right text | the wrong text -->     (after a % in TeX)

says what to plant, one at a time. A fourth part, `open`, marks an error that is not caught yet.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from symbptt.judge import Judgement, verify

FOLDER = Path(__file__).parent / "documents"
DOCUMENTS = sorted(FOLDER.iterdir())
PLANTED = re.compile(r"(?:<!--|%) planted: (.+?) \| (.+?) \| (.+?)(?: \| (open))?(?: -->|\n)")
DECIDED = ("holds", "fails", "definition")


def body(path: Path) -> str:
    """A document without the comments that say what to plant."""
    return re.sub(r"(?:<!--|%) planted:.*", "", path.read_text(encoding="utf-8"))


def planted() -> list[tuple[str, str, str, str, str]]:
    """Document, kind of error, right text, wrong text and mark of every planted error."""
    return [(path.name, *found) for path in DOCUMENTS for found in PLANTED.findall(path.read_text("utf-8"))]


@cache
def as_it_stands(path: Path) -> Judgement:
    """The judgement of a document with nothing planted."""
    return verify(body(path), path.name)


def warned(judgement: Judgement) -> set[tuple[str, str]]:
    """The relations that fail, or whose repair is suggested."""
    return {
        (one.latex, one.finding.verdict)
        for one in judgement.relations
        if one.finding.verdict == "fails" or one.finding.suggestion
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_right_raises_no_alarm(path):
    relations = as_it_stands(path).relations
    assert [one.latex for one in relations if one.finding.verdict in ("fails", "unreadable")] == []


def test_most_relations_are_decided():
    counts = []
    for path in DOCUMENTS:
        relations = as_it_stands(path).relations
        counts.append((len([one for one in relations if one.finding.verdict in DECIDED]), len(relations)))
    decided, every = map(sum, zip(*counts, strict=True))
    assert decided >= 0.9 * every
    assert sum(done >= 0.75 * all_ for done, all_ in counts) >= 0.9 * len(counts)


def test_most_of_what_holds_is_proved(record_property):
    kinds = Counter(
        one.finding.evidence.kind
        for path in DOCUMENTS
        for one in as_it_stands(path).relations
        if one.finding.verdict == "holds" and one.finding.evidence is not None
    )
    record_property("evidence", dict(kinds))
    assert 2 * kinds["proved"] > 3 * kinds["numeric"]  # not yet: multipliers, errors by recursion


@pytest.mark.parametrize(("name", "kind", "right", "wrong", "mark"), planted())
def test_a_planted_error_is_caught(name, kind, right, wrong, mark):
    text = body(FOLDER / name)
    assert text.count(right) == 1, f"{right} must stand in {name} once"
    before = warned(as_it_stands(FOLDER / name))
    after = warned(verify(text.replace(right, wrong), name))
    if mark == "open" and not after - before:
        pytest.skip(f"{kind}: not caught yet")
    assert after - before, f"{kind}: {wrong}"
