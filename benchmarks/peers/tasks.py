"""What is computed: four cells at six sizes, half the squared error of the states against targets.

The parameters are stacked, gate upon gate, in the order of the cell's gates, as the libraries keep them:
W (k n, m) by the inputs, U (k n, n) by the previous state, b (k n); the GRU's second bias e (n) stands
inside its reset. The loss is summed over all times and samples; initial states are zero.
"""

from dataclasses import dataclass

import numpy as np

SIZES = (
    (8, 4, 20, 1),
    (32, 16, 50, 8),
    (100, 65, 25, 1),
    (128, 64, 100, 32),
    (256, 128, 100, 64),
    (512, 256, 100, 64),
)
LOSS = r"$$ L = \frac{1}{2} \sum_{t=1}^{T} \| a_t - d_t \|^2 $$"
BIASED = {"gru": ("g",)}  # gates with a second bias


@dataclass(frozen=True)
class Cell:
    """A cell's name, its gates in their order in the stacked parameters, and its equations."""

    name: str
    gates: str
    equations: str

    @property
    def specification(self) -> str:
        """The recurrence in LaTeX, with shapes and loss."""
        gates = ", ".join(
            rf"$W_{g} \in \mathbb{{R}}^{{n \times m}}$, $U_{g} \in \mathbb{{R}}^{{n \times n}}$, "
            rf"$b_{g} \in \mathbb{{R}}^n$"
            for g in self.gates
        )
        second = "".join(rf", $e_{g} \in \mathbb{{R}}^n$" for g in BIASED.get(self.name, ()))
        shapes = f"$x_t \\in \\mathbb{{R}}^m$, $a_t, d_t \\in \\mathbb{{R}}^n$, {gates}{second}."
        return f"{shapes}\n\n$$\n{self.equations}\n$$\n\n{LOSS}\n"


ELMAN = r"a_t = \tanh(W_a x_t + U_a a_{t-1} + b_a)"
LSTM = r"""\begin{aligned}
i_t &= \sigma(W_i x_t + U_i a_{t-1} + b_i) \\
f_t &= \sigma(W_f x_t + U_f a_{t-1} + b_f) \\
g_t &= \tanh(W_g x_t + U_g a_{t-1} + b_g) \\
o_t &= \sigma(W_o x_t + U_o a_{t-1} + b_o) \\
c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
a_t &= o_t \odot \tanh(c_t)
\end{aligned}"""
GRU = r"""\begin{aligned}
r_t &= \sigma(W_r x_t + U_r a_{t-1} + b_r) \\
z_t &= \sigma(W_z x_t + U_z a_{t-1} + b_z) \\
g_t &= \tanh(W_g x_t + b_g + r_t \odot (U_g a_{t-1} + e_g)) \\
a_t &= (1 - z_t) \odot g_t + z_t \odot a_{t-1}
\end{aligned}"""
MGU = r"""\begin{aligned}
f_t &= \sigma(W_f x_t + U_f a_{t-1} + b_f) \\
g_t &= \tanh(W_g x_t + U_g (f_t \odot a_{t-1}) + b_g) \\
a_t &= (1 - f_t) \odot a_{t-1} + f_t \odot g_t
\end{aligned}"""
CELLS = {
    cell.name: cell
    for cell in (
        Cell("elman", "a", ELMAN),
        Cell("lstm", "ifgo", LSTM),
        Cell("gru", "rzg", GRU),
        Cell("mgu", "fg", MGU),
    )
}


@dataclass(frozen=True)
class Task:
    """A cell with its arrays: parameters, inputs x (T, B, m) and targets d (T, B, n)."""

    cell: Cell
    parameters: dict[str, np.ndarray]
    x: np.ndarray
    d: np.ndarray

    @property
    def n(self) -> int:
        """The entries of a state."""
        return self.d.shape[2]


def task(cell: Cell, size: tuple[int, int, int, int], dtype: str) -> Task:
    """A cell with random arrays of a size (n, m, T, B), weights scaled as libraries start them."""
    n, m, T, B = size
    random = np.random.default_rng(1)
    k = len(cell.gates)

    def array(*shape: int, scale: float = 1.0) -> np.ndarray:
        return (scale * random.uniform(-1, 1, shape)).astype(dtype)

    parameters = {
        name: array(k * n, *rest, scale=n**-0.5) for name, rest in (("W", (m,)), ("U", (n,)), ("b", ()))
    }
    if cell.name in BIASED:
        parameters["e"] = array(len(BIASED[cell.name]) * n, scale=n**-0.5)
    return Task(cell, parameters, array(T, B, m), array(T, B, n))


def split(task: Task) -> dict[str, np.ndarray]:
    """The parameters gate by gate, W_i and so on."""
    n, found = task.n, {}
    for name, value in task.parameters.items():
        gates = BIASED[task.cell.name] if name == "e" else task.cell.gates
        found |= {
            f"{name}_{g}": np.ascontiguousarray(value[i * n : (i + 1) * n]) for i, g in enumerate(gates)
        }
    return found


def joined(cell: Cell, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Gradients gate by gate, stacked as the parameters are."""
    names = ("W", "U", "b", "e") if cell.name in BIASED else ("W", "U", "b")
    gates = {name: BIASED[cell.name] if name == "e" else cell.gates for name in names}
    return {name: np.concatenate([parts[f"{name}_{g}"] for g in gates[name]]) for name in names}
