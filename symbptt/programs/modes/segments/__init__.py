"""Gradients a segment of the series at a time: checkpoints, and truncated backpropagation through time.

Both drive the forward run and the reverse sweep of the ordinary module, which know nothing of it: a segment
is a series of its own that starts from the last states of the one before. `arrays` writes such modules for
NumPy, `series` for JAX and PyTorch.

Checkpoints keep the states before every segment of k steps and run each segment again on the way back, so
that memory grows as T/k + k, which is least for k = sqrt T (Chen, Xu, Zhang and Guestrin 2016, Training deep
nets with sublinear memory cost, arXiv:1604.06174, section 4). The gradients are the same.

Truncated backpropagation cuts the series at the times k, 2k, ...: no gradient is carried back across a cut,
while the states are carried forward. Williams and Peng (1990, An efficient gradient-based algorithm for
on-line training of recurrent network trajectories, Neural Computation 2(4)) call it BPTT(h; h') with
h = h' = k: after every h' steps, back through the last h. Of their family it is the one that costs no more
than the exact gradient, takes every cotangent exactly once, and is what a training loop does that detaches
the states every k steps. A cotangent is carried back by at most k - 1 steps, and by fewer the nearer it
stands to the cut before it; with k = T the gradient is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symbptt.programs.plan.linear import ScannedPlan
from symbptt.recurrence import Equation

ABOUT = {
    "every": (
        "every: the forward run keeps the states every so many steps alone, and the reverse sweep runs the",
        "steps between again; by default the square root of their number, for which memory is least.",
    ),
    "steps": (
        "steps: truncated backpropagation through time. No gradient is carried back across the times that",
        "are multiples of `steps` (BPTT(h; h') of Williams and Peng 1990, with h = h' = steps); the states",
        "are carried forward across them. By default nothing is cut, and the gradient is exact.",
    ),
}


@dataclass(frozen=True)
class SegmentPlan(ScannedPlan):
    """The plan of a segment: it starts from initial values that are given."""

    @cached_property
    def started(self) -> tuple[Equation, ...]:
        """No initial value is computed in a segment."""
        return ()
