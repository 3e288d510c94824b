"""Backward equations written with names such as dW_f, da_{prev}, \\delta 12: each is held against a gradient.

dX is the gradient by X (or by the pre-activation of X); \\delta 5 has no name to go by, so it must be the
gradient by some occurrence in the forward equations, or a sum of such gradients of one quantity. Upstream
gradients are the names that are used and never defined (da_{next}; \\delta 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.gradients.named import (
    PREFIXES,
    entrywise,
    is_backward,
    near_namesake,
    neighbour,
    offset_of,
    without_sum,
)
from symbptt.judge.gradients.origins import origin
from symbptt.judge.gradients.regained import Truth, regained
from symbptt.judge.gradients.slopes import NOW, Slopes, argument_of, same
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import BEFORE, Vocabulary, names_in
from symbptt.judge.numeric.choices import readings
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.tensors import Key, Tensor, Undecided
from symbptt.judge.numeric.trial import difference, shown
from symbptt.judge.numeric.world import World
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Apply, Derivative, Name, Surface, spelled
from symbptt.reader.walks import walk

MOST = 24
MOST_PARTS = 60_000  # of a right side, evaluated in one reading
MOST_PARTS_OF_EDITS = 45_000  # evaluated in all edits of one equation


@dataclass
class Backward:
    """The backward equations of one forward model, in their order."""

    scope: Scope
    vocabulary: Vocabulary
    claims: list[Claim]
    every: Sequence[Claim] = ()  # those of all groups
    world: World = field(init=False)
    slopes: Slopes = field(init=False)
    done: dict[int, Finding | None] = field(default_factory=dict)
    before: bool = True  # do names such as d\\Gamma mean the pre-activation?
    heads: set[str] = field(default_factory=set)  # the gradients that the document gives
    handed_back: bool = False  # is there da_{prev} among them?
    later: set[str] = field(
        default_factory=set
    )  # dh_{next} that is used first, and then found for the step before

    def __post_init__(self) -> None:
        every = [name for claim in self.claims for name in names_in(claim.right)]
        source = self.scope.world(False, 1, every)
        definitions = {
            key: found for key, found in source.definitions.items() if not is_backward(found[0].left)
        }
        self.world = source.among(definitions)
        self._aliases(every)
        self.slopes = Slopes(self.world, self._seeds(every))

    def _aliases(self, every: list[Name]) -> None:
        """c_{next} is c at this time, c_{prev} at the one before; c is C where only C is defined."""
        for name in every:
            if name.prefix:
                continue
            key = self._key(name)
            plain = neighbour(name, self.vocabulary)
            other = key[0].swapcase()
            try:
                if plain is not None and plain[0] in self.world.definitions:
                    self.world.memo[key] = self.world.value(*plain)
                elif not self.world.defined(key[0]) and self.world.defined(other) and key[1] is not None:
                    self.world.memo[key] = self.world.value(other, key[1])
            except SymbpttError:
                continue

    def _key(self, name: Name) -> Key:
        reference = self.vocabulary.refer(name)
        return reference.key, None if reference.time is None else NOW + offset_of(reference.time)

    def _seeds(self, every: list[Name]) -> dict[Key, Tensor]:
        """The upstream gradients with the states that they are of."""
        left = {self._key(claim.left)[0] for claim in self.claims if isinstance(claim.left, Name)}
        heads = [claim.head for claim in self.every if isinstance(claim.head, Name)]
        self.heads = {self._key(head)[0] for head in heads}
        self.handed_back = any(neighbour(head, self.vocabulary) for head in heads)
        self.later = set(self._handed_on())
        left -= self.later
        seeds = {}
        for name in every:
            plain = neighbour(replace(name, prefix=""), self.vocabulary) or self._given(name)
            key = self._key(name)
            if name.prefix not in PREFIXES or key[0] in left or plain is None or plain[1] != NOW:
                continue
            if plain[0] in self.world.definitions:
                value = self.world.value(*plain)
                self.world.sizes = {**self.world.sizes, key[0]: value.out}
                seeds[plain] = self.world.value(*key)
        return seeds

    def _given(self, name: Name) -> Key | None:
        """The state of a gradient at this time that no equation gives, where one hands dc_{prev} back.

        None of what is a function of something: its gradient may be that by the argument.
        """
        plain = self._key(replace(name, prefix=""))
        held = self.world.definition(*plain) if plain[1] == NOW and self.handed_back else None
        state = held is not None and argument_of(held[0].right) is None
        return plain if state and self._key(name)[0] not in self.heads else None

    def _handed_on(self) -> Iterator[str]:
        """The gradients da_{next} that are used before they are found, for the step before this one."""
        used: set[str] = set()
        for claim in self.claims:
            left = claim.head
            if isinstance(left, Name) and neighbour(left, self.vocabulary) and self._key(left)[0] in used:
                yield self._key(left)[0]
            used |= {self._key(name)[0] for name in names_in(claim.right) if is_backward(name)}

    def judged(self, claim: Claim) -> Finding | None:
        """The verdict on an equation of the group, once those before it are judged."""
        for one in self.claims:
            if id(one) not in self.done:
                self.done[id(one)] = self._resting(one, self._one(one))
            if one is claim:
                break
        return self.done.get(id(claim))

    def _resting(self, claim: Claim, finding: Finding | None) -> Finding | None:
        """What fails because of a gradient that is in doubt is in doubt itself; sizes need no values."""
        if finding is None or finding.verdict != "fails" or finding.evidence is None:
            return finding
        if finding.evidence.kind == "form":
            return finding
        verdicts: dict[str, set[str]] = {}
        for one in self.claims:
            held = self.done.get(id(one))
            if held is not None and isinstance(one.head, Name):
                verdicts.setdefault(self._key(one.head)[0], set()).add(held.verdict)
        for name in names_in(claim.right):
            if is_backward(name) and verdicts.get(self._key(name)[0]) == {"undetermined"}:
                return Finding("undetermined", f"It rests on {name.canonical}, which is in doubt.")
        return finding

    def _one(self, claim: Claim) -> Finding | None:
        """The verdict on dX = ..., or None where no gradient can be named for it."""
        left = claim.head
        if not isinstance(left, Name) or not is_backward(left) or claim.op == "-=":
            return None
        if not any(True for _ in names_in(claim.right)):
            return None  # dW = 0 is where a sum begins
        right = without_sum(claim.right, left)
        try:
            truths = self._truths(left, claim)
        except SymbpttError:
            return None
        if not truths and not any(map(is_backward, names_in(right))):
            return self._entered(claim, left, right)
        if not truths:
            return self._unnamed(claim, left, right) if self.slopes.seeds or self.slopes.within else None
        finding = self._compared(claim, right, truths)
        self._remember(left, truths, finding)
        return finding

    def _entered(self, claim: Claim, left: Name, right: Surface) -> Finding | None:
        """dy = p_t - g_t: the loss enters here, and the equations after it rest on what is said."""
        state = self._state(left)
        held = self.world.definition(*state)
        if held is None:
            return None
        try:
            values = list(self.values(right))
        except Undecided:
            values = []
        entry = origin(claim, held[0], self.scope)
        size = self.world.value(*state).out
        if entry.node is not None:
            size = self.world.evaluate(self.world, replace(held[0], right=entry.node), held[1], None).out
        key = self._key(left)
        self.world.sizes = {**self.world.sizes, key[0]: size}
        value = next((value for value in values if value.out == size), None)
        value = self.world.leaf(*key) if value is None else value
        self.slopes.enter(state, held[0], entry.node, value)
        self._tell(left, value)
        return entry.finding

    def _state(self, left: Name) -> Key:
        """What a gradient is by: a quantity at the time of this step, where no other is said."""
        plain = replace(left, prefix="")
        key = neighbour(plain, self.vocabulary) or self._key(plain)
        return (key[0], NOW) if key[1] is None else key

    def _unnamed(self, claim: Claim, left: Name, right: Surface) -> Finding:
        """A gradient by something without a name of its own, such as the pre-activation of a gate."""
        unsaid = Finding("undetermined", f"Nothing says what {left.canonical} is the gradient by.")
        if self._unknown(right) is not None:
            return unsaid
        try:
            values = list(self.values(right))
        except Undecided:
            return unsaid
        for value in values:
            if any(same(value, slope.value) for slope in self.slopes.occurrences()):
                self._tell(left, value)
                message = "It is the gradient by an expression of the forward equations."
                return Finding("holds", message, "any", Evidence("numeric", 0.0), message)
        return self._mended(claim, right, self._is_by_argument, unsaid)

    def _is_by_argument(self, value: Tensor) -> bool:
        """Is this the gradient by what the function of a quantity is applied to?"""
        held = [self.world.definition(key, NOW) for key in self.world.definitions]
        nodes = [argument_of(one[0].right) for one in held if one is not None]
        slopes = [self.slopes.by_node(node) for node in nodes if node is not None]
        return any(slope is not None and same(slope, value) for slope in slopes)

    def _tell(self, left: Name, value: Tensor) -> None:
        """What a name is worth in the equations after this one."""
        key = self._key(left)
        for moment in {key[1], None, NOW}:
            self.world.memo[key[0], moment] = value

    def _truths(self, left: Name, claim: Claim) -> list[tuple[str, Tensor]]:
        """What dX can mean: the gradient by X, or by its pre-activation."""
        plain = replace(left, prefix="")
        target = neighbour(plain, self.vocabulary) or self._key(plain)
        if self._key(left)[0] in self.later:
            target = (target[0], NOW - 1)
        found: list[tuple[str, Tensor | None]] = []
        if (before := self._before(plain)) is not None:
            return [(f"the pre-activation of {before[0]}", before[1])]
        if plain.base in ("tanh", "sigmoid"):
            return self._by_function(plain.base, claim)
        if plain.base.startswith("\\") and target[0] not in self.world.definitions:
            raised = target[0].replace(plain.base, "\\" + plain.base[1:].capitalize(), 1)
            target, only = (raised, NOW if target[1] is None else target[1]), True
        else:
            only = left.prefix == "dp"
        held = self.world.definition(*target)
        if held is None and target[0] in self.world.definitions and target[1] is None:
            target = (target[0], NOW)
            held = self.world.definition(*target)
        node = argument_of(held[0].right) if held is not None and target[1] == NOW else None
        if node is not None and not self._has_own(target[0], node):
            found.append(("the pre-activation of ", self.slopes.by_node(node)))
        if not only and (held is not None or target[0] in self.scope.keys_of_definitions()):
            found.append(("", self.slopes.by_name(target)))
        return [(f"{said}{target[0]}", value) for said, value in found if value is not None]

    def _has_own(self, key: str, node: Surface) -> bool:
        """Has the gradient by an argument a name of its own in these equations, dz or dh_{raw}?"""
        heads = [claim.head for claim in self.claims if isinstance(claim.head, Name)]
        plain = [replace(head, prefix="") for head in heads if is_backward(head)]
        named = isinstance(node, Name) and self._key(node)[0] in {self._key(name)[0] for name in plain}
        return named or any((found := self._bare(name)) is not None and found[0] == key for name in plain)

    def _bare(self, plain: Name) -> Key | None:
        """What h_{raw} is before the function of: h at this time."""
        rest = tuple(item for item in plain.subscripts if spelled(item) not in BEFORE)
        if rest == plain.subscripts or self._key(plain)[0] in self.world.definitions:
            return None
        return self._key(replace(plain, subscripts=rest))[0], NOW

    def _before(self, plain: Name) -> tuple[str, Tensor] | None:
        """dh_{raw}: the gradient by what the function of h is applied to."""
        bare = self._bare(plain)
        held = self.world.definition(*bare) if bare is not None else None
        node = argument_of(held[0].right) if held is not None else None
        value = self.slopes.by_node(node) if node is not None else None
        return None if bare is None or value is None else (bare[0], value)

    def _by_function(self, function: str, claim: Claim) -> list[tuple[str, Tensor]]:
        """dtanh: the gradient by the argument of the only tanh in the display, or in all equations."""
        here = {one.display for found in self.world.definitions.values() for one in found}
        everywhere = claim.display not in here
        nodes = [
            node.argument
            for found in self.world.definitions.values()
            for one in found
            if one.display == claim.display or everywhere
            for node in walk(one.right)
            if isinstance(node, Apply) and node.function == function and node.argument is not None
        ]
        value = self.slopes.by_node(nodes[0]) if len(nodes) == 1 else None
        return [] if value is None else [(f"the argument of {function}", value)]

    def values(self, right: Surface) -> Iterator[Tensor]:
        """The values of a right side in all its readings, or as far as it can be mended. Raises Undecided."""
        found = list(self._read(right))
        loose = right if found else rebuilt(right, entrywise)
        yield from found if loose == right else self._read(loose)

    def _read(self, right: Surface) -> Iterator[Tensor]:
        """The values of a right side as it is written."""
        for choice in readings(MOST):
            ends = self.vocabulary.ends(self.world.horizon)
            bound = {**ends, "t": NOW, self.vocabulary.names.letter: NOW}
            evaluator = Evaluator(
                self.world, self.vocabulary, bound, choice, frozenset(), "right", self.world.rows
            )
            try:
                with self.world.work.of(MOST_PARTS):
                    value = evaluator.value(right)
            except Undecided:
                raise
            except SymbpttError:
                continue
            yield value

    def _compared(self, claim: Claim, right: Surface, truths: list[tuple[str, Tensor]]) -> Finding:
        unknown = self._unknown(right)
        true = partial(same, (truths[0] if self.before else truths[-1])[1])
        try:
            values = list(self.values(right))
        except Undecided as doubt:
            message, meant = unknown or (f"Not decided: {doubt}.", "")
            return Finding("undetermined", message, suggestion=meant)
        for said, truth in truths:
            if any(same(value, truth) for value in values):
                self.before = said.startswith("the pre") if len(truths) > 1 else self.before
                error = min(difference(value, truth)[0] for value in values if same(value, truth))
                message = f"It is the gradient by {said}."
                return Finding("holds", message, "any", Evidence("numeric", error), message)
        if unknown:
            message, meant = unknown
            return Finding("undetermined", message, suggestion=meant)
        fitting = [
            (difference(value, truth)[0], value, truth)
            for value in values
            for _, truth in truths
            if value.out == truth.out
        ]
        if fitting:
            error, value, truth = min(fitting, key=lambda item: item[0])
            evidence = Evidence("numeric", error, f"t={NOW}", shown(truth), shown(value))
            message = f"It is not the gradient by {truths[-1][0]}, in any reading."
            return self._mended(claim, right, true, Finding("fails", message, evidence=evidence))
        if not values:
            return Finding("undetermined", "The sizes fit in no reading.")
        sizes = " and ".join(f"{rows}x{columns}" for rows, columns in (truths[-1][1].out, values[0].out))
        message = f"The sizes cannot match: the gradient by {truths[-1][0]} and the right side are {sizes}."
        evidence = Evidence("form", None, sizes)
        return self._mended(claim, right, true, Finding("fails", message, evidence=evidence))

    def _mended(self, claim: Claim, right: Surface, true: Truth, finding: Finding) -> Finding:
        """What is found of an equation, with the slightest edit that gives a gradient."""
        memo, leaves = dict(self.world.memo), set(self.world.leaves)
        forward = [one.right for found in self.world.definitions.values() for one in found]
        with self.world.work.of(MOST_PARTS_OF_EDITS):
            found = regained(claim, right, self.values, true, self.claims, forward)
        self.world.memo, self.world.leaves = memo, leaves  # what was tried has not been said
        if found is None:
            return finding
        if "are swapped" in found.said and any(isinstance(node, Derivative) for node in walk(right)):
            return Finding(
                "undetermined", f"{found.sentence} Which way it is, layouts of derivatives decide."
            )
        message = f"{finding.message} {found.sentence}"
        return replace(finding, message=message, suggestion=found.latex, at=found.at)

    def _unknown(self, right: Surface) -> tuple[str, str] | None:
        """A name that nothing defines, with the one that it may stand for."""
        known = set(self.world.definitions)
        for name in (
            name for found in self.world.definitions.values() for one in found for name in names_in(one.right)
        ):
            known.add(self._key(name)[0])
        for name in names_in(right):
            key = self._key(name)
            bare = self._key(replace(name, prefix=""))[0]
            seeded = any(value is self.world.memo.get(key) for value in self.slopes.every())
            if (key in self.world.memo and key[0] not in self.world.leaves) or seeded or name.base.isdigit():
                continue
            if is_backward(name):
                return f"{key[0]} is nowhere said to be a gradient.", ""
            if bare in known or neighbour(name, self.vocabulary) is not None:
                continue
            near = [one for one in sorted(known) if near_namesake(one, bare)]
            return f"{bare} is nowhere defined.", near[0] if near else ""
        return None

    def _remember(self, left: Name, truths: list[tuple[str, Tensor]], finding: Finding) -> None:
        """The truth goes into the equations that follow, so that one mistake is one failure."""
        chosen = truths[0] if self.before else truths[-1]
        if finding.verdict == "holds":
            chosen = next(item for item in truths if finding.message.endswith(f" by {item[0]}."))
        self._tell(left, chosen[1])
