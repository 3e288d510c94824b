r"""Slopes at a name that no definition gives to what its function takes: \sigma'(a_t), h_t = \sigma(W x_t).

Then a_t is read as W x_t, be it nowhere defined or, as the z_t of a gate is, something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.gradients.slopes import argument_of
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.sided import claim_nodes
from symbptt.judge.notation.times import at_time
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.numbers import evidence_of, reading_of
from symbptt.judge.numeric.trial import tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding
from symbptt.reader.spelling import is_spellable
from symbptt.reader.syntax import Apply, Bracket, Juxtaposed, Name, Surface
from symbptt.reader.walks import walk


def at_arguments(claim: Claim, scopes: Iterable[Scope], finding: Finding) -> Finding:
    """The verdict on a relation in doubt, where such a name is read as what its function takes.

    It is not said to fail: nothing says that this is meant.
    """
    if finding.verdict not in ("fails", "undetermined") or claim.left is None:
        return finding
    slope = next((pair for node in claim_nodes(claim) for pair in _slopes(node)), None)
    if slope is None:
        return finding
    scopes, (function, name) = list(scopes), slope
    for scope in scopes:
        one = _giving(function, name, claim, scope)
        inside = None if one is None else argument_of(one.right)
        if one is None or inside is None or one.time is None or not _is_free(name, one, scopes):
            continue
        taken = inside, one.time
        change = partial(_with, scope.vocabulary, scope.vocabulary.refer(name).key, taken)
        meant = replace(claim, left=rebuilt(claim.left, change), right=rebuilt(claim.right, change))
        outcome = tried(meant, scope, False, scope.vocabulary.entries_of(meant))
        if outcome.status == "equal":
            said = f"It holds where {name.stem} is what {function} takes."
            return Finding("holds", said, "any", evidence_of(outcome), reading_of(outcome))
        finding = Finding("undetermined", f"Not decided: nothing says what {name.stem} is here.")
    return finding


def _slopes(node: Surface) -> Iterator[tuple[str, Name]]:
    """The function and the name of \\sigma'(a_t)."""
    match node:
        case Juxtaposed(
            left=Name(base=function, primes=1), right=Bracket(items=(Name() as name,)), direct=True
        ):
            yield function, name
        case Apply(function=function, primes=1, argument=Bracket(items=(Name() as name,))):
            yield function, name


def _giving(function: str, name: Name, claim: Claim, scope: Scope) -> Definition | None:
    """The definition of the one quantity of the claim that the function gives; None if that is unclear.

    None as well where the name is what the function takes somewhere.
    """
    if not is_spellable(name) or scope.vocabulary.refer(name).time is None:
        return None
    key = scope.vocabulary.refer(name).key
    calls = [call for one in scope.rights() for call in map(application, walk(one)) if call is not None]
    held = [
        item for call in calls if call[0].base == function for item in call[1].items if isinstance(item, Name)
    ]
    if any(scope.vocabulary.refer(item).key == key for item in held):
        return None
    spoken = {scope.vocabulary.refer(one).key for node in claim_nodes(claim) for one in names_in(node)}
    found = []
    for one in scope.every():
        call = application(one.right)
        if call is not None and call[0].base == function and one.pattern == "t" and one.key in spoken:
            found.append(one)
    return found[0] if len(found) == 1 else None


def _is_free(name: Name, one: Definition, scopes: Iterable[Scope]) -> bool:
    """Is a name nowhere defined, or of another network: one that gives the same quantity by that name?"""
    for scope in scopes:
        key = scope.vocabulary.refer(name).key
        if key not in scope.definitions:
            continue
        others = (other for other in scope.definitions.get(one.key, ()) if other.right != one.right)
        named = (inner for other in others for inner in names_in(other.right))
        if any(scope.vocabulary.refer(inner).key == key for inner in named):
            return True
    return all(scope.vocabulary.refer(name).key not in scope.keys_of_definitions() for scope in scopes)


def _with(vocabulary: Vocabulary, key: str, taken: tuple[Surface, Surface], node: Surface) -> Surface:
    """What is taken in the place of the name, at its time."""
    if isinstance(node, Name) and is_spellable(node):
        reference = vocabulary.refer(node)
        if reference.key == key and reference.time is not None:
            return at_time(*taken, reference.time)
    return node
