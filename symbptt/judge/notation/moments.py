"""Names for what stands in an equation at one time alone: "with z_3 = V s_3", where y_t = softmax(V s_t)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.sided import Sided, claim_names
from symbptt.judge.notation.vocabulary import Vocabulary, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.reader.syntax import BigOperator, Binary, Name, Number, Surface
from symbptt.reader.walks import walk

MOST_STEPS = 8


def at_one_time(
    said: Iterable[Definition], every: Iterable[Definition], vocabulary: Vocabulary
) -> Iterator[Definition]:
    """The equations at the time of such a name, with the name in them: y_3 = softmax(z_3)."""
    general = [one for one in every if isinstance(one.time, Name) and not one.called and not one.indices]
    for part in said:
        times = {vocabulary.refer(name).time for name in names_in(part.right)} - {None}
        number = times.pop() if len(times) == 1 else None
        if part.time is not None or part.indices or not isinstance(number, Number):
            continue
        for one in general:
            moment = _Moment(vocabulary, one, part, number)
            right = rebuilt(one.right, moment.changed)
            if part.left in walk(right):
                yield replace(one, time=number, right=right)


def at_start(every: Iterable[Definition], vocabulary: Vocabulary) -> Iterator[Definition]:
    """What follows at time 0 from a formula: a_0 = \\tanh(z_0), where z_0 = W x_0 and a_t = \\tanh(z_t)."""
    every = list(every)
    started = {one.key for one in every if one.initial}
    given = {one.key for one in every if one.initial and any(True for _ in names_in(one.right))}
    for one in every:
        if one.key in started or not isinstance(one.time, Name) or one.called or one.indices or not given:
            continue
        references = [vocabulary.refer(name) for name in names_in(one.right)]
        here = all(reference.time in (None, one.time) for reference in references)
        if here and any(reference.key in given for reference in references):
            nothing = Number(one.time.at, "0")
            yield replace(one, time=nothing, right=rebuilt(one.right, partial(_moved, one.time, nothing)))


def at_zero(every: Iterable[Definition], vocabulary: Vocabulary) -> Iterator[Definition]:
    r"""What equations of one time say of time 0, y_0 = C x_0, where the steps of the document begin there.

    They do where the state is found one step ahead, x_{t+1} = A x_t, and its start x_0 is given; and outputs
    have one where a sum over time begins at 0. A state that is found from the step before has none: nothing
    says what z_0 of h_t = \\tanh(z_t) and z_t = W h_{t-1} is. It has one where both are asked for at the step
    before: r_0 = \\tanh(v_0), where v_t = a v_{t-1} + W r_{t-1} and r_t = \\tanh(v_t).
    """
    every = list(every)
    nodes = (node for one in every for node in walk(one.right))
    from_zero = any(_from_zero(node, vocabulary.names.letter) for node in nodes)
    steps = [one for one in every if one.pattern == "t"]
    names = {id(one): [vocabulary.refer(name) for name in names_in(one.right)] for one in steps}
    rests = {one.key: {reference.key for reference in names[id(one)]} for one in steps}
    started = {one.key for one in every if one.initial}
    ahead = {one.key for one in steps if isinstance(one.time, Binary) and one.time.op == "+"}
    plain = [one for one in steps if isinstance(one.time, Name) and not one.called]
    here = [one for one in plain if all(found.time in (None, one.time) for found in names[id(one)])]
    settled = ahead | {key for one in steps for key in rests[one.key]} - rests.keys()
    for _ in here:
        settled |= {one.key for one in here if rests[one.key] <= settled}
    timed = {one.key: {found.key for found in names[id(one)] if found.time is not None} for one in here}
    asked = {found.key for one in steps for found in names[id(one)] if _is_before(found.time, one.time)}
    both = {key for key in asked & timed.keys() if timed[key] and timed[key] <= asked}
    both |= {key for key, rest in timed.items() if rest & both and rest <= both | asked}
    for one in here:
        begun = bool(ahead) and one.key in settled
        output = from_zero and one.key not in _reached(one.key, rests)
        if one.time is not None and one.key not in started | ahead and (begun or output or one.key in both):
            nothing = Number(one.time.at, "0")
            yield replace(one, time=nothing, right=rebuilt(one.right, partial(_moved, one.time, nothing)))


def _is_before(time: Surface | None, now: Surface | None) -> bool:
    """Is this t - 1, where it is t now?"""
    match time:
        case Binary(op="-", left=left, right=Number(text="1")):
            return left == now
    return False


def _from_zero(node: Surface, letter: str) -> bool:
    """Is this a sum over time that starts at 0?"""
    match node:
        case BigOperator(indices=(Name(base=index),), lower=Number(text="0")):
            return index == letter
    return False


def _reached(key: str, rests: Mapping[str, set[str]]) -> set[str]:
    """What a quantity rests on, at any depth; itself among it where it is a state."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        fresh = rests.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def last_written(claim: Sided, vocabulary: Vocabulary) -> int | None:
    r"""The last step that is written out: 3 in \nabla_W E = \delta_3 s_2^\top + \delta_2 s_1^\top."""
    times = [vocabulary.refer(name).time for name in claim_names(claim)]
    numbers = {int(time.text) for time in times if isinstance(time, Number) and time.text.isdigit()}
    return max(numbers) if {1, 2} <= numbers and max(numbers) <= MOST_STEPS else None


def _moved(letter: Surface, number: Surface, node: Surface) -> Surface:
    """A time as the number that it is."""
    return number if node == letter else node


@dataclass(frozen=True, slots=True)
class _Moment:
    """The change of an equation at any time to one at a number, with a name for a part of it."""

    vocabulary: Vocabulary
    equation: Definition
    part: Definition
    number: Number

    def changed(self, node: Surface) -> Surface:
        """A node, once what it holds has been changed."""
        letter = self.equation.time
        if isinstance(letter, Name) and node == letter:
            return replace(self.number, at=node.at)
        alike = type(node) is type(self.part.right) and self._plain(node) == self._plain(self.part.right)
        return replace(self.part.left, at=node.at) if alike else node

    def _plain(self, node: Surface) -> Surface:
        """A formula in which no name shows how its time is spelled."""
        return rebuilt(node, self._named)

    def _named(self, node: Surface) -> Surface:
        if not isinstance(node, Name):
            return node
        reference = self.vocabulary.refer(node)
        exponent = () if reference.exponent is None else (reference.exponent,)
        return Name(
            node.at,
            reference.key,
            subscripts=reference.indices,
            superscripts=exponent,
            primes=node.primes,
            time=reference.time,
        )
