"""LaTeX and plain text of every node: what is written, where brackets stand, and that it compiles."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from math_core import LatexToMathML
from sympy.core.basic import Basic
from sympy.functions.special.tensor_functions import KroneckerDelta

from symbptt import expressions
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
    Gradient,
    Immediate,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    Power,
    ProductOver,
    Quantity,
    Slice,
    SumOver,
    Tensor,
    Times,
    Total,
    Transposed,
    Vec,
    Zeros,
    children,
    shape,
)
from symbptt.functions import function
from symbptt.notations.symbols import ImmediateDerivative, OrderedProductEntry, TotalDerivative
from symbptt.writers import latex, text
from symbptt.writers.pages import PREAMBLE
from tests.trees import arrangements, trees
from tests.writers.judges import katex_errors, pdflatex_errors

n, m = sympy.symbols("n m", integer=True, positive=True)
i, j, k, t, T = sympy.symbols("i j k t T", integer=True)
A, C = Quantity("A", (n,), (m,)), Quantity("C", (n,), (n,))
u, v, r, q = (
    Quantity(name, *sizes) for name, sizes in (("u", shape("n")), ("v", shape("n")), ("r", ()), ("q", ()))
)
a = Quantity("a", *shape("n"), t)
W = Quantity("W_{aa}", *shape("n", "n"))
L = Quantity("L")
S, g, tanh = FunctionSymbol("S", "sigmoid"), FunctionSymbol("g"), function("tanh")
path = sympy.Function("j")
a_t, a_k = sympy.IndexedBase("a")[t], sympy.IndexedBase("a")[k]

WRITTEN: list[tuple[Basic, str, str]] = [
    (a, "a_{t}", "a[t]"),
    (a.at(t - 1), "a_{t-1}", "a[t-1]"),
    (a.at(3), "a_{3}", "a[3]"),
    (W, "W_{aa}", "W_aa"),
    (Quantity("z_{f}", (n,), (), t), "z_{f,t}", "z_f[t]"),
    (Quantity("h_{1}^{(2)}", (n,), (), t), "h_{1,t}^{(2)}", "h_1^(2)[t]"),
    (Quantity(r"\tilde{c}", (n,), (), t), r"\tilde{c}_{t}", "c\u0303[t]"),
    (Quantity(r"\Gamma_{f}", (n,)), r"\Gamma_{f}", "Γ_f"),
    (Zeros((n,), ()), "0", "0"),
    (Ones((n,), ()), r"\mathbf{1}_{n}", "ones(n, 1)"),
    (Ones((), (n,)), r"\mathbf{1}_{n}^{\top}", "ones(1, n)"),
    (Ones((n,), (n + m,)), r"\mathbf{1}_{n \times \left(m+n\right)}", "ones(n, m + n)"),
    (Plus(Ones((n,), ()), u), r"\mathbf{1} + u", "ones(n, 1) + u"),
    (Eye((n,)), "I_{n}", "I(n)"),
    (Eye((m, n)), "I_{m n}", "I(m·n)"),
    (Commutation((n,), (m,)), "K_{n,m}", "K(n, m)"),
    (Joint(g, 0, (n,), u, v), "g(u, v)", "g(u, v)"),
    (Joint(g, 2, (n,), u, v), r"\frac{\partial g(u, v)}{\partial v}", "∂g(u, v)/∂v"),
    (Joint(g, 1, (n,), u, u), r"\partial_{1} g(u, u)", "∂_1 g(u, u)"),
    (Joint(g, 1, (), u, v), r"\frac{\partial g(u, v)}{\partial u^{\top}}", "∂g(u, v)/∂u"),
    (Transposed(Joint(g, 1, (), u, v)), r"\frac{\partial g(u, v)}{\partial u}", "(∂g(u, v)/∂u)ᵀ"),
    (Entry(Joint(g, 0, (n,), u, v), i), "g(u, v)_{i}", "g(u, v)[i]"),
    (
        Entry(Joint(g, 2, (n,), u, v), i, j),
        r"\frac{\partial g(u, v)_{i}}{\partial v_{j}}",
        "(∂g(u, v)/∂v)[i,j]",
    ),
    # sums and elementwise products
    (Plus(u, Times(-1, v)), "u - v", "u - v"),
    (Plus(Times(-1, u), v), "-u + v", "-u + v"),
    (Plus(u, Times(-2, v)), "u - 2 v", "u - 2 · v"),
    (Plus(1, Times(-1, u)), "1 - u", "1 - u"),
    (Times(-1, Plus(u, v)), "-u - v", "-u - v"),
    (Times(2, Plus(u, v)), r"2 \left(u + v\right)", "2 · (u + v)"),
    (Times(u, v), r"u \odot v", "u ⊙ v"),
    (Times(u, Plus(1, Times(-1, u))), r"u \odot \left(1 - u\right)", "u ⊙ (1 - u)"),
    (Times(u, Dot(C, v)), r"u \odot \left(C\, v\right)", "u ⊙ (C · v)"),
    (Times(r, q), "r q", "r · q"),
    (Times(r, u), r"r\, u", "r · u"),
    (Times(r, Power(q, -1)), r"\frac{r}{q}", "r / q"),
    (Times(sympy.Rational(1, 2), r, Power(q, -2)), r"\frac{r}{2 q^{2}}", "1/2 · r / q^2"),
    (Times(sympy.Rational(1, 2), u), r"\frac{1}{2} u", "1/2 · u"),
    (Times(1 / n, u), r"\frac{1}{n}\, u", "1/n · u"),
    (Power(q, -1), r"\frac{1}{q}", "q^(-1)"),
    (Power(q, sympy.Rational(1, 2)), r"\sqrt{q}", "q^(1/2)"),
    (Power(r, 2), "r^{2}", "r^2"),
    (Power(u, 2), r"u^{\odot 2}", "u^⊙2"),
    (Power(u, -1), r"u^{\odot -1}", "u^⊙(-1)"),
    (Power(Plus(u, v), 2), r"\left(u + v\right)^{\odot 2}", "(u + v)^⊙2"),
    (Power(Quantity("h^{(1)}"), 2), r"\left(h^{(1)}\right)^{2}", "h^(1)^2"),
    (Apply(tanh, u), r"\tanh(u)", "tanh(u)"),
    (Apply(S, a, 1), "S'(a_{t})", "S'(a[t])"),
    (Apply(function("sqrt"), r), r"\sqrt{r}", "sqrt(r)"),
    (Power(Apply(tanh, u), 2), r"\left(\tanh(u)\right)^{\odot 2}", "tanh(u)^⊙2"),
    # matrix products
    (Dot(C, A), r"C\, A", "C · A"),
    (Dot(C, Plus(u, v)), r"C\, \left(u + v\right)", "C · (u + v)"),
    (Dot(Times(u, v), Transposed(u)), r"\left(u \odot v\right)\, u^{\top}", "(u ⊙ v) · uᵀ"),
    (Times(-1, Dot(C, u)), r"-C\, u", "-C · u"),
    (Transposed(W), r"W_{aa}^{\top}", "W_aaᵀ"),
    (Transposed(Apply(tanh, u)), r"\tanh(u)^{\top}", "tanh(u)ᵀ"),
    (MatrixPower(C, t - k), "C^{t-k}", "C^(t - k)"),
    (MatrixPower(W, 2), r"\left(W_{aa}\right)^{2}", "W_aa^2"),
    (Diagonal(u), r"\operatorname{diag}(u)", "diag(u)"),
    (Kron(u.T, Eye((n,))), r"u^{\top} \otimes I_{n}", "uᵀ ⊗ I(n)"),
    (Dot(C, Kron(u.T, Eye((n,)))), r"C\, \left(u^{\top} \otimes I_{n}\right)", "C · (uᵀ ⊗ I(n))"),
    (Vec(A), r"\operatorname{vec}(A)", "vec(A)"),
    (Inner(A, A), r"\left\langle A, A\right\rangle", "⟨A, A⟩"),
    # arrangements
    (Block([u], [v]), r"\begin{bmatrix} u \\ v \end{bmatrix}", "[u; v]"),
    (Block([C, A]), r"\begin{bmatrix} C & A \end{bmatrix}", "[C, A]"),
    (
        Slice(Block([u], [v]), 0, 0, n, (n,)),
        r"\left[\begin{bmatrix} u \\ v \end{bmatrix}\right]_{1:n}",
        "[u; v][1:n]",
    ),
    (Slice(A, 1, 1, m, (m - 1,)), "A_{:,2:m}", "A[:,2:m]"),
    (Entry(W, i, j), "W_{aa,ij}", "W_aa[i,j]"),
    (Entry(A, i, j), "A_{ij}", "A[i,j]"),
    (Entry(a, i), "a_{t,i}", "a[t][i]"),
    (Entry(A, i, j + 1), "A_{i,j+1}", "A[i,j+1]"),
    (Entry(Apply(tanh, u), i), r"\tanh(u)_{i}", "tanh(u)[i]"),
    (Entry(MatrixPower(C, k), i, j), r"\left[C^{k}\right]_{ij}", "(C^k)[i,j]"),
    # over an index
    (SumOver(Dot(C, a.at(i)), i, 1, t), r"\sum_{i=1}^{t} C\, a_{i}", "Σ(i=1..t) C · a[i]"),
    (SumOver(Plus(u, a.at(i)), i, 1, t), r"\sum_{i=1}^{t} \left(u + a_{i}\right)", "Σ(i=1..t) (u + a[i])"),
    (Plus(SumOver(a.at(i), i, 1, t), u), r"\sum_{i=1}^{t} a_{i} + u", "Σ(i=1..t) a[i] + u"),
    (
        Dot(ProductOver(Times(k, C), k, t, i + 1), u),
        r"\left(\prod_{k=i+1}^{t} k\, C\right)\, u",
        "(Π(k=i+1..t) k · C) · u",
    ),
    (
        Dot(C, ProductOver(Dot(C, Diagonal(a.at(k))), k, t, 1)),
        r"C\, \prod_{k=1}^{t} C\, \operatorname{diag}(a_{k})",
        "C · Π(k=1..t) C · diag(a[k])",
    ),
    (
        PathSum(Entry(W, path(k), path(k - 1)), path, k, t, i + 1, n, sympy.Symbol("p"), sympy.Symbol("q")),
        r"\left.\sum_{j_{i+1},\dots,j_{t-1}=1}^{n} \prod_{k=i+1}^{t} W_{aa,j_{k} j_{k-1}}\right|"
        r"_{j_{t}=p,\ j_{i}=q}",
        "(Σ(j[i+1],..,j[t-1]=1..n) Π(k=i+1..t) W_aa[j[k],j[k-1]] | j[t]=p, j[i]=q)",
    ),
    # derivatives
    (Total(a, a.at(t - 1)), r"\frac{\partial a_{t}}{\partial a_{t-1}}", "∂a[t]/∂a[t-1]"),
    (Total(a, W), r"\frac{\partial a_{t}}{\partial \operatorname{vec} W_{aa}}", "∂a[t]/∂vec(W_aa)"),
    (Immediate(a, W), r"\frac{\partial^{+} a_{t}}{\partial \operatorname{vec} W_{aa}}", "∂⁺a[t]/∂vec(W_aa)"),
    (Total(W, u), r"\frac{\partial \operatorname{vec} W_{aa}}{\partial u}", "∂vec(W_aa)/∂u"),
    (Total(L, u), r"\frac{\partial L}{\partial u^{\top}}", "∂L/∂uᵀ"),
    (Total(L, W), r"\frac{\partial L}{\partial (\operatorname{vec} W_{aa})^{\top}}", "∂L/∂vec(W_aa)ᵀ"),
    (Gradient(L, W), r"\frac{\partial L}{\partial W_{aa}}", "∂L/∂W_aa"),
    (Entry(Total(a, W), i, k, j), r"\frac{\partial a_{t,i}}{\partial W_{aa,jk}}", "∂a[t][i]/∂W_aa[j,k]"),
    (Entry(Gradient(L, W), i, j), r"\frac{\partial L}{\partial W_{aa,ij}}", "∂L/∂W_aa[i,j]"),
    # braces
    (Braced(Plus(u, v), a), r"\underbrace{u + v}_{a_{t}}", "{u + v : a[t]}"),
    (Braced(u, a, True), r"\overbrace{u}^{a_{t}}", "{u : a[t]}"),
    (Dot(C, Braced(Plus(u, v), a)), r"C\, \underbrace{\left(u + v\right)}_{a_{t}}", "C · ({u + v : a[t]})"),
    # SymPy's own, in scalar notation and in index notation
    (KroneckerDelta(i, j), r"\mathbf{1}_{i=j}", "1(i=j)"),
    (t - k, "t - k", "t - k"),
    (sympy.Sum(a_k, (k, 1, t)), r"\sum_{k=1}^{t} a_{k}", "Σ(k=1..t) a[k]"),
    (sympy.Product(a_k, (k, 1, t)), r"\prod_{k=1}^{t} a_{k}", "Π(k=1..t) a[k]"),
    (TotalDerivative(a_t, a_k), r"\frac{\partial a_{t}}{\partial a_{k}}", "∂a[t]/∂a[k]"),
    (ImmediateDerivative(a_t, a_k), r"\frac{\partial^{+} a_{t}}{\partial a_{k}}", "∂⁺a[t]/∂a[k]"),
    (
        OrderedProductEntry([[a_k]], k, t, sympy.Integer(1), i, j),
        r"\left[\prod_{k=1}^{t} \left[\begin{matrix}a_{k}\end{matrix}\right]\right]_{ij}",
        "(Π(k=1..t) [a[k]])[i,j]",
    ),
]


@pytest.mark.parametrize(("node", "expected", "plain"), WRITTEN, ids=[plain for _, _, plain in WRITTEN])
def test_written(node, expected, plain):
    assert latex(node) == expected
    assert text(node) == plain


def test_every_node_of_the_language_is_written():
    kinds = {
        kind for kind in vars(expressions).values() if isinstance(kind, type) and issubclass(kind, Tensor)
    }
    seen: set[type] = set()

    def visit(node: Basic) -> None:
        seen.add(type(node))
        for part in children(node):
            visit(part)

    for node, _, _ in WRITTEN:
        visit(node)
    assert kinds - seen <= {Tensor, expressions.Derivative}


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("subscript", r"z_{f,t}^{(1)\top}\, a_{t-1,i}"),
        ("angle", r"z_{f}^{(1)\langle t \rangle\top}\, a_{i}^{\langle t-1 \rangle}"),
        ("paren", r"z_{f}^{(1)(t)\top}\, a_{i}^{(t-1)}"),
    ],
)
def test_time_styles(style, expected):
    z = Quantity("z_{f}^{(1)}", (n,), (), t)
    parts = Transposed(z), Entry(a.at(t - 1), i)
    assert r"\, ".join(latex(part, style) for part in parts) == expected


@pytest.mark.parametrize("style", ["angle", "paren"])
def test_a_power_of_a_timed_quantity_keeps_one_superscript(style):
    for node in (Power(a, 2), a_t**2, MatrixPower(Quantity("S", (n,), (n,), t), 2), Power(Entry(a, i), 2)):
        assert latex(node, style).startswith(r"\left(")


def test_unknown_types_are_an_error():
    class Unheard(Tensor):
        """A node that no writer knows."""

    with pytest.raises(TypeError, match="no LaTeX for Unheard"):
        latex(Basic.__new__(Unheard))
    with pytest.raises(TypeError, match="no plain text for Unheard"):
        text(Basic.__new__(Unheard))
    with pytest.raises(KeyError):
        latex(a, "sideways")


def test_a_display_in_a_notebook():
    assert Dot(C, u)._repr_latex_() == r"$\displaystyle C\, u$"


# ------------------------------------------------------------------ that it compiles

EVERY = [latex(node, style) for node, _, _ in WRITTEN for style in ("subscript", "angle", "paren")]


@given(trees(4))
@settings(max_examples=100, deadline=None)
def test_random_trees_are_mathml(node):
    assert as_mathml(latex(node))
    assert text(node)


@given(arrangements())
@settings(max_examples=50, deadline=None)
def test_random_arrangements_are_mathml(node):
    assert as_mathml(latex(node))


def as_mathml(formula: str) -> str:
    return LatexToMathML().convert_with_local_state(formula, displaystyle=True)


def test_mathml():
    for formula in EVERY:
        assert as_mathml(formula)


def test_pdflatex(tmp_path):
    page = PREAMBLE + "".join(f"\\[ {formula} \\]\n" for formula in EVERY) + "\\end{document}\n"
    assert pdflatex_errors(page, tmp_path) == []


def test_katex():
    assert katex_errors(EVERY) == []
