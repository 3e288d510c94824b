"""The loss and its gradients a block of times at a time, forward and back, for some of the samples.

A block is a series of its own: it starts from the last states of the block before it, and what it gives to
those reaches that block as a cotangent. Its inputs and targets are copied out of those of all samples: so
threads take parts of the samples without copies of whole series, and adjoints take the memory of a block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbptt.expressions import Quantity
from symbptt.programs.arrays.blocks import can_be_cut, is_sum_over_times
from symbptt.programs.loops.kernels import Kernels, tuple_of
from symbptt.programs.loops.lines import Writer, indented
from symbptt.programs.loops.routine import Routine
from symbptt.programs.loops.runs import start
from symbptt.programs.plan.names import adjoint

# Names of the lines below: quantities must have others.
OWN = (
    *("TIMES_BY_SAMPLES", "loss_in_parts", "loss_in_blocks", "first_sample", "last_sample"),
    *("samples", "count", "steps", "starts", "kept", "part", "aims", "looked", "by", "later", "first"),
    "by_inputs",
)


@dataclass(frozen=True)
class Blocks(Kernels):
    """The lines of the compiled function that goes through blocks."""

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

    def lines(self) -> list[str]:
        """The body of the function."""
        loss = self.loss_name()
        sums = self.listed(self.summed_gradients)
        body = [
            *self.preparing(),
            *self.preparing_for_sweep(),
            "samples = slice(first_sample, last_sample)",
            "count = T * (last_sample - first_sample) // TIMES_BY_SAMPLES + 1",
            "steps = T // count + 1",
            *self._through_time(),
            f"{loss} = real(0)",
            *self._zeros_of_sums(),
            *self._back(loss, sums),
            f"return ({', '.join([loss, *sums])}{'' if sums else ','}){' + later' if self.initials else ''}",
        ]
        return self.with_start(body)

    def _through_time(self) -> list[str]:
        """The forward run: what it keeps of each block."""
        names = [q.name for q in self.kept_quantities]
        starts = [f"{name}[:, samples].copy()" for name in self.listed(map(start, self.initials))]
        last = [f"found[{names.index(q.name)}][-{self.plan.source.lags[q.name]}:]" for q in self.initials]
        return [
            *_tuple("starts", starts),
            "kept = []",
            "for first in range(0, T, steps):",
            *indented(_tuple("part", self._of_block(self.plan.source.inputs))),
            f"    found = run({', '.join([*self._block, *self.listed([*self.stacks, *self.packed])])})",
            "    kept.append(found)",
            *indented(_tuple("starts", last)),
        ]

    def _back(self, loss: str, sums: list[str]) -> list[str]:
        """The reverse sweep, the last block first."""
        source, found = self.plan.source, [*self._block, *self.listed(self.stacks), "*found"]
        aims = ["*aims"] if source.targets else []
        swept = [*found, *self.listed(self.packed_for_sweep), "*looked[1:]"]
        places = {q.name: 1 + i for i, q in enumerate(self.seeds)}
        carried = [(places[adjoint(q).name], source.lags[q.name]) for q in self.initials]
        inputs = enumerate(self.by_inputs, len(sums))
        return [
            *_tuple("later", [f"np.zeros_like(starts[{i}])" for i in range(len(self.initials))]),
            "while len(kept) > 0:",
            "    found = kept.pop()",
            "    first = len(kept) * steps",
            *indented(_tuple("part", self._of_block(source.inputs))),
            *indented(_tuple("aims", self._of_block(source.targets))),
            f"    looked = loss_and_seeds({', '.join([*found, *aims])})",
            *(f"    looked[{place}][-{lag}:] += later[{i}]" for i, (place, lag) in enumerate(carried)),
            f"    by = pull_back({', '.join(swept)})",
            f"    {loss} += looked[0]",
            *(f"    {d} += by[{i}]" for i, d in enumerate(sums)),
            *(f"    put_block({d}, first, samples, by[{i}])" for i, d in inputs),
            *([f"    later = by[{len(sums) + len(source.inputs)}:]"] if self.initials else []),
        ]

    @property
    def _block(self) -> list[str]:
        """What the compiled functions take first, for a block."""
        return [*self.listed(self.plan.source.parameters), "*part", *(["*starts"] if self.initials else [])]

    def _of_block(self, series: Iterable[Quantity]) -> list[str]:
        return [f"block_of({name}, first, steps, samples)" for name in self.listed(series)]

    def _zeros_of_sums(self) -> list[str]:
        writer = Writer(Routine({}, set()), self.names, self.plan.front)
        return [self.zeros(writer, q) for q in self.summed_gradients]


def _tuple(name: str, parts: list[str]) -> list[str]:
    """The line that makes a tuple; none where it would be empty."""
    return [f"{name} = {tuple_of(parts)}"] if parts else []
