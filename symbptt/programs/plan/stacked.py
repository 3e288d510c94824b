"""Products with a shared operand become one: gates W_i x + U_i a + b_i are slices of one W x + U a + b.

Stacked are equations of the loop that are sums of products by the same operands and of constants: their
weights and constants become blocks, which are computed once, and the equations slices of one. Those that
one function is applied to stand together, and the function is applied to them at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Block,
    Dot,
    Plus,
    Quantity,
    Slice,
    Zeros,
    quantities,
    rewrite,
    shape_of,
    size,
)
from symbptt.functions import is_columnwise
from symbptt.programs.plan.groups import grouped
from symbptt.programs.plan.names import key
from symbptt.programs.plan.weights import is_column, is_static, is_weighted
from symbptt.recurrence import Equation, Recurrence, t


@dataclass(frozen=True)
class Affine:
    """An equation `left = sum of weight_v operand_v + constant`; the constant is None where there is none."""

    left: Quantity
    weights: dict[Basic, Basic]
    constant: Basic | None

    @property
    def operands(self) -> frozenset[Basic]:
        """What the weights multiply."""
        return frozenset(self.weights)


def stacked(recurrence: Recurrence) -> Recurrence:
    """The same recurrence with the equations of the loop stacked that share all of their operands."""
    families: dict[frozenset[Basic], list[Affine]] = {}
    for e in grouped(recurrence).loop:
        found = affine(e)
        if found is not None:
            families.setdefault(found.operands, []).append(found)
    for family in families.values():
        if len(family) > 1:
            recurrence = _Stack(recurrence, family).recurrence()
    return recurrence


def affine(e: Equation) -> Affine | None:
    """A column's equation as weighted operands and a constant; None for one that is no such sum."""
    if not is_column(e.left):
        return None
    weights: dict[Basic, Basic] = {}
    constants = []
    for term in e.right.args if isinstance(e.right, Plus) else (e.right,):
        if is_static(term):
            constants.append(term)
        elif is_weighted(term) and term.args[-1] not in weights:
            weights[term.args[-1]] = Dot(*term.args[:-1])
        else:
            return None
    return Affine(e.left, weights, Plus(*constants) if constants else None) if weights else None


# ------------------------------------------------------------------ one stack


