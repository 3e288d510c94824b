"""Lines of Python: breaking long ones where a person would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

LINE = 106  # of ours: the widest that a formatter leaves alone
WIDEST = 96  # of a sum; both have four more for the function around them


def assignment(target: str, sign: str, value: str) -> list[str]:
    """`target = value` in lines of its own; a long sum has a term a line."""
    whole = f"{target} {sign} {value}"
    if len(whole) <= WIDEST:
        return [whole]
    parts = list(_parts(value, " + ", " - ")) or list(_parts(value, " * ", " / ", " @ "))
    if not parts:
        function, bracket, inside = value.partition("(")
        short = len(whole) <= LINE or not (bracket and value.endswith(")"))
        return [whole] if short else [f"{target} {sign} {function}(", f"    {inside[:-1]}", ")"]
    return [f"{target} {sign} (", *(f"    {part}" for part in parts), ")"]


def call(target: str, function: str, arguments: list[str]) -> list[str]:
    """`target = function(...)`: in one line, the arguments in a line of their own, or in a line each."""
    inner = ", ".join(arguments)
    if len(whole := f"{target} = {function}({inner})") <= LINE:
        return [whole]
    lines = [f"    {inner}"] if len(inner) + 4 <= LINE else [f"    {argument}," for argument in arguments]
    return [f"{target} = {function}(", *lines, ")"]


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


def texts(names: Iterable[str]) -> str:
    """A tuple of texts."""
    found = [f'"{name}"' for name in names]
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def returned(entries: Mapping[str, str]) -> list[str]:
    """`return {...}`, an entry a line where it is long."""
    whole = f"return {listing(entries)}"
    if len(whole) <= WIDEST:
        return [whole]
    return ["return {", *(f'    "{key}": {value},' for key, value in entries.items()), "}"]


def returned_groups(groups: Mapping[str, Mapping[str, str]]) -> list[str]:
    """`return {...}` of a dictionary of dictionaries, one a line."""
    found = ["return {"]
    for group, entries in groups.items():
        inner = returned(entries)
        if len(inner) == 1:
            found.append(f'    "{group}": {inner[0].removeprefix("return ")},')
        else:
            found += [f'    "{group}": {{', *(f"    {line}" for line in inner[1:-1]), "    },"]
    return [*found, "}"]


def assigned(target: str, entries: Mapping[str, str]) -> list[str]:
    """`target = {...}`, an entry a line where it is long."""
    first, *rest = returned(entries)
    return [f"{target} = {first.removeprefix('return ')}", *rest]


def mentioned(lines: Iterable[str]) -> set[str]:
    """Every name in some source, quoted texts and attributes left out: what is not there is not used."""
    bare = (re.sub(r'"[^"]*"', "", line) for line in lines)
    return {word for line in bare for word in re.findall(r"(?<![\w.])[^\W\d]\w*", line)}


def needed(candidates: Iterable[tuple[str, str]], lines: Iterable[str]) -> list[str]:
    """Of (names, line that makes them), in order, those that the given lines need, or a line kept needs."""
    words = mentioned(lines)
    kept: list[str] = []
    for names, line in reversed(list(candidates)):
        if words & mentioned([names]):
            kept.insert(0, line)
            words |= mentioned([line.partition(" = ")[2]])
    return kept
