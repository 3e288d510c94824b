"""Times and indices as written: a letter and the number that is added to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbptt.judge.notation.normal import rebuilt
from symbptt.reader.syntax import Binary, Name, Number, Surface


def split(time: Surface) -> tuple[Surface | None, int]:
    """A time as a letter, or None where there is none, and what is added to it."""
    match time:
        case Number(text=text) if text.isdigit():
            return None, int(text)
        case Binary(op="+" | "-" as op, left=left, right=Number(text=text)) if text.isdigit():
            return left, int(text) if op == "+" else -int(text)
    return time, 0


def time_of(letter: Surface, offset: int) -> Surface:
    """A letter and what is added to it, written plainly."""
    if not offset:
        return letter
    return Binary(letter.at, "+" if offset > 0 else "-", letter, Number(letter.at, str(abs(offset))))


def at_time(node: Surface, letter: Surface, time: Surface) -> Surface:
    """A formula of the running time at another one: W h_{t-1} at k + 1 is W h_k."""
    other, ahead = split(time)

    def change(one: Surface) -> Surface:
        moment, steps = split(one.time) if isinstance(one, Name) and one.time is not None else (None, 0)
        if moment is None or moment != letter or not isinstance(one, Name):
            return one
        total = ahead + steps
        return replace(one, time=Number(time.at, str(total)) if other is None else time_of(other, total))

    return rebuilt(node, change)


def moved(time: Surface) -> Iterator[Surface]:
    """A time one step earlier and one later, and t - 1 for t + 1; no number below 0."""
    letter, offset = split(time)
    for total in (offset - 1, offset + 1, *((-offset,) if abs(offset) == 1 else ())):
        if letter is not None:
            yield time_of(letter, total)
        elif total >= 0:
            yield Number(time.at, str(total))
