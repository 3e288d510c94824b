r"""Vectors with a number and a time: the steps a_{1,t}, a_{2,t} of a cell, and \delta_{1,t}, \delta_{2,t}.

The number is a part of the name where a document defines at least two such quantities from whole ones, as
a_{1,t} = W x_t + b, and never writes the letter beside a time in any other way: a_t or a_{t,i} would make
a_{1,t} an entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbptt.judge.notation.normal import EQUALS, Change
from symbptt.reader.spelling import names_of
from symbptt.reader.syntax import Chain, Name, Number, Surface, Word
from symbptt.reader.walks import names_in

LEAST = 2  # numbers of a letter that are defined


def with_enumerated(chains: Iterable[Chain]) -> Change:
    """The change that takes the numbers of such quantities into their names."""
    chains = tuple(chains)
    defined: defaultdict[str, set[str]] = defaultdict(set)
    for name, _ in _definitions(chains):
        defined[name.stem].add(_number(name))
    found = {stem for stem, numbers in defined.items() if len(numbers) >= LEAST}
    if found:
        found -= {name.stem for chain in chains for name in names_of(chain) if not _number(name)}
        found -= {name.stem for name, right in _definitions(chains) if _is_of_entries(name, right)}

    def change(node: Surface) -> Surface:
        if not isinstance(node, Name) or node.stem not in found or not _number(node):
            return node
        label = Word(node.at, _number(node))
        time = node.subscripts[1] if node.time is None else node.time
        return replace(node, subscripts=(label,), time=time, style="subscript")

    return change


def _number(name: Name) -> str:
    """The number that stands before a time, in the same subscript; \\delta_{8,T+1} has a time as well."""
    first = name.subscripts[0] if name.subscripts else None
    timed = len(name.subscripts) == 1 and name.time is not None and name.style == "subscript"
    last = len(name.subscripts) == 2 and name.time is None and not isinstance(name.subscripts[1], Number)
    return first.text if isinstance(first, Number) and first.text.isdigit() and (timed or last) else ""


def _definitions(chains: Iterable[Chain]) -> Iterator[tuple[Name, Surface]]:
    """The numbered quantities that statements define, and their right sides."""
    for chain in chains:
        name = chain.first
        if isinstance(name, Name) and _number(name) and chain.links and chain.links[0].op in EQUALS:
            yield name, chain.links[0].right


def _is_of_entries(left: Name, right: Surface) -> bool:
    """Does a definition of a numbered quantity speak of no whole one: y_{1,t} = w_{11} x_{1,t}?"""
    others = [name for name in names_in(right) if name.stem != left.stem]
    return bool(others) and not any(_is_whole(name) for name in others)


def _is_whole(name: Name) -> bool:
    return not any(isinstance(item, Number) for item in name.subscripts)
