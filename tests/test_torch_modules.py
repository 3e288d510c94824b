"""PyTorch's own layers with their own weights: torch.nn.RNN, LSTM and GRU against the ready recurrences.

A state_dict holds the gates of a layer stacked (i, f, g, o in an LSTM; r, z, n in a GRU), and two biases for
each. What imports it is written once, in PyTorch: it gives our parameters, and autograd takes our gradients
back through it into the layout of the state_dict, where they are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from symbptt.programs import generate
from symbptt.programs import load as load_source
from tests.judges.given import arrays, recurrence, reference, relative

torch = pytest.importorskip("torch", reason="PyTorch is not installed: no layers to compare with")

TOLERANCE = 1e-12


def layer(state, suffix="l0"):
    """Weights by input, weights by state, and both biases of a layer."""
    return [state[f"{name}_{suffix}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def gates(state, names, suffix="l0"):
    """The same for each gate by its name."""
    parts = [stacked.chunk(len(names)) for stacked in layer(state, suffix)]
    return dict(zip(names, zip(*parts, strict=True), strict=True))


def rnn(state):
    W, U, b, e = layer(state)
    return {"W_aa": U, "W_ax": W, "b": b + e}


def stacked_rnn(state):
    found = {}
    for number in range(1, len(state) // 4 + 1):
        W, U, b, e = layer(state, f"l{number - 1}")
        found |= {f"W_{number}": U, f"U_{number}": W, f"b_{number}": b + e}
    return found


def bidirectional_rnn(state):
    found = {}
    for name, suffix in (("f", "l0"), ("b", "l0_reverse")):
        W, U, b, e = layer(state, suffix)
        found |= {f"W_{name}": U, f"U_{name}": W, f"b_{name}": b + e}
    return found


def lstm_sum(state):
    found = {}
    for name, (W, U, b, e) in gates(state, "ifgo").items():
        found |= {f"W_{name}": W, f"U_{name}": U, f"b_{name}": b + e}
    return found


def lstm(state):
    found = {}
    for name, (W, U, b, e) in gates(state, "ufco").items():
        found |= {f"W_{name}": torch.cat([U, W], 1), f"b_{name}": b + e}
    return found


def two_layer_lstm(state):
    found = {}
    for number in (1, 2):
        for name, (W, U, b, e) in gates(state, "ifgo", f"l{number - 1}").items():
            found |= {f"W_{name}_{number}": torch.cat([U, W], 1), f"b_{name}_{number}": b + e}
    return found


def gru(state):
    found = {}
    for name, (W, U, b, e) in gates(state, "rzn").items():
        found |= {f"W_{name}": W, f"U_{name}": U}
        found |= {"b_n": b, "e_n": e} if name == "n" else {f"b_{name}": b + e}
    return found


@dataclass(frozen=True)
class Match:
    """A layer of PyTorch and the ready recurrence with its equations.

    Its output is the states `top` side by side; its state at the end and at the start is the `states` (hidden
    ones, memories), each stacked over layers. `options` are those of the layer.
    """

    module: type
    name: str
    imported: Callable
    top: tuple[str, ...]
    states: tuple[tuple[str, ...], ...]
    options: dict


BOTH_WAYS = ("h_overrightarrow", "h_overleftarrow")  # its last state backwards is that of time 1
MATCHES = (
    Match(torch.nn.RNN, "elman_tanh", rnn, ("a",), (("a",),), {"nonlinearity": "tanh"}),
    Match(torch.nn.RNN, "two_layer_rnn", stacked_rnn, ("h_2",), (("h_1", "h_2"),), {"num_layers": 2}),
    Match(torch.nn.RNN, "deep_rnn", stacked_rnn, ("h_3",), (("h_1", "h_2", "h_3"),), {"num_layers": 3}),
    Match(
        torch.nn.RNN, "bidirectional_rnn", bidirectional_rnn, BOTH_WAYS, (BOTH_WAYS,), {"bidirectional": True}
    ),
    Match(torch.nn.LSTM, "lstm_sum", lstm_sum, ("h",), (("h",), ("c",)), {}),
    Match(torch.nn.LSTM, "lstm", lstm, ("a",), (("a",), ("c",)), {}),
    Match(
        torch.nn.LSTM,
        "two_layer_lstm",
        two_layer_lstm,
        ("h_2",),
        (("h_1", "h_2"), ("c_1", "c_2")),
        {"num_layers": 2},
    ),
    Match(torch.nn.GRU, "gru_after", gru, ("h",), (("h",),), {}),
)
SIZES = ((3, 4, 2, 5), (5, 1, 1, 2), (8, 3, 9, 4))  # units, inputs, times, samples


def numpy(tensors):
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


class Case:
    """A layer with random weights and the same numbers for a program, by role as `arrays` has them."""

    def __init__(self, match: Match, n: int, m: int, horizon: int, batch: int):
        torch.manual_seed(n)
        r = recurrence(match.name)
        self.match = match
        self.module = match.module(m, n, dtype=torch.float64, **match.options)
        self.ours = match.imported(dict(self.module.named_parameters()))
        sizes = [{"m": m, "p": 3}.get(str(s), n) for s in r.sizes]
        given = arrays(r, sizes, horizon, batch)
        self.parameters = {**given["parameters"], **numpy(self.ours)}
        self.inputs = given["inputs"]
        self.initial = given["initial"]
        self.cotangents = {name: given["cotangents"][name] for name in match.top}
        self.x = torch.tensor(self.inputs["x"], requires_grad=True)
        self.start = tuple(
            torch.stack([self.started(name, batch) for name in names]).detach().requires_grad_()
            for names in match.states
        )

    def started(self, name: str, batch: int):
        """The initial value of a state: given, or learned and then the same for every sample."""
        if name in self.initial:
            return torch.tensor(self.initial[name])
        return torch.tensor(self.parameters[{"h": "r", "c": "s"}[name]]).expand(batch, -1)

    def run(self):
        """What the layer gives: its output, and its states at the end."""
        output, end = self.module(self.x, self.start if len(self.start) > 1 else self.start[0])
        return output, end if isinstance(end, tuple) else (end,)

    def differences(self, program) -> dict[str, float]:
        """The relative differences of a program from the layer, by what they are of."""
        output, end = self.run()
        values = program.forward(self.parameters, self.inputs, self.initial)
        found = {"output": relative(self.side_by_side(values), output.detach().numpy())}
        for names, state in zip(self.match.states, end, strict=True):
            for name, last in zip(names, state.detach().numpy(), strict=True):
                found[f"last {name}"] = relative(values[name][0 if name == BOTH_WAYS[1] else -1], last)
        output.backward(torch.tensor(self.side_by_side(self.cotangents)))
        gradients = program.backward(self.parameters, self.inputs, self.initial, self.cotangents)
        return {**found, **self._of_gradients(gradients)}

    def side_by_side(self, values):
        return np.concatenate([values[name] for name in self.match.top], axis=2)

    def _of_gradients(self, gradients) -> dict[str, float]:
        names = dict(self.module.named_parameters())
        bars = [torch.tensor(gradients["parameters"][name]) for name in self.ours]
        ours = torch.autograd.grad(list(self.ours.values()), list(names.values()), bars)
        found = {
            name: relative(bar.numpy(), leaf.grad.numpy())
            for (name, leaf), bar in zip(names.items(), ours, strict=True)
        }
        found["input"] = relative(gradients["inputs"]["x"], self.x.grad.numpy())
        for states, start in zip(self.match.states, self.start, strict=True):
            for name, judged in zip(states, start.grad.numpy(), strict=True):
                given = name in gradients["initial"]
                bar = (
                    gradients["initial"][name]
                    if given
                    else gradients["parameters"][{"h": "r", "c": "s"}[name]]
                )
                found[f"first {name}"] = relative(bar, judged if given else judged.sum(0))
        return found


def too_large(differences: dict[str, float]) -> dict[str, float]:
    return {what: error for what, error in differences.items() if not error < TOLERANCE}


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("match", MATCHES, ids=lambda m: f"{m.module.__name__}-{m.name}")
def test_generated_code(match, sizes):
    program = load_source(generate(recurrence(match.name), "numpy"))
    assert too_large(Case(match, *sizes).differences(program)) == {}


@pytest.mark.parametrize("match", MATCHES, ids=lambda m: f"{m.module.__name__}-{m.name}")
def test_reference(match):
    assert too_large(Case(match, *SIZES[0]).differences(reference(match.name))) == {}


def test_gates_in_the_wrong_order_are_caught():
    """Keras stacks an LSTM's gates as i, f, c, o: such weights still run, and are noticed."""

    def wrong(state):
        found = lstm_sum(state)
        swapped = {"g": "o", "o": "g"}
        return {f"{name[:2]}{swapped.get(name[2:], name[2:])}": value for name, value in found.items()}

    match = Match(torch.nn.LSTM, "lstm_sum", wrong, ("h",), (("h",), ("c",)), {})
    assert "output" in too_large(Case(match, *SIZES[0]).differences(reference("lstm_sum")))
