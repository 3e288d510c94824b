"""The reverse sweep a block of times at a time: adjoints and seeds take the memory of a block.

For the reverse sweep a block is a series of its own, whose forward run has been kept. What it gives to the
states that it starts from reaches the block before it as a cotangent of its last states; what it gives to
parameters is added up. Blocks have so many rows, times by samples, that the products over them are as fast
as over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Plus, Quantity, SumOver, Times, quantities, subexpressions
from symbptt.programs.arrays.scans import ScannedBody
from symbptt.programs.plan.linear import Scan
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import Storage
from symbptt.programs.plan.program import Plan, Statement
from symbptt.programs.source.lines import assigned
from symbptt.recurrence import Recurrence, T, t

OWN = (
    *("blocks", "loss_of_block", "pull_back_in_blocks", "with_block", "kept_of", "part_of", "between"),
    *("outputs", "after", "later", "ROWS", "first", "last", "part", "own", "more"),
)
ROWS = ("ROWS", "256  # of a block of the reverse sweep: times by samples")


def can_be_cut(plan: Plan) -> bool:
    """Whether the reverse sweep of a part of the series is that of a series of its own.

    It is not where an equation names the time or the number of steps, where an input of an earlier block is
    looked back to, or where initial values are computed: their gradients belong to the first block alone.
    """
    given = {x.name for x in plan.source.inputs}
    reads = [q for e in plan.source.steps for q in quantities(e.right) if q.name in given]
    timeless = not any(_names_time(e.right, {t, T}) for e in plan.source.steps)
    return timeless and not plan.started and all(q.time == t for q in reads)


def is_sum_over_times(recurrence: Recurrence) -> bool:
    """Whether the loss is a sum over all times of what is looked at at each by itself."""
    return recurrence.loss is not None and all(map(_is_sum, _terms(recurrence.loss.right)))


def _terms(value: Basic) -> tuple[Basic, ...]:
    return value.args if isinstance(value, (Plus, sympy.Add)) else (value,)


def _is_sum(term: Basic) -> bool:
    if isinstance(term, Times):
        numbers = [f for f in term.args if isinstance(f, sympy.Expr) and f.is_number]
        others = [f for f in term.args if f not in numbers]
        return len(others) == 1 and _is_sum(others[0])
    if not isinstance(term, SumOver) or term.args[2:] != (sympy.S.One, T):
        return False
    value, index = term.args[:2]
    seen = quantities(value)
    return all(q.time == index for q in seen) and not _names_time(value, {index, T})


def _names_time(node: Basic, times: set[sympy.Symbol]) -> bool:
    numbers = (part for part in subexpressions(node) if isinstance(part, sympy.Expr))
    return any(part.free_symbols & times for part in numbers)


@dataclass(frozen=True)
class BlockedBody(ScannedBody):
    """The bodies of a module whose reverse sweep goes through blocks of times."""

    @property
    def sweep(self) -> str:
        return "pull_back_in_blocks"

    @cached_property
    def in_parts(self) -> bool:
        """Whether the loss is computed block by block, with its gradients."""
        return is_sum_over_times(self.plan.source)

    # -------------------------------------------------------------- after the loop

    @cached_property
    def apart(self) -> bool:
        """Whether what follows the loop is computed block by block too, never for all times at once."""
        after = self.plan.forward_after
        plain = not any(isinstance(s, Scan) for s in after)
        whole = all(self.storage[s.target.name] is Storage.WHOLE for s in after)
        return bool(after) and plain and whole and (self.in_parts or self.recurrence.loss is None)

    @property
    def run_after(self) -> Sequence[Statement]:
        return [] if self.apart else super().run_after

    @property
    def kept_by_run(self) -> dict[str, str]:
        return {key: name for key, name in self.by_key.items() if name not in self._outputs}

    @cached_property
    def _outputs(self) -> set[str]:
        """The variables that are computed after the loop, block by block."""
        return {self.variable(s.target) for s in self.plan.forward_after} if self.apart else set()

    def outputs(self) -> list[str]:
        """The body of the function that computes them; none where there is no such function."""
        if not self.apart:
            return []
        written = {s.target.name for s in (*self.plan.forward_before, *self.plan.forward_loop)}
        found = {key: name for key, name in self.by_key.items() if name in self._outputs}
        body = [*self._lines(self.plan.forward_after, written), *assigned("after", found)]
        given = [line for line in self._from_kept() if line[0] not in self._outputs]
        start = [*self._lengths(), *self._series(self._inputs_apart(), "inputs"), *given]
        return self._with_needed(start, [*body, "return {**kept, **after}"])

    def _inputs_apart(self) -> list[Quantity]:
        return [q for q in self.recurrence.inputs if self.variable(q) not in self.kept]

    # -------------------------------------------------------------- back

    def carried(self) -> list[str]:
        """The lines that give to the last states what later blocks give to those that they start from."""
        lags = self.plan.source.lags
        rows = {q: "-1" if lags[q.name] == 1 else f"-{lags[q.name]}:" for q in self.initials}
        adds = [f"{self.variable(adjoint(q))}[{row}] += later[{self.key(q)}]" for q, row in rows.items()]
        return ["if later:", *(f"    {line}" for line in adds)] if adds else []

    def loss(self) -> list[str]:
        """The lines that compute the loss and its gradients: block by block where the loss can be."""
        if not self.in_parts:
            return super().loss()
        aims = "between(targets, first, last)" if self.recurrence.targets else "{}"
        return [
            "loss, gradients = 0.0, {}",
            "for first, last in blocks(inputs):",
            "    part, own = between(inputs, first, last), kept_of(kept, inputs, first, last)",
            *(["    own = outputs(parameters, part, own)"] if self.apart else []),
            f"    more, cotangents = loss_of_block(parameters, part, {aims}, own)",
            "    gradients = with_block(gradients, parameters, part, own, cotangents, first)",
            "    loss += more",
            "    del part, own, cotangents  # those of the next block take their place",
        ]

    def loss_of_block(self) -> list[str]:
        """The body of the function for the loss of a block; none where there is no such function."""
        if not self.in_parts:
            return []
        body, cotangents = self.loss_and_cotangents()
        return self.with_given([*body, *assigned("cotangents", cotangents), "return loss, cotangents"])

    def constants(self) -> list[str]:
        """The keys of what the forward run keeps that is no series."""
        statics = {self.variable(e.left) for e in self.recurrence.statics}
        return [f'"{key}"' for key, name in self.kept_by_run.items() if name in statics]

    def told(self) -> dict[str, Any]:
        """What the template asks for."""
        inputs = self.plan.source.inputs
        return {
            "loss": self.loss_of_block(),
            "outputs": self.outputs(),
            "constants": self.constants(),
            "steps": f"len(inputs[{self.key(inputs[0])}])" if inputs else 'inputs["T"]',
            "lengths": [line for _, line in self._lengths() if line.startswith(("T", "B"))],
        }
