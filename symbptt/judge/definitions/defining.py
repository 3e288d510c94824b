"""The value of a definition in a world: times beyond the horizon allowed, entry by entry where it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.naming import first
from symbptt.judge.numeric.tensors import Clash, Tensor, Undecided
from symbptt.judge.numeric.world import Definition, Evaluate, World
from symbptt.reader.syntax import Derivative, Name
from symbptt.reader.walks import walk

ByEntries = Callable[[Any, Definition, tuple[int, int]], Tensor]


def _by_entries(evaluator: Evaluator, definition: Definition, shape: tuple[int, int]) -> Tensor:
    """A quantity whose entries are defined, one by one."""
    letters = [item.base for item in definition.indices if isinstance(item, Name)]
    if len(letters) != len(definition.indices) or (len(letters) == 1 and 1 not in shape):
        raise Undecided("a definition of single entries")
    values = []
    for row, column in np.ndindex(*shape):
        numbers = (row + 1, column + 1) if len(letters) == 2 else (max(row, column) + 1,)
        inner = replace(evaluator, shape=(1, 1)).at(**dict(zip(letters, numbers, strict=True)))
        entry = inner.value(definition.right)
        if not entry.scalar:
            raise Undecided("an entry that is no number")
        values.append(entry.data)
    count = max(value.shape[0] for value in values)
    flat = [np.broadcast_to(value, (count, 1, 1, 1, 1)) for value in values]
    return Tensor(np.concatenate(flat, axis=1).reshape(count, *shape, 1, 1))


def gradients_as_rows(key: tuple[object, ...], count: int) -> int:
    """The usual reading, but for gradients, which are rows."""
    return 1 if key[0] == "gradient" else first(key, count)


def definition_value(
    vocabulary: Vocabulary,
    rows: bool,
    entries: frozenset[str],
    kind: type[Evaluator] = Evaluator,
    by_entries: ByEntries = _by_entries,
) -> Evaluate:
    """How a world evaluates a definition: as usual, times beyond the horizon allowed."""

    def evaluate(
        world: World, definition: Definition, bound: dict[str, int], shape: tuple[int, int] | None
    ) -> Tensor:
        letters = {**vocabulary.ends(world.horizon), **bound}
        indices = entries.difference(bound)  # a letter may index entries elsewhere and be the time here
        evaluator = kind(world, vocabulary, letters, first, indices, "", rows, shape, strict=False)
        if definition.indices and shape is not None:
            return by_entries(evaluator, definition, shape)
        try:
            return evaluator.value(definition.right)
        except Clash:
            if not any(isinstance(node, Derivative) for node in walk(definition.right)):
                raise
            return replace(evaluator, choose=gradients_as_rows).value(definition.right)

    return evaluate
