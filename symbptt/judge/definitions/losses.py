r"""A loss that a document differentiates and never defines: a smooth function of what the network puts out.

\frac{\partial E_t}{\partial y_t} \frac{\partial y_t}{\partial h_t} says of E_t only that it depends on y_t.
The outputs are the quantities that no other one uses at its own time. A loss without a time is the sum over
time, or that of the last time step: what holds for one of the two is not said to fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symbptt.judge.definitions.named_losses import named_loss
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.normal import NOWHERE, rebuilt
from symbptt.judge.notation.sided import claim_names, claim_nodes
from symbptt.judge.notation.vocabulary import Vocabulary, application, integer, names_in
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import LAST, Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import (
    BigOperator,
    Bracket,
    Derivative,
    Gradient,
    Juxtaposed,
    Name,
    Number,
    Surface,
)
from symbptt.reader.walks import walk


def losses(
    claims: Iterable[Claim],
    vocabulary: Vocabulary,
    found: Mapping[tuple[str, str], Definition],
    at_end: bool,
    text: str = "",
) -> Iterator[Definition]:
    """A definition for each loss that has none; ``at_end``: one without a time is that of the last step.

    None where the document defines several networks, so that nobody knows which one a loss is of. The prose,
    ``text``, may say which loss it is.
    """
    claims = tuple(claims)
    derivatives = [pair for claim in claims for pair in _differentiated(claim, vocabulary)]
    every = [name for claim in claims for name in claim_names(claim)]
    timed = {vocabulary.refer(name).key for name in every if vocabulary.refer(name).time is not None}
    wanted = {
        vocabulary.refer(above).key: above
        for above, _ in derivatives
        if above.base in SCALARS and not above.accents
    }
    wanted = {key: name for key, name in wanted.items() if not _is_defined(key, key in timed, found)}
    below = {vocabulary.refer(name).key for above, name in derivatives if above.base in SCALARS}
    outputs = _outputs(vocabulary, found)
    outputs = [one for one in outputs if one.key in below] or outputs
    if not outputs:
        return
    names = [vocabulary.names.split(one.left)[2] for one in outputs]
    said = named_loss(text, claims, outputs, vocabulary, found)
    for key, name in wanted.items():
        term = said or _open_term(names, "l" if "\\ell" in key else "\\ell")
        one = _loss(key, name, term, vocabulary.names.letter, key in timed, at_end)
        yield replace(one, doubtful=said is None and len(names) > 1)  # not all of them need be outputs


def _is_defined(key: str, timed: bool, found: Mapping[tuple[str, str], Definition]) -> bool:
    """Is a loss defined in the way in which it is used, at each time or once?"""
    return (key, "t" if timed else "") in found or (not timed and (key, "t") in found)


def _differentiated(claim: Claim, vocabulary: Vocabulary) -> Iterator[tuple[Name, Name]]:
    """What is differentiated, and by what."""
    for node in claim_nodes(claim):
        match node:
            case Derivative(numerator=above, denominators=(Name() as below,)):
                pass
            case Gradient(operand=above, variable=Name() as below):
                pass
            case _:
                continue
        call = application(above)
        moving = call is not None and any(vocabulary.refer(name).time for name in names_in(call[1]))
        if call is not None and moving and vocabulary.refer(call[0]).time is None:
            continue  # l(o_t, y_t): a function, and no quantity
        plain = call[0] if call is not None else above
        if isinstance(plain, Name):
            yield plain, below


def _outputs(vocabulary: Vocabulary, found: Mapping[tuple[str, str], Definition]) -> list[Definition]:
    """The quantities with a time that no other one uses at its own time."""
    moving = {
        one.key: one
        for (_, pattern), one in found.items()
        if (pattern in ("t", LAST) or (pattern.isdigit() and pattern != "0"))
        and not one.indices
        and not is_derived(one)
    }
    used = {key for one in moving.values() for key in _used_now(vocabulary, one)}
    return [one for one in moving.values() if one.key not in used]


def is_derived(one: Definition) -> bool:
    """Is this a loss or a gradient, rather than what the network computes?"""
    named = one.left.base in (*SCALARS, "\\delta") or one.left.prefix != ""
    return named or is_gradient(one)


def is_gradient(one: Definition) -> bool:
    """Is a quantity defined by derivatives?"""
    return any(isinstance(node, Derivative | Gradient) for node in walk(one.right))


def _used_now(vocabulary: Vocabulary, one: Definition) -> Iterator[str]:
    """The other quantities that a definition uses at the time that it defines."""
    letter = {vocabulary.names.letter: 0}
    for name in names_in(one.right):
        reference = vocabulary.refer(name)
        if reference.time is None or one.time is None or reference.key == one.key:
            continue
        try:
            if integer(reference.time, letter) == integer(one.time, letter):
                yield reference.key
        except Undecided:
            continue


def _open_term(outputs: Iterable[Name], function: str) -> Surface:
    """The loss at one time as some function of the outputs."""
    arguments = tuple(outputs)
    return Juxtaposed(NOWHERE, Name(NOWHERE, function), Bracket(NOWHERE, "()", arguments), direct=True)


def _loss(key: str, name: Name, term: Surface, letter: str, timed: bool, at_end: bool) -> Definition:
    """The loss of one time or of all, from its term, whose names have no times yet."""
    moment = Name(NOWHERE, letter if timed or not at_end else "T")
    right = _at(term, moment)
    if timed:
        return Definition(key, Name(NOWHERE, letter), (), right, 0, name, assumed=True)
    if not at_end:
        index = Name(NOWHERE, letter)
        right = BigOperator(NOWHERE, "sum", (index,), Number(NOWHERE, "1"), Name(NOWHERE, "T"), right)
    return Definition(key, None, (), right, 0, name, assumed=True)


def _at(term: Surface, moment: Name) -> Surface:
    """The term of a loss at a time; the name of a function has none, nor has what stands in scripts."""
    function = call[0] if (call := application(term)) is not None else None
    moving = set(names_in(term)) - {function}

    def change(node: Surface) -> Surface:
        if isinstance(node, Name) and node in moving:
            return replace(node, at=NOWHERE, time=moment, style="subscript")
        return node

    return rebuilt(term, change)
