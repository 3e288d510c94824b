r"""Sums, products and lists with dots, written out.

    x_1 + x_2 + \cdots + x_n
    \frac{\partial a_t}{\partial a_{t-1}} \cdots \frac{\partial a_2}{\partial a_1}
    W diag(s_t) \, W diag(s_{t-1}) \cdots W diag(s_k)

What stands before and after the dots is the same but for its times and indices, each of which runs by steps
of one; a run may take several factors at a time. What does not belong to the run stays where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import OutOfRange
from symbptt.reader.spelling import index_letters
from symbptt.reader.syntax import (
    Binary,
    Bracket,
    Dots,
    Elided,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Span,
    Surface,
)

Value = Callable[[Surface], int]
PRODUCTS = frozenset(["", "\\cdot", "*", "\\times", "\\odot", "\\circ", "\\otimes"])
MOST_STEPS = 64
NO_RUN = "dots between terms that do not go on by steps of one"


def elided(node: Surface) -> Surface:
    """The change of a tree that takes dots for what they leave out; for trees rebuilt from below."""
    match node:
        case Binary(op=op, left=left, right=Dots()) if op in PRODUCTS | {"+"}:
            return Elided(node.at, op, tuple(_terms(left, op)), ())
        case Juxtaposed(left=left, right=Dots()):
            return Elided(node.at, "", tuple(_terms(left, "")), ())
        case Binary(op="-", left=Elided(op="+") as left, right=right):
            return replace(left, at=node.at, after=(*left.after, Negative(right.at, right)))
        case Binary(op=op, left=Elided(op=held) as left, right=right) if op == held or {op, held} <= PRODUCTS:
            return replace(left, at=node.at, op=op, after=(*left.after, right))
        case Juxtaposed(left=Elided(op="") as left, right=right):
            return replace(left, at=node.at, after=(*left.after, right))
        case Binary(op=op, left=left, right=Elided(op="") as right) if op in PRODUCTS:
            return replace(right, at=node.at, op=op, before=(*_terms(left, op), *right.before))
    return node


def _terms(node: Surface, op: str) -> Iterator[Surface]:
    """The terms of a sum, or the factors of a product, left to right."""
    match node:
        case Juxtaposed(left=left, right=right) if op == "" and not node.direct:
            yield from _terms(left, op)
            yield right
        case Binary(op=held, left=left, right=right) if held == op:
            yield from _terms(left, op)
            yield right
        case Binary(op="-", left=left, right=right) if op == "+":
            yield from _terms(left, op)
            yield Negative(right.at, right)
        case _:
            yield node


@dataclass(frozen=True, slots=True)
class Run:
    """What dots leave out: ``head`` and ``tail`` stay, ``terms`` run; ``repeated``: they never change."""

    head: tuple[Surface, ...]
    terms: tuple[Surface, ...]
    tail: tuple[Surface, ...]
    repeated: bool = False


def written_out(node: Elided, value: Value, first: int, last: int) -> Run:
    """The terms of a run; one without an end goes to the time ``last``, or down to ``first``.

    Raises Undecided where no run is seen, OutOfRange where it would run backwards.
    """
    if not node.after:
        return _open_run(node.before, value, first, last)
    for width in range(1, min(len(node.before), len(node.after)) + 1):
        left, right = node.before[-width:], node.after[:width]
        moves = list(steps_between(left, right, value))
        if None in moves:
            continue
        steps = {abs(move) for move in moves if move}
        if len(steps) > 1:
            continue
        head, tail = node.before[:-width], node.after[width:]
        if left == right:
            return Run(head, left, tail, repeated=True)
        before = head[-width:] if len(head) >= width else ()
        if before and begins(before, left, value):
            return _counted(head[:-width], before, right, tail, value, _directions(before, left, value))
        return _counted(head, left, right, tail, value, _directions(left, right, value))
    raise Undecided(NO_RUN)


def begins(before: tuple[Surface, ...], left: tuple[Surface, ...], value: Value) -> bool:
    """Does the run start with the terms before those that stand at the dots?"""
    moves = list(steps_between(before, left, value))
    return None not in moves and {abs(move) for move in moves if move} == {1}


def _directions(left: tuple[Surface, ...], right: tuple[Surface, ...], value: Value) -> list[int]:
    return [(move > 0) - (move < 0) for move in steps_between(left, right, value) if move is not None]


def _counted(
    head: tuple[Surface, ...],
    left: tuple[Surface, ...],
    right: tuple[Surface, ...],
    tail: tuple[Surface, ...],
    value: Value,
    directions: list[int],
) -> Run:
    """The run from the left terms to the right ones; empty when these stand one step before those.

    Raises OutOfRange for a run that would go backwards any further.
    """
    moves = [move or 0 for move in steps_between(left, right, value)]
    ahead = [move * way for move, way in zip(moves, directions, strict=False) if way]
    count = max(ahead, key=abs, default=0)
    if count < -1:
        raise OutOfRange("dots that would run backwards")
    if count > MOST_STEPS:
        raise Undecided("dots that stand for too many terms")
    terms = (part for step in range(count + 1) for part in terms_at(left, right, value, step))
    return Run(head, tuple(terms), tail)


def _open_run(before: tuple[Surface, ...], value: Value, first: int, last: int) -> Run:
    """a_1 + a_2 + \\ldots: on to the last time, or down to the first."""
    if len(before) < 2:
        raise Undecided("dots after a single term")
    one, other = before[-2:-1], before[-1:]
    moves = list(steps_between(one, other, value))
    steps = {move for move in moves if move}
    if None in moves or len(steps) != 1 or abs(step := next(iter(filter(None, steps)))) != 1:
        raise Undecided(NO_RUN)
    places = [value(place) for place in _places(one, other)]
    count = last - max(places) if step > 0 else min(places) - first
    return Run(
        before[:-2], tuple(part for k in range(count + 1) for part in terms_at(one, other, value, k)), ()
    )


def terms_at(
    left: tuple[Surface, ...], right: tuple[Surface, ...], value: Value, step: int
) -> tuple[Surface, ...]:
    """The terms a number of steps on from the left ones."""
    return tuple(_moved(one, other, value, step) for one, other in zip(left, right, strict=True))


def _is_place(one: Surface, other: Surface) -> bool:
    """Do two times, indices or powers stand here, or numbers, that differ?"""
    return one != other and index_letters(one) is not None and index_letters(other) is not None


def steps_between(
    left: tuple[Surface, ...], right: tuple[Surface, ...], value: Value
) -> Iterator[int | None]:
    """How far each time and index moves; None where two terms differ in something else."""
    for one, other in zip(left, right, strict=True):
        yield from _differences(one, other, value)


def _differences(one: object, other: object, value: Value) -> Iterator[int | None]:
    if one == other:
        return
    if isinstance(one, Name) and isinstance(other, Name) and _is_quantity(one, other):
        yield from _differences(_scripts(one), _scripts(other), value)
        if replace(_plain(one), at=other.at) != _plain(other):
            yield None
    elif isinstance(one, Surface) and isinstance(other, Surface) and _is_place(one, other):
        yield value(other) - value(one)
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            yield from _differences(a, b, value)
    elif isinstance(one, Surface) and type(one) is type(other):
        for part in fields(one):
            if part.compare:
                yield from _differences(getattr(one, part.name), getattr(other, part.name), value)
    else:
        yield None


def _is_quantity(one: Name, other: Name) -> bool:
    return bool(_scripts(one) or _scripts(other))


def _scripts(name: Name) -> tuple[Surface, ...]:
    """The scripts of a name; a subscript that is its time counts like one that may be."""
    time = () if name.time is None else (name.time,)
    return (*time, *name.subscripts, *map(_bare, name.superscripts))


def _bare(script: Surface) -> Surface:
    """J^{(2)} counts like J^{(T)}, whose time stands without its brackets."""
    if isinstance(script, Bracket) and script.kind == "()" and len(script.items) == 1:
        return script.items[0]
    return script


def _plain(name: Name) -> Name:
    return replace(name, subscripts=(), superscripts=(), time=None, style=None)


def _places(left: tuple[Surface, ...], right: tuple[Surface, ...]) -> Iterator[Surface]:
    """The times and indices on the left that move."""
    found: list[Surface] = []

    def note(node: Surface) -> int:
        found.append(node)
        return 0

    _ = list(steps_between(left, right, note))
    yield from found[1::2]


def _moved(one: Surface, other: Surface, value: Value, step: int) -> Surface:
    """The left term with each time and index moved towards that of the right term."""
    moved = _changed(one, other, value, step)
    if not isinstance(moved, Surface):
        raise TypeError(f"{type(moved).__name__} is no formula")
    return moved


def _changed(one: object, other: object, value: Value, step: int) -> object:
    if one == other:
        return one
    if isinstance(one, Name) and isinstance(other, Name) and _is_quantity(one, other):
        scripts = _changed(_scripts(one), _scripts(other), value, step)
        return _with_scripts(one, scripts if isinstance(scripts, tuple) else ())
    if isinstance(one, Surface) and isinstance(other, Surface) and _is_place(one, other):
        start, stop = value(one), value(other)
        return _number(one.at, start + (step if stop > start else -step if stop < start else 0))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(_changed(a, b, value, step) for a, b in zip(one, other, strict=True))
    if isinstance(one, Surface):
        values: dict[str, Any] = {
            part.name: _changed(getattr(one, part.name), getattr(other, part.name), value, step)
            for part in fields(one)
            if part.compare
        }
        return replace(one, **values)
    return one


def _with_scripts(name: Name, scripts: tuple[Surface, ...]) -> Name:
    timed = int(name.time is not None)
    below = timed + len(name.subscripts)
    above = (
        replace(old, items=(new,)) if isinstance(old, Bracket) and _bare(old) is not old else new
        for old, new in zip(name.superscripts, scripts[below:], strict=True)
    )
    return replace(
        name,
        time=scripts[0] if timed else None,
        subscripts=scripts[timed:below],
        superscripts=tuple(above),
    )


def _number(at: Span, value: int) -> Surface:
    return Number(at, str(value)) if value >= 0 else Negative(at, Number(at, str(-value)))
