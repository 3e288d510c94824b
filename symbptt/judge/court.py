"""The judge of a document: each relation in its order gets a verdict.

A name is defined where it first stands alone on the left; what defines it again is first taken as a claim,
and opens a new scope when it does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from symbptt.judge.definitions.anew import fresh, is_closed_form, is_of_another, outgrown
from symbptt.judge.definitions.definitions import Found, first_definitions, in_names, named_functions
from symbptt.judge.definitions.introduced import introduced, keys_of, told
from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.definitions.recurrences import recurrences
from symbptt.judge.definitions.relation import definition, is_series, parameters
from symbptt.judge.definitions.restated import Restated, other_gradient
from symbptt.judge.definitions.scope import HORIZON, Scope
from symbptt.judge.definitions.sections import AtEnd, in_section
from symbptt.judge.explain import explanation
from symbptt.judge.gradients.groups import Groups, is_equation
from symbptt.judge.gradients.meant import meant
from symbptt.judge.gradients.parts import ADDS, PART, part, summed_over_time
from symbptt.judge.limits import SECONDS_A_FORMULA, Overtime, in_time, limit_of, within
from symbptt.judge.misread import misread
from symbptt.judge.notation.declarations import declarations
from symbptt.judge.notation.deltas import at_last_time, earlier_head, is_delta, is_later
from symbptt.judge.notation.moments import last_written
from symbptt.judge.notation.normal import EQUALS, rebuilt
from symbptt.judge.notation.sided import claim_names, claim_nodes
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.functions import ELEMENTARY
from symbptt.judge.numeric.numbers import by_numbers, evidence_of, or_without_later, reading_of
from symbptt.judge.numeric.trial import tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.places import part_of, region_of
from symbptt.judge.reading import (
    ASSIGNS,
    DECLARES,
    Claim,
    Reading,
    Unread,
    is_other_activation,
    spoken_functions,
)
from symbptt.judge.relations.arithmetic import OTHER, is_calculation, worked_out
from symbptt.judge.relations.chains import asks_head, before, of_head
from symbptt.judge.relations.forms import form_errors, is_example, is_word_call
from symbptt.judge.relations.generic import instances
from symbptt.judge.relations.known import with_known_function
from symbptt.judge.relations.numbered import in_numbers
from symbptt.judge.relations.orders import ordered
from symbptt.judge.relations.outside import doubted, outside
from symbptt.judge.relations.unnamed import at_arguments
from symbptt.judge.repairs.slips import slip
from symbptt.judge.revision import Revision
from symbptt.judge.verdicts import Evidence, Explanation, Finding, Judged
from symbptt.reader.syntax import Derivative, Gradient, Juxtaposed, Number, Surface

MOST_SCOPES = 6
WORST = ("fails", "undetermined", "holds")
Sentence = tuple[Claim | Unread, Finding, Explanation | None]


class Court:
    """The state of the judge on its way through a document."""

    def __init__(self, reading: Reading, given: int = 0) -> None:
        self.given = given
        chains = (*reading.chains, *(chain for _, chain in reading.inline))
        self.vocabulary = Vocabulary.of(chains)
        self.reading = reading = summed_over_time(reading, self.vocabulary)
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
        self.vocabulary.sized = frozenset(one.key for one in self.scope.declarations)
        self.at_end = AtEnd.of(reading, self.vocabulary, self.first)
        self.groups = Groups([claim for claim in self.claims if is_equation(claim)])
        self.earlier: list[Scope] = []
        self.scopes: dict[int, Scope] = {}  # by claim, the scope in which it was tried
        self.found: list[tuple[Claim, Finding]] = []  # the verdicts so far
        said = [one for held, one in self.first.values() if held is None and not one.assumed]
        self.met = told(said, self.vocabulary)  # the names in what defines something or holds, so far
        self.across: dict[int, Claim] = {}  # that of one layer, or against the head of its chain, by claim
        self.shorter: dict[int, Scope] = {}  # by claim, the scope with as many steps as it writes out
        self.anew: dict[int, Restated] = {}
        self.renewed: list[Definition] = []  # what is defined anew
        self.settled: dict[str, str] = {}
        self.spoken: Counter[tuple[str, str]] = Counter()

    def _initial(self, first: Found) -> dict[str, list[Definition]]:
        definitions: dict[str, list[Definition]] = {}
        for _, one in first.values():
            if not is_series(one, self.vocabulary):
                definitions.setdefault(one.key, []).append(one)
        return {key: found for key, found in definitions.items() if key != "T"}

    def _horizon(self) -> int:
        held = self.first.get(("T", ""))
        if held is not None and isinstance(held[1].right, Number) and held[1].right.text.isdigit():
            return max(2, min(8, int(held[1].right.text)))
        counts = Counter(key for key, pattern in self.first if pattern not in ("", "t", "0"))
        return max(3, min(8, max(counts.values()))) if counts and max(counts.values()) > 2 else HORIZON

    def is_true(self, claim: Claim) -> bool:
        """Do the sides of a claim agree by the first definitions?"""
        return tried(claim, self.scope, False, self.vocabulary.entries_of(claim)).status == "equal"

    def judged(self, item: Claim | Unread, explain: bool = False) -> Sentence:
        """One relation with what is found at its place, within bounds of time and memory."""
        shown = None
        try:
            with within(SECONDS_A_FORMULA):
                said = "" if isinstance(item, Claim) else f"Cannot be read: {item.message}."
                finding = self.finding(item) if isinstance(item, Claim) else Finding("unreadable", said)
                if explain and isinstance(item, Claim):
                    shown = explanation(item, self.scope)
        except (Overtime, MemoryError) as doubt:
            self.scope.forget()
            finding = Finding("undetermined", f"Not decided within {limit_of(doubt)}.")
            if isinstance(item, Claim):
                self.scopes.pop(id(item), None)
        if isinstance(item, Claim):
            self.found.append((item, finding))
            if finding.verdict in ("definition", "holds"):
                self.met |= keys_of(item, self.vocabulary)
        return item, finding, shown

    def revised(self, sentences: list[Sentence]) -> Iterator[Judged]:
        """All relations with their verdicts, in the light of the whole document."""
        findings = {id(item): finding for item, finding, _ in sentences if isinstance(item, Claim)}
        first = [(held, one) for held, one in self.first.values() if held is not None]
        alone = {
            place: one for place, one in self.anew.items() if one.alone(self.renewed, [d for _, d in first])
        }
        forget = self.scope.forget
        found = in_time(lambda: slip(self.claims, findings, self.scopes, first), None, forget)
        revision = Revision(self.claims, findings, self.scopes, self.across, alone, self.shorter, found)
        self.settled = revision.spoken()
        for item, finding, _ in sentences:
            if isinstance(item, Claim):  # what was found first stands where this takes too long
                findings[id(item)] = in_time(partial(revision.revised, item), finding, forget)
        findings = misread(findings)
        for item, finding, shown in sentences:
            finding = findings.get(id(item), finding)
            display, part = self.numbers[item.display], part_of(item, finding)
            yield Judged(display, region_of(item), item.latex.strip(), finding, part, shown)

    def finding(self, claim: Claim) -> Finding:
        """The verdict on one claim; a definition that does not hold here opens a scope of its own."""
        try:
            finding = self._judged(claim)
        except RecursionError:
            return Finding("undetermined", "Not decided: the definitions go too deep.")
        if finding.verdict in ("fails", "undetermined") and (loss := self.scope.doubtful_loss(claim)):
            told, scope = in_section(claim, self.reading, self.scope, loss)
            if finding.verdict == "fails" or told.verdict == "holds":
                finding, self.scopes[id(claim)] = told, scope
        tried_as = self.across.get(id(claim), claim)
        new = introduced(tried_as, self.met, self.scope.definitions, self.vocabulary)
        if finding.verdict == "fails" and new:
            finding = Finding("undetermined", f"{new} is nowhere defined.")
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
            return self._updated(claim) or Finding("definition", "It says how the left side is updated.")
        if claim.op not in EQUALS or claim.left is None:
            return ordered(claim, self.scope)
        if is_example(claim.right):
            return Finding("definition", "It gives values.")
        plain = outside(claim)
        if (plain is None or plain is OTHER) and is_calculation(claim):
            return worked_out(claim, (one for one, _ in self.found), self.scope)
        if plain is not None:
            return plain
        backward = self.groups.finding(claim, self._scopes())
        if backward is not None:
            return backward
        named = [one.key for held, one in self.first.values() if held is claim]
        one = definition(claim, self.vocabulary)
        if one is None and named:
            return Finding("definition", f"It defines {named[0]}, which collects what is left.")
        if one is not None:
            held = self.first.get((one.key, one.pattern))
            if held is not None and held[0] is claim:
                ask = partial(meant, claim, one, self.scope, self.claims)
                if (error := in_time(ask, None, self.scope.forget)) is not None:
                    self.scope = error.scope
                    return error.finding
                if steps := outgrown(one, self.scope):
                    self.earlier.append(self.scope)
                    self.scope = self.scope.without(steps, one.display)
                return Finding("definition", f"It defines {one.left.canonical}.")
        finding = self._along(claim, self._tried(claim))
        return self._claimed(claim, finding) if one is None else self._defined_again(claim, one, finding)

    def _claimed(self, claim: Claim, finding: Finding) -> Finding:
        """The verdict on a relation that defines no quantity."""
        finding = at_arguments(claim, self._scopes(), finding)
        open_ = doubted(claim, self.scope, finding) if finding.verdict == "fails" else None
        return open_ or self._as_definition(claim, self._of_one_step(claim, self._elsewhere(claim, finding)))

    def _defined_again(self, claim: Claim, one: Definition, finding: Finding) -> Finding:
        """The verdict on what may define a quantity anew, from that on it as a claim."""
        first = self.first.get((one.key, one.pattern), (None, None))[1]
        fails = finding.verdict == "fails"
        if first is not None and is_gradient(first):
            meant = other_gradient(claim, one, first, self.scope, self.claims) if fails else None
            return self._elsewhere(claim, finding) if meant is None else self._redefined(meant)
        at_all_times = one.pattern in ("", "t")
        in_part = bool(one.indices) or not at_all_times
        again = in_part and not (fails and is_of_another(claim, one, self.scope, self.claims))
        if again or self._is_given(one):
            return self._elsewhere(claim, finding)
        if not at_all_times:
            return Finding("definition", f"It defines {one.left.canonical} anew, at this time alone.")
        if is_closed_form(one, self.scope):
            return self._elsewhere(claim, finding)
        if finding.verdict == "holds":
            if self.groups.stand_in(one.display) or not self.scope.says(one):
                scope = self.scope.redefined(in_names(one, self.scope.every()), False)
                self.scope = scope if scope.sound(one) else self.scope
            return finding
        self._note(claim, finding, one)
        return self._redefined(one)

    def _redefined(self, one: Definition) -> Finding:
        """The verdict on what defines a quantity anew, which holds from here on."""
        self.earlier.append(self.scope)
        self.scope = self.scope.redefined(one)
        return Finding("definition", f"It defines {one.left.canonical} anew.")

    def _updated(self, claim: Claim) -> Finding | None:
        """The verdict on dW += g and dW \\leftarrow dW + g; None of any other update."""
        found = self.groups.finding(claim, self._scopes())
        return part(claim, self.scope) if found is None and claim.op == ADDS else found

    def _note(self, claim: Claim, finding: Finding, one: Definition) -> None:
        """Keeps in mind what is defined anew, and by no definition before as it is here."""
        self.renewed.append(one)
        held = [old for old in self.scope.definitions.get(one.key, ()) if old.pattern == one.pattern]
        if finding.verdict == "holds" or not held:
            return
        circular = self.scope.sound(held[-1]) and not self.scope.redefined(one).sound(one)
        restated = Restated(claim, finding, held[-1], one, circular)
        if restated.slip() is None and finding.verdict != "fails":
            return
        near = claim.display - 1 if restated.slip() is not None else held[-1].display
        if fresh(claim, near, self.claims, self.vocabulary):
            return
        entries = self.vocabulary.entries_of(claim)
        if all(tried(claim, scope, False, entries).status != "equal" for scope in self._scopes()[1:]):
            self.anew[id(claim)] = restated

    def _scopes(self) -> list[Scope]:
        """The scope that holds, and the latest ones before it."""
        return [self.scope, *self.earlier[::-1][:MOST_SCOPES]]

    def _is_given(self, one: Definition) -> bool:
        """Is the name defined by what is given?"""
        held = self.first.get((one.key, one.pattern))
        return held is not None and held[0] is not None and held[0].display < self.given

    def _elsewhere(self, claim: Claim, finding: Finding) -> Finding:
        """What fails by the latest definitions may speak of earlier ones."""
        if finding.verdict != "fails":
            return finding
        before = f"by the definitions before display {self.scope.start}"
        others = [(claim, scope, before) for scope in self.earlier]
        at_end = self.at_end.within(self.scope)
        if at_end is not None:
            last = replace(claim, left=self._last(claim.left), right=self._last(claim.right))
            both = (claim,) if any(map(is_later, claim_names(claim))) else (last, claim)
            others += [(one, at_end, "for a loss of the last time step") for one in both]
        if not any(isinstance(node, Derivative | Gradient) for node in claim_nodes(claim)):
            others.append((claim, self.scope.from_zero(), "where the states start at zero"))
        others.append((claim, self.scope.until(claim.display), "by what is defined before it"))
        steps = last_written(claim, self.vocabulary)
        if steps is not None and steps >= self.scope.last_numbered():
            self.shorter[id(claim)] = self.scope.of_length(steps)
            ends = (self.scope,) if at_end is None else (at_end, self.scope)
            others += [(claim, scope.of_length(steps), f"for {steps} steps") for scope in ends]
        if (case := in_numbers(claim, self.scope)) is not None:
            others.append(case)
        for one, scope, basis in others[::-1][:MOST_SCOPES]:
            outcome = tried(one, scope, False, self.vocabulary.entries_of(claim))
            if outcome.status == "equal":
                said = f"It holds {basis}."
                return Finding("holds", said, "any", evidence_of(outcome), reading_of(outcome))
        return self._with_known_function(claim, finding)

    def _with_known_function(self, claim: Claim, finding: Finding) -> Finding:
        """S' = S(1 - S), where nothing says what S is: it is the sigmoid from here on."""
        found = with_known_function(claim, self.scope, filter(self._is_open, self.scope.functions()))
        if found is None:
            return finding
        self.scope, finding = found
        self.vocabulary = self.scope.vocabulary
        return finding

    def _is_open(self, base: str) -> bool:
        """Is this a function of the document that nothing says more about?

        \\sigma is the sigmoid; it may be another one where the prose speaks of tanh and of no sigmoid.
        """
        if base == "\\sigma" and base not in self.vocabulary.spoken:
            return is_other_activation(self.reading.text)
        return base not in (*ELEMENTARY, "softmax", *self.vocabulary.spoken)

    def _of_one_step(self, claim: Claim, finding: Finding) -> Finding:
        """\\delta c_t = \\delta h_t o_t leaves out what comes from later steps, or is about the last one."""
        if finding.verdict != "fails" or not any(map(is_delta, claim_nodes(claim))):
            return finding
        entries = self.vocabulary.entries_of(claim)
        at_end = replace(claim, left=self._last(claim.left), right=self._last(claim.right))
        later = any(is_later(name) for name in claim_names(claim))
        last = not later and tried(at_end, self.scope, False, entries).status == "equal"
        if last or earlier_head(claim, self.vocabulary):
            return part(claim, self.scope) or Finding("undetermined", PART)
        return finding

    def _last(self, node: Surface | None) -> Surface:
        """A formula at the last time."""
        if node is None:
            raise ValueError("a side of a relation is missing")
        return rebuilt(node, partial(at_last_time, self.vocabulary.names.letter))

    def _along(self, claim: Claim, finding: Finding) -> Finding:
        """A = B = C with a B that cannot be evaluated says that A = C."""
        earlier = before(claim, self.found)
        if not asks_head(finding, earlier):
            return finding
        whole = replace(claim, left=claim.head)
        found = of_head(finding, earlier, self._elsewhere(whole, by_numbers(whole, self.scope)[0]))
        if found.verdict == "fails":
            self.across[id(claim)] = whole
        return found

    def _as_definition(self, claim: Claim, finding: Finding) -> Finding:
        """A relation in doubt that says what a function, or a name on its right, is."""
        open_ = finding.verdict in ("undetermined", "fails")
        if open_ and claim.left is not None and is_word_call(claim.left):
            return Finding("definition", "It says what the function on the left is.")
        call = application(claim.left) if isinstance(claim.left, Juxtaposed) else None
        if not open_ or call is None or call[0].primes or call[0].base not in self.scope.functions():
            return finding
        again = any(name.stem == call[0].stem for name in names_in(claim.right))
        held = self.scope.definitions.get(self.vocabulary.refer(call[0]).key, ())
        told = again or not self._is_open(call[0].base) or any(one.display < claim.display for one in held)
        if finding.verdict == "fails" and told:
            return finding
        return Finding("definition", f"It says what {call[0].base}(...) is.")

    def _tried(self, claim: Claim) -> Finding:
        """The verdict by numbers in the scope that holds."""
        every = [(by_numbers(one, self.scope), one) for one in instances(claim, self.scope)]
        found, one = min(every, key=lambda pair: (WORST.index(pair[0][0].verdict), pair[0][0].proved))
        if one is not claim:
            self.across[id(claim)] = one
        (finding, spoken), self.scopes[id(claim)] = or_without_later(one, self.scope, found)
        self.spoken.update(spoken.items())
        return finding

    def conventions(self) -> dict[str, str]:
        """How products and derivatives were read where it mattered."""
        chosen: dict[str, str] = {"vectors": "rows" if self.scope.rows else "columns"}
        for (question, answer), _ in reversed(self.spoken.most_common()):
            chosen[question] = answer
        return {**chosen, **self.settled}

    def recurrences(self) -> tuple[str, ...]:
        """The equations that define a quantity by earlier times."""
        return recurrences(self.first, self.vocabulary)
