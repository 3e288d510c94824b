"""The JAX target: a function with a custom rule for its gradient, the loops over time as scans."""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.program import Plan
from symbptt.programs.series.body import OWN, SeriesBody
from symbptt.programs.source.dialect import Dialect
from symbptt.programs.source.lines import assignment
from symbptt.recurrence import Recurrence


def changed(name: str, whole: str, rows: str, how: str, value: str) -> list[str]:
    """An array with a value put, or added, in some rows."""
    return assignment(name, "=", f"{whole}.at[{rows}].{how}({value})")


JAX = Dialect(
    "JAX",
    "jnp",
    ("jax", "jax.numpy as jnp"),
    scan="jax.lax.scan",
    changed=changed,
    functions={
        "sigmoid": "jax.nn.sigmoid",
        "relu": "jax.nn.relu",
        "softplus": "jax.nn.softplus",
        "softmax": "jax.nn.softmax",
        "log_softmax": "jax.nn.log_softmax",
    },
)


@dataclass(frozen=True)
class JaxBody(SeriesBody):
    """The lines of the functions of a module for JAX."""

    dialect: Dialect = JAX


def jax_module(recurrence: Recurrence) -> str:
    """The source of a module that needs JAX alone.

    Raises SymbpttError where nothing says how long the series is or how large a state, TypeError naming the
    type of an expression that has no JAX form or no derivative rule.
    """
    own = (*OWN, "jax", "jnp", "series_forward", "series_backward", "results")
    body = JaxBody(Plan(recurrence), names_of(recurrence, own))
    return rendered("jax.py.jinja", body, body.frame())
