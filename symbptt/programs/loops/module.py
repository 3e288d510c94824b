"""The generated module: compiled functions, and the plain ones around them that the contract asks for."""

from __future__ import annotations

from typing import Any

import jinja2

from symbptt.programs.arrays.module import PLAIN, TEMPLATES, docstring, names_of, parameters, shapes
from symbptt.programs.loops import blocks as in_blocks
from symbptt.programs.loops import products
from symbptt.programs.loops.blocks import Blocks
from symbptt.programs.loops.definitions import ORDER, definitions, formula_definitions
from symbptt.programs.loops.kernels import Kernels, tuple_of
from symbptt.programs.loops.lines import indented
from symbptt.programs.loops.outside import Outside
from symbptt.programs.plan.normal import formulas
from symbptt.programs.plan.program import Plan
from symbptt.programs.source.lines import listing, mentioned
from symbptt.recurrence import Recurrence

# Names that a module has for itself: quantities must have others.
OWN = (
    *("s", "i", "j", "k", "one", "real", "dtype", "given", "series", "seeds", "aims", "sums", "found"),
    *("functools", "sys", "math", "config", "float64", "intrinsic", "ir", "cgutils", "njit", "overload"),
    *("types", "values", "ThreadPoolExecutor", "get_host_cpu_features", "KEPT", "THREADS", "SAMPLES"),
    *("WORTH", "ROWS", "VECTOR", "BLOCK", "LITTLE", "compiled", "inner", "precise"),
    *("add_whole_tile", "compiled_add_tile", "compiled_like", "FREE"),
    *("compiled_exp_parts", "compile_open_functions", "in_parts", "keep_freed_memory", "states_of_part"),
    *("os", "operator", "part_count", "in_threads", "threads", "prepared", "prepared_for_sweep"),
    *("no_gradients", "STRIP", *in_blocks.OWN),
    *("gradients_of_part", "loss_of_part", "loss_and_seeds", "run", "pull_back", "arguments", "array"),
    *("start", "seed", "gradients", *ORDER),
)


def numba_module(recurrence: Recurrence) -> str:
    """The source of a module that needs NumPy and Numba.

    Raises SymbpttError naming the type of an expression that has no form as loops.
    """
    kernels = Kernels(Plan(recurrence), names_of(recurrence, OWN))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("numba.py.jinja").render(context(kernels))


def context(kernels: Kernels) -> dict[str, Any]:
    """What the template asks for."""
    r, names, front = kernels.plan.source, kernels.names, kernels.plan.front
    blocks = Blocks(kernels.plan, names)
    compiled = {
        "prepared": kernels.with_start(kernels.prepared()),
        "prepared_for_sweep": kernels.with_start(kernels.prepared_for_sweep()),
        "run": kernels.with_start(kernels.run()),
        "no_gradients": kernels.with_start(kernels.no_gradients()),
        "pull_back": kernels.with_start(kernels.pull_back()),
        **({"loss_and_seeds": kernels.with_start(kernels.loss_and_seeds())} if r.loss else {}),
        **(
            {"run_of_block": blocks.run_of_block(), "sweep_of_block": blocks.sweep_of_block()}
            if blocks.possible
            else {}
        ),
    }
    lines = [line for body in compiled.values() for line in body]
    formula = formula_definitions(formulas(r), names)
    used = [text for name, text in formula.items() if name in mentioned(lines)]
    outside = Outside(kernels.plan, names)
    tiles = {"block": products.BLOCK, "strip": products.STRIP, "little": f"{products.LITTLE:_}"}
    returned = kernels.plan.returned
    functions = [*definitions([*lines, *used, *outside.lines()]), *used]
    return {
        "mode": PLAIN,
        "docstring": docstring(kernels),
        "parameters": parameters(kernels),
        "shapes": shapes(kernels),
        "generic": [
            {"name": names.function(f.name, 0), "prime": names.function(f.name, 1)}
            for f in r.functions
            if f.meaning == ""
        ],
        "functions": functions,
        "math": "math" in mentioned([*lines, *used]),
        "overloads": any("@overload" in text for text in functions),
        "tiles": tiles if "add_tile" in mentioned(functions) else None,
        "compiled": {name: "\n".join(indented(body)) for name, body in compiled.items()},
        "blocks": blocks_of_module(blocks) if blocks.possible else None,
        "preparing": kernels.preparing(),
        "preparing_for_sweep": kernels.preparing_for_sweep(),
        "starting_sums": kernels.starting_sums(),
        "stacks": kernels.listed(kernels.stacks),
        "packed": kernels.listed(kernels.packed),
        "packed_for_sweep": kernels.listed(kernels.packed_for_sweep),
        "given": kernels.arguments,
        "returns": tuple_of(kernels.listed(kernels.kept_quantities)),
        "kept": kernels.listed(kernels.kept_quantities),
        "seeded": kernels.listed(kernels.seeds),
        "seeds": outside.seeds_of_cotangents(),
        "arguments": outside.lines(),
        "targets": kernels.listed(r.targets),
        "loss": loss(outside) if r.loss else None,
        "returned": listing({names.key(q.name): kernels.variable(q) for q in returned}),
        "returned_series": tuple_of(kernels.listed(returned)),
        "states": tuple_of([f"{kernels.variable(q)}[{front}:]" for q in returned]),
        "split": bool(r.inputs),
        "fixed": len(r.parameters),
        "inputs": len(r.inputs),
        "sums": len(kernels.summed_gradients),
        "summed": kernels.listed(kernels.summed_gradients),
        "lengths": outside.lengths(),
        "gradients": tuple_of(outside.gradient_names()),
        "groups": outside.groups(),
    }


def blocks_of_module(blocks: Blocks) -> dict[str, Any]:
    """What the template asks of a series that is cut into blocks of times."""
    return {
        "by_inputs": blocks.by_inputs,
        "later": blocks.later,
        "last_states": tuple_of(blocks.last_states) or "()",
        "for_sweep": blocks.fixed_for_sweeps(),
    }


def loss(outside: Outside) -> dict[str, Any]:
    """What the template asks of a loss."""
    name = outside.loss_name()
    return {
        "targets": bool(outside.plan.source.targets),
        "value": name,
        "found": ", ".join([name, *outside.listed([*outside.seeds, *outside.direct])]),
    }
