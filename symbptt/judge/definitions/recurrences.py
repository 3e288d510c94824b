"""The recurrences of a document: the definitions of a quantity by itself at other times."""

from __future__ import annotations

from symbptt.judge.definitions.definitions import Found
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.vocabulary import Vocabulary, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.reader.syntax import BigOperator, Elided
from symbptt.reader.walks import walk


def recurrences(first: Found, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The equations that define a quantity by earlier times, as they are written."""
    return tuple(
        held.latex.strip()
        for held, one in first.values()
        if held is not None and one.pattern == "t" and _looks_back(one, vocabulary)
    )


def is_step(one: Definition, vocabulary: Vocabulary) -> bool:
    """Does a definition take one step, rather than all of them at once, as a sum over time does?

    The loss of one step may add up entries; any other sum is taken for one that says all at once.
    """
    nodes = [node for node in walk(one.right) if isinstance(node, BigOperator | Elided)]
    if one.left.base not in SCALARS:
        return not nodes
    return not any(isinstance(node, Elided) or _is_over_time(node, vocabulary) for node in nodes)


def _is_over_time(node: BigOperator, vocabulary: Vocabulary) -> bool:
    """Does a sum or product run over the times of what it holds, not over entries?"""
    entries = vocabulary.writing.entries(node)
    times = (vocabulary.refer(name, entries).time for name in names_in(node.body))
    letters = {name.base for time in times if time is not None for name in names_in(time)}
    return bool(letters & {name.base for index in node.indices for name in names_in(index)})


def _looks_back(one: Definition, vocabulary: Vocabulary) -> bool:
    references = map(vocabulary.refer, names_in(one.right))
    return any(reference.key == one.key and reference.time != one.time for reference in references)
