"""The PyTorch target: an autograd function with a backward rule of its own, and a layer around it.

Its steps read rows and leave rows behind rather than writing into arrays: indexing is what costs in PyTorch
where arrays are small.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.program import Plan
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
    maker="dtype=dtype, device=device",
    typed="dtype=dtype, device=device",
    axis="dim",
    keepdims="keepdim",
    concatenate="cat",
    scan="scan",
    changed=changed,
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


@dataclass(frozen=True)
class TorchBody(SeriesBody):
    """The lines of the functions of a module for PyTorch."""

    dialect: Dialect = TORCH

    def _kind(self, array: str) -> tuple[str, str]:
        """The line that takes precision and place from a tensor."""
        return "dtype, device", f"dtype, device = {array}.dtype, {array}.device"

    def results(self) -> str:
        """What is returned of the forward run, in the order of RETURNED."""
        values = [f'kept["{self.variable(q)}"]' for q in self.plan.returned]
        return ", ".join(values) + "," * (len(values) == 1)

    def cell(self) -> dict[str, object]:
        """The sizes that a cell is made with, and the shapes of its parameters in terms of them."""
        r, lo = self.plan.source, self.lowering
        shapes = {self.names.key(p.name): lo.shape(p, []) for p in r.parameters}
        words = mentioned(shapes.values())
        sizes = [name for name in (self.names.variable(symbol.name) for symbol in r.sizes) if name in words]
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
    own = (*OWN, "torch", "device", "Series", "Cell", "scan", "grouped", "INPUTS", "INITIAL", "RETURNED")
    body = TorchBody(Plan(recurrence), names_of(recurrence, own))
    more = {"results": body.results(), "cell": body.cell() if recurrence.parameters else None}
    return rendered("torch.py.jinja", body, {**body.frame(), **more})
