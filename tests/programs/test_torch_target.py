"""The PyTorch target: its modules against those of the NumPy target, autograd, and torch's own layers."""

from __future__ import annotations

import ast
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner

from symbptt import cells
from symbptt.check.case import Case
from symbptt.cli import app
from symbptt.programs import generate, load, load_file
from tests.examples import BACKWARDS, elman
from tests.judges.given import arrays, recurrence, relative, worst
from tests.programs.recurrences import EVERY
from tests.programs.test_numpy import ruff
from tests.test_torch_modules import MATCHES

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the torch target cannot run")

TOLERANCE = 1e-12
SIZES = (3, 2, 5, 4)  # of a ready recurrence, in the order in which it names them
HORIZON, BATCH = 4, 2


@cache
def ready(name: str, target: str = "torch"):
    return load(generate(recurrence(name), target))


def tensors(group, **kind):
    """A tree of arrays as tensors; lengths stay numbers."""
    if isinstance(group, dict):
        return {name: tensors(value, **kind) for name, value in group.items()}
    return torch.tensor(group, **kind) if np.asarray(group).dtype.kind == "f" else int(group)


@cache
def odd(name: str, target: str = "torch") -> str:
    return generate(EVERY[name](), target)


def numbers(group):
    """A tree of tensors as arrays."""
    if isinstance(group, dict):
        return {name: numbers(value) for name, value in group.items()}
    return group.detach().numpy()


def differences(module, judge, given) -> dict[str, float]:
    """Where a module for PyTorch differs too much from one for NumPy: values, and all gradients."""
    common = (given["parameters"], given["inputs"], given["initial"])
    ours = tensors(common[0]), tensors(common[1]), tensors(common[2])
    values = judge.forward(*common)
    found = {name: relative(value, values[name]) for name, value in numbers(module.forward(*ours)).items()}
    assert set(found) == set(values)
    gradients = numbers(module.backward(*ours, tensors(given["cotangents"])))
    found |= worst(gradients, judge.backward(*common, given["cotangents"]))
    if hasattr(judge, "loss_and_gradient"):
        loss, gradients = module.loss_and_gradient(*ours[:2], tensors(given["targets"]), ours[2])
        judged_loss, judged = judge.loss_and_gradient(*common[:2], given["targets"], common[2])
        found |= {f"loss by {what}": error for what, error in worst(numbers(gradients), judged).items()}
        found["loss"] = relative(loss, judged_loss)
    return {what: error for what, error in found.items() if not error < TOLERANCE}


# ------------------------------------------------------------------ against NumPy


@pytest.mark.parametrize("name", cells.ready())
def test_ready_recurrences(name):
    given = arrays(recurrence(name), SIZES, HORIZON, BATCH)
    assert differences(ready(name), ready(name, "numpy"), given) == {}


@pytest.mark.parametrize("name", [name for name in EVERY if name != "generic"])
def test_odd_recurrences(name):
    given = Case(EVERY[name]()).arguments("batch")
    assert differences(load(odd(name)), load(odd(name, "numpy")), given) == {}


@pytest.mark.parametrize("name", BACKWARDS)
def test_recurrences_that_run_both_ways(name):
    r = BACKWARDS[name]()
    for samples in ("batch", "single"):
        given = Case(r).arguments(samples)
        assert differences(load(generate(r, "torch")), load(generate(r)), given) == {}


@pytest.mark.parametrize("name", ["elman", "two_lags", "no_input", "matrix_state"])
def test_a_single_sample(name):
    given = Case(EVERY[name]()).arguments("single")
    assert differences(load(odd(name)), load(odd(name, "numpy")), given) == {}


