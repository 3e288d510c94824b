"""From a document to its recurrence: names, functions, shapes, and then the equations.

The document says what is declared and what is defined; derived formulas, prose and claims about single times
(a_1 = ... beside a_t = ...) are left to the judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy

from symbptt.errors import Place, SpecificationError
from symbptt.expressions import Shape
from symbptt.reader import syntax
from symbptt.reader.build import Build
from symbptt.reader.entrywise import entry_letters, free_letters, ranks_shown, whole
from symbptt.reader.formulas import note_functions
from symbptt.reader.layers import unrolled
from symbptt.reader.naming import by_role, name_sizes
from symbptt.reader.prefixes import with_products
from symbptt.reader.ranks import Definition, infer
from symbptt.reader.resolve import Resolver
from symbptt.reader.sampled import with_times
from symbptt.reader.shapes import Misfit, names_in
from symbptt.reader.spelling import ReadingError, canonical, names_of
from symbptt.reader.statements import (
    Statement,
    declared_shape,
    defined_names,
    function_formula,
    read_statements,
    size_symbol,
    size_symbols,
)
from symbptt.reader.symbols import Names
from symbptt.reader.syntax import Bracket, Juxtaposed, Name, Number, Surface
from symbptt.reader.terms import (
    Symbol,
    at_times,
    is_timed,
    shifted,
    symbols,
)
from symbptt.reader.walks import children
from symbptt.recurrence import Equation, Recurrence, T, t


@dataclass
class Reading:
    """What is known of a document while it is read."""

    statements: list[Statement]
    resolver: Resolver
    numbers: Mapping[str, int] = field(default_factory=dict)
    declared: dict[str, tuple[sympy.Expr, ...]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    ranks: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # of names that the text writes with indices

    @property
    def names(self) -> Names:
        return self.resolver.names


def read(text: str, name: str, source: str, numbers: Mapping[str, int] | None = None) -> Recurrence:
    """The recurrence of a document; `numbers` stand before those of the text. Raises SpecificationError."""
    given = numbers or {}
    found, bounds = unrolled(with_products(with_times(read_statements(text, source))), given)
    names = Names.of(s.chain for s in found)
    reading = Reading([s for s in found if _has_readable_names(s, names)], Resolver(names), given)
    for statement in reading.statements:
        _declare(reading, statement)
    note_functions(reading.statements, reading.resolver, reading.declared)
    _check_numbers(reading, bounds)
    fixed = _fixed_sizes(reading)
    reading.resolver.joint = {k: f.with_sizes(fixed) for k, f in reading.resolver.joint.items()}
    equations = list(_equations(reading))
    _quantities(reading, equations)
    definitions = list(_definitions(reading, equations))
    if not any(d.time == t for _, d in definitions):
        place = Place(source, 1, 1, text.split("\n")[0])
        raise SpecificationError("no equation defines a quantity at time t", place)
    return _recurrence(reading, definitions, name)


def _has_readable_names(statement: Statement, names: Names) -> bool:
    """Can every name be read? Inline, the rest is prose; elsewhere it raises SpecificationError."""
    try:
        for name in names_of(statement.chain):
            names.refer(name)
    except ReadingError as error:
        if statement.kind == "inline":
            return False
        raise SpecificationError(error.message, statement.place(error.at)) from None
    return True


def _recurrence(
    reading: Reading, definitions: Sequence[tuple[Statement, Definition]], name: str
) -> Recurrence:
    """Shapes, sizes with names, and the equations."""
    declared, vectors = _shapes(reading, [d for _, d in definitions])
    try:
        typing = infer([d for _, d in definitions], declared, vectors, reading.names.bases, reading.ranks)
    except Misfit as misfit:
        raise SpecificationError(misfit.message, definitions[misfit.number][0].place(misfit.at)) from None
    taken = {*reading.resolver.sizes, *reading.resolver.known}
    name_sizes(typing, by_role([d for _, d in definitions]), taken)
    build = Build(typing)
    equations = []
    for statement, definition in definitions:
        left = build.quantity(definition.name, definition.time)
        equations.append(Equation(left, build.side(definition.right, left), statement.place(definition.left)))
    return Recurrence(tuple(equations), name, reading.names.style)


# ------------------------------------------------------------------ declarations


def _declare(reading: Reading, statement: Statement) -> None:
    """Notes the shapes that a statement declares, and the number that it gives to a size."""
    try:
        found = declared_shape(statement, size_symbol)
    except ReadingError as error:
        if statement.kind == "inline":
            return
        raise SpecificationError(error.message, statement.place(error.at)) from None
    if found is None:
        return
    for surface in found[0]:
        name = reading.names.refer(surface).name
        known = reading.declared.setdefault(name, found[1])
        if known != found[1]:
            said = " and ".join(" x ".join(map(str, sizes)) or "scalar" for sizes in (known, found[1]))
            raise SpecificationError(
                f"{name} is declared with two shapes: {said}", statement.place(surface.at)
            )
        reading.places.setdefault(name, statement.place(surface.at))
        reading.names.bases.setdefault(name, surface)
    for size in found[1]:
        reading.resolver.sizes.update(size_symbols(size))


def _shapes(
    reading: Reading, definitions: Sequence[Definition]
) -> tuple[dict[str, Shape], dict[str, sympy.Expr]]:
    """The declared shapes, and apart from them the vectors, which may be columns or rows.

    Raises SpecificationError for a quantity of three axes.
    """
    fixed = _fixed_sizes(reading)
    shapes: dict[str, Shape] = {}
    vectors: dict[str, sympy.Expr] = {}
    for name, sizes in reading.declared.items():
        values = [sympy.expand(size.xreplace(fixed)) for size in sizes]
        if len(values) > 2:
            if any(name == d.name or name in names_in(d.right) for d in definitions):
                message = f"{name} is declared with {len(values)} axes, expected at most two"
                raise SpecificationError(message, reading.places[name])
        elif len(values) == 1:
            vectors[name] = values[0]
        else:
            rows, cols = (*values, 1, 1)[:2]
            shapes[name] = Shape(*(() if size == 1 else (size,) for size in (rows, cols)))
    return shapes, vectors


def _fixed_sizes(reading: Reading) -> dict[sympy.Expr, sympy.Expr]:
    """Sizes that the text sets to a number: n = 32."""
    fixed: dict[sympy.Expr, sympy.Expr] = {}
    for statement in reading.statements:
        match statement.definition:
            case (Name() as left, Number(text=text)) if text.isdigit():
                size = reading.resolver.sizes.get(canonical(left))
                fixed.update({size: sympy.Integer(text)} if size is not None else {})
    given = {reading.resolver.sizes[k]: v for k, v in reading.numbers.items() if k in reading.resolver.sizes}
    return {**fixed, **{size: sympy.Integer(number) for size, number in given.items()}}


def _check_numbers(reading: Reading, bounds: set[str]) -> None:
    """The numbers that were given are sizes that the text declares, or last values of an index."""
    for name in reading.numbers:
        if name not in reading.resolver.sizes and name not in bounds:
            known = sorted({str(size) for size in reading.resolver.sizes.values()} | bounds)
            raise SpecificationError(f"no number {name} to set: the text has {', '.join(known) or 'none'}")
        if reading.numbers[name] < 1:
            raise SpecificationError(f"{name} = {reading.numbers[name]}: expected a number from 1 on")


# ------------------------------------------------------------------ definitions


def _equations(reading: Reading) -> Iterator[tuple[Statement, Name, Surface]]:
    """The definitions of quantities; inline only where no display holds one, and what displays leave open.

    Those are initial values, and formulas for names that displays use (where \\alpha = \\sigma(a)).
    """
    found = [(s, name) for s in reading.statements for name in defined_names(s)]
    found = [(s, name) for s, name in found if not _is_apart(reading, s, name)]
    displayed = [(s, name) for s, name in found if s.kind != "inline"]
    shown = {_defined(reading, name) for _, name in displayed}
    used = {n for statement, _ in displayed for n in _used(reading, statement)} - {n for n, _ in shown}
    for statement, name in found:
        assert statement.definition is not None
        defined, time = _defined(reading, name)
        fixed = time is not None and (time.is_Integer or _is_past_end(time))
        initial = fixed and (defined, time) not in shown
        explained = defined in used and not fixed and not isinstance(statement.definition[1], Number | Name)
        if statement.kind != "inline" or not displayed or initial or explained:
            yield statement, name, statement.definition[1]


def _used(reading: Reading, statement: Statement) -> Iterator[str]:
    """The names that the right side of a definition uses."""
    assert statement.definition is not None
    for name in _standing(statement.definition[1]):
        yield reading.names.refer(name).name


def _defined(reading: Reading, name: Name) -> tuple[str, sympy.Expr | None]:
    found = reading.names.refer(name)
    return found.name, found.time


def _is_apart(reading: Reading, statement: Statement, name: Name) -> bool:
    """Is this no equation of the recurrence: t = 1, ..., T, n = 32, or a function?"""
    text = canonical(name)
    if text in (reading.names.letter, "T") or function_formula(statement) is not None or name.prefix:
        return True
    match statement.definition:
        case (_, Number()):
            return text in reading.resolver.sizes
        case (_, syntax.Apply(argument=None)):
            return True
        case (_, Name(time=None) as right) if canonical(right) not in reading.declared:
            return Resolver(reading.names).function(canonical(right)) is not None
    return False


def _quantities(reading: Reading, equations: Iterable[tuple[Statement, Name, Surface]]) -> None:
    """Notes the names that are quantities: declared, defined, at a time, or standing without a bracket."""
    known = reading.resolver.known
    known |= {name for name in reading.declared if name not in reading.resolver.functions}
    for _, left, right in equations:
        known.add(reading.names.refer(left).name)
        for name in _standing(right):
            found = reading.names.refer(name)
            constant = name.base in ("I", "\\mathbf{I}", "\\mathbf{1}", "e", reading.names.letter, "T")
            size = found.name in reading.resolver.sizes
            if found.time is not None or not (constant or size or reading.resolver.function(found.name)):
                known.add(found.name)
    known -= set(reading.resolver.functions)


def _standing(node: Surface) -> Iterator[Name]:
    """The names of a formula that are not in front of a bracket as a function would be."""
    if isinstance(node, Name):
        yield node
        return
    for child in children(node):
        single = isinstance(node, Juxtaposed) and node.direct and child is node.left
        if not (single and isinstance(child, Name) and child.time is None and _is_argument(node)):
            yield from _standing(child)


def _is_argument(node: Surface) -> bool:
    """Is the bracket of this product one that could hold an argument: not a list of blocks?"""
    right = node.right if isinstance(node, Juxtaposed) else None
    while isinstance(right, syntax.Transpose | syntax.Scripted):
        right = right.operand if isinstance(right, syntax.Transpose) else right.base
    return isinstance(right, Bracket) and not (right.kind == "[]" and len(right.items) > 1)


def _definitions(
    reading: Reading, equations: Sequence[tuple[Statement, Name, Surface]]
) -> Iterator[tuple[Statement, Definition]]:
    """The equations as terms; repetitions, and claims about single times, are left out."""
    general = {name for name, time in (_defined(reading, left) for _, left, _ in equations) if time == t}
    seen: dict[tuple[str, sympy.Expr | None], Surface] = {}
    found: list[tuple[Statement, Definition]] = []
    entries = entry_letters(reading.names, (right for _, _, right in equations))
    for statement, left, right in equations:
        letters = free_letters(left, entries)
        single = replace(reading.resolver, entries=frozenset(letters))
        left = reading.names.without_entries(left, frozenset(letters))
        name, time = _defined(reading, left)
        if seen.get((name, time)) == right or (name in general and _is_claim(time)):
            continue
        seen[name, time] = right
        try:
            term = single.term(right)
            reading.ranks |= ranks_shown(term)
            term = whole(term, tuple(map(reading.names.index, letters)))
        except ReadingError as error:
            raise SpecificationError(error.message, statement.place(error.at)) from None
        if statement.kind == "inline" and time is None and not is_timed(term):
            continue
        reading.names.bases.setdefault(name, left)
        found.append((statement, Definition(name, time, left.at, term, statement.shown)))
    found = [(statement, _at_time_t(d, statement)) for statement, d in _with_times_of_use(found)]
    later = _looked_at_later(definition for _, definition in found)
    running = {definition.name for _, definition in found if definition.time == t}
    for statement, definition in found:
        if not _is_past_end(definition.time) or definition.name in later:
            yield statement, definition
        elif definition.name not in running:
            raise _not_at_time_t(definition, statement)


def _with_times_of_use(
    found: Sequence[tuple[Statement, Definition]],
) -> Iterator[tuple[Statement, Definition]]:
    """What is written without a time inside a step, k_1 = f(x_t), stands at the time of what uses it."""
    open_ones = {d.name: d for _, d in found if d.time is None and is_timed(d.right)}
    times: dict[str, sympy.Expr] = {}
    users = [(d.time, d) for _, d in found if d.time is not None and not d.time.is_Integer]
    while users:
        time, user = users.pop()
        for name in names_in(user.right) & set(open_ones) - set(times):
            times[name] = time
            users.append((time, open_ones[name]))
    for statement, d in found:
        yield statement, replace(d, time=times.get(d.name, d.time), right=at_times(d.right, times))


def _is_claim(time: sympy.Expr | None) -> bool:
    """An equation for a_1 or a_T beside the one for a_t, or for a_{t-1}; not one for a_0 or a_{T+1}."""
    if time is None or time == t or _is_past_end(time):
        return False
    return not (time.is_Integer and time <= 0)


def _is_past_end(time: sympy.Expr | None) -> bool:
    """T + 1, T + 2: where what runs backwards in time starts."""
    return time is not None and bool((time - T).is_Integer and (time - T).is_positive)


def _looked_at_later(definitions: Iterable[Definition]) -> set[str]:
    """The names that an equation for time t looks at after t."""
    found = set()
    for definition in definitions:
        for term in symbols(definition.right) if definition.time == t else ():
            if isinstance(term, Symbol) and term.time is not None and (term.time - t).is_positive:
                found.add(term.name)
    return found


def _at_time_t(definition: Definition, statement: Statement) -> Definition:
    """An equation for h_{t+1} as the one for h_t. Raises SpecificationError for a fixed time after 0."""
    time = definition.time
    if not _is_claim(time):
        return definition
    assert time is not None
    back = sympy.expand(time - t)
    if not back.is_Integer:
        raise _not_at_time_t(definition, statement)
    return replace(definition, time=t, right=shifted(definition.right, t - back))


def _not_at_time_t(definition: Definition, statement: Statement) -> SpecificationError:
    message = f"expected {definition.name} at time t or where it starts, found time {definition.time}"
    return SpecificationError(message, statement.place(definition.left))
