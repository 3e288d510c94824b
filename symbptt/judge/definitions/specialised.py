r"""A general state equation, h_t = F(h_{t-1}, x_t, \theta), later given a form: h_t = \tanh(W h_{t-1}).

What was said with F before, a slope of F(h_t, x_{t+1}, \theta), is then about the new equation: a call of F
is the quantity at the time that its arguments tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbptt.judge.definitions.likeness import KNOWN
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.times import at_time, split, time_of
from symbptt.judge.notation.vocabulary import application
from symbptt.judge.numeric.world import Definition
from symbptt.reader.syntax import Bracket, Name, Surface

LEAST = 2  # arguments


def specialised(
    definitions: Mapping[str, Sequence[Definition]], replaced: Sequence[Definition]
) -> dict[str, list[Definition]]:
    """The definitions with the calls of a function whose equation is replaced as the quantity itself."""
    general = [(old, call) for old in replaced if (call := _general(old)) is not None]

    def change(node: Surface) -> Surface:
        other = application(node)
        for old, (function, arguments) in general if other is not None else ():
            time = _moment(arguments, other[1], old) if other is not None and other[0] == function else None
            if time is not None:
                return replace(old.left, at=node.at, time=time)
        return node

    def changed(one: Definition) -> Definition:
        own = not general or any(one is old for old, _ in general)
        return one if own else replace(one, right=rebuilt(one.right, change))

    return {key: [changed(one) for one in found] for key, found in definitions.items()}


def _general(old: Definition) -> tuple[Name, Bracket] | None:
    """The function of several quantities that an equation says a state to be, and no more."""
    call = application(old.right)
    known = call is None or call[0].base in KNOWN or len(call[1].items) < LEAST
    return None if known or old.pattern != "t" else call


def _moment(general: Bracket, given: Bracket, old: Definition) -> Surface | None:
    """The time at which a function takes these arguments; None where they are others."""
    letter, offset = split(old.time) if old.time is not None else (None, 0)
    for one, other in zip(general.items, given.items, strict=False) if letter is not None else ():
        running, before = split(one.time) if isinstance(one, Name) and one.time is not None else (None, 0)
        base, now = split(other.time) if isinstance(other, Name) and other.time is not None else (None, 0)
        if base is not None and letter is not None and running == letter:
            moved = at_time(general, letter, time_of(base, now - before))
            return time_of(base, now - before + offset) if moved == given else None
    return None
