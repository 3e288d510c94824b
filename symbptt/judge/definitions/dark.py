r"""Definitions that cannot be evaluated: some smooth function of what they name.

h_t = f(W_{xh} \text{ of } x_t, \ldots) says at least what h_t depends on. What is true by any such function
is true; what is false by the one that is taken here is not said to fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symbptt.judge.notation.vocabulary import (
    Reference,
    Vocabulary,
    application,
    free_letters,
    integer,
    names_in,
)
from symbptt.judge.numeric import functions
from symbptt.judge.numeric.tensors import Tensor, Undecided
from symbptt.judge.numeric.work import TooLong
from symbptt.judge.numeric.world import Circular, Definition, Evaluate, OutOfRange, World
from symbptt.reader.syntax import Derivative, Differential, Gradient
from symbptt.reader.walks import walk


def or_some_function(vocabulary: Vocabulary, entries: frozenset[str], evaluate: Evaluate) -> Evaluate:
    """How a world evaluates a definition, as given, or as some function where that is in doubt."""

    def evaluated(
        world: World, one: Definition, bound: dict[str, int], shape: tuple[int, int] | None
    ) -> Tensor:
        try:
            return evaluate(world, one, bound, shape)
        except (OutOfRange, TooLong, Circular):
            raise
        except Undecided as doubt:
            references = list(_named(one, vocabulary, entries))
            if shape is None or not references or _is_derived(one):
                raise
            letters = {**vocabulary.ends(world.horizon), **bound}
            try:
                arguments = list(_arguments(world, references, letters, vocabulary.names.letter))
            except Circular:
                raise doubt from None
            world.dark.setdefault(one.key, str(doubt))
            return functions.generic_of(one.key, arguments, shape)

    return evaluated


def _is_derived(one: Definition) -> bool:
    """Is this given by derivatives, which are no function of the values that they name?"""
    return any(isinstance(node, Derivative | Differential | Gradient) for node in walk(one.right))


def _named(one: Definition, vocabulary: Vocabulary, entries: frozenset[str]) -> Iterator[Reference]:
    """The quantities that a definition names, each once; no functions, and not the letters of its entries."""
    calls = {id(call[0]) for call in map(application, walk(one.right)) if call is not None}
    letters = {name.base for item in one.indices for name in names_in(item)} | entries
    seen: set[tuple[str, object]] = set()
    for name in names_in(one.right):
        reference = vocabulary.refer(name, entries)
        place = reference.key, reference.time
        if id(name) not in calls and name.base not in letters and place not in seen:
            seen.add(place)
            yield reference


def _arguments(
    world: World, references: Iterable[Reference], bound: dict[str, int], letter: str
) -> Iterator[Tensor]:
    """The values of what is named, at all times where the letter of the time runs."""
    for reference in references:
        if reference.time is not None and free_letters(reference.time, frozenset(bound)):
            yield from (world.value(reference.key, time) for time in range(1, world.horizon + 1))
            continue
        time = None if reference.time is None else integer(reference.time, bound)
        held = world.definitions.get(reference.key, ())
        if time is None and held and all(other.time is not None for other in held):
            time = bound.get(letter)  # h, where h_t is meant
        yield world.value(reference.key, time)
