"""The generated module: the plan's functions, in a frame with its arguments explained."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2

from symbptt.expressions import Quantity, quantities, size
from symbptt.programs.arrays import blocks
from symbptt.programs.arrays.blocks import BlockedBody, can_be_cut
from symbptt.programs.arrays.body import Body
from symbptt.programs.arrays.scans import ScannedBody
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.normal import formulas
from symbptt.programs.source.definitions import formula_definitions, table_definitions
from symbptt.programs.source.lines import assigned, listing, mentioned, returned
from symbptt.recurrence import Recurrence, t
from symbptt.writers.text import text

OWN = (
    *(
        "run",
        "scan",
        "pull_back",
        "start",
        "rows",
        "over_rows",
        "with_batch",
        "without_batch",
        "batch_axis",
        "LONG_STARTS",
    ),
    *("train_step", "clip_by_value", "clip_by_norm", "rate", "clip"),
)
NO_INPUTS = '{"T": the number of steps, "B": the number of samples, left out for a single one}'
# How a module's functions call its forward run and its reverse sweep, and what else they take: no more.
PLAIN = {
    **{"argument": "", "passed": "", "about": "", "of_forward": "", "sweep": "pull_back", "standard": []},
    "later": "",  # what the reverse sweep takes of later blocks
    **dict.fromkeys(("run", "run_with_loss", "run_forward"), "run(parameters, inputs, initial)"),
}
TEMPLATES = Path(__file__).parents[1] / "templates"


def numpy_module(recurrence: Recurrence) -> str:
    """The source of a module that needs NumPy alone.

    Raises SymbpttError where nothing says how long the series is or how large a state, TypeError naming the
    type of an expression that has no NumPy form or no derivative rule.
    """
    plan = ScannedPlan(recurrence)
    if not can_be_cut(plan):
        return rendered("numpy.py.jinja", ScannedBody(plan, names_of(recurrence)), {})
    body = BlockedBody(plan, names_of(recurrence, blocks.OWN))
    told = body.told()
    mode = {**PLAIN, "sweep": body.sweep, "later": ", later=None"}
    if body.apart:
        mode["run_forward"] = "outputs(parameters, inputs, run(parameters, inputs, initial))"
    lines = [*told["loss"], *told["outputs"]]
    more = {"blocks": told, "mode": mode, "constants": [blocks.ROWS], "lines": lines}
    return rendered("numpy_blocks.py.jinja", body, more)


def rendered(template: str, body: Body, more: dict[str, Any]) -> str:
    """A module from a template: what every target tells it, and `more` that this one alone tells.

    The functions that the lines in more["lines"] call come with the module too.
    """
    dialect, recurrence = body.lowering.dialect, body.plan.source
    functions = {
        **table_definitions(dialect),
        **formula_definitions(formulas(recurrence), body.names, dialect),
        **body.definitions,
    }
    generic = [f for f in recurrence.functions if f.meaning == ""]
    lines = {"run": body.run(), "pull_back": body.pull_back(), "loss": body.loss() if recurrence.loss else []}
    lines["more"] = more.get("lines", [])
    everything = [line for part in lines.values() for line in part]
    used = {name: d for name, d in functions.items() if name in mentioned(everything)}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render({**context(body, lines, used, generic), **more})


def names_of(recurrence: Recurrence, own: Iterable[str] = ()) -> Names:
    """The keys and variables of a recurrence; its functions first, then its quantities and sizes.

    `own` is what a target's modules use beside what all of them do.
    """
    names = Names({*table_definitions(), *OWN, *own})
    for f in recurrence.functions:
        if not isinstance(f.meaning, str) or not f.meaning:
            names.function(f.name, 0)
            names.function(f.name, 1)
    for q in recurrence.quantities.values():
        names.key(q.name)
        names.variable(q.name)
    for symbol in recurrence.sizes:
        names.variable(symbol.name)
    return names


def context(
    body: Body, lines: dict[str, list[str]], used: dict[str, str], generic: list[Any]
) -> dict[str, Any]:
    """What the template asks for."""
    names, r = body.names, body.plan.source
    long = [q for q in body.initials if r.lags[q.name] > 1]
    prelude = [
        f"if {names.function(f.name, 0)} is None or {names.function(f.name, 1)} is None:\n"
        f'        raise ValueError("the recurrence leaves them open: first set '
        f'{names.function(f.name, 0)} and {names.function(f.name, 1)} of this module")'
        for f in generic
    ]
    words = mentioned(line for part in lines.values() for line in part)
    values = {names.key(q.name): f'kept["{body.variable(q)}"]' + _cut(body, q) for q in body.plan.returned}
    return {
        "mode": PLAIN,
        "docstring": docstring(body),
        "standard": ["math"] * any("math." in line for part in lines.values() for line in part),
        "imports": body.lowering.dialect.imports,
        "parameters": parameters(body),
        "generic": [{"name": names.function(f.name, 0), "prime": names.function(f.name, 1)} for f in generic],
        "functions": list(used.values()),
        "values": assigned("values", values),
        "returned": returned(values),
        "shapes": shapes(body),
        "loss": {"targets": bool(r.targets), "lines": lines["loss"]} if r.loss else None,
        "run": [*prelude, *lines["run"]],
        "pull_back": lines["pull_back"],
        "rows": bool({"rows", "over_rows"} & words),
        "over_rows": "over_rows" in words,
        "arrays": "arrays" in words,
        "first_input": body.key(r.inputs[0]) if r.inputs else "",
        "single_axes": 1 + sum(map(bool, r.inputs[0].shape)) if r.inputs else 0,
        "long_starts": "{" + ", ".join(map(body.key, long)) + "}" if long else "",
    }


def shapes(body: Body) -> dict[str, Any]:
    """The shapes of all that comes in and goes out, for the docstrings."""
    r, lags = body.plan.source, body.plan.source.lags
    starts: dict[Quantity, tuple[str, ...]] = {
        q: (str(lags[q.name]), "B") if lags[q.name] > 1 else ("B",) for q in body.initials
    }
    return {
        "returned": _shapes(body, dict.fromkeys(body.plan.returned, ("T", "B"))),
        "inputs": _shapes(body, dict.fromkeys(r.inputs, ("T", "B"))) if r.inputs else NO_INPUTS,
        "targets": _shapes(body, dict.fromkeys(r.targets, ("T", "B"))),
        "before": " Before time 1 they are zero." if _looks_back(r) else "",
        "initial": _initial(body, starts),
    }


def _looks_back(r: Recurrence) -> bool:
    given = {x.name for x in r.inputs}
    return any(q.name in given and q.time != t for e in r.steps for q in quantities(e.right))


def _initial(body: Body, starts: dict[Quantity, tuple[str, ...]]) -> list[str]:
    lines = []
    if starts:
        lines.append(f"initial: {_shapes(body, starts)}, zero where left out.")
    lags = body.plan.source.lags
    for q in starts:
        d, lag = body.plan.source.direction(q.name), lags[q.name]
        if lag > 1 or d.sign < 0:
            times = ", ".join(str(d.start_at(back)) for back in reversed(range(lag)))
            said = (
                f"The initial values of {{}} are those at the times {times}."
                if lag > 1
                else (f"The initial value of {{}} is that at time {times}: it runs backwards.")
            )
            lines.append(said.format(body.names.key(q.name)))
    for e in body.plan.started:
        lines.append(
            f"The initial value of {body.names.key(e.left.name)} at time {e.left.time} is computed: "
            f"{text(e.right)}."
        )
    return lines


def _shapes(body: Body, leading: dict[Quantity, tuple[str, ...]]) -> str:
    entries = {}
    for q, axes in leading.items():
        parts = [*axes, *(str(size(axis)) for axis in q.shape if axis)]
        entries[body.names.key(q.name)] = f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return listing(entries)


def _cut(body: Body, q: Quantity) -> str:
    """The times 1..T of an array; a copy, where the array is a part of a larger piece of memory."""
    rows = body.times(q).removeprefix(body.variable(q))
    return f"{rows}.copy()" if rows and body.lowering.dialect.together else rows


def parameters(body: Body) -> list[str]:
    """The dictionary of parameters with their shapes."""
    entries = {body.names.key(p.name): _shape(p) for p in body.plan.source.parameters}
    first, *rest = returned(entries)
    return [f"PARAMETERS = {first.removeprefix('return ')}", *rest]


def _shape(q: Quantity) -> str:
    parts = [f'"{size(axis)}"' for axis in q.shape if axis]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def docstring(body: Body) -> str:
    """The equations, and how arrays lie."""
    r = body.plan.source
    equations = "\n".join(f"    {text(e.left)} = {text(e.right)}" for e in r.equations)
    return f'''"""{r.name[:1].upper() + r.name[1:]}: generated by symbptt from the equations.

{equations}

Arrays are time-major: the axes of a series are times, samples, rows, columns, those of length one left out.
"""'''
