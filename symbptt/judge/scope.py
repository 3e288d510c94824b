"""What holds at a place of a document: its definitions and declarations, and numeric instances of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from symbptt.errors import SymbpttError
from symbptt.judge.evaluate import definition_value
from symbptt.judge.functions import ELEMENTARY
from symbptt.judge.reading import DECLARES, EQUALS, Claim, Reading, braces
from symbptt.judge.shapes import ONE, Shapes
from symbptt.judge.tensors import Undecided
from symbptt.judge.vocabulary import Vocabulary, application, entry_letters, names_in, walk
from symbptt.judge.world import Definition, World
from symbptt.reader.syntax import (
    Binary,
    Bracket,
    Derivative,
    Juxtaposed,
    Name,
    Number,
    Scripted,
    Surface,
    Text,
)

HORIZON = 5
NEAR = 2


@dataclass(frozen=True, slots=True)
class Declaration:
    """The sizes of a name, as declared at a display (or before the display of that number)."""

    key: str
    sizes: tuple[str, ...]
    display: int


@dataclass
class Scope:
    """The definitions that hold from display ``start`` on."""

    vocabulary: Vocabulary
    definitions: dict[str, list[Definition]]
    declarations: tuple[Declaration, ...]
    start: int = 0
    horizon: int = HORIZON
    shapes: Shapes | None = None
    worlds: dict[tuple[bool, int, int], World] = field(default_factory=dict)

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
            shapes.entries = entry_letters(*self.rights(), sizes=frozenset("CDNMK"))
            for key in shapes.declared:
                shapes.table[key] = shapes._declared(shapes.declared[key])
            for _ in range(2):
                for found in self.definitions.values():
                    for one in found:
                        self._learn(shapes, one)
            self.shapes = shapes
        return self.shapes

    def rights(self) -> list[Surface]:
        """The right sides of all definitions."""
        return [one.right for found in self.definitions.values() for one in found]

    def _learn(self, shapes: Shapes, one: Definition) -> None:
        left = _named(one)
        if not one.indices:
            shapes.equation(left, one.right)
        for node in walk(one.right):
            if isinstance(node, Name):
                shapes.of(node)

    def world(self, unit: bool, seed: int, names: Iterable[Name]) -> World:
        """An instance: sizes all 1, or different; ``names`` are sized besides those of the definitions."""
        shapes = self.shaped()
        fresh = [
            name for name in names if self.vocabulary.refer(name, shapes.entries).key not in shapes.table
        ]
        for name in fresh:
            shapes.of(name)
        place = (unit, seed, len(shapes.table))
        if place not in self.worlds:
            sizes = shapes.sizes(unit, 2 + seed % 2)
            evaluate = definition_value(self.vocabulary, shapes.rows, shapes.entries)
            self.worlds[place] = World(self.definitions, sizes, self.horizon, seed, evaluate, shapes.rows)
        return self.worlds[place]

    def redefined(self, one: Definition, moved: bool = True) -> Scope:
        """The scope from a new definition on; not ``moved`` where it says the same as the one before."""
        definitions = {key: list(found) for key, found in self.definitions.items()}
        start = one.display if moved else self.start
        kept = [other for other in definitions.get(one.key, []) if other.pattern != one.pattern]
        definitions[one.key] = [*kept, one]
        return Scope(self.vocabulary, definitions, self.declarations, start, self.horizon)

    def sound(self, one: Definition) -> bool:
        """Can the value of a new definition be found, without a circle?"""
        try:
            self.world(True, 1, ()).value(one.key, None if one.time is None else 3)
        except SymbpttError:
            return False
        return True

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

    def uses_sizes(self, names: Iterable[Name]) -> bool:
        """Does the document itself give one of these names a size other than 1?"""
        declared = self.declared()
        keys = {self.vocabulary.refer(name).key for name in names}
        return any(set(declared.get(key, ("1",))) != {"1"} for key in keys)


def _named(one: Definition) -> Name:
    """The left side of a definition as a name without scripts of its own."""
    return one.left


def definition_of(claim: Claim, vocabulary: Vocabulary, entries: frozenset[str]) -> Definition | None:
    """The definition that a relation can be, or None."""
    if claim.op not in EQUALS or claim.left is None or (claim.aside and not isinstance(claim.left, Name)):
        return None
    if claim.link and not isinstance(claim.left, Name):
        return None
    left = claim.left
    call = application(left)
    if call is not None and call[0].base in (*ELEMENTARY, "softmax", "prod", "diag"):
        return None
    called = call is not None and all(_argument(item) for item in call[1].items)
    if call is not None and called:
        left = call[0]
    if isinstance(left, Scripted) or not isinstance(left, Name):
        return None
    reference = vocabulary.refer(left, entries)
    if reference.exponent is not None or reference.primes:
        return None
    if any(isinstance(node, Text) and node.text.strip() for node in walk(claim.right)):
        return None
    if any(_same(vocabulary, left, name, entries) for name in names_in(claim.right)):
        return None
    try:
        found = Definition(
            reference.key, reference.time, reference.indices, claim.right, claim.display, left, called
        )
        _ = found.pattern
    except Undecided:
        return None
    return found


def _argument(node: Surface) -> bool:
    return isinstance(node, Name) or type(node).__name__ == "Dots"


def _same(vocabulary: Vocabulary, left: Name, name: Name, entries: frozenset[str]) -> bool:
    """Does a right side speak of what it would define?"""
    one, other = vocabulary.refer(left, entries), vocabulary.refer(name, entries)
    return one.key == other.key and (one.time == other.time)


def declarations(reading: Reading, vocabulary: Vocabulary) -> Iterator[Declaration]:
    """The declarations of sizes: \\in \\mathbb{R}^{n \\times m}, and x_t: n \\times 1."""
    starts = [formula.start for formula in reading.document.displays]
    for item in reading.claims:
        if isinstance(item, Claim) and item.left is not None and item.op in DECLARES:
            yield from _declared(vocabulary, item.left, item.right, item.display)
    from_inline = [
        (formula, chain) for formula in reading.document.inline for chain in reading.inline_of(formula)
    ]
    for formula, chain in from_inline:
        display = sum(start < formula.start for start in starts)
        for relation in chain.relations():
            if relation.op in DECLARES:
                yield from _declared(vocabulary, relation.left, relation.right, display)


def _declared(vocabulary: Vocabulary, left: Surface, right: Surface, display: int) -> Iterator[Declaration]:
    sizes = _space(right)
    if sizes is None:
        return
    items = left.items if isinstance(left, Bracket) and left.kind == "list" else (left,)
    for item in items:
        if isinstance(item, Name):
            yield Declaration(vocabulary.refer(item).key, sizes, display)


def _space(node: Surface) -> tuple[str, ...] | None:
    """The sizes of a space: \\mathbb{R}^{n \\times m}, or n \\times m."""
    match node:
        case Name(base="\\mathbb{R}" | "R", superscripts=(power,)):
            return _space(power) or ((_label(power),) if _label(power) else None)
        case Name(base="\\mathbb{R}", superscripts=(), time=None):
            return ("1",)
        case Binary(op="\\times", left=left, right=right):
            sizes = (_label(left), _label(right))
            return sizes if all(sizes) else None
    return None


def _label(node: Surface) -> str:
    match node:
        case Number(text=text):
            return text
        case Name(base=base):
            return base
        case Juxtaposed(left=Number(text=text), right=Name(base=base)):
            return text + base
    return ""


def labels(claims: Iterable[Claim], vocabulary: Vocabulary) -> Iterator[Definition]:
    """What underbraces define: the name under a brace is what stands over it."""
    for claim in claims:
        for side in (claim.left, claim.right):
            for brace in braces(side) if side is not None else ():
                if isinstance(brace.label, Name):
                    reference = vocabulary.refer(brace.label)
                    yield Definition(
                        reference.key, reference.time, (), brace.body, claim.display, brace.label
                    )


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
    match node:
        case Juxtaposed(left=Name() as one, right=Name() as other):
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


def has_derivative(node: Surface) -> bool:
    """Does a formula hold a derivative?"""
    return any(isinstance(item, Derivative) for item in walk(node))


__all__ = [
    "HORIZON",
    "ONE",
    "Declaration",
    "Scope",
    "declarations",
    "definition_of",
    "has_derivative",
    "labels",
]
