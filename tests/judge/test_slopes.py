"""Edits of slopes: that of another function, and a function applied once too often."""

import pytest

from symbptt.judge.repairs.slopes import slopes
from symbptt.judge.repairs.stock import Stock
from symbptt.reader.parser import parse_expression
from symbptt.reader.written import written


@pytest.mark.parametrize(
    ("latex", "meant"),
    [
        ("1 - n_t^2", r"n_{t} \odot \left( 1 - n_{t} \right)"),
        (r"1 - n_t \odot n_t", r"n_{t} \odot \left( 1 - n_{t} \right)"),
        (r"d_t \odot n_t \odot (1 - n_t)", r"d_{t} \odot \left( 1 - n_{t}^{2} \right)"),
        (r"x_t \odot n_t \odot (1 - n_t) \odot y_t", r"x_{t} \odot \left( 1 - n_{t}^{2} \right) \odot y_{t}"),
        (r"\tanh(c_t)", "c_{t}"),
        (r"\tanh^2(c_t)", "c_{t}^{2}"),
    ],
)
def test_what_may_be_meant(latex, meant):
    assert [written(edit.node) for edit in slopes(parse_expression(latex), Stock({}))] == [meant]


@pytest.mark.parametrize("latex", ["1 - n_t", r"n_t \odot (1 - m_t)", "2 - n_t^2", r"\log(c_t)"])
def test_what_is_no_slope(latex):
    assert list(slopes(parse_expression(latex), Stock({}))) == []
