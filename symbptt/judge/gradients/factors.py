r"""The factors that a relation may have lost: what its document writes in products, near it first.

A factor is offered as it stands elsewhere, at the times that the relation speaks of, of its quantities
(1 - f_t for 1 - o_t), transposed, and as the slope of a definition: 1 - h_t^2 where h_t = \tanh(z_t).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from symbptt.judge.notation.normal import NOWHERE, Change, rebuilt
from symbptt.judge.notation.sided import claim_nodes
from symbptt.judge.notation.times import moved, split, time_of
from symbptt.judge.notation.vocabulary import application, names_in
from symbptt.judge.numeric.trial import Trial
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.products import ELEMENTWISE, Spot, factors_of, with_factor
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Derivative,
    Dots,
    Gradient,
    Name,
    Negative,
    Number,
    Scripted,
    Surface,
    Text,
    Transpose,
)
from symbptt.reader.walks import children

MOST = 160
FAR = 4  # displays; what is farther off is no less likely
RENAMED, TURNED, SLOPE = 3, 2, 1  # how much farther off than what is written
LOOSE = (Number, Negative, BigOperator, Text, Dots)
DIAGONAL = ("diag", "Diag")


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor with the sign beside it and its place in its product, from 0 (first) to 1 (last)."""

    node: Surface
    sign: str
    place: float

    def inside(self, spot: Spot, entrywise: str) -> Iterator[tuple[float, Surface]]:
        """The whole formula with this factor put in at a spot; the likelier, the smaller the number.

        ``entrywise`` is the document's sign of the product entry by entry, "" where it has none.
        """
        factors, signs = factors_of(spot.node)
        if self.node in factors:
            return
        matrices = any(map(_is_matrix, (self.node, *factors)))
        entries = not matrices and bool(entrywise or self.sign in ELEMENTWISE)
        for place in range(len(factors) + 1):
            beside = {signs[min(max(0, at), len(signs) - 1)] for at in (place - 1, place)} if signs else {""}
            far = abs(self.place - place / len(factors))
            for sign in sorted({*beside, self.sign, entrywise}):
                strange = 2 * (bool(signs) and sign not in beside) + 1.5 * ((sign in ELEMENTWISE) != entries)
                own = entries and sign in ELEMENTWISE and (sign in beside or spot.depth > 0)
                likely = (1.0 if self.sign in ELEMENTWISE else 0.5) * own
                yield (
                    strange + far + 0.01 * spot.depth - likely - 0.1 * (sign == self.sign),
                    spot.put(with_factor(spot.node, place, sign, self.node)),
                )

    @property
    def number(self) -> Surface:
        """What the factor is where every size is 1: without transposes, brackets and diag."""
        return rebuilt(self.node, _as_number)


def _is_matrix(node: Surface) -> bool:
    """Is this written as only a row or a matrix is: a transpose, a diag, a Jacobian?"""
    if isinstance(node, Derivative):
        return all(isinstance(name, Name) and name.time for name in (node.numerator, *node.denominators))
    return isinstance(node, Transpose) or (isinstance(node, Apply) and node.function in DIAGONAL)


def _as_number(node: Surface) -> Surface:
    match node:
        case Transpose(operand=inside) | Bracket(kind="()", items=(inside,)):
            return inside
        case Apply(function="diag" | "Diag", argument=Surface() as inside):
            return inside
    return node


def factors_near(claim: Claim, trial: Trial, near: Iterable[Claim]) -> tuple[Factor, ...]:
    """The factors to try, the likeliest first; ``near`` are the claims of the document, the nearest first."""
    claims = list(near)
    names = _quantities(claim)
    times = _times(claim, names)
    ranked: dict[Surface, tuple[float, Factor]] = {}

    def note(rank: float, factor: Factor) -> None:
        held = ranked.get(factor.node)
        if factor.node != claim.left and (held is None or rank < held[0]):
            ranked[factor.node] = rank, factor

    for one in claims:
        distance = min(FAR, abs(one.display - claim.display))
        if isinstance(one.left, Derivative | Gradient):
            note(distance + RENAMED, Factor(one.left, "", 0.0))
        for factor in written_factors(one):
            note(distance, factor)
            for other in _renamed(factor, names, times) if distance < FAR else ():
                note(distance + RENAMED, other)
    if isinstance(claim.left, Derivative):
        for name in _defined(trial):
            note(RENAMED, Factor(rebuilt(claim.left, partial(_exchanged, name)), "", 0.0))
    for factor in _slopes(claims, names, trial):
        note(SLOPE, factor)
    spelling = next(
        (node.spelling for one in claims for node in claim_nodes(one) if isinstance(node, Transpose)), ""
    )
    for rank, factor in list(ranked.values()) if spelling else ():
        for other in _turned(factor, spelling):
            note(rank + TURNED + (factor.sign in ELEMENTWISE), other)
    return tuple(factor for _, factor in sorted(ranked.values(), key=lambda item: item[0]))[:MOST]


def _quantities(claim: Claim) -> list[Name]:
    """The names with a time in a relation, each once, without powers."""
    found: dict[Name, None] = {}
    for side in (claim.right, claim.left):
        for name in names_in(side) if side is not None else ():
            if name.time is not None:
                found.setdefault(replace(name, superscripts=(), primes=0))
    return list(found)


def _times(claim: Claim, names: list[Name]) -> list[Surface]:
    """The times that a relation speaks of, those of its sums and products among them."""
    found = [name.time for name in names if name.time is not None]
    bound = [index for node in claim_nodes(claim) if isinstance(node, BigOperator) for index in node.indices]
    beside = [other for time in [*bound, *found] for other in moved(time)]
    return list(dict.fromkeys([*bound, *found, *beside]))


