"""The PyTorch target: an autograd function with a backward rule of its own, and a layer around it.

Its loops write into the rows of arrays that are made before (`in_place`): a call is what costs in PyTorch
where arrays are small, and new memory where they are large.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.linear import ScannedPlan
from symbptt.programs.series.body import OWN, SeriesBody
from symbptt.programs.source.dialect import Dialect
from symbptt.programs.source.lines import assignment, mentioned
from symbptt.recurrence import Recurrence


def changed(name: str, whole: str, rows: str, how: str, value: str) -> list[str]:
    """A tensor with a value put, or added, in some rows; what it is made of stays as it is."""
    fresh = f"{name}.clone()" if whole == name else whole
    return [f"{name} = {fresh}", *assignment(f"{name}[{rows}]", "+=" if how == "add" else "=", value)]


TORCH = Dialect(
    "PyTorch",
    "torch",
    ("torch",),
    changed,
    maker="dtype=dtype, device=device",
    typed="dtype=dtype, device=device",
    kind=("dtype, device", "dtype, device = {x}.dtype, {x}.device"),
    precision="dtype, device = {first}.dtype, {first}.device",
    turned="{x}.flip(0)",
    eager=True,
    contiguous="{x}.contiguous()",
    taken="as_tensor",
    axis="dim",
    keepdims="keepdim",
    concatenate="cat",
    functions={
        "sigmoid": "torch.sigmoid",
        "relu": "torch.relu",
        "softmax": "torch.softmax",
        "log_softmax": "torch.log_softmax",
    },
    bodies={
        "softplus": "np.logaddexp({x}, np.zeros_like({x}))",
        "step": "({x} > 0).to({x}.dtype)",
    },
)


OWN_TORCH = (
    *(
        "torch",
        "device",
        "Series",
        "series",
        "Cell",
        "steps",
        "each",
        "now",
        "time",
        "leaves",
        "results",
        "grouped",
        "accumulate",
    ),
    *("INPUTS", "INITIAL", "RETURNED"),
)


def frame(body: SeriesBody, more: Iterable[str] = ()) -> dict[str, object]:
    """What the template asks for beside what it shares with the other targets; `more` lines are in it too."""
    told = body.frame(more)
    constants = [(name, told[f"{name.lower()}_names"]) for name in ("INPUTS", "INITIAL", "RETURNED")]
    return {**told, "constants": constants, "cell": cell(body) if body.plan.source.parameters else None}


def cell(body: SeriesBody) -> dict[str, object]:
    """The sizes that a cell is made with, and the shapes of its parameters in terms of them."""
    r, lo = body.plan.source, body.lowering
    shapes = {body.names.key(p.name): lo.shape(p, []) for p in r.parameters}
    words = mentioned(shapes.values())
    sizes = [name for name in (body.names.variable(symbol.name) for symbol in r.sizes) if name in words]
    return {
        "example": ", ".join(f"{name}={4 + i}" for i, name in enumerate(sizes)),
        "sizes": "".join(f"{name}, " for name in sizes),
        "shapes": [f'"{key}": {shape},' for key, shape in shapes.items()],
    }


def torch_module(recurrence: Recurrence) -> str:
    """The source of a module that needs PyTorch alone.

    Raises SymbpttError where nothing says how long the series is or how large a state, TypeError naming the
    type of an expression that has no PyTorch form or no derivative rule.
    """
    body = SeriesBody(ScannedPlan(recurrence), names_of(recurrence, (*OWN, *OWN_TORCH)), TORCH)
    return rendered("torch.py.jinja", body, frame(body))
