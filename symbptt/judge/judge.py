"""The judge of a document: each relation in its order gets a verdict.

A name is defined where it first stands alone on the left; what defines it again is first taken as a claim,
and opens a new scope when it does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from symbptt.errors import SymbpttError
from symbptt.judge.backward import Backward, is_backward
from symbptt.judge.forms import form_errors
from symbptt.judge.naming import IDENTITY
from symbptt.judge.numbered import Numbered, is_numbered
from symbptt.judge.reading import DECLARES, EQUALS, Claim, Reading, Unread, read, spoken_functions
from symbptt.judge.scope import HORIZON, Scope, declarations, definition_of, labels
from symbptt.judge.trial import Outcome, tried
from symbptt.judge.verdicts import Evidence, Finding, Judged, Judgement
from symbptt.judge.vocabulary import Vocabulary, application, entries_of, names_in
from symbptt.judge.world import Definition
from symbptt.reader.syntax import Juxtaposed, Name, Number

MOST_SCOPES = 6
LARGEST_FILE = 20_000_000


def verify(text: str, source: str = "<text>") -> Judgement:
    """The verdicts on every relation of the displays of a Markdown or TeX document."""
    reading = read(text, source)
    court = Court(reading)
    relations = tuple(court.judged(item) for item in reading.claims)
    return Judgement(source, relations, court.conventions(), court.recurrences())


def verify_file(path: Path) -> Judgement:
    """The verdicts on a file. Raises SymbpttError for a file that cannot be read or is no text."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SymbpttError(f"{path}: the file is larger than {LARGEST_FILE} bytes")
        return verify(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as problem:
        raise SymbpttError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError:
        raise SymbpttError(f"{path}: the file is not text in UTF-8") from None


class Court:
    """The state of the judge on its way through a document."""

    def __init__(self, reading: Reading) -> None:
        chains = (*reading.chains, *(chain for _, chain in reading.inline))
        self.vocabulary = Vocabulary.of(chains)
        self.vocabulary.spoken = spoken_functions(reading.text)
        self.claims = [item for item in reading.claims if isinstance(item, Claim)]
        self.first = self._first_definitions()
        self.scope = Scope(
            self.vocabulary,
            self._initial(),
            tuple(declarations(reading, self.vocabulary)),
            0,
            self._horizon(),
        )
        self.backward: dict[tuple[int, int], Backward | None] = {}
        self.earlier: list[Scope] = []
        self.spoken: Counter[tuple[str, str]] = Counter()

    def definition(self, claim: Claim) -> Definition | None:
        """The definition that a claim can be."""
        return definition_of(claim, self.vocabulary, entries_of(claim) - self.vocabulary.quantities)

    def _first_definitions(self) -> dict[tuple[str, str], tuple[Claim | None, Definition]]:
        found: dict[tuple[str, str], tuple[Claim | None, Definition]] = {}
        for claim in self.claims:
            one = self.definition(claim)
            first = one is not None and (one.initial or one.pattern == "" or (one.key, "t") not in found)
            if one is not None and first:
                found.setdefault((one.key, one.pattern), (claim, one))
        for one in labels(self.claims, self.vocabulary):
            if (one.key, "t") not in found:
                found.setdefault((one.key, one.pattern), (None, one))
        return found

    def _initial(self) -> dict[str, list[Definition]]:
        definitions: dict[str, list[Definition]] = {}
        for _, one in self.first.values():
            definitions.setdefault(one.key, []).append(one)
        return {key: found for key, found in definitions.items() if key != "T"}

    def _horizon(self) -> int:
        held = self.first.get(("T", ""))
        if held is not None and isinstance(held[1].right, Number) and held[1].right.text.isdigit():
            return max(2, min(8, int(held[1].right.text)))
        counts = Counter(key for key, pattern in self.first if pattern not in ("", "t", "0"))
        return max(3, min(8, max(counts.values()))) if counts and max(counts.values()) > 2 else HORIZON

    def judged(self, item: Claim | Unread) -> Judged:
        """One relation with its verdict."""
        finding = Finding("unreadable", item.message) if isinstance(item, Unread) else self.finding(item)
        return Judged(
            item.display, item.place.line, item.place.column, item.latex, finding, item.place.excerpt()
        )

    def finding(self, claim: Claim) -> Finding:
        """The verdict on one claim; a definition that does not hold here opens a scope of its own."""
        try:
            finding = self._judged(claim)
        except RecursionError:
            return Finding("undetermined", "Not decided: the definitions go too deep.")
        entries = entries_of(claim)
        for error in form_errors(claim, self.vocabulary, entries):
            if error.certain and finding.verdict != "fails":
                return Finding("fails", error.message, evidence=Evidence("form"), suggestion=error.suggestion)
            if not finding.suggestion:
                said = f"{finding.message} {error.message}".strip()
                finding = replace(finding, message=said, suggestion=error.suggestion)
        return finding

    def _judged(self, claim: Claim) -> Finding:
        """The verdict by numbers."""
        if claim.op in DECLARES:
            return Finding("definition", "It declares a size.")
        if claim.op not in EQUALS or claim.left is None:
            return Finding("undetermined", f"The relation {claim.op} is outside what can be decided.")
        backward = self._backward(claim)
        if backward is not None:
            return backward
        one = self.definition(claim)
        if one is not None:
            held = self.first.get((one.key, one.pattern))
            if held is not None and held[0] is claim:
                return Finding("definition", f"It defines {one.left.canonical}.")
        finding = self._tried(claim)
        if one is None:
            return self._as_definition(claim, self._elsewhere(claim, finding))
        if one.indices or one.pattern not in ("", "t"):
            return finding
        scope = self.scope.redefined(one, finding.verdict != "holds")
        if finding.verdict == "holds":
            self.scope = scope if scope.sound(one) else self.scope
            return finding
        self.earlier.append(self.scope)
        self.scope = scope
        return Finding("definition", f"It defines {one.left.canonical} anew.")

    def _backward(self, claim: Claim) -> Finding | None:
        """The verdict on an equation between gradients with names, dW = ..."""
        if not isinstance(claim.head, Name) or not is_backward(claim.head):
            return None
        group = [one for one in self._equations() if one.display == claim.display]
        if len({one.place.line for one in group}) < 2:
            counts = Counter(one.display for one in self._equations() if one.link == 0)
            group = [one for one in self._equations() if counts[one.display] < 2]
        finding: Finding | None = None
        for scope in [self.scope, *self.earlier[::-1][:MOST_SCOPES]]:
            found = self._under(scope, group, claim)
            if found is not None and (finding is None or found.verdict == "holds"):
                finding = found
            if finding is not None and finding.verdict == "holds":
                return finding
        return finding

    def _equations(self) -> list[Claim]:
        """The equations between gradients with names."""
        return [one for one in self.claims if isinstance(one.head, Name) and is_backward(one.head)]

    def _under(self, scope: Scope, group: list[Claim], claim: Claim) -> Finding | None:
        """The verdict on a backward equation by the forward equations of a scope."""
        place = (id(scope), group[0].display)
        if place not in self.backward:
            numbered = any(isinstance(one.head, Name) and is_numbered(one.head) for one in group)
            try:
                kind = Numbered if numbered else Backward
                self.backward[place] = kind(scope, self.vocabulary, group)
            except SymbpttError:
                self.backward[place] = None
        held = self.backward[place]
        return None if held is None else held.judged(claim)

    def _elsewhere(self, claim: Claim, finding: Finding) -> Finding:
        """What fails by the latest definitions may speak of earlier ones."""
        if finding.verdict != "fails":
            return finding
        for scope in self.earlier[::-1][:MOST_SCOPES]:
            outcome = tried(claim, scope, False, entries_of(claim))
            if outcome.status == "equal":
                said = f"It holds by the definitions before display {self.scope.start}."
                return Finding("holds", said, "any", _evidence(outcome), _said(outcome))
        return finding

    def _as_definition(self, claim: Claim, finding: Finding) -> Finding:
        """A relation in doubt that says what a function, or a name on its right, is."""
        if finding.verdict != "undetermined" or claim.left is None:
            return finding
        call = application(claim.left) if isinstance(claim.left, Juxtaposed) else None
        if call is not None and call[0].base in self.scope.functions() and not call[0].primes:
            return Finding("definition", f"It says what {call[0].base}(...) is.")
        return finding

    def _tried(self, claim: Claim) -> Finding:
        entries = entries_of(claim)
        general = tried(claim, self.scope, False, entries)
        if general.status == "equal":
            self.spoken.update(general.spoken.items())
            return Finding("holds", scope="any", evidence=_evidence(general), reading=_said(general))
        if general.status == "undecided":
            return Finding("undetermined", general.message)
        unit = tried(claim, self.scope, True, entries)
        return self._without_general(claim, general, unit)

    def _without_general(self, claim: Claim, general: Outcome, unit: Outcome) -> Finding:
        """The verdict where the relation is not true of all sizes."""
        if unit.status == "equal":
            if general.status == "differs" and self.scope.uses_sizes(_names(claim)):
                message = "It is true for scalars only: with matrices the two sides differ."
                return Finding("fails", message, evidence=_evidence(general))
            message = "It is true when every size is 1" + (
                ", and false for larger sizes." if general.status == "differs" else "."
            )
            return Finding("holds", message, "scalar", _evidence(unit), _said(unit))
        if IDENTITY in general.message and self.scope.uses_sizes(_names(claim)):
            message = f"{general.message}."
            return Finding("fails", message, evidence=Evidence("form"), suggestion="\\mathbf{1}")
        if general.status == "misfit" and unit.status == "undecided":
            return Finding("undetermined", unit.message or general.message)
        if unit.status == "differs" or general.status == "differs":
            outcome = general if general.status == "differs" else unit
            return Finding("fails", "The two sides differ in every reading.", evidence=_evidence(outcome))
        return Finding("undetermined", general.message or "The sizes fit in no reading.")

    def conventions(self) -> dict[str, str]:
        """How products and derivatives were read where it mattered."""
        chosen: dict[str, str] = {"vectors": "rows" if self.scope.rows else "columns"}
        for (question, answer), _ in reversed(self.spoken.most_common()):
            chosen[question] = answer
        return chosen

    def recurrences(self) -> tuple[str, ...]:
        """The equations that define a quantity by earlier times."""
        found = []
        for held, one in self.first.values():
            if held is None or one.pattern != "t":
                continue
            for name in names_in(one.right):
                reference = self.vocabulary.refer(name)
                if reference.key == one.key and reference.time != one.time:
                    found.append(held.latex.strip())
                    break
        return tuple(found)


def _names(claim: Claim) -> Iterable[Name]:
    for node in (claim.left, claim.right):
        if node is not None:
            yield from names_in(node)


def _evidence(outcome: Outcome) -> Evidence:
    return Evidence("numeric", outcome.error, outcome.where, outcome.left, outcome.right)


def _said(outcome: Outcome) -> str:
    return "; ".join(f"{question}: {answer}" for question, answer in outcome.spoken.items())
