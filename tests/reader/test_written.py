"""The surface tree back in LaTeX: what is written reads back as the same tree."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.reader.document import read_document
from symbptt.reader.parser import parse_each, parse_expression
from symbptt.reader.syntax import Chain, Span, Surface
from symbptt.reader.written import written

FORMULAS = [
    r"a",
    r"-a + b - c",
    r"(a + b) c",
    r"{a + b} c",
    r"W_{aa} a_{t-1} + W_{ax} x_t + b",
    r"\Gamma_f^{\langle t \rangle} * c^{\langle t-1 \rangle}",
    r"x^{\langle t \rangle T} W^\top",
    r"h^{(1)}(t) + o^{(t)}_i + x[t]",
    r"\tilde{c}_t \odot \hat{\bar y}",
    r"dW_f + \delta 12 \cdot d\tilde c + dtanh",
    r"\frac{\partial L}{\partial W_{\mathrm{out}}} \frac{\mathrm{d} a_3}{\mathrm{d} f_3}",
    r"\frac{\partial^{+} a_t}{\partial W} + \frac{\partial^2 L}{\partial x \partial y}",
    r"\frac{\partial a_t}{W_{aa}} + \partial f / \partial x",
    r"\nabla_W L + \frac{1}{T} x",
    r"\sum_{i=1}^{t} \left(\prod_{k=i+1}^{t} J_k\right) g_i",
    r"\sum_{w \in V} p(w) + \sum_{j < t} a_j + \sum_{1 \le k \le t} b_k",
    r"\operatorname{diag}(1 - h_t^2) W \tanh'(z_t)",
    r"\sigma(W [a_{t-1}, x_t] + b)",
    r"\underbrace{W h_{t-1}}_{a_t} + \overbrace{U x}^{z = 3}",
    r"\left. \frac{\partial f}{\partial x} \right|_{x = 0}",
    r"\|h_t\|_2^2 + |a| + \sqrt{x}",
    r"\mathbf{1}(i = j) x_i",
    r"1 + \begin{cases} 1 & i = j \\ 0 & i \neq j \end{cases}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} x",
    r"\max(0, x) + \log \frac{a}{b}",
    r"(W)^{k} (f)' + x_{1} \cdots x_{n}",
    r"f(x, y; \theta)",
]


@pytest.mark.parametrize("latex", FORMULAS)
def test_reads_back(latex: str) -> None:
    node = parse_expression(latex)
    assert parse_expression(written(node)) == node


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"W_{aa}a_{t-1}+b", r"W_{aa}\, a_{t - 1} + b"),
        (r"x^{<t>T}", r"x^{\langle t \rangle T}"),
        (r"\frac{\partial{a}}{\partial{W}}", r"\frac{\partial a}{\partial W}"),
        (r"tanh(x)", r"\tanh\left( x \right)"),
    ],
)
def test_says_how_it_was_read(latex: str, expected: str) -> None:
    assert written(parse_expression(latex)) == expected


LEAVES = st.sampled_from([r"a_t", r"W_{hh}", "2", r"\delta_t", r"x^\top", r"h^{\langle t-1 \rangle}"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: f"{p[0]} + {p[1]}"),
        two.map(lambda p: f"({p[0]}) ({p[1]})"),
        two.map(lambda p: rf"({p[0]}) \odot ({p[1]})"),
        two.map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
        inner.map(lambda p: rf"\tanh({p})"),
        inner.map(lambda p: rf"\sum_{{k=1}}^{{t}} ({p})"),
        inner.map(lambda p: rf"\left[{p}\right]^{{\top}}"),
    )


@settings(max_examples=60, deadline=None)
@given(st.recursive(LEAVES, _grown, max_leaves=8))
def test_reads_back_whatever_is_built(latex: str) -> None:
    node = parse_expression(latex)
    assert parse_expression(written(node)) == node


@pytest.mark.parametrize(
    "page", sorted(Path(__file__).parents[2].glob("derivations/*/spec.md")), ids=lambda p: p.parent.name
)
def test_our_specifications_read_back(page: Path) -> None:
    document = read_document(page.read_text(encoding="utf-8"), page.name)
    for formula in [*document.displays, *document.inline]:
        for chain in parse_each(formula.latex, macros=document.macros):
            assert isinstance(chain, Chain)
            for node in (chain.first, *(link.right for link in chain.links)):
                assert node is None or parse_expression(written(node)) == node


def test_an_unknown_node_is_named() -> None:
    class Unheard(Surface):
        """A node that nobody knows."""

    with pytest.raises(TypeError, match="Unheard"):
        written(Unheard(Span(0, 0)))