@pytest.mark.parametrize(("steps", "length"), [(1, 3), (7, 3), (8, 3), (37, 3), (64, 1), (9, 2500)])
def test_a_linear_recurrence_in_pairs_or_in_a_loop(steps, length):
    """By pairs of steps where rows are short, one by one where they are long: the same as by hand."""
    torch.manual_seed(steps)
    gates, values, start = torch.rand(steps, length), torch.rand(steps, length), torch.rand(length)
    wanted = [start]
    for gate, value in zip(gates, values, strict=True):
        wanted.append(gate * wanted[-1] + value)
    torch.testing.assert_close(ready("min_gru").linear_scan(gates, values, start), torch.stack(wanted[1:]))
    first, series = ready("min_gru").linear_sweep(gates, values)
    by_hand = torch.zeros(length)
    for i in reversed(range(steps)):
        by_hand = values[i] + by_hand
        torch.testing.assert_close(series[i], by_hand)
        by_hand = gates[i] * by_hand
    torch.testing.assert_close(first, by_hand)


def test_a_planted_error_is_found():
    r = recurrence("lstm_sum")
    given, wrong = arrays(r, SIZES, HORIZON, BATCH), load(generate(r, "torch"))
    right = wrong.pull_back

    def pull_back(*arguments):
        gradients = right(*arguments)
        gradients["parameters"]["U_f"] = gradients["parameters"]["U_f"].T
        return gradients

    wrong.pull_back = pull_back
    assert set(differences(wrong, ready("lstm_sum", "numpy"), given)) == {
        "parameters U_f",
        "loss by parameters U_f",
    }


def test_open_functions_are_set_by_the_user():
    r = EVERY["generic"]()
    module, given = load(generate(r, "torch")), Case(r).arguments("batch")
    with pytest.raises(ValueError, match="set f and f_prime"):
        module.forward(given["parameters"], given["inputs"])
    names = [symbol.name for symbol in r.functions if symbol.meaning == ""]
    judge = load(generate(r))
    for name in names:
        for one, library in ((module, torch), (judge, np)):
            setattr(one, name, library.sin)
            setattr(one, f"{name}_prime", library.cos)
    assert differences(module, judge, given) == {}


# ------------------------------------------------------------------ as a part of a larger model


@pytest.mark.parametrize("name", ["elman_tanh", "lstm", "gru_before", "mlstm", "two_lags", "layer_norm_rnn"])
def test_autograd_runs_the_derived_sweep(name):
    """torch.autograd.gradcheck: finite differences of the forward run against the rule."""
    module = ready(name)
    given = tensors(arrays(recurrence(name), (3, 2, 2, 2), 3, 2))
    groups = [given[role] for role in ("parameters", "inputs", "initial")]
    flat = [value.requires_grad_() for group in groups for value in group.values()]

    def values(*leaves):
        rest = iter(leaves)
        return tuple(module.forward(*({key: next(rest) for key in group} for group in groups)).values())

    assert torch.autograd.gradcheck(values, flat)


def test_what_is_not_used_has_no_part_in_the_gradient():
    module, given = ready("lstm"), tensors(arrays(recurrence("lstm"), SIZES, HORIZON, BATCH))
    W = given["parameters"]["W_f"].requires_grad_()
    values = module.forward(given["parameters"], given["inputs"])
    values["a"].sum().backward()
    ones = {"a": np.ones((HORIZON, BATCH, 3))}
    expected = ready("lstm", "numpy").backward(
        numbers(given["parameters"]), numbers(given["inputs"]), None, ones
    )
    np.testing.assert_allclose(W.grad, expected["parameters"]["W_f"], rtol=1e-12)


