"""Surface trees in one way of writing: S(k) is S at time k where times stand in brackets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from symbptt.reader.spelling import COUNTERS, index_letters
from symbptt.reader.syntax import (
    Apply,
    Binary,
    Bracket,
    Chain,
    Juxtaposed,
    Link,
    Name,
    Number,
    Scripted,
    Span,
    Surface,
    Transpose,
    Word,
)
from symbptt.reader.walks import parts

Change = Callable[[Surface], Surface]
EQUALS = frozenset(["=", ":=", "\\equiv", "\\coloneqq", "\\triangleq", "\\doteq"])  # both sides are the same
ENTRIES = frozenset("ijklmnpqrs")  # letters that count entries where two of them stand side by side
NOWHERE = Span(0, 0)  # the place of what nobody wrote


def rebuilt(node: Surface, change: Change) -> Surface:
    """The tree with every node changed, the lowest first."""
    values: dict[str, Any] = {}
    for part in parts(type(node)):
        value = getattr(node, part)
        new = _rebuilt(value, change)
        if new is not value:
            values[part] = new
    return change(replace(node, **values) if values else node)


def _rebuilt(value: object, change: Change) -> object:
    if isinstance(value, Surface):
        return rebuilt(value, change)
    if isinstance(value, tuple):
        items = tuple(_rebuilt(item, change) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def renamed(node: Surface, old: Name, new: Name) -> Surface:
    """A formula with one name in the place of another."""
    return rebuilt(node, lambda one: replace(new, at=one.at) if one == old else one)


def complemented(node: Surface) -> Name | None:
    """The name g of 1 - g."""
    match node:
        case Binary(op="-", left=Number(text="1"), right=Name(superscripts=()) as name):
            return name
    return None


def exponentials(node: Surface) -> Surface:
    """The change that reads e^{-x} as \\exp(-x); e^{(t)}, e^t and e^2 stay what they are."""
    match node:
        case Name(base="e", accents=(), subscripts=(), superscripts=(power,), time=None, primes=0, prefix=""):
            plain = isinstance(power, Bracket | Number) or (isinstance(power, Name) and power.base in "tT")
            return node if plain else Apply(node.at, "exp", power)
    return node


def labels_in_brackets(node: Surface) -> Surface:
    """The change that reads \\log p_t[y_t] as \\log p_{t, y_t}, the entry that the label y_t picks."""
    match node:
        case Apply(
            function="log" | "ln",
            argument=Juxtaposed(
                left=Name() as one,
                right=Bracket(kind="[]", items=(Name(time=Surface()) as label,)),
                direct=True,
            ),
        ):
            return replace(node, argument=replace(one, subscripts=(*one.subscripts, label)))
    return node


def entries_of_brackets(node: Surface) -> Surface:
    r"""The change that reads (Y_t)_{ij} as (Y_t)_{i,j}, and \log (p_t)_k as the logarithm of an entry."""
    match node:
        case Scripted(
            base=Apply(function="log" | "ln", argument=Bracket() as inside) as log, subscript=Surface()
        ):
            entry = entries_of_brackets(replace(node, base=inside, superscript=None))
            of_entry = replace(log, at=node.at, argument=entry)
            return of_entry if node.superscript is None else replace(node, base=of_entry, subscript=None)
        case Scripted(subscript=Word(text=text) as word) if len(text) == 2 and set(text) <= ENTRIES:
            letters = tuple(Name(word.at, letter) for letter in text)
            return replace(node, subscript=Bracket(word.at, "list", letters, (",",)))
    return node


def in_turn(*changes: Change) -> Change:
    """Several changes of a node, one after the other."""

    def change(node: Surface) -> Surface:
        for one in changes:
            node = one(node)
        return node

    return change


def unchanged(node: Surface) -> Surface:
    """The change that changes nothing."""
    return node


def normal_chain(chain: Chain, change: Change) -> Chain:
    """A statement rewritten."""
    if change is unchanged:
        return chain
    first = None if chain.first is None else rebuilt(chain.first, change)
    links = tuple(Link(link.at, link.op, rebuilt(link.right, change)) for link in chain.links)
    return replace(chain, first=first, links=links)


def called_names(chains: Iterable[Chain]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that are written with their time in brackets: h(t), x[n-1]; and the letters of last times, N.

    n is a time where a name is written with n, and with n and a number; y(n + 1) is then one as well.
    """
    found: set[str] = set()
    letters: dict[str, set[str]] = {}
    shifts: dict[str, set[str]] = {}

    def note(node: Surface) -> Surface:
        match node:
            case Name(style="call" | "index"):
                found.add(node.stem)
            case Juxtaposed(left=Name(time=None) as name, right=Bracket(kind="()" | "[]", items=(inside,))):
                match inside:
                    case Name(base=letter) if letter in COUNTERS:
                        letters.setdefault(name.stem, set()).add(letter)
                    case Binary(op="+" | "-", left=Name(base=letter), right=Number()) if letter in COUNTERS:
                        shifts.setdefault(name.stem, set()).add(letter)
        return node

    for chain in chains:
        normal_chain(chain, note)
    running = {stem for stem, counters in shifts.items() if counters & letters.get(stem, set())}
    steps = {letter for stem in running for letter in shifts[stem]}
    found |= {stem for held in (letters, shifts) for stem, counters in held.items() if counters & steps}
    return frozenset(found), frozenset(letter.upper() for letter in steps)


def timed_calls(called: frozenset[str], last: frozenset[str]) -> Change:
    """The change that reads S(k) as S at time k for the names found, and S(N) at the last one."""

    def change(node: Surface) -> Surface:
        match node:
            case Name(time=None, superscripts=(Bracket(kind="\\{\\}", items=(inside,)),)):
                if "t" in (index_letters(inside) or ()):
                    return replace(node, superscripts=(), time=inside, style="braces")
            case Juxtaposed(
                left=Name(time=None) as name, right=Bracket(kind="()" | "[]", items=(inside,)), direct=True
            ) if name.stem in called:
                letters = index_letters(inside)
                if letters is not None and letters <= COUNTERS | {"t", "T"} | last:
                    return replace(name, at=node.at, time=inside, style="call")
            case Juxtaposed(
                left=Name() as name,
                right=Transpose(operand=Bracket() as bracket, spelling=spelling),
                direct=True,
            ):
                inner = change(Juxtaposed(node.at, name, bracket, direct=True))
                return Transpose(node.at, inner, spelling) if isinstance(inner, Name) else node
            case Juxtaposed(
                left=Name() as name,
                right=Scripted(base=Bracket() as bracket, subscript=None, primes=0) as power,
                direct=True,
            ):
                inner = change(Juxtaposed(Span(node.at.start, bracket.at.stop), name, bracket, direct=True))
                return replace(power, at=node.at, base=inner) if isinstance(inner, Name) else node
            case Juxtaposed(
                left=Name() as name,
                right=Scripted(base=Bracket() as bracket, subscript=below, superscript=None, primes=0),
                direct=True,
            ) if below is not None:
                inner = change(Juxtaposed(node.at, name, bracket, direct=True))
                items = below.items if isinstance(below, Bracket) else (below,)
                if isinstance(inner, Name):
                    return replace(inner, subscripts=inner.subscripts + items)
        return node

    return change
