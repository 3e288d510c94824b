"""Segments in JAX and PyTorch: functions with their derived backward rule, which the library joins.

What an ordinary module has for the whole series is here for a segment. With checkpoints its backward rule
runs the segment again, and needs nothing kept but what the segment starts from; with truncation nothing is
handed back from one segment to the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symbptt.expressions import Quantity, quantities
from symbptt.programs.arrays.module import PLAIN, docstring, names_of, rendered, shapes
from symbptt.programs.modes.remembered import from_parameters, with_inputs_remembered, without_time
from symbptt.programs.modes.segments import ABOUT, SegmentPlan
from symbptt.programs.plan.layout import loss_statements
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.plan.names import by_what
from symbptt.programs.plan.places import ONCE, STATIC
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.ways import needed_statics
from symbptt.programs.series import jax_target, torch_target
from symbptt.programs.series.body import OWN, SeriesBody
from symbptt.programs.source.dialect import Dialect
from symbptt.programs.source.lines import listing, mentioned, texts
from symbptt.recurrence import Recurrence

OWN_SEGMENTS = (
    *("in_segments", "values_and_sweep", "sweep", "segment", "last_states", "with_computed", "partial"),
    *("values", "names", "as_given", "every", "steps", "full", "rest", "found", "length", "functools"),
)


@dataclass(frozen=True)
class SegmentedSeries(SeriesBody):
    """The bodies of a module whose series is cut into segments; `kept` are then the series that are seen."""

    def __post_init__(self) -> None:
        without_time(self.recurrence, "no segments")

    @property
    def sweep(self) -> str:
        return "sweep(cotangents)"

    @property
    def last_states(self) -> str:
        """The last states of a segment as the initial values of the next, as source."""
        return listing({self.names.key(q.name): self._last(q) for q in self.plan.source.states})

    def _last(self, q: Quantity) -> str:
        lag, values = self.plan.source.lags[q.name], f"values[{self.key(q)}]"
        if lag == 1:
            return f"{values}[-1]"
        return f"{self.dialect.joined([f'initial[{self.key(q)}]', values])}[-{lag}:]"

    # -------------------------------------------------------------- the loss

    @cached_property
    def seen(self) -> dict[str, str]:
        """What the loss looks at of the segments: the variable, and the key under which it comes."""
        words = mentioned(self.loss_lines)
        series = {self.variable(e.left): self.names.key(e.left.name) for e in self.plan.source.steps}
        return {name: key for name, key in {**series, **self._early}.items() if name in words}

    @cached_property
    def as_given(self) -> list[str]:
        """The keys of what the loss or its gradient is by and no segment computes: inputs, initial values."""
        early = [key for key in self.seen.values() if key in self._early.values()]
        by = {by_what(s.target) for s in loss_statements(self.plan)}
        return [*early, *(self.names.key(x.name) for x in self.plan.source.inputs if x.name in by)]

    @cached_property
    def _early(self) -> dict[str, str]:
        return {self.lowering.start(q): self._early_key(q).strip('"') for q in self.plan.source.states}

    def loss(self) -> list[str]:
        """The lines that compute the loss and its gradients from the series that it looks at."""
        targets = [(self.variable(d), self._target(d)) for d in self.recurrence.targets]
        values = [(name, f'{name} = values["{key}"]') for name, key in self.seen.items()]
        return self.whole(self.loss_lines, [*self._statics(), *targets, *values])

    def _statics(self) -> Iterator[tuple[str, str]]:
        """The lines that make derived parameters."""
        lo = self.lowering.at(STATIC)
        for e in self.recurrence.statics:
            yield self.variable(e.left), f"{self.variable(e.left)} = {lo.lower(e.right).text}"


def looked_at_by_loss(recurrence: Recurrence) -> frozenset[str]:
    """The names of the quantities in time that the loss, or its gradient, looks at."""
    plan = SegmentPlan(recurrence)
    if plan.loss is None:
        return frozenset()
    values = [plan.loss.value, *plan.loss.factors.values(), *(s.value for s in loss_statements(plan))]
    found = {q.name for value in values for q in quantities(value)}
    return frozenset(found | {s.target.name for s in loss_statements(plan)}) & {
        e.left.name for e in recurrence.steps
    }


# ------------------------------------------------------------------ initial values that are computed


def with_computed(body: SeriesBody) -> list[str]:
    """The lines that add to given initial values those that are computed from parameters."""
    written = {body.lowering.start(q) for q in body.initials}
    started = [Statement(e.left, e.right, ONCE) for e in body.plan.started]
    statics = [Statement(e.left, e.right, STATIC) for e in needed_statics(body.recurrence, body.plan.started)]
    lines = body.writer.lines([*statics, *started], written)
    values = {body.names.key(e.left.name): body.lowering.start(e.left) for e in body.plan.started}
    computed = ", ".join(f'"{key}": {value}' for key, value in values.items())
    return body.whole([*lines, f"return {{**initial, {computed}}}"], body.before())


# ------------------------------------------------------------------ the modules


def checkpointed_jax_module(recurrence: Recurrence) -> str:
    """The JAX module whose backward rule keeps the states every `every` steps, and runs the others again.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _jax_module(recurrence, "every")


