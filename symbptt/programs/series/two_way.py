"""The JAX and PyTorch modules of a recurrence with parts that run backwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symbptt.expressions import Quantity
from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.arrays.two_way import Joined, own_names
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.plan.program import Plan
from symbptt.programs.plan.ways import Way
from symbptt.programs.series import jax_target, torch_target
from symbptt.programs.series.body import HELPERS, OWN, SeriesBody
from symbptt.programs.source.lines import mentioned
from symbptt.recurrence import Recurrence


@dataclass(frozen=True)
class JoinedSeries(Joined, SeriesBody):
    """The body that calls parts whose functions change no array."""

    @property
    def starts_given(self) -> str:
        return "initial, "

    def body_of(self, way: Way, ending: str) -> SeriesBody:
        """The body of a part."""
        return SeriesBody(ScannedPlan(way.recurrence, way.wanted), self.names, self.dialect, ending)

    def given(self, x: Quantity) -> str:
        """An input of the module, as source."""
        return f"inputs[{self.key(x)}]"

    def aim(self, d: Quantity) -> str:
        """A target as an array, as source."""
        return self.dialect.called("asarray", f"targets[{self.key(d)}]")

    def told(self) -> dict[str, Any]:
        """What the template asks for of the parts."""
        found = super().told()
        return {**found, "helpers": HELPERS & mentioned(found["lines"])}


def two_way_jax_module(recurrence: Recurrence) -> str:
    """The source of a module that needs JAX alone. Raises as `ways` and `jax_module` do."""
    names = names_of(recurrence, (*OWN, *own_names(recurrence), *jax_target.OWN_JAX))
    body = JoinedSeries(Plan(recurrence), names, jax_target.JAX)
    return rendered("jax_two_way.py.jinja", body, {**body.frame(), **body.told()})


def two_way_torch_module(recurrence: Recurrence) -> str:
    """The source of a module that needs PyTorch alone. Raises as `ways` and `torch_module` do."""
    names = names_of(recurrence, (*OWN, *own_names(recurrence), *torch_target.OWN_TORCH))
    body = JoinedSeries(Plan(recurrence), names, torch_target.TORCH)
    return rendered("torch_two_way.py.jinja", body, {**torch_target.frame(body), **body.told()})
