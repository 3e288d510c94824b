r"""All ways in which a document says what a quantity is.

In this order, the first that is found counts:
    h_t = \tanh(z_t)                     a name alone on the left of a display
    \underbrace{W h_{t-1}}_{a_t}         the label of a brace
    \tanh(z_t) = \tanh(W h_{t-1})        the same is done to a name and to what it stands for
    "with $z_t = W h_{t-1}$"             a name alone on the left in the prose
    \frac{\partial E_t}{\partial y_t}       a loss of the outputs, where nothing says which
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise, zip_longest

from symbptt.errors import Place
from symbptt.judge.definitions.blocks import blocks
from symbptt.judge.definitions.collected import collected
from symbptt.judge.definitions.likeness import KNOWN, alike, mirrored
from symbptt.judge.definitions.losses import is_gradient, losses
from symbptt.judge.definitions.named_losses import spelled_out
from symbptt.judge.definitions.relation import defined, definition, upright
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.definitions.slipped import at_own_time, in_small_letters, undated
from symbptt.judge.notation.moments import at_one_time, at_start, at_zero
from symbptt.judge.notation.normal import EQUALS, rebuilt
from symbptt.judge.notation.sided import claim_sides
from symbptt.judge.notation.times import at_time, split, time_of
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.functions import ELEMENTARY
from symbptt.judge.numeric.world import LAST, Definition
from symbptt.judge.reading import Claim, Reading, braces
from symbptt.judge.relations.forms import is_word_call
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    Apply,
    Binary,
    Bracket,
    Chain,
    Derivative,
    Dots,
    Gradient,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Relation,
    Scripted,
    Surface,
    Transpose,
)
from symbptt.reader.walks import walk

Slot = tuple[str, str]  # the key of a name, and the pattern of its time
Found = dict[Slot, tuple[Claim | None, Definition]]


def first_definitions(reading: Reading, vocabulary: Vocabulary, at_end: bool = False) -> Found:
    """The definition of each name of a document, with the claim that makes it where one does.

    ``at_end``: a loss that is nowhere defined is one of the last time step, else the sum over time.
    """
    claims = [item for item in reading.claims if isinstance(item, Claim)]
    found = _in_displays(claims, vocabulary)
    prose = spoken(reading, vocabulary, frozenset(key for key, _ in found))
    for fallback in (labels(claims, vocabulary), implied(claims, vocabulary), prose):
        _fall_back(found, fallback)
    for claim, one in collected(claims, vocabulary, {key for key, _ in found}):
        found.setdefault((one.key, one.pattern), (claim, one))
    found = _without_examples(found)
    meant = partial(in_small_letters, claims, vocabulary), partial(at_own_time, claims, vocabulary)
    for way in (*meant, partial(undated, claims, vocabulary), partial(blocks, claims, vocabulary)):
        for one in list(way({slot: held for slot, (_, held) in found.items()})):
            found.setdefault((one.key, one.pattern), (None, one))
    found = _by_name(found)
    said = [one for claim, one in found.values() if claim is None]
    every = [one for _, one in found.values()]
    ways = (
        at_one_time(said, every, vocabulary),
        at_start(every, vocabulary),
        at_zero(every, vocabulary),
    )
    for one in (one for way in ways for one in way):
        found.setdefault((one.key, one.pattern), (None, one))
    steps = {one.key: one for (_, pattern), (_, one) in found.items() if pattern == "t"}
    found = {slot: (claim, spelled_out(one, steps, vocabulary)) for slot, (claim, one) in found.items()}
    held = {slot: one for slot, (_, one) in found.items()}
    several = _several(claims, vocabulary)
    for one in losses(claims, vocabulary, held, at_end, reading.text):
        found[one.key, one.pattern] = (None, replace(one, doubtful=several or one.doubtful))
    return found


def _in_displays(claims: list[Claim], vocabulary: Vocabulary) -> Found:
    """The first definition of each name alone on the left of a display."""
    found: Found = {}
    renewed = 0  # the latest display in which a quantity with a time is defined anew
    for claim, after in zip_longest(claims, claims[1:]):
        one = definition(_called_out(claim, after), vocabulary)
        if one is None:
            continue
        first = one.initial or one.final or one.pattern == "" or (one.key, "t") not in found
        if one.pattern == "t" and not first and found[one.key, "t"][1].right != one.right:
            renewed = claim.display
        if first and not (one.pattern == "" and _met(one, vocabulary) < renewed):
            found.setdefault((one.key, one.pattern), (claim, one))
    return found


def _fall_back(found: Found, fallback: Iterable[Definition]) -> None:
    """Adds what else the document says, where nothing counts that was found before."""
    before = set(found)
    for one in fallback:
        slot = (one.key, one.pattern)
        slope = isinstance(upright(one.right), Derivative | Gradient)
        if one.initial or (one.key, "t") not in before:
            found.setdefault(slot, (None, one))
        elif slot in found and slope:
            found[slot] = (None, one)  # \\delta_t is a derivative: its recursion is then a claim
        if one.pattern == "t" and slope and found.get(slot) == (None, one):
            found.pop((one.key, LAST), None)  # and so is what it is at the last time


def _without_examples(found: Found) -> Found:
    """The definitions without the numbers of an example: h_3 = 0.98 beside h_t = \\tanh(W h_{t-1})."""
    moving = {key for (key, _), (_, one) in found.items() if any(True for _ in names_in(one.right))}
    return {
        slot: held for slot, held in found.items() if slot[0] not in moving or not _is_worked_out(held[1])
    }


def _is_worked_out(one: Definition) -> bool:
    """Is a quantity given decimal numbers at one time after the start?"""
    nodes = list(walk(one.right))
    decimal = any(isinstance(node, Number) and "." in node.text for node in nodes)
    alone = not any(isinstance(node, Name) for node in nodes)
    return decimal and alone and one.pattern not in ("", "t") and not one.initial


def _met(one: Definition, vocabulary: Vocabulary) -> int:
    """The display in which a name is met as a parameter of a recurrence; its own where it is none.

    What a parameter is in a later recurrence, W = Q D Q^T, says nothing of those before it.
    """
    return one.display if one.key in COUNTERS else vocabulary.parameters.get(one.key, one.display)


def _called_out(claim: Claim, after: Claim | None) -> Claim:
    """J = CE(y, p) = -y \\log p says of J what it says of the function in between."""
    if after is None or after.formula is not claim.formula or after.link != claim.link + 1:
        return claim
    return replace(claim, right=after.right) if is_word_call(claim.right) else claim


def _by_name(found: Found) -> Found:
    """The definitions with the names of others in them: s_t = f(z_t), where z_t = W x_t is known."""
    parts = [one for _, one in found.values() if _is_part(one)]
    return (
        {slot: (claim, _with_parts(one, parts)) for slot, (claim, one) in found.items()} if parts else found
    )


def in_names(one: Definition, others: Iterable[Definition]) -> Definition:
    """h_{t+1} = f(W h_t) by the names that others give to its parts: h_t = f(z_t)."""
    now = _at_now(one)
    return _with_parts(now, filter(_is_part, others)) if now is not None else one


def _with_parts(one: Definition, parts: Iterable[Definition]) -> Definition:
    """A definition with the names of the parts in it."""
    parts = list(parts)

    def change(node: Surface) -> Surface:
        for part in parts:
            if part.key != one.key and node == part.right and part.time == one.time:
                return part.left
        return node

    right = rebuilt(one.right, change)
    return one if right == one.right or isinstance(right, Name) else replace(one, right=right)


def _is_part(one: Definition) -> bool:
    """Is a definition a sum or product of its own, which others may hold at its time?"""
    apart = isinstance(one.right, Binary | Juxtaposed) and application(one.right) is None
    return apart and one.pattern == "t" and not one.called and not one.indices


def _several(claims: Iterable[Claim], vocabulary: Vocabulary) -> bool:
    """Does a document define several networks: a quantity anew, by itself or by names not met at first?"""
    first: dict[str, tuple[Surface, int]] = {}
    met: dict[str, int] = {}  # the display in which a name is met
    every = [(claim, _at_now(definition(claim, vocabulary))) for claim in claims if claim.link == 0]
    parts = [one for _, one in every if one is not None and _is_part(one)]
    slopes = {one.key for _, one in every if one is not None and is_gradient(one)}  # of no network
    for claim, one in every:
        names = {vocabulary.refer(name).key for name in names_in(claim.right)}
        for key in names if one is None else names | {one.key}:
            met.setdefault(key, claim.display)
        if one is None or one.pattern != "t" or one.left.prefix or one.left.base == "\\delta":
            continue
        if one.key in slopes:
            continue
        right, display = first.setdefault(one.key, (one.right, claim.display))
        if _is_general(right):  # h_t = f(h_{t-1}, x_t) says less than what follows
            first[one.key] = (one.right, claim.display)
            continue
        if _with_parts(replace(one, right=right), parts).right == one.right:
            continue  # h_t = f(z_t), where z_t is what f takes at first
        if right != one.right and one.key in names | _leaves(names, first, vocabulary):
            return True
        if right != one.right and any(met[key] > display for key in _leaves(names, first, vocabulary)):
            return True
    return False


def _at_now(one: Definition | None) -> Definition | None:
    """h_{t+1} = f(h_t) as h_t = f(h_{t-1})."""
    if one is None or one.time is None:
        return one
    letter, offset = split(one.time)
    if letter is None or not offset:
        return one
    return replace(one, time=letter, right=at_time(one.right, letter, time_of(letter, -offset)))


def _is_general(right: Surface) -> bool:
    """Is a quantity said to be some function of several others, and no more?"""
    call = application(right)
    return call is not None and call[0].base not in KNOWN and len(call[1].items) > 1


def _leaves(
    names: Iterable[str], first: Mapping[str, tuple[Surface, int]], vocabulary: Vocabulary
) -> set[str]:
    """What quantities come from by their definitions: of h = \\tanh(z) where z = W x + b, W and x and b."""
    leaves: set[str] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        key = waiting.pop()
        if key not in seen and key in first:
            waiting += [vocabulary.refer(name).key for name in names_in(first[key][0])]
        elif key not in first:
            leaves.add(key)
        seen.add(key)
    return leaves


def named_functions(chains: Iterable[Chain]) -> dict[str, str]:
    """The functions that are another one by name: S(z) = \\sigma(z)."""
    found = {}
    for relation in (one for chain in chains for one in chain.relations() if one.op in EQUALS):
        left, right = application(relation.left), application(relation.right)
        if left is None or right is None or left[1].items != right[1].items:
            continue
        plain = left[0].time is None and not left[0].subscripts and left[0].base not in KNOWN
        if plain and right[0].base in ELEMENTARY and len(left[1].items) == 1:
            found[left[0].base] = right[0].base
    return found


def labels(claims: Iterable[Claim], vocabulary: Vocabulary) -> Iterator[Definition]:
    """What underbraces define: the name under a brace is what stands over it."""
    for claim in claims:
        for side in claim_sides(claim):
            for brace in braces(side):
                if isinstance(brace.label, Name):
                    reference = vocabulary.refer(brace.label)
                    yield Definition(
                        reference.key, reference.time, (), brace.body, claim.display, brace.label
                    )


def implied(claims: Iterable[Claim], vocabulary: Vocabulary) -> Iterator[Definition]:
    r"""What f(z) = f(W x) and \sum_t E_t = \sum_t l(y_t) say of z and E_t."""
    for claim in claims:
        if claim.op not in EQUALS or claim.left is None:
            continue
        for left, right in (*alike(claim.left, claim.right), *mirrored(claim)):
            one = defined(vocabulary, left, right, claim.display, vocabulary.entries_of(claim), False)
            if one is not None:
                yield one


def spoken(reading: Reading, vocabulary: Vocabulary, known: frozenset[str]) -> Iterator[Definition]:
    """The definitions in the prose: by a formula that speaks of known quantities, and initial values."""
    starts = [formula.start for formula in reading.document.displays]
    said: list[Definition] = []
    for formula, chain in reading.inline:
        display = sum(start < formula.start for start in starts)
        place = Place(reading.document.source, formula.line, formula.column, "")
        for link, item in enumerate(chain.relations()):
            one = definition(_said(item, display, place, link), vocabulary)
            if one is not None and (_is_formula(one) or _initial(one)):
                said.append(one)
    known |= {one.key for one in said if one.pattern == "t"}
    yield from (one for one in said if _speaks_of(one, known, vocabulary))


def _speaks_of(one: Definition, known: frozenset[str], vocabulary: Vocabulary) -> bool:
    """Does a definition in the prose belong to the quantities of the displays?"""
    names = (one.left, *names_in(one.right))
    entries = vocabulary.writing.entries(one.right) if one.left.base in SCALARS else frozenset()
    return one.pattern == "t" or any(vocabulary.refer(name, entries).key in known for name in names)


def _said(item: Relation, display: int, place: Place, link: int) -> Claim:
    return Claim(display, place, "", item.op, item.left, item.right, item.left, link)


def _is_formula(one: Definition) -> bool:
    """Is a quantity given by a formula, rather than a size or a case that is looked at?"""
    return not isinstance(one.right, Number | Name | Dots | Bracket) and not _is_word(one.right)


def _is_word(node: Surface) -> bool:
    """Do at least three letters stand close together: x^{<3>} = and?"""
    letters: list[Surface] = []
    while isinstance(node, Juxtaposed) and not node.direct:
        letters.append(node.right)
        node = node.left
    letters.append(node)
    plain = all(isinstance(one, Name) and one == Name(one.at, one.base) for one in letters)
    close = all(one.at.start == before.at.stop for one, before in pairwise(letters))
    return len(letters) > 2 and plain and close and all(getattr(one, "base", "").isalpha() for one in letters)


def _initial(one: Definition) -> bool:
    return one.initial and isinstance(one.right, Number)


def beside_logarithm(node: Surface) -> Name | None:
    """y in y \\log p, y^T \\log p and y \\cdot \\log p."""
    match node:
        case Juxtaposed(left=left, right=Apply(function="log" | "ln")):
            pass
        case Binary(op=op, left=left, right=Apply(function="log" | "ln")) if op not in ("+", "-", "/"):
            pass
        case Bracket(items=(left, Apply(function="log" | "ln"))):
            pass
        case _:
            return None
    while isinstance(left, Transpose | Negative):
        left = left.operand
    if isinstance(left, Juxtaposed):
        left = left.right
    if isinstance(left, Scripted):  # (Y_t)_{ij}, an entry
        left = upright(left.base)
    return left if isinstance(left, Name) else None
