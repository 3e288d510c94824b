r"""Statements in general: \theta, of which no equation speaks, is each parameter, and (l) each layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.normal import rebuilt, renamed
from symbptt.judge.notation.sided import claim_names, claim_nodes
from symbptt.judge.notation.vocabulary import application, names_in
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Derivative, Gradient, Name, Surface
from symbptt.reader.walks import walk

GENERAL = frozenset(["\\theta", "\\Theta"])
MOST = 4  # parameters that a statement is tried with


def instances(claim: Claim, scope: Scope) -> list[Claim]:
    """The claim, once for each parameter or layer where it is about any of them."""
    general = _general(claim, scope)
    if claim.left is None:
        return [claim]
    if general is None:
        return list(_in_layers(claim, scope)) or [claim]
    above = [name for node in claim_nodes(claim) for part in _above(node) for name in names_in(part)]
    found = [
        replace(claim, left=renamed(claim.left, general, one), right=renamed(claim.right, general, one))
        for one in _parameters(scope, reached(above, scope))[:MOST]
    ]
    return found or [claim]


def _in_layers(claim: Claim, scope: Scope) -> Iterator[Claim]:
    """The claim of each layer that it may be about."""
    layers = scope.vocabulary.layers
    for change in layers.changes(list(claim_names(claim))) if layers is not None else ():
        if claim.left is not None:
            yield replace(claim, left=rebuilt(claim.left, change), right=rebuilt(claim.right, change))


def _general(claim: Claim, scope: Scope) -> Name | None:
    """The name of a parameter in general that a claim differentiates by."""
    known = scope.keys_of_definitions()
    for node in claim_nodes(claim):
        match node:
            case Derivative(denominators=(Name() as name,)) | Gradient(variable=Name() as name):
                if name.base in GENERAL and scope.vocabulary.refer(name).key not in known:
                    return name
    return None


def reached(names: Iterable[Name], scope: Scope) -> set[str]:
    """Some quantities, and those that they are computed from."""
    waiting, entries = list(names), scope.shaped().entries
    found: set[str] = set()
    while waiting:
        key = scope.vocabulary.refer(waiting.pop(), entries).key
        if key not in found:
            found.add(key)
            waiting += [name for one in scope.definitions.get(key, ()) for name in names_in(one.right)]
    return found


def _above(node: Surface) -> Iterator[Surface]:
    """What is differentiated."""
    match node:
        case Derivative(numerator=above) | Gradient(operand=above):
            yield above


def _parameters(scope: Scope, reached: Set[str]) -> list[Name]:
    """The names without a time of the forward equations reached that no equation defines."""
    found: dict[str, Name] = {}
    for one in scope.every():
        if one.pattern != "t" or one.left.prefix or one.assumed or one.key not in reached:
            continue
        functions = {call[0] for node in walk(one.right) if (call := application(node)) is not None}
        for name in names_in(one.right):
            reference = scope.vocabulary.refer(name)
            plain = reference.time is None and not reference.indices and name not in functions
            if plain and reference.key not in scope.definitions and name.base.isalpha():
                found.setdefault(reference.key, name)
    return list(found.values())
