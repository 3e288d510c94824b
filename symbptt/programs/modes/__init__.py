"""The modes of computing the gradient in generated code: one table, an entry a mode and target."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.programs.arrays.module import numpy_module
from symbptt.programs.arrays.two_way import two_way_module
from symbptt.programs.loops import numba_module
from symbptt.programs.modes.segments import arrays, series
from symbptt.programs.modes.streams import (
    streaming_jax_module,
    streaming_module,
    streaming_torch_module,
)
from symbptt.programs.series.jax_target import jax_module
from symbptt.programs.series.torch_target import torch_module
from symbptt.programs.series.two_way import two_way_jax_module, two_way_torch_module
from symbptt.recurrence import Recurrence

EXACT = "bptt"  # one reverse sweep over all steps: the mode that every target has
Modules = dict[str, dict[str, Callable[[Recurrence], str]]]
MODES: Modules = {
    EXACT: {
        "numpy": numpy_module,
        "jax": jax_module,
        "torch": torch_module,
        "numba": numba_module,
    },
    "checkpointed": {
        "numpy": arrays.checkpointed_module,
        "jax": series.checkpointed_jax_module,
        "torch": series.checkpointed_torch_module,
    },
    "truncated": {
        "numpy": arrays.truncated_module,
        "jax": series.truncated_jax_module,
        "torch": series.truncated_torch_module,
    },
    "forward": {
        "numpy": streaming_module,
        "jax": streaming_jax_module,
        "torch": streaming_torch_module,
    },
}
# The same for recurrences with parts that run backwards in time.
BOTH_WAYS: Modules = {
    EXACT: {
        "numpy": two_way_module,
        "jax": two_way_jax_module,
        "torch": two_way_torch_module,
    },
}
