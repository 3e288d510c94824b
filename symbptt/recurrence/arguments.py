"""Names for what functions are applied to (the pre-activations): the chain rule passes through them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from sympy.core.basic import Basic

from symbptt.expressions import Apply, Quantity, rewrite, shape_of, subexpressions
from symbptt.recurrence.equation import Equation, t
from symbptt.recurrence.system import Recurrence


def with_named_arguments(recurrence: Recurrence) -> Recurrence:
    """The same recurrence with a name for every compound argument of a function (the pre-activations).

    A derivative by the chain rule then has something to pass through: a_t = S(f_t), f_t = W a_{t-1} + ...
    """
    inner = [e for e in recurrence.steps if e.left not in recurrence.outputs]
    count = sum(_has_compound_argument(n) for e in inner for n in subexpressions(e.right))
    owners = [e.left.name for e in inner if any(map(_has_compound_argument, subexpressions(e.right)))]
    only = owners[0] if count == 1 else None
    functions = (f.name for f in recurrence.functions)
    fresh = _FreshNames({*recurrence.quantities, *map(str, recurrence.sizes), *functions}, only)
    equations: list[Equation] = []
    for e in recurrence.equations:
        if e.left.time == t:
            named, right = _name_arguments(e, fresh)
            equations.extend(named)
            equations.append(Equation(e.left, right, e.place))
        else:
            equations.append(e)
    return replace(recurrence, equations=tuple(equations))


def _has_compound_argument(node: Basic) -> bool:
    return isinstance(node, Apply) and not isinstance(node.argument, Quantity)


@dataclass
class _FreshNames:
    taken: set[str]
    only: str | None

    def after(self, owner: str) -> str:
        """A letter of its own where the states have one function in all, else z with the owner's name."""
        letters = ("f", "z", "u") if owner == self.only else ()
        numbered = (f"z_{{{owner},{i}}}" for i in itertools.count(2))
        candidates = itertools.chain(letters, [f"z_{{{owner}}}"], numbered)
        name = next(c for c in candidates if c not in self.taken)
        self.taken.add(name)
        return name


def _name_arguments(e: Equation, fresh: _FreshNames) -> tuple[list[Equation], Basic]:
    named: list[Equation] = []

    def name_argument(node: Basic) -> Basic:
        if not isinstance(node, Apply) or isinstance(node.argument, Quantity):
            return node
        argument = Quantity(fresh.after(e.left.name), *shape_of(node.argument), t)
        named.append(Equation(argument, node.argument, e.place))
        return Apply(node.function, argument, node.order)

    return named, rewrite(e.right, name_argument)
