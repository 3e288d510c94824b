"""Lines of Python: breaking long ones where a person would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

WIDEST = 96  # and four more for the function around it


def assignment(target: str, sign: str, value: str) -> list[str]:
    """`target = value` in lines of its own; a long sum has a term a line."""
    whole = f"{target} {sign} {value}"
    if len(whole) <= WIDEST:
        return [whole]
    parts = list(_parts(value, " + ", " - ")) or list(_parts(value, " * ", " / ", " @ "))
    if not parts:
        return [whole]
    return [f"{target} {sign} (", *(f"    {part}" for part in parts), ")"]


def _parts(value: str, *signs: str) -> Iterator[str]:
    """The value cut before each sign that stands outside of brackets; nothing where there is no such sign."""
    depth, start = 0, 0
    for i, letter in enumerate(value):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and value.startswith(signs, i):
            yield value[start:i]
            start = i + 1
    if start:
        yield value[start:]


def listing(entries: Mapping[str, str]) -> str:
    """A dictionary display with text keys."""
    return "{" + ", ".join(f'"{key}": {value}' for key, value in entries.items()) + "}"


def returned(entries: Mapping[str, str]) -> list[str]:
    """`return {...}`, an entry a line where it is long."""
    whole = f"return {listing(entries)}"
    if len(whole) <= WIDEST:
        return [whole]
    return ["return {", *(f'    "{key}": {value},' for key, value in entries.items()), "}"]


def mentioned(lines: Iterable[str]) -> set[str]:
    """Every name in some source, the texts in quotes left out: a name that is not among them is not used."""
    return {word for line in lines for word in re.findall(r"[^\W\d]\w*", re.sub(r'"[^"]*"', "", line))}


def needed(candidates: Iterable[tuple[str, str]], lines: Iterable[str]) -> list[str]:
    """Of (names, line that makes them), in order, those that the given lines need, or a line kept needs."""
    words = mentioned(lines)
    kept: list[str] = []
    for names, line in reversed(list(candidates)):
        if words & mentioned([names]):
            kept.insert(0, line)
            words |= mentioned([line.partition(" = ")[2]])
    return kept
