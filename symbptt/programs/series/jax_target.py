"""The JAX target: a function with a custom rule for its gradient, the loops over time as scans."""

from __future__ import annotations

from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.linear import ScannedPlan
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
    changed,
    scan="jax.lax.scan",
    functions={
        "sigmoid": "jax.nn.sigmoid",
        "relu": "jax.nn.relu",
        "softplus": "jax.nn.softplus",
        "softmax": "jax.nn.softmax",
        "log_softmax": "jax.nn.log_softmax",
    },
)


OWN_JAX = ("jax", "jnp", "series_forward", "series_backward", "results", "accumulated")


def jax_module(recurrence: Recurrence) -> str:
    """The source of a module that needs JAX alone.

    Raises SymbpttError where nothing says how long the series is or how large a state, TypeError naming the
    type of an expression that has no JAX form or no derivative rule.
    """
    body = SeriesBody(ScannedPlan(recurrence), names_of(recurrence, (*OWN, *OWN_JAX)), JAX)
    return rendered("jax.py.jinja", body, body.frame())
