"""Segments in NumPy: functions that drive the forward run and the reverse sweep of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symbptt.programs.arrays.module import PLAIN, docstring, names_of, rendered, shapes
from symbptt.programs.arrays.scans import ScannedBody
from symbptt.programs.modes.remembered import from_parameters, with_inputs_remembered, without_time
from symbptt.programs.modes.segments import ABOUT, SegmentPlan
from symbptt.programs.modes.starts import ComputedStarts
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.source.lines import listing, texts
from symbptt.recurrence import Recurrence

OWN = (
    *(
        "run_in_segments",
        "pull_back_in_segments",
        "segments",
        "between",
        "last_states",
        "part_of",
        "added_up",
    ),
    *("with_carried", "seen_in", "joined", "every", "steps"),
)


@dataclass(frozen=True)
class SegmentedBody(ScannedBody):
    """The bodies of a module whose reverse sweep goes a segment at a time."""

    def __post_init__(self) -> None:
        without_time(self.recurrence, "no segments")

    @property
    def sweep(self) -> str:
        return "pull_back_in_segments"

    @property
    def steps(self) -> str:
        """The number of steps of some inputs, as source."""
        inputs = self.plan.source.inputs
        return f"len(inputs[{self.key(inputs[0])}])" if inputs else 'inputs["T"]'

    @property
    def last_states(self) -> str:
        """The last states of a forward run as initial values, as source."""
        lags = self.plan.source.lags
        rows = {q: "-1" if lags[q.name] == 1 else f"-{lags[q.name]}:" for q in self.plan.source.states}
        return listing(
            {self.names.key(q.name): f'kept["{self.variable(q)}"][{row}].copy()' for q, row in rows.items()}
        )

    @cached_property
    def seen(self) -> list[str]:
        """The variables of the forward run that the loss looks at."""
        lines = self.loss() if self.recurrence.loss else []
        return list(dict.fromkeys(name for line in lines for name in re.findall(r'kept\["(\w+)"\]', line)))

    @property
    def constants(self) -> list[str]:
        """Those of them that are the same at all times: parameters derived from others."""
        statics = {self.variable(e.left) for e in self.recurrence.statics}
        return [name for name in self.seen if name in statics]


def checkpointed_module(recurrence: Recurrence) -> str:
    """The NumPy module with the states kept every `every` steps.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _segmented_module(recurrence, "checkpointed.py.jinja", "every")


def truncated_module(recurrence: Recurrence) -> str:
    """The NumPy module with truncated backpropagation through time, cut every `steps` steps.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _segmented_module(recurrence, "truncated.py.jinja", "steps")


def _segmented_module(recurrence: Recurrence, template: str, option: str) -> str:
    source, names = with_inputs_remembered(recurrence), names_of(recurrence, OWN)
    body, starts = SegmentedBody(SegmentPlan(source), names), ComputedStarts(ScannedPlan(source), names)
    from_parameters(starts.plan.started, "no segments")
    computed = bool(starts.plan.started)
    values, sweep = (starts.values(), starts.pull_back()) if computed else ([], [])
    constants = f", **{{name: kept[name] for name in {texts(body.constants)}}}" if body.constants else ""
    told = {
        "steps": body.steps,
        "last_states": body.last_states,
        "constants_of_last": constants,
        "values": values,
        "pull_back": sweep,
        "long": any(source.lags[e.left.name] > 1 for e in starts.plan.started),
    }
    mode = _mode(body, option, "with_computed(parameters, initial)" if computed else "initial")
    as_written = ScannedBody(ScannedPlan(recurrence), names)
    said = {"docstring": docstring(as_written), "shapes": shapes(starts), "lines": [*values, *sweep]}
    return rendered(template, body, {"mode": mode, "segmented": told, **said})


def _mode(body: SegmentedBody, option: str, initial: str) -> dict[str, Any]:
    """How the functions of the module call the forward run and the reverse sweep (module.PLAIN)."""
    call = f"run_in_segments(parameters, inputs, {initial}, {option}"
    return {
        **PLAIN,
        "argument": f", {option}=None",
        "passed": f", {option}",
        "about": ABOUT[option],
        "sweep": body.sweep,
        "run": f"{call})",
        "run_with_loss": f"{call}, {texts([name for name in body.seen if name not in body.constants])})",
        "run_forward": f"run(parameters, inputs, {initial})",
    }
