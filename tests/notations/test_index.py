"""Index notation: every entry of every node is the entry of the matrix."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from sympy.functions.special.tensor_functions import KroneckerDelta

from symbptt.derivation import FORMS, derive
from symbptt.expressions import (
    Apply,
    Block,
    Braced,
    Commutation,
    Diagonal,
    Dot,
    Entry,
    Eye,
    FunctionSymbol,
    Kron,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    ProductOver,
    Quantity,
    Slice,
    SumOver,
    Times,
    Transposed,
    Vec,
    Zeros,
    check,
    is_scalar,
    shape_of,
)
from symbptt.functions import function
from symbptt.notations import entries, to_index
from symbptt.notations.index import index_equation
from symbptt.recurrence import t
from tests.examples import EXAMPLES, OPEN
from tests.notations.worlds import SIZES, asked, places, world_of, worst
from tests.trees import A, C, U, V, arrangements, trees

n, m, p = sympy.symbols("n m p", integer=True, positive=True)
i, j, k = sympy.symbols("i j k", integer=True)
B = Quantity("B", (n,), (m + n,))
tanh, softmax = function("tanh"), function("softmax")
STACKED = Block([U], [V])

NODES = {
    "zeros": Zeros((n,), (m,)),
    "ones": Plus(A, Ones((n,), (m,))),
    "identity": Eye((n, m)),
    "commutation": Dot(Commutation((n,), (m,)), Vec(A)),
    "commutation alone": Commutation((n,), (m,)),
    "two identities": Dot(Kron(C, Eye((m,))), Commutation((n,), (m,))),
    "kronecker": Dot(Kron(Transposed(V), Eye((n,))), Vec(A)),
    "diagonal": Dot(Diagonal(U), C, Diagonal(U)),
    "diagonal in a sum": Dot(Plus(Diagonal(U), Times(-1, Dot(U, Transposed(U)))), A),
    "spread": Dot(Ones((n,), (n,)), A),
    "counted": Times(Dot(Ones((), (n,)), Ones((n,), ())), U),
    "stacked factor": Dot(B, STACKED),
    "stacked under a function": Dot(B, Apply(tanh, STACKED)),
    "stacked under a sum": Dot(B, Plus(STACKED, Times(2, STACKED))),
    "stacked and opaque": Dot(Apply(softmax, STACKED), Transposed(Apply(softmax, STACKED))),
    "blocks": Dot(Block([C, A], [Transposed(A), Eye((m,))]), STACKED),
    "blocks alone": Block([C, A], [Transposed(A), Eye((m,))]),
    "vec of blocks": Vec(Block([C, A])),
    "block of a compound axis": Block([Vec(A)], [U]),
    "kronecker of a stack": Kron(Transposed(STACKED), Eye((n,))),
    "slice of a stack": Slice(STACKED, 0, n, m + n, (m,)),
    "slice of columns": Dot(Slice(B, 1, n, m + n, (m,)), V),
    "slice of a compound axis": Slice(Vec(A), 0, n, 2 * n, (n,)),
    "slice of stacked rows": Slice(Block([Vec(A)], [U]), 0, 0, m * n, (m, n)),
    "power": MatrixPower(C, 3),
    "long power": MatrixPower(C, k + 5).xreplace({k: sympy.Integer(1)}),
    "sum": SumOver(Times(k, MatrixPower(C, 2)), k, 1, 3),
    "delta in a sum over time": Dot(SumOver(Times(k, Diagonal(U)), k, 1, 3), A),
    "ordered product": ProductOver(Plus(C, Times(k, Eye((n,)))), k, 3, 1),
    "ordered product in a product": Dot(ProductOver(Dot(Diagonal(U), C), k, 3, 2), A),
    "empty ordered product": ProductOver(C, k, 1, 2),
    "ordered product of diagonals": ProductOver(Times(k, Diagonal(U)), k, 3, 1),
    "ordered product on a compound axis": ProductOver(
        Kron(Plus(C, Times(k, Eye((n,)))), Dot(V, V.T)), k, 2, 1
    ),
    "transposed ordered product": Transposed(ProductOver(C, k, 2, 1)),
    "column of functions": Apply(softmax, A),
    "prime": Apply(tanh, A, 1),
    "braces": Braced(Dot(Braced(Diagonal(U), Diagonal(U)), C), C),
}


@pytest.mark.parametrize("name", NODES)
def test_each_node(name):
    assert_entries(NODES[name])


@given(trees(4))
@settings(max_examples=150, deadline=None)
def test_random_trees(node):
    assert_entries(node)


@given(arrangements())
@settings(max_examples=80, deadline=None)
def test_random_arrangements(node):
    assert_entries(node)


def assert_entries(node) -> None:
    y = Quantity("y", *shape_of(node), t)
    world = world_of(node)
    values = world.values(t=1)
    covered = 0
    for left, right, free in index_equation(y, node, {"y", "A", "C"}):
        check(right)
        assert is_scalar(right)
        covered += int(sympy.Mul(*(high for _, _, high in free)).xreplace(values.numbers))
        assert worst(left, right, places(free, values)) < 1e-10
    assert covered == sympy.Mul(*(s for axis in y.shape for s in axis)).xreplace(values.numbers)


def test_deltas_leave_no_sum():
    ((_, right, _),) = index_equation(Quantity("y", (n,), (m,), t), Dot(Diagonal(U), A), set())
    assert right == Times(Entry(U, i), Entry(A, i, j))


def test_an_ordered_product_is_a_sum_over_paths():
    ((_, right, _),) = index_equation(Quantity("y", (n,), (n,), t), ProductOver(C, k, 3, 1), set())
    assert isinstance(right, PathSum)


def test_an_ordered_product_of_diagonals_has_one_path():
    ((_, right, _),) = index_equation(Quantity("y", (n,), (n,), t), ProductOver(Diagonal(U), k, 3, 1), set())
    assert right == Times(KroneckerDelta(i, j), ProductOver(Entry(U, i), k, 3, 1))


def test_indices_avoid_names_in_use():
    ((left, _, _),) = index_equation(Quantity("y", (n,), (m,), t), A, {"i"})
    assert [str(index) for index in left.args[1:]] == ["j", "k"]


def test_a_node_without_a_rule_is_named():
    with pytest.raises(TypeError, match="no index notation for FunctionSymbol"):
        entries.entry(FunctionSymbol("f"), (), (), None)


def test_a_planted_error_is_noticed(monkeypatch):
    monkeypatch.setitem(
        entries.RULES, Transposed, lambda node, r, c, letters: entries.entry(node.args[0], r, c, letters)
    )
    with pytest.raises(AssertionError):
        assert_entries(Dot(C, Transposed(C)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", {**EXAMPLES, **OPEN})
def test_every_step_holds_in_index_notation(name, form):
    r = {**EXAMPLES, **OPEN}[name]()
    for of, by in asked(r, form):
        derivation = to_index(derive(r, of, by, form, steps=2))
        assert derivation.notation == "index"
        assert all(is_scalar(side) for step in derivation.steps for side in (step.left, step.right))
        small = {"n": 3, "m": 2, "p": 2} if name == "matrix_state" else SIZES
        assert max(derivation.errors(small, horizon=2)) < 1e-10
