"""Ranks of quantities that are not declared: searched best-first, few changes of the usual reading first.

The usual reading: W is a matrix, x and a_t are columns, \\lambda is a scalar. Where an equation does not fit,
one of its undeclared names is read otherwise; the reading with the fewest changes that fits is taken.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

import sympy

from symbptt.expressions import Shape
from symbptt.functions import is_columnwise
from symbptt.reader.shapes import Misfit, Typing, names_in, rank_of
from symbptt.reader.sizes import SCALAR, Form
from symbptt.reader.syntax import Name, Span
from symbptt.reader.terms import (
    ELEMENTWISE,
    Call,
    Constant,
    Flipped,
    Product,
    Special,
    Stack,
    Symbol,
    Term,
    is_timed,
    symbols,
    walk,
)

MOST_TRIES = 300
FOLLOWING, GREEK, LATIN, ALL_SCALARS = 0.3, 0.9, 1.0, 4.0  # costs of a change


@dataclass(frozen=True, eq=False)
class Definition:
    """An equation before its shapes are known; ``shown`` gives the source text of a span."""

    name: str
    time: sympy.Expr | None
    left: Span
    right: Term
    shown: Callable[[Span], str]


def infer(
    definitions: Sequence[Definition],
    declared: Mapping[str, Shape],
    vectors: Mapping[str, sympy.Expr],
    bases: Mapping[str, Name],
    known: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Typing:
    """Shapes that fit all equations. `vectors` are declared by one size: columns, or rows beside x_t W.

    `known` are ranks that the text shows: a matrix where it writes W_{ij}.
    Raises Misfit, with the number of the equation, where nothing fits.
    """
    matrices = {name for name, shape in declared.items() if shape.rows and shape.cols}
    balance = row_balance(definitions, {*declared, *vectors} - matrices)
    error: Misfit | None = None
    for layout in (balance > 0,) if balance else (False, True):
        oriented = {name: Shape((), (n,)) if layout else Shape((n,), ()) for name, n in vectors.items()}
        try:
            shapes = {**declared, **{k: _drop_ones(v) for k, v in oriented.items()}}
            preferences = _preferences(definitions, shapes, bases, layout)
            preferences |= {
                name: _of(ranks, known[name]) for name, ranks in preferences.items() if name in known
            }
            return _search(definitions, shapes, bases, layout, preferences)
        except Misfit as misfit:
            error = error or misfit
    assert error is not None
    raise error


def _of(ranks: tuple[str, ...], allowed: frozenset[str]) -> tuple[str, ...]:
    return tuple(rank for rank in ranks if rank in allowed) or tuple(sorted(allowed))


def _drop_ones(shape: Shape) -> Shape:
    return Shape(*(tuple(part for part in axis if part != 1) for axis in shape))


def _search(
    definitions: Sequence[Definition],
    declared: Mapping[str, Shape],
    bases: Mapping[str, Name],
    rows: bool,
    preferences: Mapping[str, tuple[str, ...]],
) -> Typing:
    usual = {name: ranks[0] for name, ranks in preferences.items()}
    scalars = {name: "scalar" if "scalar" in preferences[name] else rank for name, rank in usual.items()}
    serial = count()
    heap = [(0.0, next(serial), usual, frozenset[str]())]
    alike = ALL_SCALARS if _speaks_of_vectors(definitions, declared, bases) else -1.0
    heapq.heappush(heap, (alike, next(serial), scalars, frozenset(scalars)))
    seen: set[tuple[str, ...]] = set()
    furthest: Misfit | None = None
    for _ in range(MOST_TRIES):
        if not heap:
            break
        cost, _, ranks, changed = heapq.heappop(heap)
        if tuple(ranks.values()) in seen:
            continue
        seen.add(tuple(ranks.values()))
        try:
            return attempt(definitions, ranks, declared, rows)
        except Misfit as misfit:
            if cost >= 0 and (furthest is None or misfit.number > furthest.number):
                furthest = misfit
            for name, rank, price in _changes(
                misfit, definitions[misfit.number], ranks, changed, preferences, bases
            ):
                heapq.heappush(heap, (cost + price, next(serial), {**ranks, name: rank}, changed | {name}))
    assert furthest is not None
    raise furthest


def _changes(
    misfit: Misfit,
    definition: Definition,
    ranks: Mapping[str, str],
    changed: frozenset[str],
    preferences: Mapping[str, tuple[str, ...]],
    bases: Mapping[str, Name],
) -> Iterable[tuple[str, str, float]]:
    """Names to read otherwise, with the price; those of the place itself are cheaper than others."""
    for name, rank in misfit.follow:
        if rank in preferences.get(name, ()) and name not in changed:
            yield name, rank, FOLLOWING
    for name in sorted(names_in(definition.right) | {definition.name}):
        if name in changed or name not in preferences:
            continue
        price = GREEK if name in bases and bases[name].base.startswith("\\") else LATIN
        price += 0.0 if name in misfit.names else 0.5
        for further, rank in enumerate(r for r in preferences[name] if r != ranks[name]):
            yield name, rank, price + 0.25 * further


def attempt(
    definitions: Sequence[Definition], ranks: Mapping[str, str], declared: Mapping[str, Shape], rows: bool
) -> Typing:
    """Check every equation under the ranks. Raises Misfit with the number of the equation."""
    typing = Typing(ranks, declared, rows, lambda at: "")
    for number, definition in enumerate(definitions):
        typing.shown = definition.shown
        try:
            _equate(typing, definition)
        except Misfit as misfit:
            misfit.number = number
            raise
    clash = typing.sizes.settle()
    if clash is not None:
        _blame_sizes(typing, definitions, clash)
    return typing


def _equate(typing: Typing, definition: Definition) -> None:
    right = typing.form(definition.right)
    left = typing.quantity(definition.name)
    if typing.sizes.match_forms(left, right) or (right == SCALAR and not list(symbols(definition.right))):
        return
    said = f"{definition.shown(definition.left)} is {typing.sizes.text(left)}, "
    said += f"the right side is {typing.sizes.text(right)}"
    follow = ((definition.name, rank_of(right)),)
    names = names_in(definition.right) | {definition.name}
    raise Misfit(definition.left, f"the sides of the equation have different shapes: {said}", names, follow)


def _blame_sizes(
    typing: Typing, definitions: Sequence[Definition], clash: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    """Sizes of blocks that contradict each other: named at the first stack of blocks that has them."""
    whole, parts = (typing.sizes.text(Form(axis, ())) for axis in clash)
    for number, definition in enumerate(definitions):
        for term in walk(definition.right):
            if isinstance(term, Stack):
                message = f"shapes do not fit in blocks: {definition.shown(term.at)} has the parts {parts}"
                message += f", expected {whole} in all"
                raise Misfit(term.at, message, names_in(term), number=number)


# ------------------------------------------------------------------ the usual reading


def row_balance(definitions: Sequence[Definition], others: Container[str] = ()) -> int:
    """How much more often weights stand right of what changes with time (X_t W) than left of it (W x_t).

    `others` are declared as something else than matrices: \\Delta_t A says nothing where A is a vector.
    """
    balance = 0
    for definition in definitions:
        for term in walk(definition.right):
            if isinstance(term, Product) and term.op not in ELEMENTWISE:
                left, right = (_is_weight(side, others) for side in (term.left, term.right))
                balance += right and is_timed(term.left) and not isinstance(term.left, Flipped)
                balance -= left and is_timed(term.right)
    return balance


def _is_weight(term: Term, others: Container[str]) -> bool:
    term = term.operand if isinstance(term, Flipped) else term
    return isinstance(term, Symbol) and term.time is None and _is_upper(term.name) and term.name not in others


def _is_upper(name: str) -> bool:
    letters = name.lstrip("\\")
    return letters[:1].isupper() or letters.startswith(("mathcal", "mathbf"))


def _preferences(
    definitions: Sequence[Definition], declared: Mapping[str, Shape], bases: Mapping[str, Name], rows: bool
) -> dict[str, tuple[str, ...]]:
    """The ranks of every undeclared name, the usual one first."""
    timed = {
        s.name for d in definitions for s in symbols(d.right) if isinstance(s, Symbol) and s.time is not None
    }
    timed |= {d.name for d in definitions if d.time is not None}
    found: dict[str, tuple[str, ...]] = {}
    for definition in definitions:
        for term in symbols(definition.right):
            if isinstance(term, Constant):
                vector = ("row", "column") if rows else ("column", "row")
                found[term.name] = (
                    ("square", "scalar") if term.kind == "eye" else (*vector, "matrix", "scalar")
                )
            elif term.name not in declared:
                found[term.name] = usual_ranks(bases.get(term.name), term.name, term.name in timed, rows)
        if definition.name not in declared and definition.name not in found:
            found[definition.name] = usual_ranks(
                bases.get(definition.name), definition.name, definition.name in timed, rows
            )
        if definition.time is None and is_timed(definition.right):
            found[definition.name] = ("scalar",)  # the loss
        for special in walk(definition.right):
            if (
                isinstance(special, Special)
                and special.kind == "diag"
                and isinstance(special.operand, Symbol)
            ):
                name = special.operand.name
                if found.get(name, ("",))[0] == "scalar":
                    found[name] = (
                        ("row", "scalar") if rows else ("column", "scalar")
                    )  # else no diag was needed
    return found


def usual_ranks(base: Name | None, name: str, timed: bool, rows: bool) -> tuple[str, ...]:
    """The ranks that a name can have, the usual one first."""
    letter = base.base if base is not None else name
    vector, other = ("row", "column") if rows else ("column", "row")
    greek = letter.startswith("\\") and not letter.startswith("\\math")
    if greek and not timed and not _is_upper(letter):
        return "scalar", vector, "matrix", other
    if _is_upper(letter) and not greek:
        return "matrix", vector, "scalar", other
    return vector, "scalar", "matrix", other


def _speaks_of_vectors(
    definitions: Sequence[Definition], declared: Mapping[str, Shape], bases: Mapping[str, Name]
) -> bool:
    """Is there any sign of vectors: a capital letter, a transpose, blocks, a declared shape, \\odot?"""
    if any(shape != Shape((), ()) for shape in declared.values()):
        return True
    for definition in definitions:
        if definition.time is not None and _is_upper(definition.name):
            return True
        for term in walk(definition.right):
            if isinstance(term, (Flipped, Stack, Special, Constant)):
                return True
            if isinstance(term, Product) and term.op in ELEMENTWISE:
                return True
            if isinstance(term, Call) and is_columnwise(term.function):
                return True
            loss = {d.name for d in definitions if d.time is None}
            if (
                isinstance(term, Symbol)
                and term.name not in loss
                and _is_upper(bases[term.name].base if term.name in bases else term.name)
            ):
                return True
    return False
