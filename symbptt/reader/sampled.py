r"""Series written as functions of time by a letter of their own: y[n] = x[n] - a y[n-1], x(k+1) = A x(k).

The parser knows t in brackets. Another letter is a time when an equation defines a name at it, y[n] = ...,
and the name stands at a shifted one, too, y[n-1]; brackets of it are then times throughout the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbptt.functions import SPELLINGS
from symbptt.reader.layers import sides
from symbptt.reader.rewriting import mapped
from symbptt.reader.spelling import COUNTERS, index_letters
from symbptt.reader.statements import Statement
from symbptt.reader.syntax import Bracket, Juxtaposed, Name, Surface, Transpose
from symbptt.reader.walks import children


def with_times(statements: Sequence[Statement]) -> list[Statement]:
    """The statements with x[n] as x at time n, where n is a time; else as they are."""
    letter = _letter(statements)
    if letter is None:
        return list(statements)
    series = {name.canonical for name, at in _everywhere(statements) if _is_at(at, letter)}
    return [replace(s, chain=mapped(s.chain, lambda node: _timed(node, series, letter))) for s in statements]


def _letter(statements: Sequence[Statement]) -> str | None:
    """The letter at which an equation defines a name that some equation looks at a step away."""
    shifted = {
        (name.canonical, letter)
        for name, at in _everywhere(statements)
        for letter in (index_letters(at) or ())
        if not isinstance(at, Name)
    }
    for s in statements:
        left = s.definition[0] if s.definition is not None else None
        for name, at in _called(left) if isinstance(left, Juxtaposed) else ():
            for letter in (index_letters(at) or set()) & COUNTERS:
                if (name.canonical, letter) in shifted:
                    return letter
    return None


def _everywhere(statements: Sequence[Statement]) -> Iterator[tuple[Name, Surface]]:
    for s in statements:
        for side in sides(s):
            yield from _called(side)


def _called(node: Surface) -> Iterator[tuple[Name, Surface]]:
    """The names before a bracket around one expression, and that expression."""
    match node:
        case Juxtaposed(direct=True, left=Name(time=None) as name, right=right):
            bracket = right.operand if isinstance(right, Transpose) else right
            known = name.base.lstrip("\\") in SPELLINGS
            if isinstance(bracket, Bracket) and len(bracket.items) == 1 and not known:
                yield name, bracket.items[0]
    for child in children(node):
        yield from _called(child)


def _is_at(time: Surface, letter: str) -> bool:
    letters = index_letters(time)
    return letters is not None and letters <= {letter}


def _timed(node: Surface, series: set[str], letter: str) -> Surface:
    match node:
        case Juxtaposed(direct=True, left=Name() as name, right=Transpose(operand=Bracket()) as right):
            inside = _timed(replace(node, right=right.operand), series, letter)
            if isinstance(inside, Name):
                return replace(right, operand=inside)
        case Juxtaposed(direct=True, left=Name(time=None) as name, right=Bracket(items=(time,))):
            if name.canonical in series and _is_at(time, letter):
                return replace(name, at=node.at, time=time, style="index")
    found: Surface = mapped(node, lambda below: _timed(below, series, letter))
    return found
