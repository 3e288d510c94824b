"""The loss and its gradients a block of times at a time, forward and back, for some of the samples.

A block is a series of its own: it starts from the last states of the block before it, and what it gives to
those reaches that block as a cotangent. Its inputs and targets are copied out of those of all samples: so
threads take parts of the samples without copies of whole series. The forward run keeps long blocks; the sweep
goes through each in shorter ones, so that its adjoints take little memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbptt.expressions import Quantity
from symbptt.programs.arrays.blocks import can_be_cut, is_sum_over_times
from symbptt.programs.loops.kernels import Kernels, tuple_of
from symbptt.programs.loops.lines import indented
from symbptt.programs.loops.runs import start
from symbptt.programs.plan.names import adjoint

# Names of the lines below: quantities must have others.
OWN = (
    *("TIMES_BY_SAMPLES", "AT_ONCE", "loss_in_parts", "run_in_blocks", "sweep_in_blocks", "run_of_block"),
    *("sweep_of_block", "first_sample", "last_sample", "samples", "count", "steps", "starts", "kept", "part"),
    *("aims", "looked", "by", "later", "first", "last", "begin", "stop", "by_inputs", "fixed", "own", "loss"),
)


@dataclass(frozen=True)
class Blocks(Kernels):
    """The lines of the functions that go through blocks."""

    @property
    def possible(self) -> bool:
        """Whether the loss is a sum of those of blocks, and a block can start from the one before."""
        source, kept = self.plan.source, {q.name for q in self.kept_quantities}
        cut = bool(source.inputs) and is_sum_over_times(source) and can_be_cut(self.plan)
        return cut and not self.looked_back_into() and all(q.name in kept for q in self.initials)

    @property
    def by_inputs(self) -> list[str]:
        """The arrays of all samples into which gradients by inputs are written."""
        return self.listed(map(adjoint, self.plan.source.inputs))

    @property
    def later(self) -> list[str]:
        """The gradients by the last states of a block through the blocks after it."""
        return self.listed(adjoint(start(q)) for q in self.initials)

    @property
    def last_states(self) -> list[str]:
        """The last states of a block, from which the next one starts."""
        names = [q.name for q in self.kept_quantities]
        return [f"found[{names.index(q.name)}][-{self.plan.source.lags[q.name]}:]" for q in self.initials]

    def fixed_for_sweeps(self) -> str:
        """What is the same at all times, for the sweeps: the stacks that the forward run had, and more."""
        count = len(self.stacks)
        stacks = f"fixed[:{count}]" if count else ""
        made = (
            f"prepared_for_sweep(*given{f', *{stacks}' if stacks else ''})" if self.packed_for_sweep else ""
        )
        return " + ".join(filter(None, [stacks, made])) or "()"

    def run_of_block(self) -> list[str]:
        """The body of the function that runs through a block."""
        body = [
            "samples = slice(first_sample, last_sample)",
            *_tuple("part", self._of_block(self.plan.source.inputs, "first", "steps")),
            f"return run({', '.join([*self._block, *self.listed([*self.stacks, *self.packed])])})",
        ]
        return self.with_start(body)

    def sweep_of_block(self) -> list[str]:
        """The body of the function that takes gradients back through a block."""
        loss = self.loss_name()
        returned = [loss, *self.listed(self.summed_gradients), *self.later]
        body = [
            "samples = slice(first_sample, last_sample)",
            "steps = max(AT_ONCE // (last_sample - first_sample), 1)",
            f"{loss} = real(0)",
            "for stop in range(last - first, 0, -steps):",
            *indented(self._back(loss)),
            f"return {tuple_of(returned)}",
        ]
        return self.with_start(body)

    def _back(self, loss: str) -> list[str]:
        """The loss and the reverse sweep of a part of the block."""
        source, sums = self.plan.source, self.listed(self.summed_gradients)
        found, aims = [*self._block, *self.listed(self.stacks), "*found"], ["*aims"] if source.targets else []
        swept = [*found, *self.listed(self.packed_for_sweep), "*looked[1:]", *sums]
        places = {q.name: 1 + i for i, q in enumerate(self.seeds)}
        carried = [(places[adjoint(q).name], source.lags[q.name]) for q in self.initials]
        rows = f"begin:stop + {self.plan.front}"
        where = "first + begin", "stop - begin"
        return [
            "begin = max(stop - steps, 0)",
            *_tuple("part", self._of_block(source.inputs, *where)),
            *_tuple("aims", self._of_block(source.targets, *where)),
            *_tuple("found", [f"{name}[{rows}]" for name in self.listed(self.kept_quantities)]),
            f"looked = loss_and_seeds({', '.join([*found, *aims])})",
            *(
                f"looked[{place}][-{lag}:] += {d}"
                for (place, lag), d in zip(carried, self.later, strict=True)
            ),
            f"by = pull_back({', '.join(swept)})",
            f"{loss} += looked[0]",
            *(f"{d} = by[{i}]" for i, d in enumerate(sums)),
            *(
                f"put_block({d}, first + begin, samples, by[{i}])"
                for i, d in enumerate(self.by_inputs, len(sums))
            ),
            *(f"{d} = by[{i}].copy()" for i, d in enumerate(self.later, len(sums) + len(source.inputs))),
        ]

    @property
    def _block(self) -> list[str]:
        """What the compiled functions take first, for a block."""
        return [*self.listed(self.plan.source.parameters), "*part", *self.listed(map(start, self.initials))]

    def _of_block(self, series: Iterable[Quantity], first: str, steps: str) -> list[str]:
        return [f"block_of({name}, {first}, {steps}, samples)" for name in self.listed(series)]


def _tuple(name: str, parts: list[str]) -> list[str]:
    """The line that makes a tuple; none where it would be empty."""
    return [f"{name} = {tuple_of(parts)}"] if parts else []
