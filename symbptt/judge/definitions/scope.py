"""What holds at a place of a document: its definitions and declarations, and numeric instances of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.dark import or_some_function
from symbptt.judge.definitions.defining import definition_value
from symbptt.judge.definitions.definitions import beside_logarithm
from symbptt.judge.definitions.ends import from_earlier, from_later
from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.definitions.shapes import SCALARS, Shapes
from symbptt.judge.definitions.specialised import specialised
from symbptt.judge.notation.declarations import Declaration
from symbptt.judge.notation.deltas import is_later
from symbptt.judge.notation.normal import NOWHERE, complemented
from symbptt.judge.notation.sided import Sided, claim_names, claim_nodes, claim_sides
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.world import Definition, World
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Derivative,
    Gradient,
    Juxtaposed,
    Name,
    Number,
    Surface,
    Transpose,
)
from symbptt.reader.walks import walk

HORIZON = 5
NEAR = 2


@dataclass
class Scope:
    """The definitions that hold from display ``start`` on."""

    vocabulary: Vocabulary
    definitions: dict[str, list[Definition]]
    declarations: tuple[Declaration, ...]
    start: int = 0
    horizon: int = HORIZON
    shapes: Shapes | None = None
    worlds: dict[tuple[bool, int], World] = field(default_factory=dict)
    symbols: dict[bool, World] = field(default_factory=dict)  # for proofs, by unit
    known: dict[tuple[bool, int], int] = field(default_factory=dict)  # names sized when last asked for
    zero: Scope | None = None

    def declared(self) -> dict[str, tuple[str, ...]]:
        """The declarations that count: those close after the start, else the latest before, else later."""

        def rank(one: Declaration) -> tuple[int, int]:
            ahead = one.display - self.start
            return (0, ahead) if 0 <= ahead <= NEAR else (1, -ahead) if ahead < 0 else (2, ahead)

        found: dict[str, Declaration] = {}
        for one in self.declarations:
            if one.key not in found or rank(one) < rank(found[one.key]):
                found[one.key] = one
        return {key: one.sizes for key, one in found.items()}

    @property
    def rows(self) -> bool:
        """Do vectors stand as rows here?"""
        return self.shaped().rows

    def shaped(self) -> Shapes:
        """The shapes of the names, found once."""
        if self.shapes is None:
            shapes = Shapes(self.vocabulary, self.declared(), _as_rows(self))
            shapes.entries = self.vocabulary.writing.entries(*self.rights())
            shapes.jacobians = frozenset(filter(None, map(_jacobian, self.every())))
            for key in shapes.declared:
                shapes.table[key] = shapes._declared(shapes.declared[key])
            for _ in range(2):
                for found in self.definitions.values():
                    for one in found:
                        self._learn(shapes, one)
            for key in self.vocabulary.symmetric & shapes.table.keys():
                shapes.axes.unify(*shapes.table[key])
            self.shapes = shapes
        return self.shapes

    def rights(self) -> list[Surface]:
        """The right sides of all definitions."""
        return [one.right for one in self.every()]

    def every(self) -> list[Definition]:
        """All definitions."""
        return [one for found in self.definitions.values() for one in found]

    @cached_property
    def backward(self) -> frozenset[str]:
        """The keys of what runs backwards in time, h_t by h_{t+1}, and of what is defined by it."""
        steps = [one for one in self.every() if one.pattern == "t" and not is_gradient(one)]
        names = {id(one): list(names_in(one.right)) for one in steps}
        keys = {id(one): {self.vocabulary.refer(name).key for name in names[id(one)]} for one in steps}
        found = {one.key for one in steps if any(map(is_later, names[id(one)]))}
        while more := {one.key for one in steps if keys[id(one)] & found} - found:
            found |= more
        return frozenset(found)

    def _learn(self, shapes: Shapes, one: Definition) -> None:
        left = _named(one)
        letters: dict[str, int] = {}
        shapes.indexed(left, letters)
        shapes.indexed(one.right, letters)
        if not one.indices:
            shapes.equation(left, one.right)
        for name in names_in(one.right):  # not those in scripts: the C of W_C is no quantity
            shapes.of(name)

    def world(self, unit: bool, seed: int, names: Iterable[Name]) -> World:
        """An instance: sizes all 1, or different; ``names`` are sized besides those of the definitions."""
        shapes = self.shaped()
        fresh = [
            name for name in names if self.vocabulary.refer(name, shapes.entries).key not in shapes.table
        ]
        for name in fresh:
            shapes.of(name)
        place = (unit, seed)
        held = self.worlds.get(place)
        if held is None or not self._extended(held, shapes, place):
            sizes = shapes.sizes(unit, 2 + seed % 2)
            plainly = definition_value(self.vocabulary, shapes.rows, shapes.entries)
            evaluate = or_some_function(self.vocabulary, shapes.entries, plainly)
            self.worlds[place] = World(
                self.definitions,
                sizes,
                self.horizon,
                seed,
                evaluate,
                shapes.rows,
                targets=self._targets(),
                binary=self._binary(),
                positive=self.vocabulary.positive,
                symmetric=self.vocabulary.symmetric,
                free=frozenset().union(*self.vocabulary.lagrangians.values()),
                from_later=from_later(self.every(), self.vocabulary),
                from_earlier=from_earlier(self.every(), self.vocabulary),
                labelled=self.vocabulary.labelled,
            )
        self.known[place] = len(shapes.table)
        return self.worlds[place]

    def _extended(self, world: World, shapes: Shapes, place: tuple[bool, int]) -> bool:
        """Gives an instance the sizes of new names; not where that would change what it holds already."""
        if self.known[place] == len(shapes.table):
            return True
        sizes = shapes.sizes(place[0], 2 + place[1] % 2)
        fresh = [key for key in sizes if key not in world.sizes]
        if any(sizes.get(key) != size for key, size in world.sizes.items()):
            return False
        if any(key.startswith("\\hat{") for key in fresh):  # makes a distribution of its target
            return False
        world.sizes.update(sizes)
        return True

    def forget(self) -> None:
        """Drops the instances, which an evaluation cut short may have left half done."""
        self.worlds.clear()

    def _targets(self) -> frozenset[str]:
        """The names that stand beside a logarithm, y in -y \\log p, and the labels y_t of p_{y_t}."""
        entries = self.shaped().entries
        found = [beside_logarithm(node) for right in self.rights() for node in walk(right)]
        references = [
            self.vocabulary.refer(name, entries) for right in self.rights() for name in names_in(right)
        ]
        picked = [item for one in references for item in one.indices]
        names = [*found, *(item for item in picked if isinstance(item, Name) and item.time is not None)]
        return frozenset(self.vocabulary.refer(name, entries).key for name in names if name is not None)

    def _binary(self) -> frozenset[str]:
        """The names that stand in 1 - y: each of their entries is a number of its own."""
        found = [complemented(node) for right in self.rights() for node in walk(right)]
        entries = self.shaped().entries
        return frozenset(self.vocabulary.refer(name, entries).key for name in found if name is not None)

    def redefined(self, one: Definition, moved: bool = True) -> Scope:
        """The scope from a new definition on; not ``moved`` where it says the same as the one before."""
        replaced = [old for old in self.definitions.get(one.key, ()) if old.pattern == one.pattern]
        definitions = specialised(self.definitions, replaced)
        start = one.display if moved else self.start
        kept = [other for other in definitions.get(one.key, []) if other.pattern != one.pattern]
        definitions[one.key] = [*kept, one]
        return Scope(self.vocabulary, definitions, self.declarations, start, self.horizon)

    def without(self, dropped: Sequence[Definition], start: int | None = None) -> Scope:
        """The scope without some definitions; from display ``start`` on, where one is given."""
        definitions = {
            key: [one for one in found if not any(one is other for other in dropped)]
            for key, found in self.definitions.items()
        }
        start = self.start if start is None else start
        return Scope(self.vocabulary, definitions, self.declarations, start, self.horizon)

    def says(self, one: Definition) -> bool:
        """Does a definition stand here as it is written?"""
        said = (one.left, one.right, one.assumed)
        return any(
            (held.left, held.right, held.assumed) == said for held in self.definitions.get(one.key, ())
        )

    def from_zero(self) -> Scope:
        """The scope in which the states that nothing else is said of start at zero."""
        if self.zero is None:
            nothing = Number(NOWHERE, "0")
            started = {key for key, found in self.definitions.items() if any(one.initial for one in found)}
            definitions = {key: list(found) for key, found in self.definitions.items()}
            for one in self.every():
                if one.pattern == "t" and one.key not in started and not one.indices and not is_gradient(one):
                    definitions[one.key].append(replace(one, time=nothing, right=nothing))
            self.zero = Scope(self.vocabulary, definitions, self.declarations, self.start, self.horizon)
        return self.zero

    def until(self, display: int) -> Scope:
        """The scope with the definitions up to a display alone."""
        kept = {
            key: [one for one in found if one.display <= display] for key, found in self.definitions.items()
        }
        definitions = {key: found for key, found in kept.items() if found}
        return Scope(self.vocabulary, definitions, self.declarations, self.start, self.horizon)

    def of_length(self, horizon: int) -> Scope:
        """The scope for a series of so many steps."""
        return Scope(self.vocabulary, self.definitions, self.declarations, self.start, horizon)

    def last_numbered(self) -> int:
        """The last time that a definition writes as a number, 3 of h_3 = f(h_2), or 0."""
        return max((int(one.pattern) for one in self.every() if one.pattern.isdigit()), default=0)

    def sound(self, one: Definition) -> bool:
        """Can the value of a new definition be found, without a circle?"""
        world = self.world(True, 1, ())
        try:
            world.value(one.key, None if one.time is None else 3)
        except SymbpttError:
            return False
        return one.key not in world.dark

    def misfit(self, claim: Sided) -> str:
        """A name that a relation rests on, and whose definition has another size than its uses."""
        for world in self.worlds.values():
            for key in sorted(world.misfits & self._rests(claim, world) if world.misfits else ()):
                return key
        return ""

    def darkened(self, claim: Sided) -> str:
        """Why the definition of a name that a relation rests on cannot be evaluated, or nothing."""
        for world in self.worlds.values():
            for key in sorted(world.dark.keys() & self._rests(claim, world) if world.dark else ()):
                return world.dark[key]
        return ""

    def _rests(self, claim: Sided, world: World) -> set[str]:
        """What the names of a relation rest on, themselves among it."""
        ways = (frozenset[str](), self.vocabulary.entries_of(claim))
        keys = {self.vocabulary.refer(name, way).key for name in claim_names(claim) for way in ways}
        return keys | {key for place, below in world.rests.items() if place[0] in keys for key, _ in below}

    def open_losses(self) -> set[str]:
        """The losses that the document leaves open, and what is defined by them."""
        found = {one.key for one in self.every() if one.assumed}
        for _ in range(2 if found else 0):
            found |= {
                one.key
                for one in self.every()
                if any(self.vocabulary.refer(name).key in found for name in names_in(one.right))
            }
        return found

    def doubtful_loss(self, claim: Sided) -> str:
        """A loss that a relation speaks of, in a document of several networks that leaves it open."""
        names = list(claim_names(claim))
        slopes = any(isinstance(node, Derivative | Gradient) for node in claim_nodes(claim))
        slopes = slopes or any(name.base == "\\delta" or name.prefix for name in names)
        if not slopes or not any(one.doubtful for one in self.every()):
            return ""
        losses = self.open_losses()
        return next((key for key in (self.vocabulary.refer(name).key for name in names) if key in losses), "")

    def keys_of_definitions(self) -> set[str]:
        """The names that stand in definitions, on either side."""
        found = set(self.definitions)
        for right in self.rights():
            entries = self.shaped().entries
            found |= {self.vocabulary.refer(name, entries).key for name in names_in(right)}
        return found

    def functions(self) -> set[str]:
        """The letters that are applied as functions in the definitions."""
        calls = [application(node) for right in self.rights() for node in walk(right)]
        return {call[0].base for call in calls if call is not None}

    def speaks_of_vectors(self, claim: Sided) -> bool:
        """Does a relation hold a sign that only vectors and matrices have, or their entries?"""
        for node in claim_nodes(claim):
            match node:
                case Transpose() | Apply(function="diag" | "Diag" | "softmax"):
                    return True
        return bool(self.vocabulary.entries_of(claim))

    def omits_time(self, claim: Sided) -> str:
        """A name that is written without the time that it has elsewhere, so that it may mean another one."""
        counted = _counting(claim_sides(claim))
        for name in claim_names(claim):
            reference = self.vocabulary.refer(name)
            found = self.definitions.get(reference.key, ())
            always = reference.key in self.vocabulary.names.timed and all(one.time for one in found)
            omitted = always and reference.time is None and name.base not in counted | SCALARS
            if omitted and reference.key not in self.vocabulary.copies:
                return reference.key
        return ""

    def knows_sizes(self, claim: Sided) -> bool:
        """Is every name of a claim that is not counted with declared, or defined by others, or a loss?"""
        known, entries = {*self.declared(), *self.definitions}, self.shaped().entries
        free = SCALARS | _counting(claim_sides(claim))
        return all(
            name.base in free or self.vocabulary.refer(name, entries).key in known
            for name in claim_names(claim)
        )

    def uses_sizes(self, names: Iterable[Name]) -> bool:
        """Does the document itself give one of these names a size other than 1?"""
        declared = self.declared()
        keys = {self.vocabulary.refer(name).key for name in names}
        return any(set(declared.get(key, ("1",))) != {"1"} for key in keys)


def _counting(sides: Iterable[Surface]) -> set[str]:
    """The letters of the indices and limits of sums and products."""
    return {
        name.base
        for side in sides
        for node in walk(side)
        if isinstance(node, BigOperator)
        for part in (*node.indices, node.lower, node.upper)
        for name in (names_in(part) if part is not None else ())
    }


def _jacobian(one: Definition) -> str:
    """The name of what is defined as the derivative of a vector, or as a matrix with a diagonal."""
    match one.right:
        case Derivative(numerator=Name(base=base)) if base not in SCALARS:
            return one.key
        case Juxtaposed(left=Apply(function="diag")) | Juxtaposed(right=Apply(function="diag")):
            return one.key
    return ""


def _named(one: Definition) -> Name:
    """The left side of a definition as a name without scripts of its own."""
    return one.left


def _as_rows(scope: Scope) -> bool:
    """Is x W written rather than W x, in the nearest display that has either?"""
    declared = scope.declared()
    count: Counter[int] = Counter()
    for one in (one for found in scope.definitions.values() for one in found):
        for pair in filter(None, map(_pair, walk(one.right))):
            first, second = (_matrix_like(scope.vocabulary, item, declared) for item in pair)
            count[one.display] += (second and not first) - (first and not second)
    told = [display for display, number in count.items() if number]
    after = sorted(display for display in told if display >= scope.start)
    before = sorted((display for display in told if display < scope.start), reverse=True)
    return any(count[display] > 0 for display in [*after, *before][:1])


def _pair(node: Surface) -> tuple[Name, Name] | None:
    """The two names of a product, W x, x W or x W^T."""
    match node:
        case Juxtaposed(left=Name() as one, right=Name() as other):
            return one, other
        case Juxtaposed(left=Name() as one, right=Transpose(operand=Name() as other)):
            return one, other
        case Binary(op="*" | "\\cdot" | "\\times", left=Name() as one, right=Name() as other):
            return one, other
    return None


def _matrix_like(vocabulary: Vocabulary, name: Name, declared: dict[str, tuple[str, ...]]) -> bool:
    reference = vocabulary.refer(name)
    if reference.key in declared:
        sizes = declared[reference.key]
        return len(sizes) == 2 and "1" not in sizes and reference.time is None
    return reference.time is None and len(name.base) == 1 and name.base.isupper() and not name.prefix
