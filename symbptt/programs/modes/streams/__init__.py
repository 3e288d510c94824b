"""Forward accumulation in generated code: the gradient after each step of a stream, in constant memory.

The influence of a parameter on the states, d a_t / d p, is carried from step to step by the recursion of the
nested form, d a_t = immediate + Jacobian d a_{t-1} (Williams and Zipser 1989, equation 4; real-time recurrent
learning). Both factors come out of one reverse sweep through the equations of a single step, with a row for
each entry of the new states: what it gives to earlier states is the row of the Jacobian, what it gives to a
parameter the immediate derivative. One more row carries the gradient of the user's scalar.

Where the units of all states carry nothing over to each other (`locality.is_by_rows`), both factors are
diagonal: one row a state holds them, and the influence has the shape of the parameter (Mozer 1989).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from symbptt.expressions import Quantity, size
from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.arrays.scans import ScannedBody
from symbptt.programs.modes.remembered import with_inputs_remembered
from symbptt.programs.modes.streams.carried import StepPlan
from symbptt.programs.modes.streams.start import StreamStart
from symbptt.programs.modes.streams.step import StreamStep
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.plan.names import Names
from symbptt.programs.series import body as series
from symbptt.programs.series import jax_target, torch_target
from symbptt.programs.series.body import SeriesBody
from symbptt.programs.series.jax_target import JAX
from symbptt.programs.series.torch_target import TORCH
from symbptt.programs.source.dialect import NUMPY, Dialect
from symbptt.programs.source.lines import listing
from symbptt.recurrence import Recurrence

OWN = (
    *("start_stream", "stream_step", "new_rows", "with_last", "side_by_side", "through", "cotangent"),
    *("state", "influence", "jacobian", "entering", "carried", "samples", "oldest"),
)


def streaming_module(recurrence: Recurrence) -> str:
    """The NumPy module with `start_stream` and `stream_step` beside the functions of every module.

    Raises SymbpttError where no stream can be made of the recurrence.
    """
    names = names_of(recurrence, OWN)
    body = ScannedBody(ScannedPlan(recurrence), names)
    return rendered("streaming.py.jinja", body, _stream(recurrence, names, NUMPY, {}))


def streaming_jax_module(recurrence: Recurrence) -> str:
    """The JAX module with a stream; a step is compiled. Raises SymbpttError where there is no stream."""
    names = names_of(recurrence, (*OWN, *series.OWN, *jax_target.OWN_JAX))
    body = SeriesBody(ScannedPlan(recurrence), names, JAX)
    more = _stream(recurrence, names, JAX, {"step_is": "@jax.jit"})
    return rendered("jax_streaming.py.jinja", body, {**body.frame(more["lines"]), **more})


def streaming_torch_module(recurrence: Recurrence) -> str:
    """The PyTorch module with a stream, outside of autograd. Raises SymbpttError where there is no stream."""
    names = names_of(recurrence, (*OWN, *series.OWN, *torch_target.OWN_TORCH))
    body = SeriesBody(ScannedPlan(recurrence), names, TORCH)
    more = _stream(recurrence, names, TORCH, dict.fromkeys(("start_is", "step_is"), "@torch.no_grad()"))
    return rendered("torch_streaming.py.jinja", body, {**torch_target.frame(body, more["lines"]), **more})


def _stream(
    recurrence: Recurrence, names: Names, dialect: Dialect, decorators: Mapping[str, str]
) -> dict[str, Any]:
    """What the templates ask for of a stream: lines, shapes, and what stands before the functions."""
    plan = StepPlan(with_inputs_remembered(recurrence))
    stream = StreamStep(plan, names, dialect)
    lines = {"start": StreamStart(plan, names, dialect).start(), "step": stream.step()}
    everything = [line for part in lines.values() for line in part]
    with_last = any("with_last(" in line for line in everything)
    told = {**lines, **_told(stream), **decorators, "with_last": with_last}
    return {"stream": told, "lines": everything, "lib": dialect}


def _told(stream: StreamStep) -> dict[str, Any]:
    """What the template asks for beside the lines of the two functions."""
    return {
        "by_units": stream.by_units,
        "first": stream.key(stream.states[0]),
        "axes": len(_parts(stream.states[0], _leading(stream, stream.states[0]))) - 1,
        "with_samples": _each(stream, "None"),
        "without_samples": _each(stream, "0"),
        "about_start": _about_start(stream),
        "about_step": _about_step(stream),
    }


def _about_start(stream: StreamStep) -> list[str]:
    many = f"{stream.lags} * " if stream.lags > 1 else ""
    rows = f"{many}{stream.entries}"
    each = "state that depends" if stream.by_units else "entry of the states that depend"
    return _wrapped(
        f"state: {_shapes({q: _leading(stream, q) for q in stream.states}, stream)}.",
        f"influence: the derivative of the state by each parameter, a row for each {each} "
        f"on parameters: {_shapes({p: [rows, 'B'] for p in stream.influences}, stream)}.",
        "samples: the number B of samples; where it is left out there is one, without the axis B in all but "
        "influence. The other arguments are those of `forward`.",
    )


def _about_step(stream: StreamStep) -> list[str]:
    rows = "for each new state, unit by unit," if stream.by_units else "for each entry of the new states"
    return _wrapped(
        f"inputs: {_shapes({x: ['B'] for x in stream.plan.source.inputs}, stream)}, those of this step.",
        "cotangents: the gradient of a scalar of this step by its states and outputs, "
        f"{_shapes({q: ['B'] for q in stream.seeds}, stream)}; one left out is zero. `forward` with the "
        "state as initial values gives these states and outputs beforehand.",
        "gradients: that of the scalar by each parameter, through all steps so far and summed over the "
        "samples; over a series they add up to those of `backward`. Where the parameters change on the way, "
        "it is the gradient of real-time recurrent learning (Williams and Zipser 1989).",
        f"Inside, d_q is the gradient of the scalar by q within this step; D_q holds {rows} its derivative "
        "by q, and last that of the scalar.",
    )


def _wrapped(*paragraphs: str) -> list[str]:
    """Paragraphs of a docstring as lines."""
    return [line for text in paragraphs for line in textwrap.wrap(text, 104, break_on_hyphens=False)]


def _leading(stream: StreamStep, q: Quantity) -> list[str]:
    """The axes of a state before its own."""
    lag = stream.plan.source.lags[q.name]
    return [str(lag), "B"] if lag > 1 else ["B"]


def _shapes(leading: dict[Quantity, list[str]], stream: StreamStep) -> str:
    texts = {}
    for q, axes in leading.items():
        parts = _parts(q, axes)
        texts[stream.names.key(q.name)] = f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return listing(texts)


def _parts(q: Quantity, leading: Sequence[str]) -> list[str]:
    return [*leading, *(str(size(axis)) for axis in q.shape if axis)]


def _each(stream: StreamStep, index: str) -> str:
    lags = stream.plan.source.lags
    return listing(
        {
            stream.names.key(q.name): f"state[{stream.key(q)}][{':, ' if lags[q.name] > 1 else ''}{index}]"
            for q in stream.states
        }
    )
