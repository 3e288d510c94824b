"""Loops that write in place, in PyTorch: nothing that is given changes, and no two values share a place."""

from __future__ import annotations

import pytest

from symbptt import Recurrence
from symbptt.check.case import Case
from symbptt.programs import generate, load
from tests.programs.test_torch_target import differences, tensors

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the torch target cannot run")

WEIGHTS = r"$W, V \in \mathbb{R}^{n \times n}$, $x_t, u_t, h_t, s_t \in \mathbb{R}^n$, $b \in \mathbb{R}^n$. "
TRIED = {
    "the input itself is hoisted": r"$$h_t = x_t + W h_{t-1}$$",
    "a bias is hoisted, the same at all times": r"$$z_t = b + W h_{t-1}, \quad h_t = x_t \circ \tanh(z_t)$$",
    "minus a state and minus a product": r"$$h_t = -h_{t-1} - W h_{t-2} + x_t - s_{t-1} \circ u_t, \quad "
    r"s_t = \sigma(V h_t)$$",
    "a product of three": r"$$h_t = x_t \circ \sigma(W h_{t-1}) \circ (1 - \sigma(W h_{t-1}))$$",
    "a state that is another": r"$$h_t = \tanh(W s_{t-1} + x_t), \quad s_t = h_t, \quad y_t = h_t$$",
    "a stack of states": r"$h_t \in \mathbb{R}^{2n}$, $U \in \mathbb{R}^{n \times 2n}$, "
    r"$$h_t = [\tanh(U h_{t-1}); x_t \circ s_{t-1}], \quad s_t = \sigma(U h_t)$$",
    "a function that cannot write in place": r"$$h_t = \operatorname{softplus}(W h_{t-1} + x_t) \circ u_t$$",
    "a time in the equation": r"$$h_t = \tanh(W h_{t-1} + x_t) / t$$",
    "a number a step": r"$v \in \mathbb{R}^n$, $$g_t = \sigma(v^\top h_{t-1}), \quad "
    r"h_t = g_t \tanh(W h_{t-1}) + x_t$$",
}


@pytest.mark.parametrize("name", TRIED)
def test_as_the_numpy_module_and_nothing_given_changes(name):
    text = WEIGHTS.replace(", h_t", "") if r"h_t \in" in TRIED[name] else WEIGHTS
    r = Recurrence.from_latex(text + TRIED[name])
    module, judge, given = load(generate(r, "torch")), load(generate(r)), Case(r).arguments("batch")
    assert differences(module, judge, given) == {}
    roles = ("parameters", "inputs", "initial", "cotangents")
    ours = {role: tensors(given[role]) for role in roles}
    before = {role: {key: value.clone() for key, value in group.items()} for role, group in ours.items()}
    module.backward(*ours.values())
    for role in roles:
        for key, value in ours[role].items():
            assert torch.equal(value, before[role][key]), (role, key)


def test_a_rule_may_be_used_twice():
    """The backward sweep changes nothing that the forward run has kept."""
    r = Recurrence.from_latex(WEIGHTS + r"$$h_t = \tanh(W h_{t-1} + x_t), \quad s_t = h_t \circ s_{t-1}$$")
    module, given = load(generate(r, "torch")), Case(r).arguments("batch")
    ours = [tensors(given[role]) for role in ("parameters", "inputs", "initial")]
    leaf = ours[0]["W"].requires_grad_()
    values = module.forward(*ours)
    total = sum(value.sum() for value in values.values())
    (first,) = torch.autograd.grad(total, leaf, retain_graph=True)
    (second,) = torch.autograd.grad(total, leaf)
    assert torch.equal(first, second)
