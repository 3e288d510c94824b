r"""Sets of units: U the units of a network and I its inputs, numbered through.

    z_k(t) = x_k(t) if k \in I, y_k(t) if k \in U          s_k(t) = \sum_{l \in U \cup I} w_{kl} z_l(t)

Every quantity has an entry for each unit of all the sets; which of them count is said where they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import BigOperator, Binary, Cases, Chain, Name, Relation, Surface
from symbptt.reader.walks import names_in, walk

ALL_UNITS = "units"  # the label of the axis of all units
SHARE = 3  # units in each set, where sizes differ
MEMBER = "\\in"
UNION = "\\cup"
LEAST = 2


def unit_sets(chains: Iterable[Chain]) -> tuple[str, ...]:
    """The sets that make up the units, joined below a sum or told apart by cases; first that of the states.

    The states are what statements define: y_k where k is in U, when x_k where k is in I is given.
    """
    chains = tuple(chains)
    nodes = [node for chain in chains for side in sides_of(chain) for node in walk(side)]
    defined = {chain.first.stem for chain in chains if isinstance(chain.first, Name) and chain.links}
    found: dict[str, bool] = {}
    for node in nodes:
        for name in (name for one in _united(node) for name in _joined(one)):
            found.setdefault(name, False)
    for domain, body in (pair for node in nodes for pair in _alone(node)):
        if domain in found:
            found[domain] = found[domain] or any(name.stem in defined for name in names_in(body))
    return tuple(sorted(found, key=lambda name: not found[name]))


def _united(node: Surface) -> Iterator[Surface]:
    """The sets that one node holds together."""
    match node:
        case BigOperator(domain=Binary(op=op) as domain) if op == UNION:
            yield domain
        case Cases(rows=rows):
            conditions = [condition for _, condition in rows if isinstance(condition, Relation)]
            told = [condition.right for condition in conditions if condition.op == MEMBER]
            yield from told if len(told) >= LEAST else ()


def _alone(node: Surface) -> Iterator[tuple[str, Surface]]:
    """What is said of the units of one set: the body of a sum over it, the value of a case."""
    match node:
        case BigOperator(domain=Name(time=None) as domain, body=body):
            yield domain.canonical, body
        case Cases(rows=rows):
            for value, condition in rows:
                match condition:
                    case Relation(op=op, right=Name(time=None) as domain) if op == MEMBER:
                        yield domain.canonical, value


def letter_of(condition: Surface | None) -> str:
    """The letter k of k \\in U; nothing for any other condition."""
    match condition:
        case Relation(op=op, left=Name(base=base)) if op == MEMBER:
            return base
    return ""


def members(domain: Surface, sets: Sequence[str], units: int) -> list[int] | None:
    """The numbers of the units in a set or a union, of so many in all; None for any other domain."""
    names = list(_joined(domain))
    if not names or not set(names) <= set(sets):
        return None
    share = -(-units // len(sets))
    spans = {
        name: range(1 + share * place, 1 + min(units, share * (place + 1))) for place, name in enumerate(sets)
    }
    return sorted({number for name in names for number in spans[name]})


def _joined(domain: Surface) -> Iterator[str]:
    """The names in a union."""
    match domain:
        case Binary(op=op, left=left, right=right) if op == UNION:
            yield from _joined(left)
            yield from _joined(right)
        case Name(time=None):
            yield domain.canonical
