"""Backward equations between numbered gradients: \\delta 7 = \\delta 3 \\cdot g_t.

A numbered gradient says nowhere what it is the gradient by. It is found among the gradients by every
occurrence of an expression in the forward equations; a sum must add gradients by one quantity. What is found
nowhere fails only when a small repair is found somewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from symbptt.errors import SymbpttError
from symbptt.judge.gradients.backward import Backward
from symbptt.judge.gradients.named import is_backward
from symbptt.judge.gradients.slopes import NOW, Slopes, same
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.tensors import Key, Tensor, Undecided
from symbptt.judge.numeric.trial import difference, shown
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Binary, Name, Negative, Number, Surface
from symbptt.reader.walks import walk

PRODUCTS = ("\\cdot", "*", "\\odot", "\\circ")


def is_numbered(name: Name) -> bool:
    """Is this \\delta 7?"""
    return name.prefix == "\\delta" and name.base.isdigit()


@dataclass
class Numbered(Backward):
    """The verdicts on all equations, found under the best guess at what the upstream gradients are of."""

    findings: dict[int, Finding] = field(default_factory=dict)
    of: dict[str, Key | None] = field(default_factory=dict)
    given: dict[str, Claim] = field(default_factory=dict)
    upstream: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        guesses = list(self._guesses())
        start = dict(self.world.memo)
        best: tuple[int, dict[int, Finding]] = (-1, {})
        for seeds in guesses:
            self.findings, self.of, self.given, self.upstream = {}, {}, {}, set(seeds)
            self.world.memo = dict(start)
            for name, state in seeds.items():
                value = self.world.value(*state)
                self.world.sizes = {**self.world.sizes, name: value.out}
            self.slopes = Slopes(
                self.world, {state: self.world.leaf(name, None) for name, state in seeds.items()}
            )
            for name, state in seeds.items():
                self._keep(name, self.slopes.seeds[state], state)
            for claim in self.claims:
                self._each(claim)
            count = sum(finding.verdict == "holds" for finding in self.findings.values())
            if count > best[0]:
                best = (count, dict(self.findings))
        self.findings = best[1]

    def _guesses(self) -> Iterator[dict[str, Key]]:
        """What the first sum of upstream gradients, and those that nothing defines, may be of."""
        heads = [claim.head for claim in self.claims if isinstance(claim.head, Name)]
        left = {self._key(name)[0] for name in heads}
        sums = [claim for claim in self.claims if all(is_numbered(name) for name in names_in(claim.right))]
        if not sums or not isinstance(sums[0].head, Name):
            return
        seed = self._key(sums[0].head)[0]
        hidden = {self._key(name)[0] for name in names_in(sums[0].right)}
        every = {self._key(n)[0] for c in self.claims for n in names_in(c.right) if is_numbered(n)}
        free = sorted(every - left - hidden)
        states = [key for key in self._states() if key in self.world.definitions]
        for state in states:
            others: list[Key] = [(key, NOW) for key in states if key != state]
            if len(free) == 1:
                yield from ({seed: (state, NOW), free[0]: other} for other in others)
            else:
                yield {seed: (state, NOW)}

    def _states(self) -> list[str]:
        """The quantities that the forward equations take from the time step before."""
        found: list[str] = []
        for held in self.world.definitions.values():
            for name in (name for one in held for name in names_in(one.right)):
                key, time = self._key(name)
                if time is not None and time < NOW:
                    found += [one for one in (key, key.swapcase()) if one not in found]
        return found

    def judged(self, claim: Claim) -> Finding | None:
        """The verdict found for an equation."""
        return self.findings.get(id(claim))

    def _each(self, claim: Claim) -> None:
        left = claim.head
        if not isinstance(left, Name):
            return
        try:
            finding = self._numbered(claim, left) if is_numbered(left) else self._named(claim, left)
        except SymbpttError:
            return
        if finding is not None:
            self.findings[id(claim)] = finding

    def _named(self, claim: Claim, left: Name) -> Finding | None:
        """\\delta W = \\delta W + g: g is the gradient by W."""
        finding = self._one(claim)
        wrong = [
            name
            for name in names_in(claim.right)
            if is_backward(name) and not is_numbered(name) and self._key(name)[0] != self._key(left)[0]
        ]
        if finding is None or not wrong:
            return finding
        said = f"{self._key(wrong[0])[0]} is nowhere defined."
        meant = self._key(left)[0]
        if finding.verdict == "fails":
            return replace(finding, message=f"{finding.message} {said}", suggestion=meant)
        return Finding("undetermined", said, suggestion=meant)

    def _numbered(self, claim: Claim, left: Name) -> Finding | None:
        key = self._key(left)[0]
        if claim.link == 0 and key in self.upstream and all(map(is_numbered, names_in(claim.right))):
            return None
        try:
            values = list(self.values(claim.right))
        except Undecided:
            return None
        held = self.world.memo.get((key, None))
        if held is not None and key in self.of:
            return self._again(claim, left, values, held)
        if any(
            name.prefix and (self._key(name)[0], None) not in self.world.memo
            for name in names_in(claim.right)
        ):
            return None
        for value in values:
            name = self._place(value)
            if name is not None:
                self._keep(key, value, name[0])
                self.given[key] = claim
                evidence = Evidence("numeric", 0.0)
                return Finding("holds", f"It is the gradient by {name[1]}.", "any", evidence)
        addends = _addends(claim.right)
        if addends and values:
            quantities = {self.of.get(self._key(name)[0]) for name in addends}
            if len(quantities) == 1 and None not in quantities:
                self._keep(key, values[0], quantities.pop())
                return Finding("holds", "It adds gradients by one quantity.", "any", Evidence("numeric", 0.0))
            odd = self._odd(addends)
            if odd is not None and self._revised(odd, quantities):
                return self._numbered(claim, left)
        return self._repaired(claim, key, values)

    def _odd(self, addends: list[Name]) -> str | None:
        """The one gradient of a sum that is by another quantity than all the others."""
        keys = [self._key(name)[0] for name in addends]
        counts = Counter(self.of.get(key) for key in keys)
        lone = [key for key in keys if counts[self.of.get(key)] == 1]
        return lone[0] if len(counts) == 2 and len(lone) == 1 and len(keys) > 2 else None

    def _revised(self, key: str, quantities: set[Key | None]) -> bool:
        """Does a repair of its own equation make a gradient one by the quantity of the others?"""
        claim, mine = self.given.get(key), self.of.get(key)
        if claim is None or key not in self.of:
            return False
        held = self.world.memo[key, None]
        finding = self._repaired(claim, key, [held])
        if finding is None or self.of[key] == mine or self.of[key] not in quantities:
            self._keep(key, held, mine)
            return False
        self.findings[id(claim)] = finding
        return True

    def _again(self, claim: Claim, left: Name, values: list[Tensor], held: Tensor) -> Finding | None:
        """A gradient that has been given before."""
        if any(same(value, held) for value in values):
            return Finding("holds", "It agrees with what was given before.", "any", Evidence("numeric", 0.0))
        fitting = [value for value in values if value.out == held.out]
        if not fitting:
            message = f"The sizes cannot match what {self._key(left)[0]} was before."
            return Finding("fails", message, evidence=Evidence("form"))
        evidence = Evidence(
            "numeric", difference(fitting[0], held)[0], f"t={NOW}", shown(held), shown(fitting[0])
        )
        return Finding("fails", f"It contradicts what {self._key(left)[0]} was before.", evidence=evidence)

    def _keep(self, key: str, value: Tensor, of: Key | None) -> None:
        self.world.memo[key, None] = value
        self.of[key] = of

    def _place(self, value: Tensor) -> tuple[Key | None, str] | None:
        """The occurrence, or the quantity, that a value is the gradient by."""
        for slope in self.slopes.occurrences():
            if same(value, slope.value):
                return slope.name, slope.name[0] if slope.name else "an expression of the forward equations"
        for key in sorted(
            {slope.name for slope in self.slopes.occurrences() if slope.name is not None}, key=str
        ):
            whole = self.slopes.by_name(key)
            if whole is not None and same(value, whole):
                return key, key[0]
        return None

    def _repaired(self, claim: Claim, key: str, values: list[Tensor]) -> Finding | None:
        """The smallest repair that makes the right side a gradient that no other equation gives."""
        taken = [value for (name, _), value in self.world.memo.items() if name in self.of]
        for meant, right in self._repairs(claim):
            try:
                repaired = list(self.values(right))
            except SymbpttError:
                continue
            for value in repaired:
                place = self._place(value)
                if place is None or any(same(value, other) for other in taken):
                    continue
                self._keep(key, value, place[0])
                wrong = next((one for one in values if one.out == value.out), None)
                error = difference(wrong, value)[0] if wrong is not None else None
                evidence = Evidence(
                    "numeric",
                    error,
                    f"t={NOW}",
                    shown(value),
                    shown(wrong) if wrong is not None else "no value",
                )
                message = (
                    f"It is the gradient by nothing in the forward equations; as suggested, by {place[1]}."
                )
                return Finding("fails", message, evidence=evidence, suggestion=meant)
        return None

    def _repairs(self, claim: Claim) -> Iterator[tuple[str, Surface]]:
        """Right sides with one thing changed, each with its text."""
        nodes = list(walk(claim.right))
        parameters = {
            self._key(n)[0]: n for one in self.scope.rights() for n in names_in(one) if _parameter(n)
        }
        deltas = {name: Name(claim.right.at, name.split()[-1], prefix="\\delta") for name in self.of}
        for node in nodes:
            if isinstance(node, Binary) and node.op == "-" and isinstance(node.left, Number):
                yield self._changed(
                    claim, node, Negative(node.at, node.right), "-" + _text(claim, node.right)
                )
            elif isinstance(node, Binary) and node.op in PRODUCTS:
                added = replace(node, op="+")
                yield self._changed(
                    claim, node, added, f"{_text(claim, node.left)} + {_text(claim, node.right)}"
                )
        for node in nodes:
            others = parameters if isinstance(node, Name) and _parameter(node) else {}
            if isinstance(node, Name) and is_numbered(node):
                others = deltas
            for name, other in others.items():
                if isinstance(node, Name) and name != self._key(node)[0]:
                    turned = re.search(r"\^\{?\\?(?:T|top|intercal)\}?$", _text(claim, node))
                    text = name + (turned.group() if turned else "")
                    yield self._changed(claim, node, replace(other, at=node.at), text)

    def _changed(self, claim: Claim, node: Surface, new: Surface, text: str) -> tuple[str, Surface]:
        right = _replaced(claim.right, node, new)
        start, stop = claim.right.at.start, claim.right.at.stop
        return claim.source[start : node.at.start] + text + claim.source[node.at.stop : stop], right


def _replaced(root: Surface, node: Surface, new: Surface) -> Surface:
    return rebuilt(root, lambda one: new if one.at == node.at and one == node else one)


def _text(claim: Claim, node: Surface) -> str:
    return claim.source[node.at.start : node.at.stop]


def _parameter(name: Name) -> bool:
    return not name.prefix and name.time is None and name.base.isupper() and len(name.base) == 1


def _addends(node: Surface) -> list[Name]:
    """The numbered gradients of a plain sum, or nothing."""
    match node:
        case Name() if is_numbered(node):
            return [node]
        case Binary(op="+", left=left, right=right):
            first, second = _addends(left), _addends(right)
            return first + second if first and second else []
    return []
