r"""Definitions that are meant where their times are not written, or are slips.

h_t = \tanh(W h_t + U x_t)         a state by itself at its own time: h_{t-1} is meant
\hat{y} = \sigma(V h + c)          beside h_t and \hat{y}_t: at every time
    \Gamma_t = \sigma(W x_t)            and d\gamma_t: \gamma_t is what \sigma takes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.deltas import capital
from symbptt.judge.notation.normal import EQUALS, rebuilt, renamed
from symbptt.judge.notation.sided import claim_names, claim_nodes
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Binary, Derivative, Juxtaposed, Name, Number, Surface
from symbptt.reader.walks import walk

Slots = Mapping[tuple[str, str], object]


def at_own_time(claims: Iterable[Claim], vocabulary: Vocabulary, found: Slots) -> Iterator[Definition]:
    """What is meant by a state that a relation gives by weights times itself at the same time.

    So it is read where nothing else defines the state, an input stands beside it, and the document writes it
    at other times as well. The relation itself is then a claim, and false.
    """
    claims = tuple(claims)
    references = [vocabulary.refer(name) for claim in claims for name in claim_names(claim)]
    times: dict[str, set[Surface]] = {}
    for reference in references:
        if reference.time is not None:
            times.setdefault(reference.key, set()).add(reference.time)
    for claim in claims:
        left = claim.left
        if claim.op not in EQUALS or claim.link or not isinstance(left, Name) or left.prefix:
            continue
        reference = vocabulary.refer(left)
        state = (reference.key, "t") not in found and left.base not in SCALARS and not reference.indices
        if state and len(times.get(reference.key, ())) > 1 and _is_step(left, claim.right, vocabulary):
            before = Binary(left.at, "-", Name(left.at, vocabulary.names.letter), Number(left.at, "1"))
            right = renamed(claim.right, left, replace(left, time=before))
            yield Definition(reference.key, reference.time, (), right, claim.display, left)


def _is_step(left: Name, right: Surface, vocabulary: Vocabulary) -> bool:
    """Does a formula hold weights times the name, beside others at its time, and not the name at another?"""
    names = list(names_in(right))
    here = [name for name in names if vocabulary.refer(name).time == vocabulary.refer(left).time]
    runs = isinstance(left.time, Name) and left.time.base == vocabulary.names.letter
    weighted = any(_weighs(node, left, vocabulary) for node in walk(right))
    return (
        runs and weighted and left in here and any(name.stem != left.stem for name in here) and right != left
    )


def _weighs(node: Surface, left: Name, vocabulary: Vocabulary) -> bool:
    """Is this W h_t or W \\cdot h_t?"""
    match node:
        case Juxtaposed(left=Name() as weight, right=one) | Binary(left=Name() as weight, right=one):
            product = not isinstance(node, Binary) or node.op not in ("+", "-", "/")
            return product and one == left and vocabulary.refer(weight).time is None
    return False


def undated(
    claims: Iterable[Claim], vocabulary: Vocabulary, found: Mapping[tuple[str, str], Definition]
) -> Iterator[Definition]:
    """What holds at every time of what the network puts out: used with times, and defined without one."""
    letter = vocabulary.names.letter
    steps = {key: one for (key, pattern), one in found.items() if pattern == "t"}
    references = [vocabulary.refer(name) for claim in claims for name in claim_names(claim)]
    used = {reference.key for reference in references if reference.time is not None}

    def dated(node: Surface) -> Surface:
        if isinstance(node, Name) and node.time is None:
            moves = vocabulary.refer(node).key in vocabulary.names.timed
            return replace(node, time=Name(node.at, letter), style="subscript") if moves else node
        return node

    for (key, pattern), one in found.items():
        if pattern or key in steps or key not in used or one.called or one.indices or one.left.prefix:
            continue
        plain = {vocabulary.refer(name).key for name in names_in(one.right) if name.time is None}
        moved = replace(one, time=Name(one.left.at, letter), right=rebuilt(one.right, dated))
        inside = any(key in _now(step, steps, vocabulary) for step in steps.values() if not _is_loss(step))
        if not _is_loss(one) and plain & steps.keys() and not inside:
            yield moved


def _is_loss(one: Definition) -> bool:
    return one.left.base in (*SCALARS, "l")


def _now(one: Definition, steps: Mapping[str, Definition], vocabulary: Vocabulary) -> set[str]:
    """What a quantity comes from at its own time, at any depth."""
    found: set[str] = set()
    waiting = [one]
    while waiting:
        held = waiting.pop()
        references = [vocabulary.refer(name) for name in names_in(held.right)]
        here = {reference.key for reference in references if reference.time == held.time} - found
        found |= here
        waiting += [steps[key] for key in here if key in steps]
    return found


def in_small_letters(
    claims: Iterable[Claim], vocabulary: Vocabulary, found: Mapping[tuple[str, str], Definition]
) -> Iterator[Definition]:
    r"""What \Gamma_t is a function of, where the document differentiates by \gamma_t and never defines it."""
    for claim in claims:
        for node in claim_nodes(claim):
            variables = node.denominators if isinstance(node, Derivative) else ()
            for name in (one for one in variables if isinstance(one, Name)):
                held = found.get((vocabulary.refer(capital(name)).key, "t"))
                call = application(held.right) if held is not None else None
                key = vocabulary.refer(name).key
                if held is not None and call is not None and (key, "t") not in found and key != held.key:
                    left = replace(name, time=held.left.time)
                    yield Definition(key, held.time, (), call[1].items[0], held.display, left)
