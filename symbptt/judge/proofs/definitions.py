"""The definitions of a document in symbols: its names with their axes, and a rule for each definition."""

from __future__ import annotations

from dataclasses import replace

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.defining import definition_value
from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import Shapes
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.tensors import Tensor
from symbptt.judge.numeric.world import LAST, Definition, World
from symbptt.judge.proofs.arrays import Entries, symbols, tensor
from symbptt.judge.proofs.atoms import Label
from symbptt.judge.proofs.chains import Chains
from symbptt.judge.proofs.effort import EFFORT
from symbptt.judge.proofs.evaluation import SymbolicEvaluator
from symbptt.judge.proofs.names import Symbols
from symbptt.judge.proofs.rules import END, NOW, WHOLE, Rule
from symbptt.judge.proofs.times import Numbers, Time, Unproved
from symbptt.reader.syntax import Name

MOST_TERMS_OF_DEFINITION = 1_000


def symbols_of(scope: Scope, numeric: World, unit: bool) -> Symbols:
    """The names of a scope as symbols, with their definitions as rules; made once while its shapes stay."""
    shapes = scope.shaped()
    sizes, parts = _axes(shapes, unit)
    held = scope.symbols.get(unit)
    if isinstance(held, Symbols) and sizes.items() <= held.sizes.items():
        return held
    world = _world(scope, numeric, shapes, sizes, parts)
    scope.symbols[unit] = world
    return world


Sizes = dict[str, tuple[int, int]]
Parts = dict[tuple[int, ...], int]


def _axes(shapes: Shapes, unit: bool) -> tuple[Sizes, Parts]:
    """The shapes of names, a number for each class of axes; concatenations of the same parts are one."""
    parts: Parts = {}

    def size(axis: int) -> int:
        axis = shapes.axes.find(axis)
        if axis in shapes.axes.parts:
            return parts.setdefault(tuple(map(size, shapes.axes.parts[axis])), axis + 1)
        return 1 if unit else axis + 1

    found = {key: (size(row), size(column)) for key, (row, column) in shapes.table.items()}
    found.update({f"size {label}": (size(axis), 1) for label, axis in shapes.axes.named.items()})
    for axis in shapes.axes.parts:
        size(axis)
    return found, parts


def _world(scope: Scope, numeric: World, shapes: Shapes, sizes: Sizes, parts: Parts) -> Symbols:
    """A world of symbols, with a rule for each definition."""
    numbers = Numbers()
    distributions = {key for key in sizes if key in numeric.targets or f"\\hat{{{key}}}" in sizes}
    chains = Chains(sizes, parts, frozenset(distributions))
    world = Symbols(
        numeric.definitions,
        sizes,
        numbers.number("T"),
        0,
        definition_value(scope.vocabulary, shapes.rows, shapes.entries, SymbolicEvaluator, _by_entries),
        shapes.rows,
        numbers=numbers,
        chains=chains,
    )
    for key, found in numeric.definitions.items():
        if key in sizes and len({one.time is None for one in found}) == 2:
            sizes[f"{key} {WHOLE}"] = sizes[key]
    for key, found in numeric.definitions.items():
        for one in found:
            if not is_gradient(one):
                _learn(world, scope, key, one)
    return world


def _learn(world: Symbols, scope: Scope, key: str, one: Definition) -> None:
    """A definition as a rule, or its names as dark."""
    chains = world.chains
    try:
        moment, bound = _moment(world, scope, one)
        with EFFORT.of(MOST_TERMS_OF_DEFINITION):
            value = world._fitted(key, world.evaluate(world, one, bound, world.sizes.get(key)))
        if not value.plain or value.out != world.sizes.get(key):
            raise Unproved("a definition of another size")
        name = str(chains.atom(key, moment).what[0])
        rule = Rule(name, moment, symbols(value).entry)
        if any(other.time == moment for other in chains.rules.get(name, ())):
            raise Unproved("a quantity defined twice")
        chains.rules.setdefault(name, []).append(rule)
    except (SymbpttError, RecursionError):
        names = frozenset(scope.vocabulary.refer(name).key for name in names_in(one.right))
        chains.dark[key] = chains.dark.get(key, frozenset()) | names


def _moment(world: Symbols, scope: Scope, one: Definition) -> tuple[Time | None, dict[str, int]]:
    """When a definition holds, and the letters of its right side."""
    if one.time is None:
        return None, {}
    if one.pattern == LAST:
        return END, {}
    if one.pattern.startswith(LAST):
        raise Unproved("a definition after the last time")
    if one.pattern != "t":
        return ("", int(one.pattern)), {}
    bound = one.at(world.numbers.number(NOW), world.horizon)
    if bound is None:
        raise Unproved("a definition at a time of its own")
    return (NOW, 0), bound


def _by_entries(evaluator: SymbolicEvaluator, definition: Definition, shape: tuple[int, int]) -> Tensor:
    """A quantity whose entries are defined: the letters of the entry are its places."""
    letters = [item.base for item in definition.indices if isinstance(item, Name)]
    held = [place + 1 for place, size in enumerate(shape) if size != 1]
    if (
        len(letters) != len(definition.indices)
        or len(letters) != len(held)
        or len(set(letters)) < len(letters)
    ):
        raise Unproved("a definition of single entries")
    numbers = evaluator.symbols.numbers
    inner = replace(evaluator, shape=(1, 1)).at(**{letter: numbers.number(letter) for letter in letters})
    entry = inner.value(definition.right)
    if not entry.scalar:
        raise Unproved("an entry that is no number")
    names: dict[Label, Label] = {f"~{letter}": place for letter, place in zip(letters, held, strict=True)}
    return tensor(Entries((1, *shape, 1, 1), symbols(entry).entry.moved(names, {})))
