"""A claim held against numbers: both sides at several times, in every reading that is left open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.functions import function_like
from symbptt.judge.notation.sided import claim_names, claim_nodes, claim_sides
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.bindings import Letters, assignments
from symbptt.judge.numeric.choices import Choice, Memory, readings
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.functions import ELEMENTARY
from symbptt.judge.numeric.naming import IDENTITY
from symbptt.judge.numeric.tensors import Clash, Misfit, Tensor, Undecided, matched
from symbptt.judge.numeric.world import OutOfRange, World
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Derivative, Juxtaposed, Name, Number, Surface
from symbptt.reader.walks import walk

MOST_READINGS = 200
FEW_READINGS = 2
MOST_PARTS = 60_000  # of formulas, evaluated in one trial
TOLERANCE = 1e-6
NEARLY = 1e-3  # so much may rounding do where both sides should be zero
UNFIT = "The sizes of the two sides fit in no reading."
OUTSIDE = "It speaks only of times before the first step or after the last."
VANISHING = 1e-11
ZEROS = "Both sides are zero in every reading, which decides nothing."
Settled = Mapping[tuple[object, ...], int]  # questions of reading that the document has settled
Status = Literal["equal", "differs", "misfit", "clash", "undecided", "vanish"]


@dataclass(frozen=True)
class Outcome:
    """How a claim fared; ``error`` is the largest relative difference in the best reading."""

    status: Status
    message: str = ""
    error: float = 0.0
    where: str = ""
    left: str = ""
    right: str = ""
    spoken: dict[str, str] = field(default_factory=dict)
    answers: Settled = field(default_factory=dict)  # the reading in which both sides are equal
    alone: bool = False  # is one side zero where they differ?


def tried(
    claim: Claim, scope: Scope, unit: bool, entries: frozenset[str], settled: Settled | None = None
) -> Outcome:
    """The best outcome over all readings: equal in one, or different, or unfit, in all."""
    if claim.left is None:
        return Outcome("undecided", "Nothing stands on the left.")
    return Trial(claim, scope, unit, entries).outcome(settled)


@dataclass
class Trial:
    """A claim with the numbers that it is held against; what parts of it gave is remembered."""

    claim: Claim
    scope: Scope
    unit: bool
    entries: frozenset[str]
    memory: Memory = field(default_factory=Memory)
    edited: int = 0  # readings of edits that were tried
    world: World = field(init=False)
    letters: Letters = field(init=False)

    def __post_init__(self) -> None:
        self.letters = Letters(self.scope, self.entries)
        self.world = self.scope.world(self.unit, 1, _sized(self.claim))

    def outcome(self, settled: Settled | None = None) -> Outcome:
        """The best outcome over all readings in which these questions are settled."""
        with self.world.work.of(MOST_PARTS):
            outcome = self._outcome(settled, self.memory, beyond=False)
            if outcome.message != OUTSIDE:
                return outcome
            further = self._outcome(settled, Memory(), beyond=True)
        return further if further.status in ("differs", "equal") else outcome

    def _outcome(self, settled: Settled | None, memory: Memory, beyond: bool) -> Outcome:
        """The same, ``beyond`` the last time or not."""
        bindings = list(assignments(self.claim, self.scope, self.world, self.entries))
        best: Outcome | None = None
        nothing: Outcome | None = None  # a reading in which both sides are zero
        for choice in readings(MOST_READINGS, settled):
            with np.errstate(all="ignore"):
                outcome = self._under(choice, self.claim, bindings, memory, beyond)
            if outcome.status in ("equal", "undecided"):
                return outcome
            nothing = outcome if outcome.status == "vanish" else nothing
            if best is None or _rank(outcome) > _rank(best):
                best = outcome
        else:
            if choice.next_script() is not None:
                return Outcome("undecided", "It can be read in too many ways.")
        if best is None:
            return Outcome("undecided", "It takes too long.")
        if nothing is not None and best.alone:
            return Outcome("undecided", nothing.message)  # zero may be meant on both sides
        if best.status in ("differs", "clash"):
            return founded(best, self.claim, self.scope, self.world)
        if best.status == "misfit" and IDENTITY not in best.message:
            return Outcome("misfit", UNFIT)
        return Outcome("undecided", best.message) if best.status == "vanish" else best

    def holds(self, claim: Claim, settled: Settled, most: int = FEW_READINGS) -> bool:
        """Is another claim, an edit of this one, true in one of the first readings?"""
        return any(one.status == "equal" for one in self._outcomes(claim, settled, most))

    def may_hold(self, claim: Claim, settled: Settled, most: int = FEW_READINGS) -> bool:
        """Is another claim, an edit of this one, true in a reading, or nearly, or a matter of zeros?"""
        return any(
            one.status in ("equal", "vanish") or (one.status == "differs" and one.error < NEARLY)
            for one in self._outcomes(claim, settled, most)
        )

    def unfit(self, claim: Claim, settled: Settled) -> bool:
        """Do the sizes of another claim fit in none of the first readings?"""
        return all(one.status in ("misfit", "clash") for one in self._outcomes(claim, settled, FEW_READINGS))

    def _outcomes(self, claim: Claim, settled: Settled, most: int) -> Iterator[Outcome]:
        """How another claim fares in each reading; names that it alone speaks of are forgotten after it."""
        leaves = set(self.world.leaves)
        bindings = list(assignments(claim, self.scope, self.world, self.entries, self.letters))
        try:
            for choice in readings(most, settled):
                self.edited += 1
                with np.errstate(all="ignore"), self.world.work.of(MOST_PARTS):
                    outcome = self._under(choice, claim, bindings, self.memory, False)
                yield outcome
        finally:
            self.world.unlearn(leaves)

    def _under(
        self, choice: Choice, claim: Claim, bindings: list[dict[str, int]], memory: Memory, beyond: bool
    ) -> Outcome:
        """One reading at all the times."""
        indices = self.entries - self.scope.vocabulary.quantities
        sides = [(side, node) for side, node in (("left", claim.left), ("right", claim.right)) if node]

        def values(bound: dict[str, int]) -> tuple[Tensor, Tensor]:
            left, right = (
                Evaluator(
                    self.world,
                    self.scope.vocabulary,
                    bound,
                    choice,
                    indices,
                    side,
                    self.scope.rows,
                    memory=memory,
                    beyond=beyond,
                ).value(node)
                for side, node in sides
            )
            return compared(left, right, choice, claim)

        return _over(bindings, values, choice, claim, self.world)


def _rank(outcome: Outcome) -> tuple[float, float]:
    """How much a reading says: a difference, and a small one, more than sizes that do not fit, or nothing."""
    if outcome.status == "differs":
        return 3, -outcome.error
    known = {"misfit": 2.0 if IDENTITY in outcome.message else 0.0, "clash": 0.5, "vanish": 1.0}
    return known[outcome.status], 0.0


def _sized(claim: Claim) -> Iterator[Name]:
    """The names of a claim that need a size."""
    yield from claim_names(claim)
    yield from _inner(claim)


def founded(outcome: Outcome, claim: Claim, scope: Scope, world: World) -> Outcome:
    """A difference counts only when all that the claim speaks of has a meaning in the document."""
    defined = scope.keys_of_definitions()
    vocabulary = scope.vocabulary
    if _is_identity(claim, vocabulary):
        return outcome
    if timeless := scope.omits_time(claim):
        return Outcome("undecided", f"{timeless} is written without its time.")
    if doubt := scope.darkened(claim):
        return Outcome("undecided", f"Not decided: {doubt}.")
    losses = scope.open_losses()
    functions, entries = scope.functions(), vocabulary.entries_of(claim) - vocabulary.quantities
    spoken_of = [
        {vocabulary.refer(name, entries).key for name in names_in(side)} & losses
        for side in claim_sides(claim)
    ]
    if any(spoken_of) and not all(spoken_of):
        return Outcome("undecided", f"{min(set().union(*spoken_of))} is nowhere defined.")
    if free := _assumed(claim, scope, entries):
        return Outcome("undecided", f"{free} is nowhere defined.")
    for node in claim_nodes(claim):
        if matrix := _acts_as_matrix(node, scope):
            return Outcome("undecided", f"{matrix}(...) is a matrix that nothing defines.")
        call = application(node)
        if call is not None and function_like(vocabulary, *call) and call[0].base not in functions:
            return Outcome("undecided", f"{call[0].base}(...) is a function that nothing defines.")
        if isinstance(node, Name):
            key = vocabulary.refer(node, entries).key
            if key in world.leaves and key not in defined:
                return Outcome("undecided", f"{key} is nowhere defined.")
    return outcome


def _assumed(claim: Claim, scope: Scope, entries: frozenset[str]) -> str:
    """A name on one side of a relation about nothing that is defined: it may be what the relation defines."""
    if claim.left is None:
        return ""
    sides = [list(names_in(side)) for side in (claim.left, claim.right)]
    keys = [{scope.vocabulary.refer(name, entries).key for name in names} for names in sides]
    if any(key in scope.definitions for key in keys[0] | keys[1]):
        return ""
    alone = [
        scope.vocabulary.refer(name, entries).key
        for names, others in zip(sides, keys[::-1], strict=True)
        for name in names
        if name.time is not None and scope.vocabulary.refer(name, entries).key not in others
    ]
    return alone[0] if alone else ""


def _acts_as_matrix(node: Surface, scope: Scope) -> str:
    """The D of D(x) y, a capital letter that gives a matrix for a vector, where nothing says which."""
    call = application(node.left) if isinstance(node, Juxtaposed) else None
    if call is None or call[0].base in scope.vocabulary.spoken or call[0].time is not None:
        return ""
    base = call[0].base
    symmetric = scope.vocabulary.refer(call[0]).key in scope.vocabulary.symmetric
    if len(base) != 1 or not base.isupper() or symmetric:
        return ""
    applied = {
        id(one[0]) for right in scope.rights() for one in map(application, walk(right)) if one is not None
    }
    names = [name for right in scope.rights() for name in names_in(right) if name.base == base]
    return base if names and all(id(name) in applied for name in names) else ""


def _is_identity(claim: Claim, vocabulary: Vocabulary) -> bool:
    """Does a relation say the same of all values: known functions of names that stand on both sides?"""
    names = [
        {vocabulary.refer(name).key for name in names_in(side)} - {"\\sigma"} for side in claim_sides(claim)
    ]
    calls = [call[0].base for call in map(application, claim_nodes(claim)) if call is not None]
    known = all(vocabulary.spoken.get(base, base) in (*ELEMENTARY, "softmax") for base in calls)
    return len(names) == 2 and names[0] == names[1] and known and bool(calls)


def _inner(claim: Claim) -> Iterator[Name]:
    for node in claim_nodes(claim):
        if isinstance(node, Derivative):
            yield from (name for item in node.denominators for name in names_in(item))


def _over(
    bindings: list[dict[str, int]],
    values: Callable[[dict[str, int]], tuple[Tensor, Tensor]],
    choice: Choice,
    claim: Claim,
    world: World,
) -> Outcome:
    """Both sides compared at all the times, until they differ."""
    worst = Outcome("equal")
    seen, vanished = 0, True
    try:
        for bound in bindings:
            try:
                one, other = values(bound)
            except OutOfRange:
                continue
            seen += 1
            error, size = difference(one, other)
            vanished = vanished and size < VANISHING
            if not error <= TOLERANCE:  # also for what is no number
                status: Status = "differs" if np.isfinite(error) else "undecided"
                where = instance(bound, world)
                alone = min(_size(one), _size(other)) < VANISHING
                texts = shown(one), shown(other)
                return Outcome(status, "", error, where, *texts, choice.spoken(), alone=alone)
            if error > worst.error:
                worst = Outcome("equal", "", error, instance(bound, world), shown(one), shown(other))
    except Clash as clash:
        return Outcome("clash", str(clash))
    except Misfit as misfit:
        return Outcome("misfit", str(misfit))
    except (Undecided, RecursionError) as doubt:
        return Outcome("undecided", f"Not decided: {doubt}.")
    if not seen:
        return Outcome("undecided", OUTSIDE)
    if not np.isfinite(worst.error):
        return Outcome("undecided", "A value is not finite.")
    if vanished and not isinstance(claim.right, Number):
        return Outcome("vanish", ZEROS)
    answers = {**choice.settled, **choice.made}
    return Outcome("equal", "", worst.error, worst.where, worst.left, worst.right, choice.spoken(), answers)


def compared(left: Tensor, right: Tensor, choice: Choice, claim: Claim) -> tuple[Tensor, Tensor]:
    """Both sides in one form. Raises Misfit where their sizes differ."""
    if isinstance(claim.right, Number) and right.scalar:
        return left, right
    one, other = matched(left, right, choice)
    if one.out != other.out or one.below != other.below:
        raise Misfit("the sizes of the two sides differ")
    return one, other


def difference(one: Tensor, other: Tensor) -> tuple[float, float]:
    """The largest difference relative to the larger side, and the size of that side; none of two zeros."""
    size = max(_size(one), _size(other))
    apart = float(np.abs(one.data - other.data).max(initial=0))
    return (0.0 if size < VANISHING else apart / size), size


def _size(value: Tensor) -> float:
    """The size of the largest entry."""
    return float(np.abs(value.data).max(initial=0))


def instance(bound: dict[str, int], world: World) -> str:
    """The letters and sizes that a relation was tried with."""
    sizes = {key[5:]: size[0] for key, size in world.sizes.items() if key.startswith("size ")}
    sizes = {label: size for label, size in sizes.items() if not label.isdigit()}
    unit = all(size == (1, 1) for size in world.sizes.values())
    parts = [f"{letter}={value}" for letter, value in {**bound, **sizes}.items()]
    return ", ".join([*parts, "every size 1"] if unit else parts)


def shown(value: Tensor) -> str:
    """The first numbers of a value."""
    flat = value.data.real.ravel()
    text = ", ".join(f"{number:.4g}" for number in flat[:4])
    return f"[{text}{', ...' if flat.size > 4 else ''}]" if flat.size > 1 else text