@dataclass(frozen=True)
class _Stack:
    """Equations with the same operands, to be replaced by one."""

    source: Recurrence
    family: Sequence[Affine]

    def recurrence(self) -> Recurrence:
        """The recurrence with the stack in their place; what nothing needs any more is left out."""
        members = self._members()
        names = _Names(self.source)
        whole = Quantity(names.of([m.left for m in members]), (_length(members),), (), t)
        places = dict(zip([m.left for m in members], _slices(whole, members), strict=True))
        kept = [e for e in self.source.equations if e.left not in places]
        kept = [dataclasses.replace(e, right=rewrite(e.right, lambda q: _argument(q, places))) for e in kept]
        kept, joined = self._values_joined(kept, whole, members, names)
        parts = [Equation(q, place) for q, place in places.items() if self._is_needed(q, kept)]
        return dataclasses.replace(
            self.source, equations=(*kept, *self._equation(whole, members, names), *parts, *joined)
        )

    def _members(self) -> list[Affine]:
        """The family, those beside each other that one function is applied to."""
        functions = {m.left: self._function(m.left) for m in self.family}
        order = list(dict.fromkeys(functions.values()))
        return sorted(self.family, key=lambda m: order.index(functions[m.left]))

    def _function(self, q: Quantity) -> Basic:
        """The one elementwise function that is applied to a quantity; the quantity itself where none is."""
        uses = [e.right for e in self.source.steps if isinstance(e.right, Apply) and e.right.argument == q]
        single = len(uses) == 1 and uses[0].order == 0 and not is_columnwise(uses[0].function)
        return uses[0].function if single else q

    def _equation(self, whole: Quantity, members: Sequence[Affine], names: _Names) -> list[Equation]:
        """The stack's equation, and before it those of its weights and of its constant."""
        statics, terms = [], []
        for operand in members[0].weights:
            weights = Block(*([m.weights[operand]] for m in members))
            statics.append(
                Equation(Quantity(names.of(m.weights[operand] for m in members), *shape_of(weights)), weights)
            )
            terms.append(Dot(statics[-1].left, operand))
        if any(m.constant is not None for m in members):
            constants = [Zeros(m.left.shape.rows) if m.constant is None else m.constant for m in members]
            stack = Block(*([constant] for constant in constants))
            statics.append(Equation(Quantity(names.of(constants), *shape_of(stack)), stack))
            terms.append(statics[-1].left)
        return [*statics, Equation(whole, Plus(*terms))]

    def _is_needed(self, q: Quantity, others: Iterable[Equation]) -> bool:
        wanted = {x.name for x in (*self.source.states, *self.source.outputs)}
        return q.name in wanted or any(x.name == q.name for e in others for x in quantities(e.right))

    def _values_joined(
        self, equations: list[Equation], whole: Quantity, members: Sequence[Affine], names: _Names
    ) -> tuple[list[Equation], list[Equation]]:
        """One value for all neighbours that one function is applied to; the values are slices of it."""
        places = _slices(whole, members)
        owners = {e.right.argument: e for e in equations if isinstance(e.right, Apply)}
        joined: list[Equation] = []
        for start, stop in _runs([self._function(m.left) for m in members]):
            values = [owners[place] for place in places[start:stop]] if stop - start > 1 else []
            if values:
                run = members[start:stop]
                value = Quantity(names.of([e.left for e in values]), (_length(run),), (), t)
                argument = Slice(whole, 0, _length(members[:start]), _length(members[:stop]))
                joined.append(Equation(value, Apply(values[0].right.function, argument)))
                joined += [
                    Equation(e.left, place, e.place)
                    for e, place in zip(values, _slices(value, run), strict=True)
                ]
        replaced = {e.left for e in joined}
        return [e for e in equations if e.left not in replaced], joined


def _argument(node: Basic, places: dict[Quantity, Basic]) -> Basic:
    """A function of a part as a function of the part's slice."""
    if isinstance(node, Apply) and node.argument in places:
        return Apply(node.function, places[node.argument], node.order)
    return node


def _runs(keys: Sequence[Basic]) -> list[tuple[int, int]]:
    """Where each run of equal keys starts and stops."""
    starts = [i for i, value in enumerate(keys) if i == 0 or value != keys[i - 1]]
    return list(zip(starts, [*starts[1:], len(keys)], strict=True))


def _length(members: Sequence[Affine]) -> sympy.Expr:
    return sympy.expand(sympy.Add(*(size(m.left.shape.rows) for m in members)))


def _slices(whole: Quantity, members: Sequence[Affine]) -> list[Basic]:
    """The part of the whole that each member is."""
    return [
        Slice(whole, 0, _length(members[:i]), _length(members[: i + 1]), m.left.shape.rows)
        for i, m in enumerate(members)
    ]


# ------------------------------------------------------------------ names


class _Names:
    """Names of what is stacked: what the names of the parts begin with, or all of them in a row."""

    def __init__(self, recurrence: Recurrence) -> None:
        self._taken = {key(name) for name in recurrence.quantities}

    def of(self, parts: Iterable[Basic]) -> str:
        """A name that nothing has."""
        found = [key(next(iter(quantities(part))).name) for part in parts if quantities(part)]
        name = _beginning(found) or "_".join(found)
        while name in self._taken:
            name += "_all" if not name.endswith("_all") else "'"
        self._taken.add(name)
        return name


def _beginning(names: Sequence[str]) -> str:
    """The words that all names begin with: W of W_u and W_f."""
    words = [name.split("_") for name in names]
    same = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        same.append(column[0])
    return "_".join(same)
