"""The judge of a document: each relation in its order gets a verdict.

A name is defined where it first stands alone on the left; what defines it again is first taken as a claim,
and opens a new scope when it does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from symbptt.errors import SymbpttError
from symbptt.judge.backward import Backward, is_backward
from symbptt.judge.declarations import declarations
from symbptt.judge.definitions import Found, definition, first_definitions, named_functions, parameters
from symbptt.judge.deltas import at_last_time, earlier_head, is_delta, is_later
from symbptt.judge.explain import explanation
from symbptt.judge.forms import form_errors, is_example, is_word_call, says_scalars
from symbptt.judge.functions import ELEMENTARY
from symbptt.judge.limits import SECONDS_A_FORMULA, SECONDS_TO_BEGIN, Overtime, limit_of, within
from symbptt.judge.losses import is_gradient
from symbptt.judge.naming import IDENTITY
from symbptt.judge.normal import rebuilt
from symbptt.judge.numbered import Numbered, is_numbered
from symbptt.judge.places import part_of, region_of
from symbptt.judge.proof import proved
from symbptt.judge.reading import ASSIGNS, DECLARES, EQUALS, Claim, Reading, Unread, read, spoken_functions
from symbptt.judge.revision import Revision
from symbptt.judge.scope import HORIZON, Scope
from symbptt.judge.trial import Outcome, tried
from symbptt.judge.verdicts import Evidence, Explanation, Finding, Judged, Judgement
from symbptt.judge.vocabulary import Vocabulary, application, names_in, walk
from symbptt.judge.world import Definition
from symbptt.reader.syntax import Juxtaposed, Name, Number, Surface

MOST_SCOPES = 6
MOST_OPEN = 2  # functions that may turn out to be known ones
Sentence = tuple[Claim | Unread, Finding, Explanation | None]


def verify(
    text: str,
    source: str = "<text>",
    inline: bool = False,
    explain: bool = False,
    heard: Callable[[int, int], None] | None = None,
    given: int = 0,
) -> Judgement:
    """The verdicts on every relation of the displays of a Markdown or TeX document.

    With ``inline`` those of inline formulas too, and with ``explain`` how each was read. ``heard`` is told,
    before each relation, how many are done and how many there are. What the first ``given`` displays define
    is not defined anew by later ones. Raises SymbpttError where the definitions alone take too long.
    """
    reading = read(text, source, inline)
    try:
        with within(SECONDS_TO_BEGIN):
            court = Court(reading, given)
    except Overtime:
        raise SymbpttError(f"{source}: its definitions take too long to understand") from None
    judged = []
    for done, item in enumerate(reading.claims):
        if heard is not None:
            heard(done, len(reading.claims))
        judged.append(court.judged(item, explain))
    relations = tuple(court.revised(judged))
    return Judgement(source, relations, court.conventions(), court.recurrences())


class Court:
    """The state of the judge on its way through a document."""

    def __init__(self, reading: Reading, given: int = 0) -> None:
        self.given = given
        chains = (*reading.chains, *(chain for _, chain in reading.inline))
        self.vocabulary = Vocabulary.of(chains)
        self.vocabulary.spoken = {**spoken_functions(reading.text), **named_functions(chains)}
        self.claims = [item for item in reading.claims if isinstance(item, Claim)]
        self.vocabulary.parameters = parameters(self.claims, self.vocabulary)
        self.numbers = reading.numbers
        self.first = first_definitions(reading, self.vocabulary)
        self.scope = Scope(
            self.vocabulary,
            self._initial(self.first),
            tuple(declarations(reading, self.vocabulary)),
            0,
            self._horizon(),
        )
        self.at_end = self._with_loss_at_end(reading)
        self.backward: dict[tuple[int, int, int], Backward | None] = {}
        self.earlier: list[Scope] = []
        self.scopes: dict[int, Scope] = {}  # by claim, the scope in which it was tried
        self.settled: dict[str, str] = {}
        self.spoken: Counter[tuple[str, str]] = Counter()

    def _with_loss_at_end(self, reading: Reading) -> Scope | None:
        """The scope in which a loss that nothing defines is one of the last time, if there is such a loss."""
        found = first_definitions(reading, self.vocabulary, at_end=True)
        if all(repr(found[slot][1]) == repr(self.first[slot][1]) for slot in found):
            return None
        return Scope(self.vocabulary, self._initial(found), self.scope.declarations, 0, self.scope.horizon)

    def _initial(self, first: Found) -> dict[str, list[Definition]]:
        definitions: dict[str, list[Definition]] = {}
        for _, one in first.values():
            definitions.setdefault(one.key, []).append(one)
        return {key: found for key, found in definitions.items() if key != "T"}

    def _horizon(self) -> int:
        held = self.first.get(("T", ""))
        if held is not None and isinstance(held[1].right, Number) and held[1].right.text.isdigit():
            return max(2, min(8, int(held[1].right.text)))
        counts = Counter(key for key, pattern in self.first if pattern not in ("", "t", "0"))
        return max(3, min(8, max(counts.values()))) if counts and max(counts.values()) > 2 else HORIZON

    def judged(self, item: Claim | Unread, explain: bool = False) -> Sentence:
        """One relation with what is found at its place, within bounds of time and memory."""
        shown = None
        try:
            with within(SECONDS_A_FORMULA):
                finding = self.finding(item) if isinstance(item, Claim) else _unreadable(item)
                if explain and isinstance(item, Claim):
                    shown = explanation(item, self.scope)
        except (Overtime, MemoryError) as doubt:
            self.scope.forget()
            finding = Finding("undetermined", f"Not decided within {limit_of(doubt)}.")
            if isinstance(item, Claim):
                self.scopes.pop(id(item), None)
        return item, finding, shown

    def revised(self, sentences: list[Sentence]) -> Iterator[Judged]:
        """All relations with their verdicts, in the light of the whole document."""
        findings = {id(item): finding for item, finding, _ in sentences if isinstance(item, Claim)}
        revision = Revision(self.claims, findings, self.scopes)
        self.settled = revision.spoken()
        for item, finding, shown in sentences:
            try:
                with within(SECONDS_A_FORMULA):
                    finding = revision.revised(item) if isinstance(item, Claim) else finding
            except (Overtime, MemoryError):
                self.scope.forget()  # what was found first stands
            part = part_of(item, finding)
            display = self.numbers[item.display]
            yield Judged(display, region_of(item), item.latex.strip(), finding, part, shown)

    def finding(self, claim: Claim) -> Finding:
        """The verdict on one claim; a definition that does not hold here opens a scope of its own."""
        try:
            finding = self._judged(claim)
        except RecursionError:
            return Finding("undetermined", "Not decided: the definitions go too deep.")
        entries = self.vocabulary.entries_of(claim)
        for error in form_errors(claim, self.vocabulary, entries):
            meant, at = error.suggestion, error.at
            if error.certain and finding.verdict != "fails":
                return Finding("fails", error.message, evidence=Evidence("form"), suggestion=meant, at=at)
            if not finding.suggestion:
                said = f"{finding.message} {error.message}".strip()
                finding = replace(finding, message=said, suggestion=meant, at=at)
        return finding

    def _judged(self, claim: Claim) -> Finding:
        """The verdict by numbers."""
        if claim.op in DECLARES:
            return Finding("definition", "It declares a size.")
        if claim.op in ASSIGNS and claim.left is not None:
            added = self._backward(claim) if claim.op == "+=" else None
            return added or Finding("definition", "It says how the left side is updated.")
        if claim.op not in EQUALS or claim.left is None:
            return Finding("undetermined", f"The relation {claim.op} is outside what can be decided.")
        if is_example(claim.right):
            return Finding("definition", "It gives values.")
        backward = self._backward(claim)
        if backward is not None:
            return backward
        one = definition(claim, self.vocabulary)
        if one is not None:
            held = self.first.get((one.key, one.pattern))
            if held is not None and held[0] is claim:
                return Finding("definition", f"It defines {one.left.canonical}.")
        finding = self._tried(claim)
        if one is None:
            return self._as_definition(claim, self._of_one_step(claim, self._elsewhere(claim, finding)))
        gradient = (one.key, one.pattern) in self.first and is_gradient(self.first[one.key, one.pattern][1])
        if one.indices or one.pattern not in ("", "t") or gradient or self._is_given(one):
            return finding
        scope = self.scope.redefined(one, finding.verdict != "holds")
        if finding.verdict == "holds":
            self.scope = scope if scope.sound(one) else self.scope
            return finding
        self.earlier.append(self.scope)
        self.scope = scope
        return Finding("definition", f"It defines {one.left.canonical} anew.")

    def _is_given(self, one: Definition) -> bool:
        """Is the name defined by what is given?"""
        held = self.first.get((one.key, one.pattern))
        return held is not None and held[0] is not None and held[0].display < self.given

    def _backward(self, claim: Claim) -> Finding | None:
        """The verdict on an equation between gradients with names, dW = ..."""
        if not isinstance(claim.head, Name) or not is_backward(claim.head):
            return None
        group = [one for one in self._equations() if one.display == claim.display]
        if len({one.place.line for one in group}) < 2:
            counts = Counter(one.display for one in self._equations() if one.link == 0)
            group = [one for one in self._equations() if counts[one.display] < 2]
        return self._in_group(claim, group) or self._in_group(claim, self._equations())

    def _in_group(self, claim: Claim, group: list[Claim]) -> Finding | None:
        """The verdict on an equation between gradients, as one of a group that belongs together."""
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
        place = (id(scope), group[0].display, len(group))
        if place not in self.backward:
            numbered = any(isinstance(one.head, Name) and is_numbered(one.head) for one in group)
            try:
                kind = Numbered if numbered else Backward
                with within(SECONDS_A_FORMULA * len(group)):
                    self.backward[place] = kind(scope, self.vocabulary, group)
            except (SymbpttError, Overtime):
                self.backward[place] = None
        held = self.backward[place]
        return None if held is None else held.judged(claim)

    def _elsewhere(self, claim: Claim, finding: Finding) -> Finding:
        """What fails by the latest definitions may speak of earlier ones."""
        if finding.verdict != "fails":
            return finding
        before = f"by the definitions before display {self.scope.start}"
        others = [(claim, scope, before) for scope in self.earlier]
        if self.at_end is not None:
            last = replace(claim, left=self._last(claim.left), right=self._last(claim.right))
            both = (claim,) if any(map(is_later, _names(claim))) else (last, claim)
            others += [(one, self.at_end, "for a loss of the last time step") for one in both]
        for one, scope, basis in others[::-1][:MOST_SCOPES]:
            outcome = tried(one, scope, False, self.vocabulary.entries_of(claim))
            if outcome.status == "equal":
                said = f"It holds {basis}."
                return Finding("holds", said, "any", _evidence(outcome), _said(outcome))
        return self._with_known_function(claim, finding)

    def _with_known_function(self, claim: Claim, finding: Finding) -> Finding:
        """S' = S(1 - S), where nothing says what S is: it is the sigmoid from here on."""
        letters = sorted(filter(self._is_open, self.scope.functions()))[:MOST_OPEN]
        for letter, function in product(letters, ("sigmoid", "tanh")):
            known = replace(self.vocabulary, spoken={**self.vocabulary.spoken, letter: function})
            scope = replace(self.scope, vocabulary=known, shapes=None, worlds={})
            outcome = tried(claim, scope, False, known.entries_of(claim))
            if outcome.status == "equal":
                self.vocabulary, self.scope = known, scope
                said = f"It holds where {letter} is the {function}."
                return Finding("holds", said, "any", _evidence(outcome), _said(outcome))
        return finding

    def _is_open(self, base: str) -> bool:
        """Is this a function of the document that nothing says more about?"""
        return base not in (*ELEMENTARY, "softmax", *self.vocabulary.spoken)

    def _of_one_step(self, claim: Claim, finding: Finding) -> Finding:
        """\\delta c_t = \\delta h_t o_t leaves out what comes from later steps, or is about the last one."""
        if finding.verdict != "fails" or not any(map(is_delta, _nodes(claim))):
            return finding
        entries = self.vocabulary.entries_of(claim)
        at_end = replace(claim, left=self._last(claim.left), right=self._last(claim.right))
        later = any(is_later(name) for name in _names(claim))
        last = not later and tried(at_end, self.scope, False, entries).status == "equal"
        if last or earlier_head(claim, self.vocabulary):
            return Finding("undetermined", "It is a part of the gradient; later steps may add to it.")
        return finding

    def _last(self, node: Surface | None) -> Surface:
        """A formula at the last time."""
        if node is None:
            raise ValueError("a side of a relation is missing")
        return rebuilt(node, partial(at_last_time, self.vocabulary.names.letter))

    def _as_definition(self, claim: Claim, finding: Finding) -> Finding:
        """A relation in doubt that says what a function, or a name on its right, is."""
        open_ = finding.verdict in ("undetermined", "fails")
        if open_ and claim.left is not None and is_word_call(claim.left):
            return Finding("definition", "It says what the function on the left is.")
        if finding.verdict != "undetermined" or claim.left is None:
            return finding
        call = application(claim.left) if isinstance(claim.left, Juxtaposed) else None
        if call is not None and call[0].base in self.scope.functions() and not call[0].primes:
            return Finding("definition", f"It says what {call[0].base}(...) is.")
        return finding

    def _tried(self, claim: Claim) -> Finding:
        entries = self.vocabulary.entries_of(claim)
        self.scopes[id(claim)] = self.scope
        general = tried(claim, self.scope, False, entries)
        if general.status == "equal":
            self.spoken.update(general.spoken.items())
            sure = proved(claim, self.scope, self.scope.world(False, 1, ()), entries)
            evidence = replace(_evidence(general), kind="proved" if sure else "numeric")
            return Finding("holds", scope="any", evidence=evidence, reading=_said(general))
        if general.status == "undecided":
            return Finding("undetermined", general.message)
        unit = tried(claim, self.scope, True, entries)
        return self._without_general(claim, general, unit)

    def _without_general(self, claim: Claim, general: Outcome, unit: Outcome) -> Finding:
        """The verdict where the relation is not true of all sizes."""
        sized = self.scope.uses_sizes(_names(claim)) and not says_scalars(claim)
        vectors = sized or (self.scope.speaks_of_vectors(claim) and not says_scalars(claim))
        if unit.status == "equal" and general.status == "differs" and vectors:
            message = "It holds only where every size is 1: with matrices the two sides differ."
            return Finding("fails", message, evidence=_evidence(general))
        known = self.scope.knows_sizes(claim) and not self.scope.omits_time(claim)
        if general.status == "clash" and sized and known:
            message = f"It holds only where every size is 1: {general.message}."
            if unit.status != "equal":
                message = f"The sizes fit in no reading: {general.message}."
            return Finding("fails", message, evidence=Evidence("form"))
        if unit.status == "equal":
            message = "It is true when every size is 1" + (
                ", and false for larger sizes." if general.status == "differs" else "."
            )
            return Finding("holds", message, "scalar", _evidence(unit), _said(unit))
        if IDENTITY in general.message and self.scope.uses_sizes(_names(claim)):
            message = f"{general.message}."
            return Finding("fails", message, evidence=Evidence("form"), suggestion="\\mathbf{1}")
        if general.status in ("misfit", "clash") and unit.status == "undecided":
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
        return {**chosen, **self.settled}

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


def _unreadable(item: Unread) -> Finding:
    return Finding("unreadable", f"Cannot be read: {item.message}.")


def _nodes(claim: Claim) -> Iterable[Surface]:
    for side in (claim.left, claim.right):
        yield from walk(side) if side is not None else ()


def _names(claim: Claim) -> Iterable[Name]:
    for node in (claim.left, claim.right):
        if node is not None:
            yield from names_in(node)


def _evidence(outcome: Outcome) -> Evidence:
    return Evidence("numeric", outcome.error, outcome.where, outcome.left, outcome.right)


def _said(outcome: Outcome) -> str:
    return "; ".join(f"{question}: {answer}" for question, answer in outcome.spoken.items())