def truncated_jax_module(recurrence: Recurrence) -> str:
    """The JAX module with truncated backpropagation through time, cut every `steps` steps.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _jax_module(recurrence, "steps")


def checkpointed_torch_module(recurrence: Recurrence) -> str:
    """The PyTorch module whose backward rule keeps the states every `every` steps, and runs the others again.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _torch_module(recurrence, "every")


def truncated_torch_module(recurrence: Recurrence) -> str:
    """The PyTorch module with truncated backpropagation through time, cut every `steps` steps.

    Raises SymbpttError where an equation names the time, or an initial value is computed from another.
    """
    return _torch_module(recurrence, "steps")


def _jax_module(recurrence: Recurrence, option: str) -> str:
    own = (*OWN, *OWN_SEGMENTS, *jax_target.OWN_JAX)
    body, told = _segmented(recurrence, own, jax_target.JAX, option)
    return rendered("jax_segments.py.jinja", body, {**body.frame(), **told})


def _torch_module(recurrence: Recurrence, option: str) -> str:
    own = (*OWN, *OWN_SEGMENTS, *torch_target.OWN_TORCH)
    body, told = _segmented(recurrence, own, torch_target.TORCH, option)
    return rendered("torch_segments.py.jinja", body, {**torch_target.frame(body), **told})


def _segmented(
    recurrence: Recurrence, own: tuple[str, ...], dialect: Dialect, option: str
) -> tuple[SegmentedSeries, dict[str, Any]]:
    """The bodies of a module in segments, and what the template asks for beside what all modules have."""
    source, names = with_inputs_remembered(recurrence), names_of(recurrence, own)
    body = SegmentedSeries(SegmentPlan(source, looked_at_by_loss(source)), names, dialect)
    whole = SeriesBody(ScannedPlan(source), names, dialect)
    from_parameters(whole.plan.started, "no segments")
    computed = with_computed(whole) if whole.plan.started else []
    told = {
        "docstring": docstring(SeriesBody(ScannedPlan(recurrence), names, dialect)),
        "shapes": shapes(whole),
        "starts": whole.starts(),
        "lines": computed,
        "mode": {
            **PLAIN,
            "argument": f", {option}=None",
            "passed": f", {option}",
            "of_forward": ABOUT[option],
            "standard": ["functools"] * (dialect is jax_target.JAX and bool(source.inputs)),
        },
        "segmented": {
            "option": option,
            "last_states": body.last_states,
            "computed": computed,
            "apart": bool(body.as_given),
            "seen": texts(dict.fromkeys([*body.seen.values(), *body.as_given])),
            "public": texts(names.key(q.name) for q in whole.plan.returned),
            "initial_names": texts(names.key(q.name) for q in whole.initials),
        },
    }
    return body, told
