r"""Small edits of a formula, each with what it would mend: the mistakes that people make, undone.

Nothing here knows whether an edit is right. ``edits`` walks the tree and gives one edit of one place at a
time, those that are slight and often needed first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from typing import Any

from symbptt.judge.notation.normal import complemented, rebuilt, renamed
from symbptt.judge.notation.times import moved, split, time_of
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.repairs.indices import with_indices_swapped, with_letters_exchanged
from symbptt.judge.repairs.products import ELEMENTWISE, factors_of, grouped, is_product, product_of
from symbptt.judge.repairs.slopes import slopes
from symbptt.judge.repairs.stock import Edit, Stock
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Derivative,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Scripted,
    Surface,
    Transpose,
    Word,
)
from symbptt.reader.walks import walk
from symbptt.reader.written import written

MOST_EXCHANGED = 6  # names
FUNCTIONS = frozenset(["f", "g", "\\sigma", "\\phi", "\\varphi"])


Local = Callable[[Surface, Stock], Iterator[Edit]]


def edits(root: Surface, stock: Stock) -> list[Edit]:
    """All formulas that differ from one by one edit of one place, the slightest first."""
    found = [*_edited(root, stock), *_summed(root, stock), *_exchanged(root)]
    return sorted(found, key=lambda edit: edit.weight)


def _edited(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Edits of a node and of what it holds."""
    for local in LOCAL:
        yield from local(node, stock)
    yield from _inner(node, stock)