def written_factors(claim: Claim) -> Iterator[Factor]:
    """The factors of every product in a relation."""
    for side in (claim.right, claim.left):
        yield from _in_products(side) if side is not None else ()
    if isinstance(claim.right, Name | Transpose):
        yield Factor(claim.right, "", 0.0)


def _in_products(node: Surface) -> Iterator[Factor]:
    factors, signs = factors_of(node)
    for place, factor in enumerate(factors) if signs else ():
        if not isinstance(factor, LOOSE) and list(names_in(factor)):
            yield Factor(factor, signs[max(0, place - 1)], place / len(signs))
    for below in factors if signs else children(node):
        yield from _in_products(below)


def _renamed(factor: Factor, names: list[Name], times: list[Surface]) -> Iterator[Factor]:
    """A factor at another time, and a factor of one quantity as one of another."""
    timed = [name for name in names_in(factor.node) if name.time is not None]
    if not timed:
        return
    changes: list[Change] = [partial(_shifted, *shift) for shift in _shifts(timed[0], times)]
    if len({(name.stem, name.subscripts, name.time) for name in timed}) == 1:
        earlier = [replace(name, time=time) for name in names for time in _before(name)]
        changes += [partial(_exchanged, other) for other in (*names, *earlier)]
    for change in changes:
        new = rebuilt(factor.node, change)
        if new != factor.node:
            yield replace(factor, node=new)


def _before(name: Name) -> list[Surface]:
    """The time before that of a name."""
    letter, steps = split(name.time) if name.time is not None else (None, 0)
    return [time_of(letter, steps - 1)] if isinstance(letter, Name) else []


def _exchanged(other: Name, node: Surface) -> Surface:
    """Another quantity, with the powers and primes of the first."""
    if not isinstance(node, Name) or node.time is None:
        return node
    return replace(other, superscripts=node.superscripts, primes=node.primes)


def _shifts(name: Name, times: list[Surface]) -> Iterator[tuple[str, str, int]]:
    """From the time of a name to others: the letter, the new letter, and how many steps."""
    old, before = split(name.time) if name.time is not None else (None, 0)
    for time in times:
        new, after = split(time)
        if isinstance(old, Name) and isinstance(new, Name):
            yield old.base, new.base, after - before


def _shifted(old: str, new: str, steps: int, node: Surface) -> Surface:
    """A name at another time."""
    if not isinstance(node, Name) or node.time is None:
        return node
    letter, offset = split(node.time)
    if not isinstance(letter, Name) or letter.base != old:
        return node
    return replace(node, time=time_of(Name(letter.at, new), offset + steps))


def _turned(factor: Factor, spelling: str) -> Iterator[Factor]:
    """A factor of a matrix product with the transpose added, or taken away."""
    match factor.node:
        case Transpose(operand=operand):
            yield replace(factor, node=operand)
        case Name() | Bracket(kind="()"):
            yield replace(factor, node=Transpose(factor.node.at, factor.node, spelling))


def entrywise_sign(claims: Iterable[Claim]) -> str:
    """The sign of the product entry by entry that is written nearest, or ""."""
    nodes = (node for one in claims for node in claim_nodes(one))
    return next((node.op for node in nodes if isinstance(node, Binary) and node.op in ELEMENTWISE), "")


def _defined(trial: Trial) -> list[Name]:
    """The quantities that the document defines at any time."""
    return [one.left for found in trial.scope.definitions.values() for one in found if one.pattern == "t"]


def _slopes(claims: list[Claim], names: list[Name], trial: Trial) -> Iterator[Factor]:
    r"""1 - h_t^2 where h_t = \tanh(z_t), and s_t \odot (1 - s_t) where s_t = \sigma(z_t); as diag too."""
    nodes = [node for one in claims for node in claim_nodes(one)]
    sign = entrywise_sign(claims) or ("" if trial.entries else "\\odot")  # of entries there is no diagonal
    functions = (node.function for node in nodes if isinstance(node, Apply))
    diagonal = next((function for function in functions if function in DIAGONAL), "diag")
    for name in names:
        for slope in _slopes_of(name, trial, sign):
            grouped = Bracket(NOWHERE, "()", (slope,))
            if not trial.entries:
                yield Factor(Apply(NOWHERE, diagonal, grouped), "", 0.0)
            yield Factor(grouped, sign, 1.0)


def _slopes_of(name: Name, trial: Trial, sign: str) -> Iterator[Surface]:
    """The slope of the function that a quantity is, by its value."""
    key = trial.scope.vocabulary.refer(name, trial.entries).key
    for one in trial.scope.definitions.get(key, ()):
        call = application(one.right)
        function = call[0].base if call is not None else getattr(one.right, "function", "")
        function = trial.scope.vocabulary.spoken.get(function, function)
        rest = Binary(NOWHERE, "-", Number(NOWHERE, "1"), name)
        if function in ("\\sigma", "sigmoid", "sigm"):
            yield Binary(NOWHERE, sign, name, Bracket(NOWHERE, "()", (rest,)))
        elif function == "tanh":
            yield replace(rest, right=_square(name))
            yield replace(rest, right=Binary(NOWHERE, sign, name, name))


def _square(name: Name) -> Surface:
    """h_t^2, or (h^{(t)})^2 where the time stands above."""
    two = Number(NOWHERE, "2")
    if name.style in (None, "subscript"):
        return replace(name, superscripts=(two,))
    return Scripted(NOWHERE, Bracket(NOWHERE, "()", (name,)), superscript=two)
