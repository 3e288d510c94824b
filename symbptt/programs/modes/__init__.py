"""The modes of computing the gradient in generated NumPy code: one table, an entry a mode."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.programs.arrays.module import numpy_module
from symbptt.programs.modes.segments import checkpointed_module, truncated_module
from symbptt.programs.modes.streams import streaming_module
from symbptt.recurrence import Recurrence

EXACT = "bptt"  # one reverse sweep over all steps: the mode that every target has
MODES: dict[str, Callable[[Recurrence], str]] = {
    EXACT: numpy_module,
    "checkpointed": checkpointed_module,
    "truncated": truncated_module,
    "forward": streaming_module,
}