def test_one_derivative_is_what_there_is():
    module, given = ready("elman_tanh"), tensors(arrays(recurrence("elman_tanh"), SIZES, HORIZON, BATCH))
    W = given["parameters"]["W_aa"].requires_grad_()
    value = module.forward(given["parameters"], given["inputs"])["a"].square().sum()
    (slope,) = torch.autograd.grad(value, W, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def test_nothing_is_recorded_where_nothing_is_asked_for():
    module, given = ready("lstm"), tensors(arrays(recurrence("lstm"), SIZES, HORIZON, BATCH))
    given["parameters"]["W_f"].requires_grad_()
    with torch.no_grad():
        assert not module.forward(given["parameters"], given["inputs"])["a"].requires_grad
    _, gradients = module.loss_and_gradient(given["parameters"], given["inputs"], given["targets"])
    assert not gradients["parameters"]["W_f"].requires_grad


@pytest.mark.parametrize("match", MATCHES, ids=lambda match: f"{match.module.__name__}-{match.name}")
def test_layers_of_torch(match):
    """The same weights, in the layout of the layer's state: outputs, gradients by the layer's own names."""
    torch.manual_seed(0)
    n, m, horizon, batch = 5, 3, 6, 2
    layer = match.module(m, n, dtype=torch.float64, **match.options)
    x = torch.randn(horizon, batch, m, dtype=torch.float64)
    weights = dict(layer.named_parameters())
    sizes = [{"m": m}.get(str(symbol), n) for symbol in recurrence(match.name).sizes]
    given = tensors(arrays(recurrence(match.name), sizes, 1, 1))
    at_zero = {name: torch.zeros_like(value) for name, value in given["parameters"].items()}
    ours = ready(match.name).forward({**at_zero, **match.imported(weights)}, {"x": x})
    ours = torch.cat([ours[name] for name in match.top], dim=-1)
    theirs, _ = layer(x)
    assert relative(ours.detach(), theirs.detach()) < TOLERANCE
    probe = torch.randn_like(theirs)
    for mine, judged in zip(
        torch.autograd.grad((ours * probe).sum(), list(weights.values())),
        torch.autograd.grad((theirs * probe).sum(), list(weights.values())),
        strict=True,
    ):
        assert relative(mine, judged) < TOLERANCE


class Tagger(torch.nn.Module):
    """A model of one's own: batches first, the derived cell between two layers of torch."""

    def __init__(self, module, dtype):
        super().__init__()
        self.module, sizes = module, {"n": 6, "m": 3, "p": 2}
        self.cell = torch.nn.ParameterDict(
            {
                name: torch.randn([sizes[s] for s in shape], dtype=dtype) / 3
                for name, shape in module.PARAMETERS.items()
            }
        )
        self.into, self.out = torch.nn.Linear(4, 3, dtype=dtype), torch.nn.Linear(6, 2, dtype=dtype)

    def forward(self, x):
        h = self.module.forward(dict(self.cell), {"x": self.into(x).transpose(0, 1)})["a"]
        return self.out(h.transpose(0, 1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_cell_in_a_model_of_ones_own(dtype):
    torch.manual_seed(0)
    model = Tagger(ready("elman_tanh"), dtype)
    x = torch.randn(8, 10, 4, dtype=dtype)
    wanted = (x.cumsum(1).sum(-1) > 0).long()
    optimiser, losses = torch.optim.Adam(model.parameters(), lr=0.03), []
    for _ in range(40):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x).flatten(0, 1), wanted.flatten())
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert {p.grad.dtype for name, p in model.named_parameters() if "_y" not in name} == {dtype}
    with torch.no_grad():
        value = model(x)
    assert not value.requires_grad
    torch.testing.assert_close(value, model(x).detach())


def test_a_series_that_lies_the_other_way_round_and_a_sample_by_itself():
    module, given = ready("lstm"), tensors(arrays(recurrence("lstm"), SIZES, HORIZON, BATCH))
    x = given["inputs"]["x"]
    turned = x.transpose(0, 1).contiguous().transpose(0, 1)
    assert not turned.is_contiguous()
    wanted = module.forward(given["parameters"], {"x": x})
    found = module.forward(given["parameters"], {"x": turned})
    alone = module.forward(given["parameters"], {"x": turned[:, 0]})
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value)
        torch.testing.assert_close(alone[name], value[:, 0])
    by_turned, by_plain = (
        module.backward(given["parameters"], {"x": series}, None, {"a": torch.ones_like(wanted["a"])})
        for series in (turned, x)
    )
    torch.testing.assert_close(by_turned, by_plain)


# ------------------------------------------------------------------ precision and place


@pytest.mark.parametrize("name", ["elman_tanh", "lstm", "gru_after", "mlstm"])
def test_precision_follows_the_parameters(name):
    given = arrays(recurrence(name), SIZES, HORIZON, BATCH)
    parameters = tensors(given["parameters"], dtype=torch.float32)
    rest = [tensors(given[role]) for role in ("inputs", "targets", "initial")]
    loss, gradients = ready(name).loss_and_gradient(parameters, *rest)
    values = ready(name).forward(parameters, rest[0], rest[2])
    found = {value.dtype for group in (values, *gradients.values()) for value in group.values()}
    assert found | {loss.dtype} == {torch.float32}


