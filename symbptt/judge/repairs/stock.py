"""A small edit of a formula, and what a document offers to edit with."""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.reader.syntax import Name, Surface


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited formula, and in words what was wrong.

    ``form``: plain numbers cannot tell the two apart. ``resized``: the two may differ in size. ``layout``:
    derivatives are transposed, which another layout asks for.
    """

    weight: int
    said: str
    node: Surface
    form: bool = False
    resized: bool = False
    layout: bool = False


@dataclass(frozen=True, slots=True)
class Stock:
    """What a document offers to edit with: names that can be confused, letters of lost sums."""

    namesakes: dict[str, tuple[Name, ...]]
    letters: tuple[str, ...] = ()  # that are free on the right alone, so that a sum may be lost
    gates: frozenset[str] = frozenset()  # stems of the names g that stand in 1 - g
    horizon: str = "T"
    running: tuple[str, ...] = ()  # letters of times, free or bound
