"""Shape rules, normal forms and the checker of the language."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings

from symbptt.expressions import (
    Block,
    Commutation,
    Diagonal,
    Dot,
    Entry,
    Eye,
    Kron,
    Ones,
    Plus,
    ProductOver,
    Quantity,
    Shape,
    ShapeError,
    Slice,
    SumOver,
    Tensor,
    Times,
    Total,
    Transposed,
    Vec,
    Zeros,
    check,
    children,
    expression,
    shape,
    shape_of,
    with_children,
)
from symbptt.oracle import difference, evaluate
from tests.test_rules import world_of
from tests.trees import A, C, U, V, arrangements, trees

n, m = (s for axis in A.shape for s in axis)


@given(trees())
@settings(max_examples=100, deadline=None)
def test_a_tree_is_what_its_parts_make_it(node):
    check(node)
    if children(node):
        assert with_children(node, children(node)) == node


@given(arrangements())
@settings(max_examples=60, deadline=None)
def test_shapes_are_the_shapes_of_the_values(node):
    world = world_of(node)
    rows, cols = shape_of(node)
    values = world.values(t=1)
    assert evaluate(node, values).shape == (values.length(rows), values.length(cols))


@given(trees())
@settings(max_examples=60, deadline=None)
def test_a_transpose_is_a_transpose(node):
    values = world_of(node).values(t=1)
    assert difference(evaluate(Transposed(node), values), evaluate(node, values).T) < 1e-12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dot(A, A), "shapes do not fit in a matrix product: n x m and n x m"),
        (lambda: Plus(U, V), "shapes do not fit in a sum: n x 1 and m x 1"),
        (lambda: Times(U, V), "shapes do not fit in an elementwise product: n x 1 and m x 1"),
        (lambda: Diagonal(A), "shapes do not fit in diag: n x m and n x 1"),
        (lambda: Block([U, C], [V, A]), "shapes do not fit in"),
        (lambda: Entry(A, 1), "shapes do not fit in an entry with 1 indices"),
        (lambda: ProductOver(A, sympy.Symbol("k"), 2, 1), "shapes do not fit in an ordered product"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make, message):
    with pytest.raises(ShapeError, match=message):
        make()


def test_sizes_of_one_leave_the_shape():
    assert shape(1, "m") == Shape((), V.shape.rows)
    assert shape("n", 1) == shape("n")
    assert Dot(Transposed(U), U).shape == shape()


def test_an_outer_product_and_the_axes_of_vec():
    assert Dot(U, Transposed(V)).shape == A.shape
    assert Vec(A).shape == Shape((m, n), ())
    assert Total(U.at(1), A).shape == Shape((n,), (m, n))
    assert Kron(Transposed(V), Eye((n,))).shape == Shape((n,), (m, n))


def test_normal_forms():
    assert Dot(Eye((n,)), A) == A
    assert Times(1, A) == A
    assert Times(0, A) == Zeros(*A.shape)
    assert Plus(A, Zeros(*A.shape)) == A
    assert Transposed(Transposed(A)) == A
    assert Dot(2 * C, U) == 2 * Dot(C, U)
    assert Kron(2, A) == 2 * A
    assert Diagonal(Ones(*U.shape)) == Eye((n,))
    assert Slice(U, 0, 0, n) == U
    assert SumOver(Zeros(*U.shape), sympy.Symbol("i"), 1, 3) == Zeros(*U.shape)


def test_equal_terms_are_collected():
    half = sympy.Rational(1, 2)
    assert Plus(half * U, half * U) == U
    assert Plus(A, A) == 2 * A
    assert Plus(U, -U) == Zeros(*U.shape)
    assert Plus(1, U, U) == Plus(1, 2 * U)


def test_products_are_never_reordered():
    assert Dot(C, Transposed(C)) != Dot(Transposed(C), C)
    assert Dot(C, Transposed(C)).args == (C, Transposed(C))


def test_the_commutation_matrix_transposes():
    values = world_of(A).values(t=1)
    moved = evaluate(Dot(Commutation(*A.shape), Vec(A)), values)
    assert difference(moved, evaluate(Vec(Transposed(A)), values)) == 0


def test_an_empty_ordered_product_is_the_identity():
    k = sympy.Symbol("k", integer=True)
    values = world_of(C).values(t=1)
    assert difference(evaluate(ProductOver(C, k, 0, 1), values), evaluate(Eye((n,)), values)) == 0


def test_the_checker_notices_a_planted_shape():
    node = Dot(A, V)
    node.shape = A.shape
    with pytest.raises(ShapeError, match="rebuilt Dot"):
        check(node)


def test_text_is_not_an_expression():
    with pytest.raises(TypeError, match="not an expression: str"):
        expression("a")


def test_every_node_class_has_a_docstring():
    def everything(cls):
        for sub in cls.__subclasses__():
            yield sub
            yield from everything(sub)

    assert all(sub.__doc__ for sub in everything(Tensor))


def test_a_quantity_knows_its_name_and_time():
    t = sympy.Symbol("t", integer=True)
    q = Quantity("a", *shape("n"), t)
    assert (q.name, q.time, q[t - 1].time, q.at(3).time) == ("a", t, t - 1, 3)
    assert q.xreplace({t: sympy.Integer(2)}) == q.at(2)
