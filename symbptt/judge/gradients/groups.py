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
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding
from symbptt.reader.syntax import Name


def is_equation(claim: Claim) -> bool:
    """Is this an equation between gradients with names?"""
    return isinstance(claim.head, Name) and is_backward(claim.head)


@dataclass
class Groups:
    """The equations between gradients of a document, and what was found of them under each scope."""

    equations: list[Claim]
    held: dict[tuple[int, int, int], Backward | None] = field(default_factory=dict)

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
        return found or self._among(claim, self.equations, scopes)

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
        place = (id(scope), group[0].display, len(group))
        if place not in self.held:
            numbered = any(isinstance(one.head, Name) and is_numbered(one.head) for one in group)
            try:
                kind = Numbered if numbered else Backward
                with within(SECONDS_A_FORMULA * len(group)):
                    self.held[place] = kind(scope, scope.vocabulary, group)
            except (SymbpttError, Overtime):
                self.held[place] = None
        held = self.held[place]
        return None if held is None else held.judged(claim)