def _inner(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Edits of what a node holds."""
    for name in _parts(node):
        below = _below(node, name)
        value = getattr(node, name)
        if isinstance(value, Surface):
            for edit in below(value, stock):
                yield replace(edit, node=_with(node, name, edit.node))
        elif isinstance(value, tuple):
            for edit, items in _listed(value, below, stock):
                yield replace(edit, node=_with(node, name, items))


def _listed(
    items: tuple[object, ...], below: Local, stock: Stock
) -> Iterator[tuple[Edit, tuple[object, ...]]]:
    """Edits of one item of a list, or of one of a row of a matrix, with what the whole list becomes."""
    for place, item in enumerate(items):
        before, after = items[:place], items[place + 1 :]
        if isinstance(item, Surface):
            for edit in below(item, stock):
                yield edit, (*before, edit.node, *after)
        elif isinstance(item, tuple):
            for edit, row in _listed(item, below, stock):
                yield edit, (*before, row, *after)


def _parts(node: Surface) -> tuple[str, ...]:
    """The fields that hold formulas, not times, limits or scripts."""
    match node:
        case Name():
            return ()
        case BigOperator():
            return ("body",)
        case Scripted():
            return ("base",)
        case Derivative():
            return ("numerator", "denominators")
    return tuple(part.name for part in fields(node))


def _below(node: Surface, name: str) -> Local:
    """How a part is edited: names of a derivative only as names, factors where the whole product is."""
    if isinstance(node, Derivative):
        return _named
    if isinstance(node, Transpose):
        return _upright
    return _factored if name == "left" and is_product(node) else _edited


def _named(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Edits of what is differentiated, or by what."""
    for local in (_shifts, _other_letters, _namesakes):
        yield from local(node, stock)


def _upright(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Edits below a transpose: no second one."""
    for local in LOCAL:
        if local is not _transposes:
            yield from local(node, stock)
    yield from _inner(node, stock)


def _with(node: Surface, name: str, value: object) -> Surface:
    changes: dict[str, Any] = {name: value}
    return replace(node, **changes)


def _factored(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Edits below a product that is part of a longer one: not those of the product as such."""
    yield from _inner(node, stock) if is_product(node) else _edited(node, stock)


def _transposes(node: Surface, stock: Stock) -> Iterator[Edit]:
    layout = any(isinstance(part, Derivative) for part in walk(node))
    if isinstance(node, Transpose):
        said = f"{written(node.operand)} is transposed once too often"
        yield Edit(1, said, node.operand, form=True, layout=layout)
    elif isinstance(node, Name | Derivative | Bracket) or (
        isinstance(node, Apply) and node.function in ("diag", "Diag")
    ):
        if isinstance(node, Bracket) and (node.kind != "()" or len(node.items) != 1):
            return
        said = f"the transpose is missing on {written(node)}"
        yield Edit(1, said, Transpose(node.at, node, "\\top"), form=True, layout=layout)


def _orders(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Neighbouring factors swapped, one left out."""
    factors, signs = factors_of(node)
    for place in range(len(signs)):
        one, other = factors[place], factors[place + 1]
        swapped = [*factors[:place], other, one, *factors[place + 2 :]]
        said = f"the factors {written(one)} and {written(other)} are swapped"
        yield Edit(2, said, product_of(swapped, signs), form=True)
    for place in range(len(factors)) if signs else ():
        rest = [*factors[:place], *factors[place + 1 :]]
        left = signs[:place] + signs[place + 1 :] if place < len(signs) else signs[:-1]
        yield Edit(
            3, f"the factor {written(factors[place])} is one too many", product_of(rest, left), resized=True
        )


def _signs_of_products(node: Surface, stock: Stock) -> Iterator[Edit]:
    """The product entry by entry for the matrix product, and the other way round."""
    factors, signs = factors_of(node)
    for place, sign in enumerate(signs):
        elementwise = sign in ELEMENTWISE
        new = [*signs[:place], "" if elementwise else "\\odot", *signs[place + 1 :]]
        said = "a matrix product is meant" if elementwise else "the product entry by entry is meant"
        said = f"{said} before {written(factors[place + 1])}"
        yield Edit(2, said, product_of(factors, new), form=True)


def _minus(node: Surface, stock: Stock) -> Iterator[Edit]:
    match node:
        case Binary(op="+"):
            yield Edit(1, f"the sign before {written(node.right)} should be -", replace(node, op="-"))
        case Binary(op="-"):
            yield Edit(1, f"the sign before {written(node.right)} should be +", replace(node, op="+"))
        case Negative(operand=operand):
            yield Edit(1, f"the minus before {written(operand)} is wrong", operand)


def _shifts(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Times and limits, one earlier or later."""
    match node:
        case Name(time=Surface() as time):
            for new in moved(time):
                said = f"the time of {written(node)} should be {written(new)}"
                yield Edit(1, said, replace(node, time=new))
        case Name(subscripts=(Name() | Number() | Binary() as item,)) if _counts(item):
            for new in moved(item):
                said = f"the index of {written(node)} should be {written(new)}"
                yield Edit(1, said, replace(node, subscripts=(new,)))
        case BigOperator():
            for side, limit in (("lower", node.lower), ("upper", node.upper)):
                for new in moved(limit) if limit is not None else ():
                    yield Edit(1, f"the {side} limit should be {written(new)}", _with(node, side, new))


def _other_letters(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Another letter in a time or an index: h_i for h_k, where both run."""
    item = moment_of(node) if isinstance(node, Name) and stock.running else None
    letter, offset = split(item) if item is not None else (None, 0)
    if not isinstance(node, Name) or not isinstance(letter, Name):
        return
    for other in stock.running:
        for step in dict.fromkeys((offset, 0)) if other != letter.base else ():
            moment = time_of(Name(letter.at, other), step)
            new = replace(node, time=moment) if node.time is not None else replace(node, subscripts=(moment,))
            yield Edit(2, f"not {written(node)} but {written(new)} is meant", new)


def moment_of(name: Name) -> Surface | None:
    """The time of a name, or the only index that may be one."""
    match name:
        case Name(time=Surface() as time):
            return time
        case Name(subscripts=(Name() | Number() | Binary() as item,)) if _counts(item):
            return item
    return None


def _counts(item: Surface) -> bool:
    """May this be a time or an index?"""
    return isinstance(item, Number) or all(
        len(name.base) == 1 and name.base.islower() and not name.subscripts for name in names_in(item)
    )


def _kinds(node: Surface, stock: Stock) -> Iterator[Edit]:
    """Total for immediate."""
    if isinstance(node, Derivative) and node.kind in ("\\partial", "d"):
        yield Edit(2, f"the immediate derivative is meant in {written(node)}", replace(node, kind="partial+"))
    elif isinstance(node, Derivative) and node.kind == "partial+":
        yield Edit(1, f"the total derivative is meant in {written(node)}", replace(node, kind="\\partial"))


def _namesakes(node: Surface, stock: Stock) -> Iterator[Edit]:
    """One gate for another, one weight for another."""
    if not isinstance(node, Name):
        return
    for other in stock.namesakes.get(family(node), ()):
        new = replace(
            node, base=other.base, subscripts=other.subscripts if node.time or other.subscripts else ()
        )
        new = replace(new, accents=other.accents, superscripts=_with_labels(node, other))
        if new != node:
            yield Edit(2, f"not {written(node)} but {written(new)} is meant", new, resized=True)
    primes = 1 - node.primes
    plain = not node.subscripts and node.time is None
    if primes >= 0 and plain and node.base in FUNCTIONS:
        said = "the derivative is meant" if primes else "the function itself is meant"
        yield Edit(2, f"{said}: {written(replace(node, primes=primes))}", replace(node, primes=primes))


def _with_labels(node: Name, other: Name) -> tuple[Surface, ...]:
    """The superscripts of a name with the labels of another: (h^{(1)})^2 for (h^{(2)})^2."""
    labels = [item for item in other.superscripts if isinstance(item, Bracket)]
    return (*labels, *(item for item in node.superscripts if not isinstance(item, Bracket)))


def family(name: Name) -> str:
    """What names have in common that are easily confused."""
    timed = "timed" if name.time is not None else "constant"
    words = [item for item in name.subscripts if isinstance(item, Word)]
    return f"{timed} {len(words)} {name.prefix}"


def _throughout(node: Surface, stock: Stock) -> Iterator[Edit]:
    """A name that stands in a product more than once, another in all its places: r (1 - r) for u (1 - u)."""
    counts = Counter(names_in(node)) if is_product(node) else Counter()
    for name in (name for name, count in counts.items() if count > 1):
        for edit in (*_shifts(name, stock), *_namesakes(name, stock)):
            if isinstance(edit.node, Name):
                yield replace(edit, node=renamed(node, name, edit.node))


def _complements(node: Surface, stock: Stock) -> Iterator[Edit]:
    """z for 1 - z, and the other way round, of names of which both are written."""
    match node:
        case Bracket(kind="()", items=(Binary() as whole,)) if (name := complemented(whole)) is not None:
            yield Edit(2, f"not {written(whole)} but {written(name)} is meant", name)
        case Name() if node.stem in stock.gates and not node.superscripts:
            rest = Binary(node.at, "-", Number(node.at, "1"), node)
            said = f"not {written(node)} but {written(rest)} is meant"
            yield Edit(2, said, Bracket(node.at, "()", (rest,)))


def _indices(node: Surface, stock: Stock) -> Iterator[Edit]:
    """W_{ji} for W_{ij}."""
    new = with_indices_swapped(node)
    if new is not None:
        yield Edit(1, f"the indices of {written(node)} are swapped", new)


def _powers(node: Surface, stock: Stock) -> Iterator[Edit]:
    """A square that is lost: 1 - h for 1 - h^2."""
    if isinstance(node, Binary) and node.op == "-" and isinstance(node.left, Number):
        right = node.right
        if isinstance(right, Name) and not right.superscripts:
            squared = replace(right, superscripts=(Number(right.at, "2"),))
            yield Edit(3, f"the square of {written(right)} is meant", replace(node, right=squared))


def _sums(node: Surface, stock: Stock) -> Iterator[Edit]:
    """A sum left out; a factor that stands inside a sum or product moved before it."""
    if isinstance(node, BigOperator) and node.kind == "sum":
        yield Edit(3, "the sum is one too many", node.body)
    if not isinstance(node, BigOperator):
        return
    factors, signs = factors_of(node.body)
    if signs and not signs[-1]:
        rest = _with(node, "body", product_of(factors[:-1], signs[:-1]))
        kind = "sum" if node.kind == "sum" else "product"
        said = f"the factor {written(factors[-1])} stands inside the {kind}"
        yield Edit(2, said, Juxtaposed(node.at, grouped(factors[-1]), rest))


LOCAL: tuple[Local, ...] = (
    _transposes,
    _orders,
    _signs_of_products,
    _minus,
    _shifts,
    _other_letters,
    _kinds,
    _namesakes,
    _throughout,
    _complements,
    slopes,
    _indices,
    _powers,
    _sums,
)


def _exchanged(root: Surface) -> Iterator[Edit]:
    """Two names of one kind, each in the place of the other: f_t c_{t-1} + i_t g_t with f and i exchanged.

    The same of two indices.
    """
    names = [name for name in dict.fromkeys(names_in(root)) if name.time is not None]
    for one, other in combinations(names[:MOST_EXCHANGED], 2):
        if family(one) == family(other) and one.time == other.time:
            node = rebuilt(root, partial(_other, one, other))
            yield Edit(3, f"{written(one)} and {written(other)} have changed places", node)
    for first, second, node in with_letters_exchanged(root):
        yield Edit(3, f"the indices {first} and {second} have changed places", node)


def _other(one: Name, other: Name, node: Surface) -> Surface:
    """One name where the other stands, and the other way round."""
    return replace(other, at=node.at) if node == one else replace(one, at=node.at) if node == other else node


def _summed(root: Surface, stock: Stock) -> Iterator[Edit]:
    """A lost minus before everything, and lost sums over letters that nothing binds."""
    if not isinstance(root, Negative):
        yield Edit(1, "the minus before everything is lost", Negative(root.at, grouped(root)))
    for letter in stock.letters:
        index = Name(root.at, letter)
        lower: Surface = Number(root.at, "1")
        for upper in dict.fromkeys((stock.horizon, "T", "t")):
            if upper != letter:
                body = grouped(root)
                whole = BigOperator(root.at, "sum", (index,), lower, Name(root.at, upper), body)
                yield Edit(2, f"the sum over {letter} is missing", whole)
