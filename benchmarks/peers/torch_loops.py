"""PyTorch with autograd: torch.nn's own recurrences, and a Python loop over time."""

import os
from collections.abc import Callable

import numpy as np
import torch

from peers.tasks import Task

torch.set_num_threads(os.cpu_count() or 1)
MODULES = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def elman(p, state, w):
    """One step; w is the inputs' part of the gates, bias included."""
    return (torch.tanh(torch.addmm(w, state[0], p["U"].T)),)


def lstm(p, state, w):
    """One step."""
    a, c = state
    i, f, g, o = torch.addmm(w, a, p["U"].T).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(p, state, w):
    """One step, the reset after the product."""
    (a,) = state
    n = a.shape[1]
    u = a @ p["U"].T
    r, z = torch.sigmoid(w[:, : 2 * n] + u[:, : 2 * n]).chunk(2, 1)
    candidate = torch.tanh(w[:, 2 * n :] + r * (u[:, 2 * n :] + p["e"]))
    return ((1 - z) * candidate + z * a,)


def mgu(p, state, w):
    """One step."""
    (a,) = state
    n = a.shape[1]
    f = torch.sigmoid(torch.addmm(w[:, :n], a, p["U"][:n].T))
    return ((1 - f) * a + f * torch.tanh(torch.addmm(w[:, n:], f * a, p["U"][n:].T)),)


STEPS = {"elman": elman, "lstm": lstm, "gru": gru, "mgu": mgu}


def _pulled(loss, p, x):
    names = list(p)
    gradients = torch.autograd.grad(loss, [p[name] for name in names] + [x])
    return loss, dict(zip([*names, "x"], gradients, strict=True))


def loop(task: Task) -> Callable:
    """A Python loop over time, the input products before it."""
    p = {name: torch.tensor(value, requires_grad=True) for name, value in task.parameters.items()}
    x, d = torch.tensor(task.x, requires_grad=True), torch.tensor(task.d)
    step, states = STEPS[task.cell.name], 2 if task.cell.name == "lstm" else 1

    def call():
        state, found = (torch.zeros_like(d[0]),) * states, []
        for w in (x @ p["W"].T + p["b"]).unbind(0):
            state = step(p, state, w)
            found.append(state[0])
        return _pulled(0.5 * torch.sum((torch.stack(found) - d) ** 2), p, x)

    return call


def library(task: Task) -> Callable | None:
    """torch.nn's module with the same weights; None where it has none. Its second biases are left zero."""
    if task.cell.name not in MODULES:
        return None
    x, d = torch.tensor(task.x, requires_grad=True), torch.tensor(task.d)
    module = MODULES[task.cell.name](task.x.shape[2], task.n).to(x.dtype)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.tensor(task.parameters["W"]))
        module.weight_hh_l0.copy_(torch.tensor(task.parameters["U"]))
        module.bias_ih_l0.copy_(torch.tensor(task.parameters["b"]))
        module.bias_hh_l0.zero_()
        if "e" in task.parameters:
            module.bias_hh_l0[-task.n :] = torch.tensor(task.parameters["e"])
    p = {"W": module.weight_ih_l0, "U": module.weight_hh_l0, "b": module.bias_ih_l0}
    if "e" in task.parameters:
        p["e"] = module.bias_hh_l0
    return lambda: _pulled(0.5 * torch.sum((module(x)[0] - d) ** 2), p, x)


def arrays(result) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and the gradients by name as NumPy arrays."""
    loss, gradients = result
    found = {name: g.numpy() for name, g in gradients.items()}
    if "e" in found:
        found["e"] = found["e"][-found["U"].shape[1] :]
    return loss.item(), found


PEERS = {"torch.nn": (library, arrays), "torch loop": (loop, arrays)}
