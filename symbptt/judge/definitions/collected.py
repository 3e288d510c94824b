r"""Names that a derivation gives to what is left over, and never defines.

    \frac{\partial c_t}{\partial W} = \ldots = f_t \odot \frac{\partial c_{t-1}}{\partial W} + C_t

Where C_t is met for the first time, as a term of its own beside known ones, the line says what it is: the
line before less the other terms. Lines after it can then be judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set

from symbptt.judge.notation.normal import EQUALS
from symbptt.judge.notation.vocabulary import Vocabulary, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Binary, Bracket, Derivative, Name, Surface
from symbptt.reader.walks import walk


def collected(
    claims: Sequence[Claim], vocabulary: Vocabulary, known: Set[str]
) -> Iterator[tuple[Claim, Definition]]:
    """The definitions of names that collect terms, each with the relation that makes it."""
    uses = Counter(key for claim in claims for key in _keys(claim.right, vocabulary))
    met = set(known)
    for claim in claims:
        before = met | (_keys(claim.left, vocabulary) if claim.left is not None else set())
        fresh = sorted(_keys(claim.right, vocabulary) - before)
        if len(fresh) == 1 and uses[fresh[0]] > 1 and _goes_on(claim):
            one = _solved(claim, fresh[0], vocabulary)
            if one is not None:
                yield claim, one
        met = before | set(fresh)


def _keys(node: Surface, vocabulary: Vocabulary) -> set[str]:
    return {vocabulary.refer(name).key for name in names_in(node)}


def _goes_on(claim: Claim) -> bool:
    """Is this a line of a derivation, rather than the definition of its left side?"""
    if claim.op not in EQUALS or claim.left is None or isinstance(claim.left, Name):
        return False
    return any(isinstance(node, Derivative) for node in walk(claim.left))


def _solved(claim: Claim, key: str, vocabulary: Vocabulary) -> Definition | None:
    """The definition of the only new name, where it stands once, alone, at the running time."""
    if claim.left is None:
        return None
    terms = list(addends(claim.right))
    places = [place for place, (_, term) in enumerate(terms) if key in _keys(term, vocabulary)]
    if len(places) != 1:
        return None
    sign, name = terms.pop(places[0])
    if not isinstance(name, Name) or name.prefix or sign < 0:
        return None
    reference = vocabulary.refer(name)
    if not _runs(reference.time, vocabulary) or reference.indices or reference.exponent or reference.primes:
        return None
    right: Surface = claim.left
    for sign, term in terms:
        right = Binary(claim.left.at, "-" if sign > 0 else "+", right, term)
    return Definition(key, reference.time, (), right, claim.display, name)


def _runs(time: Surface | None, vocabulary: Vocabulary) -> bool:
    return isinstance(time, Name) and time.base == vocabulary.names.letter


def addends(node: Surface, sign: int = 1) -> Iterator[tuple[int, Surface]]:
    """The terms of a sum, each with its sign."""
    match node:
        case Binary(op="+" | "-" as op, left=left, right=right):
            yield from addends(left, sign)
            yield from addends(right, sign if op == "+" else -sign)
        case Bracket(kind="()", items=(inside,)):
            yield from addends(inside, sign)
        case _:
            yield sign, node
