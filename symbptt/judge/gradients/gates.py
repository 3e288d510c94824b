r"""Names such as df_t that stand for the gradient by what the function of a gate is applied to.

Where f_t = \sigma(W h_{t-1} + b), many write df_t = dc_t c_{t-1} f_t (1 - f_t): the gradient by the
pre-activation, which may have no name. It is given one then (f_t = \sigma(p_t), p_t = W h_{t-1} + b), and
df_t is read as the gradient by it in the documents, and of the gates, whose own equations are true so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symbptt.judge.gradients.slopes import argument_of
from symbptt.judge.notation.deltas import is_delta
from symbptt.judge.notation.normal import EQUALS, Change, normal_chain, rebuilt
from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim, Reading
from symbptt.reader.syntax import BEFORE, Chain, Derivative, Link, Name, Surface

Gates = Mapping[str, Definition]  # by the key of the gate, what defines it


def gates(reading: Reading, first: Iterable[Definition], vocabulary: Vocabulary) -> Gates:
    """The gates whose gradients the document writes as names, in the order of their equations."""
    defined = {one.key: one for one in first if one.pattern == "t" and argument_of(one.right) is not None}
    heads = [_gate(claim, vocabulary) for claim in reading.claims if isinstance(claim, Claim)]
    return {key: defined[key] for key in heads if key in defined}


def equations(reading: Reading, chosen: Gates, vocabulary: Vocabulary) -> Iterator[int]:
    """The numbers of the claims that say what the gradients by some gates are."""
    for number, claim in enumerate(reading.claims):
        if isinstance(claim, Claim) and _gate(claim, vocabulary) in chosen:
            yield number


def _gate(claim: Claim, vocabulary: Vocabulary) -> str:
    """Of what the left side is the gradient, where it is a gradient with a name."""
    left = claim.left
    if not isinstance(left, Derivative) or not is_delta(left) or claim.op not in EQUALS:
        return ""
    variable = left.denominators[0]
    return vocabulary.refer(variable).key if isinstance(variable, Name) else ""


def before_functions(reading: Reading, chosen: Gates, vocabulary: Vocabulary) -> Reading:
    """The document with the gradients by these gates meant as those by the arguments of their functions."""
    if not chosen:
        return reading

    def change(node: Surface) -> Surface:
        if not isinstance(node, Derivative) or not is_delta(node):
            return node
        variable = node.denominators[0]
        if not isinstance(variable, Name) or vocabulary.refer(variable).key not in chosen:
            return node
        known = _named_argument(chosen[vocabulary.refer(variable).key])
        if known is None:
            return replace(node, denominators=(argument_name(variable),))
        before = replace(known, time=variable.time, superscripts=variable.superscripts)
        return replace(node, denominators=(before,))

    claims = tuple(
        _changed(item, change, chosen) if isinstance(item, Claim) else item for item in reading.claims
    )
    chains = tuple(normal_chain(chain, change) for chain in reading.chains)
    formula = next(item.formula for item in reading.claims if isinstance(item, Claim) and item.formula)
    said = [(formula, _says(one)) for one in chosen.values() if _named_argument(one) is None]
    inline = tuple((place, normal_chain(chain, change)) for place, chain in reading.inline)
    return replace(reading, claims=claims, chains=chains, inline=(*inline, *said))


def _changed(claim: Claim, change: Change, chosen: Gates) -> Claim:
    """A claim with its gradients changed; where it defines a gate, by the name of the argument."""
    for one in chosen.values():
        if claim.left == one.left and claim.right == one.right and _named_argument(one) is None:
            return replace(claim, right=by_argument(one))
    left, head = (None if side is None else rebuilt(side, change) for side in (claim.left, claim.head))
    return replace(claim, left=left, right=rebuilt(claim.right, change), head=head)


def by_argument(one: Definition) -> Surface:
    """The right side of a gate, with a name for what its function is applied to."""
    argument, name = argument_of(one.right), argument_name(one.left)
    return rebuilt(one.right, lambda node: name if node == argument else node)


def with_argument(one: Definition, vocabulary: Vocabulary) -> tuple[Definition, Definition]:
    """A gate by the name of what its function is applied to, and the definition of that."""
    argument, name = argument_of(one.right), argument_name(one.left)
    if argument is None:
        raise ValueError("a gate is a function of something")
    below = replace(one, key=vocabulary.refer(name).key, left=name, right=argument)
    return replace(one, right=by_argument(one)), below


def _named_argument(one: Definition) -> Name | None:
    """What the function of a gate is applied to, where that has a name: \\bar{o}^t in \\sigma(\\bar{o}^t)."""
    argument, gate = argument_of(one.right), one.left
    if not isinstance(argument, Name):
        return None
    return argument if (argument.time, argument.superscripts) == (gate.time, gate.superscripts) else None


def _says(one: Definition) -> Chain:
    """The definition of the argument's name."""
    argument = argument_of(one.right)
    if argument is None:
        raise ValueError("a gate is a function of something")
    return Chain(one.left.at, argument_name(one.left), (Link(argument.at, "=", argument),))


def argument_name(gate: Name) -> Name:
    """The name of what the function of a gate is applied to."""
    return replace(gate, accents=(*gate.accents, BEFORE))
