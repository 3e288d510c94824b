"""What is inside a formula: its nodes, its names, the letters of a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from symbptt.reader.syntax import Name, Surface, Word


def children(node: Surface) -> list[Surface]:
    """The nodes right below a node, left to right."""
    found: list[Surface] = []
    for part in parts(type(node)):
        value = getattr(node, part)
        if isinstance(value, Surface):
            found.append(value)
        elif value:
            _gather(value, found)
    return found


def walk(node: Surface) -> Iterator[Surface]:
    """The nodes of a formula, scripts included, each before what it holds."""
    ahead = [node]
    while ahead:
        node = ahead.pop()
        yield node
        ahead.extend(reversed(children(node)))


def names_in(node: Surface) -> Iterator[Name]:
    """The names of a formula, not those in the scripts of another."""
    ahead = [node]
    while ahead:
        node = ahead.pop()
        if isinstance(node, Name):
            yield node
        else:
            ahead.extend(reversed(children(node)))


def parts(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a kind of node that can hold nodes, found once."""
    if kind not in _PARTS:
        plain = ("Span", "str", "int", "bool", "str | None", "tuple[str, ...]")
        _PARTS[kind] = tuple(part.name for part in fields(kind) if part.type not in plain)
    return _PARTS[kind]


_PARTS: dict[type[Any], tuple[str, ...]] = {}


def _gather(items: object, found: list[Surface]) -> None:
    """The nodes of a list, or of the rows of a matrix."""
    for item in items if isinstance(items, tuple) else ():
        if isinstance(item, Surface):
            found.append(item)
        else:
            _gather(item, found)


def letters_of(script: Surface) -> str:
    """The letters of a script that is a letter or a word: ij of W_{ij}; none for any other."""
    return script.base if isinstance(script, Name) else script.text if isinstance(script, Word) else ""
