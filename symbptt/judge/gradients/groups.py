"""Equations between gradients with names, dW = ..., judged as groups that belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.gradients.backward import Backward
from symbptt.judge.gradients.named import is_backward
from symbptt.judge.gradients.numbered import Numbered, is_numbered
from symbptt.judge.limits import SECONDS_A_FORMULA, Overtime, within
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding
from symbptt.reader.syntax import Name

Forward = tuple[object, ...]


def is_equation(claim: Claim) -> bool:
    """Is this an equation between gradients with names?"""
    return isinstance(claim.head, Name) and is_backward(claim.head)


@dataclass
class Groups:
    """The equations between gradients of a document, and what was found of them under each scope."""

    equations: list[Claim]
    held: dict[tuple[object, ...], Backward | None] = field(default_factory=dict)
    forward: dict[int, tuple[Scope, Forward]] = field(default_factory=dict)  # of the scopes met

    def finding(self, claim: Claim, scopes: Sequence[Scope]) -> Finding | None:
        """The verdict on an equation between gradients; None for any other relation, or where none is found.

        It is judged with those of its display, or with all that stand alone in theirs, then with every one.
        """
        if not is_equation(claim):
            return None
        group = [one for one in self.equations if one.display == claim.display]
        if len({one.place.line for one in group}) < 2:
            counts = Counter(one.display for one in self.equations if one.link == 0)
            group = [one for one in self.equations if counts[one.display] < 2]
        found = self._among(claim, group, scopes) if group else None
        if found is not None and found.verdict != "undetermined":
            return found
        return self._among(claim, self.equations, scopes) or found

    def stand_in(self, display: int) -> bool:
        """Do equations between gradients stand in a display? They are by the names that it defines."""
        return any(one.display == display for one in self.equations)

    def _among(self, claim: Claim, group: list[Claim], scopes: Sequence[Scope]) -> Finding | None:
        """The verdict on an equation as one of a group, by the first scope under which it holds."""
        finding: Finding | None = None
        for scope in scopes:
            found = self._under(scope, group, claim)
            if found is not None and (finding is None or found.verdict == "holds"):
                finding = found
            if finding is not None and finding.verdict == "holds":
                return finding
        return finding

    def _under(self, scope: Scope, group: list[Claim], claim: Claim) -> Finding | None:
        """The verdict by the forward equations of a scope."""
        place = (self._forward(scope), group[0].display, len(group))
        if place not in self.held:
            numbered = any(isinstance(one.head, Name) and is_numbered(one.head) for one in group)
            try:
                kind = Numbered if numbered else Backward
                with within(SECONDS_A_FORMULA * len(group)):
                    self.held[place] = kind(scope, scope.vocabulary, group, self.equations)
            except (SymbpttError, Overtime):
                self.held[place] = None
        held = self.held[place]
        return None if held is None else held.judged(claim)

    def _forward(self, scope: Scope) -> Forward:
        """What the forward equations of a scope are; found once, while the scope is kept alive."""
        if id(scope) not in self.forward:
            self.forward[id(scope)] = scope, forward(scope)
        return self.forward[id(scope)][1]


def forward(scope: Scope) -> Forward:
    """The forward equations of a scope with the sizes of their names: what gradients with names rest on."""
    definitions = [one for one in scope.every() if not is_backward(one.left)]
    entries = scope.shaped().entries
    names = (name for one in definitions for name in names_in(one.right))
    keys = {*(scope.vocabulary.refer(name, entries).key for name in names), *(one.key for one in definitions)}
    sizes = scope.world(False, 1, ()).sizes
    return scope.rows, tuple(map(id, definitions)), tuple((key, sizes.get(key)) for key in sorted(keys))
