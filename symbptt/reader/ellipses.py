"""Lists with dots between members of a family: [h^{(1)}; ...; h^{(L)}] once L is a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from symbptt.reader.rewriting import mapped
from symbptt.reader.spelling import canonical
from symbptt.reader.syntax import Dots, Name, Number, Surface, Word
from symbptt.reader.walks import walk


def filled(items: Sequence[Surface]) -> Iterator[Surface]:
    """A list with the members that its dots stand for: h^{(1)}, ..., h^{(3)} are three."""
    for before, item, after in zip((None, *items), items, (*items[1:], None), strict=False):
        between = _between(before, after) if isinstance(item, Dots) else None
        yield from [item] if between is None else between


def _between(first: Surface | None, last: Surface | None) -> list[Surface] | None:
    """The members of a family between two that are written; None where they are not of one family."""
    if not (isinstance(first, Name) and isinstance(last, Name) and skeleton(first) == skeleton(last)):
        return None
    ends = [_digits(first), _digits(last)]
    differing = [(int(low), int(high)) for low, high in zip(*ends, strict=True) if low != high]
    if len(differing) != 1:
        return None
    (low, high), bare = differing[0], replace(last, time=None)
    members = (_with_digits(bare, str(high), str(number)) for number in range(low + 1, high))
    return [replace(member, time=last.time) for member in members]


def _digits(name: Name) -> list[str]:
    """The numbers in the scripts of a name, in order."""
    scripts = (part for script in (*name.subscripts, *name.superscripts) for part in walk(script))
    return [n.text for n in scripts if isinstance(n, (Number, Word)) and n.text.isdigit()]


def _with_digits(node: Any, old: str, new: str) -> Any:
    if isinstance(node, (Number, Word)):
        return replace(node, text=new) if node.text == old else node
    return mapped(node, lambda below: _with_digits(below, old, new))


def skeleton(name: Name) -> str:
    """The name without its time, every number in its scripts the same."""
    bare = replace(name, time=None, style=None)
    return canonical(cast(Name, mapped(bare, _marked)))


def _marked(node: Surface) -> Surface:
    if isinstance(node, (Number, Word)) and node.text.lstrip("-").isdigit():
        return Word(node.at, "0")
    return cast(Surface, mapped(node, _marked))