@pytest.mark.parametrize("name", cells.ready())
def test_no_place_is_written_down(name):
    """On the device that computes shapes alone, whatever was made on another would not fit."""
    given = tensors(arrays(recurrence(name), SIZES, HORIZON, BATCH), device="meta")
    common = (given["parameters"], given["inputs"])
    _, gradients = ready(name).loss_and_gradient(*common, given["targets"], given["initial"])
    values = ready(name).forward(*common)
    found = {value.device.type for group in (values, *gradients.values()) for value in group.values()}
    assert found == {"meta"}


# ------------------------------------------------------------------ trained


def echo_task():
    """The input two steps ago: what a recurrence has to remember."""
    torch.manual_seed(0)
    x = torch.randn(12, 16, 2)
    return x, torch.nn.functional.one_hot((x.roll(2, 0).sum(-1) > 0).long(), 3).float()


def test_a_cell_is_trained_from_the_command_line(tmp_path):
    path = tmp_path / "network.py"
    done = CliRunner().invoke(app, ["generate", "lstm", "--target", "torch", "-o", str(path)])
    assert done.exit_code == 0, done.output
    module, (x, d) = load_file(path), echo_task()
    cell = module.Cell(n=8, m=2, p=3)
    assert {name: tuple(p.shape) for name, p in cell.named_parameters()}["W_u"] == (8, 10)
    optimiser = torch.optim.Adam(cell.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = -(d * torch.log(cell({"x": x})["y"])).sum(-1)[2:].mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3
    again = module.Cell(n=8, m=2, p=3)
    again.load_state_dict(cell.state_dict())
    torch.testing.assert_close(again({"x": x})["y"], cell({"x": x})["y"])


def test_gradient_descent_with_clipping():
    module, (x, d) = ready("simple_rnn"), echo_task()
    torch.manual_seed(1)
    parameters = dict(module.Cell(n=8, m=2, p=3).named_parameters())
    clip = lambda gradients: module.clip_by_norm(gradients, 20.0)  # noqa: E731
    first, _ = module.loss_and_gradient(parameters, {"x": x}, {"d": d})
    for _ in range(30):
        loss, parameters = module.train_step(parameters, {"x": x}, {"d": d}, 0.01, clip)
    assert loss < first
    small = module.clip_by_norm({"W": torch.full((2, 2), 3.0)}, 1.0)["W"]
    assert float(small.norm()) == pytest.approx(1.0)
    assert module.clip_by_value({"W": torch.tensor([3.0, -9.0])}, 2.0)["W"].tolist() == [2.0, -2.0]


# ------------------------------------------------------------------ the source


@pytest.mark.parametrize("name", EVERY)
def test_modules_need_torch_alone(name):
    tree = ast.parse(odd(name))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {alias.name for node in imports for alias in node.names} <= {"torch", "math"}


def test_modules_are_clean(tmp_path):
    for name in EVERY:
        (tmp_path / f"{name}.py").write_text(odd(name), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E,F,W,I,B,UP,C4", "--ignore", "E501")


def test_modules_of_plain_cells_are_formatted(tmp_path):
    for name in ("elman", "two_lags", "matrix_state", "gated", "late_input", "fed_back_output"):
        (tmp_path / f"{name}.py").write_text(odd(name), encoding="utf-8")
    ruff(tmp_path, "format", "--check")


def test_lines_of_the_simple_network():
    source = generate(elman(), "torch")
    for line in (
        "    for f_t, a_t, a_before_t in steps(f, a, (a_0[None], a)):\n",
        "        f_t.addmm_(a_before_t, W_aa_T)\n        a_t.sigmoid_()\n",
        "        d_f_t *= d_a_t\n        d_a_before_t.addmm_(d_f_t, W_aa)\n",
        "    d_W_aa = rows(d_f).T @ rows(a_before)\n",
        "    loss = -torch.sum(d * torch.log(y))\n",
        "    y = torch.softmax(z_y, dim=-1)\n",
    ):
        assert line in source
