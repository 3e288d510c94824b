"""From documents to recurrences: names, times, functions, shapes, errors; every one is checked and run."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import numpy as np
import pytest
import sympy

from symbptt.errors import SpecificationError, SymbpttError
from symbptt.expressions import Dot, Kron, Quantity, Total, check, quantities
from symbptt.oracle import World
from symbptt.reader import read_expression, read_quantity, read_recurrence
from symbptt.recurrence import Recurrence, T, t
from symbptt.writers.latex import latex
from tests import examples

LSTM = r"""
\begin{{align}}
f{t} &= \sigma(W_f [a{p}, x{t}] + b_f) \\ i{t} &= \sigma(W_i [a{p}, x{t}] + b_i) \\
\tilde{{{c}}}{t} &= \tanh(W_c [a{p}, x{t}] + b_c) \\ o{t} &= \sigma(W_o [a{p}, x{t}] + b_o) \\
{c}{t} &= f{t} {op} {c}{p} + i{t} {op} \tilde{{{c}}}{t} \\ a{t} &= o{t} {op} \tanh({c}{t})
\end{{align}}
"""
ANGLE = LSTM.format(t=r"^{\langle t \rangle}", p=r"^{\langle t-1 \rangle}", c="c", op="*")
CAPITAL = LSTM.format(t="_t", p="_{t-1}", c="C", op=r"\odot")
LSTM_SHAPES = {"W_{f}": "n x (m + n)", "f": "n x 1", "x": "m x 1", "b_{o}": "n x 1", "a": "n x 1"}
GRU = r"""$$
z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z), \quad r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r) \\
\hat{h}_t = \tanh(W_h x_t + U_h (r_t \odot h_{t-1}) + b_h), \quad
h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \hat{h}_t $$"""
MEMORY = r"""C_t = f_t C_{t-1} + i_t v_t k_t^\top \\ f_t = \sigma(w_f^\top x_t + b_f) \\
i_t = \exp(w_i^\top x_t + b_i) \\
v_t = V x_t \\ k_t = K x_t \\ q_t = Q x_t \\ h_t = C_t q_t"""

REALS = r"\mathbb{R}"
READ = {
    "times in angles": (ANGLE, LSTM_SHAPES | {"c": "n x 1", r"\tilde{c}": "n x 1"}),
    "a capital state that is a column": (CAPITAL, LSTM_SHAPES | {"C": "n x 1", r"\tilde{C}": "n x 1"}),
    "a factor before a bracket": (GRU, {"U_{h}": "n x n", "z": "n x 1", r"\hat{h}": "n x 1"}),
    "a batch in rows": (
        r"$$H_t = \tanh(X_t W + H_{t-1} U + b)$$ $H_t \in \mathbb{R}^{n \times h}$",
        {"H": "n x h", "X": "n x m", "W": "m x h", "U": "h x h", "b": "1 x h"},
    ),
    "vectors as rows": (
        r"$$h_t = \tanh(x_t W + h_{t-1} U + b)$$ with $h_t \in \mathbb{R}^{h}$",
        {"h": "1 x h", "x": "1 x m", "W": "m x h", "b": "1 x h"},
    ),
    "a generic function": (
        r"$$h_t = f(W h_{t-1} + U x_t)$$ where $f: \mathbb{R} \to \mathbb{R}$",
        {"h": "n x 1", "U": "n x m"},
    ),
    "a generic function of several arguments": (
        rf"$$h_t = f(x_t, h_{{t-1}}, w)$$ for $f: {REALS}^m \times {REALS}^n \times {REALS}^p \to {REALS}^n$",
        {"h": "n x 1", "x": "m x 1", "w": "p x 1"},
    ),
    "a generic function of rows": (
        rf"$$h_t = f(x_t W, h_{{t-1}} U)$$ where $f: {REALS}^n \times {REALS}^n \to {REALS}^n$",
        {"h": "1 x n", "W": "m x n"},
    ),
    "a generic function of one column, and sizes as numbers": (
        rf"$$h_t = g(h_{{t-1}})$$ $$y_t = e(h_t, 2)$$ $g: {REALS}^n \to {REALS}^n$, $n = 4$, "
        rf"$e: {REALS}^n \times {REALS} \to {REALS}^{{1}}$",
        {"h": "4 x 1", "y": "scalar"},
    ),
    "scalars alone": (
        r"h_t = \tanh(w h_{t-1} + u x_t + b) \\ L = \sum_{t=1}^T (h_t - d_t)^2",
        dict.fromkeys("hwuxbLd", "scalar"),
    ),
    "a scalar beside vectors": (
        r"S_t = S_{t-1}(I - \beta_t k_t k_t^\top) + \beta_t v_t k_t^\top",
        {"S": "n x m", r"\beta": "scalar", "k": "m x 1", "v": "n x 1"},
    ),
    "scalar gates of a matrix": (
        MEMORY,
        {"f": "scalar", "b_{i}": "scalar", "w_{f}": "m x 1", "C": "n x n_1", "h": "n x 1"},
    ),
    "a vector beside \\odot": (
        r"h_t = \tanh(W x_t + u \odot h_{t-1} + b)",
        {"u": "n x 1", "W": "n x m"},
    ),
    "sizes as numbers": (
        r"$$h_t = \tanh(W h_{t-1} + U x_t)$$ $x_t \in \mathbb{R}^{300}$, $h_t \in \mathbb{R}^{32}$",
        {"W": "32 x 32", "U": "32 x 300"},
    ),
    "sizes set to numbers": (
        r"$$h_t = \tanh(W h_{t-1} + U x_t)$$ $h_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^m$, $n = 4$",
        {"W": "4 x 4", "U": "4 x m"},
    ),
    "shapes after a colon": (
        "$$h_t = W h_{t-1} + U x_t$$ with $U: D \\times M$",
        {"W": "D x D", "x": "M x 1"},
    ),
    "hidden declarations": (
        "$$h_t = W h_{t-1} + x_t$$\n<!-- symbptt: x_t \\in \\mathbb{R}^k -->",
        {"h": "k x 1"},
    ),
    "layers": (
        r"h^{(1)}_t = \tanh(W^{(1)} h^{(1)}_{t-1} + U^{(1)} x_t) \\"
        r"h^{(2)}_t = \tanh(W^{(2)} h^{(2)}_{t-1} + U^{(2)} h^{(1)}_t)",
        {"h^{(1)}": "n x 1", "h^{(2)}": "n_1 x 1", "U^{(2)}": "n_1 x n"},
    ),
    "declared blocks": (
        r"$$h_t = \tanh(W [h_{t-1}; x_t])$$ $W \in \mathbb{R}^{n_h \times (n_h + n_x)}$",
        {"h": "n_h x 1", "x": "n_x x 1"},
    ),
    "a column of blocks": (
        r"h_t = \tanh(W \begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix})",
        {"W": "n x (m + n)"},
    ),
    "the last step": (
        r"h_t = \tanh(W h_{t-1} + U x_t) \\ L = \|h_T - d\|^2",
        {"d": "n x 1", "L": "scalar"},
    ),
    "a sum over entries": (
        r"h_t = \sigma(W h_{t-1} + U x_t) \\ L = -\sum_t \sum_i d_{t,i} \log h_{t,i}",
        {"d": "n x 1", "L": "scalar"},
    ),
    "the next time on the left": (
        r"h_{t+1} = \tanh(W h_t + U x_{t+1})",
        {"h": "n x 1", "x": "m x 1"},
    ),
}


def shapes(recurrence: Recurrence) -> dict[str, str]:
    return {name: str(quantity.shape) for name, quantity in recurrence.quantities.items()}


def sides(recurrence: Recurrence) -> list[tuple[object, object]]:
    return [(e.left, e.right) for e in recurrence.equations]


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_shapes_are_found_and_the_recurrence_runs(text, expected):
    found = Recurrence.from_latex(text)
    assert expected.items() <= shapes(found).items()
    for equation in found.equations:
        check(equation.right)
        assert read_expression(latex(equation.right), found) == equation.right
    run = World.random(found).run
    assert all(np.isfinite(value).all() for value in run.values())
    assert len({name for name, _ in run}) == len(found.quantities)


# ------------------------------------------------------------------ the same as built without LaTeX


SIMPLE = r"""
A recurrence $S = \sigma$ of the notes.
$$a_t = S(W_{aa} \cdot a_{t-1} + W_{ax} \cdot x_t + b)$$
$$y_t = softmax(W_{ya} a_t + b_y)$$
$$L = -\sum_{t=1}^{T} d_t^\top \log y_t$$
"""
BUILT = {
    "elman": (SIMPLE, examples.elman()),
    "elman from zero": (SIMPLE + "with $a_0 = 0$", examples.elman(initial_zero=True)),
    "two lags": (r"h_t = \tanh(W_1 h_{t-1} + W_2 h_{t-2} + U x_t)", examples.two_lags()),
    "matrix state": (
        r"$$S_t = \lambda S_{t-1} + v_t k_t^\top \\ v_t = V x_t \\ k_t = \tanh(K x_t)$$"
        r" with $k_t \in \mathbb{R}^p$",
        examples.matrix_state(),
    ),
}


@pytest.mark.parametrize(("text", "built"), BUILT.values(), ids=BUILT)
def test_reads_what_the_builder_builds(text, built):
    assert sides(read_recurrence(text)) == sides(built)


def test_the_ready_specification():
    found = Recurrence.from_file(Path(__file__).parents[2] / "derivations" / "simple_rnn" / "spec.md")
    assert found.name == "simple_rnn"
    assert sides(found)[:1] == sides(examples.elman())[:1]
    assert [q.name for q in found.parameters] == ["W_{aa}", "W_{ax}", "b", "W_{ya}", "b_{y}"]
    assert [q.name for q in found.targets] == ["d"]
    assert found.initial_is_zero(found.states[0])


# ------------------------------------------------------------------ times and functions


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (r"h(t) = \tanh(W h(t-1) + U x(t)), \quad h(0) = 0", "paren"),
        (r"h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)}), \quad h^{(0)} = 0", "paren"),
        (r"h[t] = \tanh(W h[t-1] + U x[t]), \quad h[0] = 0", "paren"),
        (r"h^{<t>} = \tanh(W h^{<t-1>} + U x^{<t>}), \quad h^{<0>} = 0", "angle"),
        (r"h_k = \tanh(W h_{k-1} + U x_k), \quad h_0 = 0", "subscript"),
        (r"h^t = \tanh(W h^{t-1} + U x^t), \quad h^0 = 0", "subscript"),
        (r"h_t = \tanh(W h_{t-1} + U x_t), \quad h_0 = 0, \quad t = 1, \ldots, T", "subscript"),
    ],
)
def test_styles_of_time_say_the_same(text, style):
    found = read_recurrence(text)
    plain = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t) \\ h_0 = 0")
    assert sides(found) == sides(plain)
    assert found.time_style == style


def test_number_subscripts_are_times_of_names_that_have_times():
    found = read_recurrence(r"h_t = \tanh(W_0 h_{t-1} + W_1 x_t) \\ h_0 = 0")
    assert {e.left.time for e in found.equations} == {t, sympy.Integer(0)}
    assert {"W_{0}", "W_{1}"} <= set(found.quantities)


@pytest.mark.parametrize(
    ("definition", "meaning"),
    [
        (r"S = \sigma", "sigmoid"),
        (r"S = \tanh", "tanh"),
        (r"S(z) = \frac{1}{1 + e^{-z}}", "sigmoid"),
        (r"S(z) = \frac{e^z - e^{-z}}{e^z + e^{-z}}", "tanh"),
        (r"S: \mathbb{R} \to \mathbb{R}", ""),
        (r"S(u) = u^2 + 0.5 \sin(u)", None),
    ],
)
def test_functions_of_the_text(definition, meaning):
    (function,) = read_recurrence(f"$$a_t = S(W a_{{t-1}})$$ where ${definition}$").functions
    assert function.name == "S"
    if meaning is None:
        z = sympy.Symbol("z")
        assert function.meaning(z) == z**2 + sympy.sin(z) / 2
    else:
        assert function.meaning == meaning


def test_a_function_of_columns_works_on_the_rows_of_a_batch():
    found = read_recurrence(r"$$H_t = X_t W + H_{t-1} U \\ Y_t = \operatorname{softmax}(H_t V)$$")
    outputs = World.random(found).run["Y", 2]
    assert np.allclose(outputs.sum(axis=1), 1)


def test_claims_derivatives_and_repetitions_are_left_out():
    found = read_recurrence(
        r"$$a_t = \tanh(W a_{t-1} + U x_t)$$ so $$a_1 = \tanh(W a_0 + U x_1)$$ and again"
        r" $$a_t = \tanh(W a_{t-1} + U x_t)$$ $$\frac{\partial a_t}{\partial a_{t-1}} = W$$"
    )
    assert [e.left.name for e in found.equations] == ["a"]


def test_a_line_break_inside_brackets():
    page = r"$$\begin{aligned} h_t &= \tanh(W h_{t-1} \\ &\quad + U x_t) \end{aligned}$$"
    assert sides(read_recurrence(page)) == sides(read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t)"))


def test_sources_and_layout_do_not_matter():
    page = r"Let $$\begin{aligned} h_t &= W h_{t-1} \\ &\quad + U x_t \end{aligned}$$ as said."
    assert sides(read_recurrence(page)) == sides(read_recurrence(r"\[h_t = W h_{t-1} + U x_t\]"))


# ------------------------------------------------------------------ errors

WRONG = [
    (
        rf"$$a_t = W_{{aa}} x_t$$ $W_{{aa}} \in {REALS}^{{n \times m}}$, $x_t \in {REALS}^n$",
        "1:9: shapes do not fit in a matrix product: W_{aa} is n x m, x_t is n",
    ),
    (
        rf"$$a_t = \tanh(W a_{{t-1}} + b)$$ $W \in {REALS}^{{n \times n}}$, $b \in {REALS}^m$",
        "1:15: shapes do not fit in a sum: W a_{t-1} is n, b is m",
    ),
    (
        rf"$$a_t = f \odot a_{{t-1}} + W x_t$$ $f \in {REALS}^m$, $W \in {REALS}^{{n \times m}}$",
        r"1:9: shapes do not fit in a sum: f \odot a_{t-1} is m, W x_t is n",
    ),
    (
        rf"$$a_t = W [a_{{t-1}}, x_t]$$ $W \in {REALS}^{{n \times n}}$, $a_t \in {REALS}^n$,"
        rf" $x_t \in {REALS}^m$",
        "1:9: shapes do not fit in a matrix product: W is n x n, [a_{t-1}, x_t] is m + n",
    ),
    (
        rf"$$a_t = W a_{{t-1}}$$ $W \in {REALS}^{{n \times n}}$ and $W \in {REALS}^{{m \times n}}$",
        "W is declared with two shapes: n x n and m x n",
    ),
    (
        rf"$$a_t = W x_t$$ $W \in {REALS}^{{n \times m}}$, $a_t \in {REALS}^m$",
        "1:3: the sides of the equation have different shapes: a_t is m, the right side is n",
    ),
    (
        rf"$f: {REALS}^n \times {REALS} \to {REALS}^n$ $$h_t = f(h_{{t-1}})$$",
        "f is a function of 2 arguments, not of 1",
    ),
    (
        rf"$f: {REALS}^n \times {REALS}^n \to {REALS}^n$, $x_t \in {REALS}^m$ $$h_t = f(h_{{t-1}}, x_t)$$",
        "expected n for f: x_t is m",
    ),
    (
        rf"$f: {REALS}^{{n \times n}} \times {REALS} \to {REALS}^n$ $$h_t = f(h_{{t-1}}, 1)$$",
        "a generic function takes and gives columns and scalars, not matrices",
    ),
    ("a_t = S(W a_{t-1})", r"1:7: unknown function S: define it as $S = \sigma$, $S(z) = ...$"),
    (r"a_t = \tahn(W a_{t-1})", r"1:7: unknown function \tahn (did you mean \tanh?)"),
    (r"a_t = \operatorname{tahn}(W a_{t-1})", r"1:7: unknown function tahn (did you mean \tanh?)"),
    ("a_t = W a_{t-1} \\\\\na_t = U a_{t-1}", "2:1: a is defined twice (first on line 1)"),
    (r"a_t = W b_t \\ b_t = U a_t", "1:1: the equations need each other at the same time: a -> b -> a"),
    ("a_t = W a_{t+1} + a_{t-1}", "1:1: a is looked at one way in time here, and the other way in the"),
    (rf"$$a_t = f(a_{{t-1}}, x_t)$$ $f: {REALS} \to {REALS}$", "f is a function of one argument, not of 2"),
    (r"i_t, f_t = \sigma(W x_t)", "1:1: expected one quantity on the left of an equation"),
    ("a_t = a_{t-1} / 0", "1:7: a division by zero"),
    ("a_t = ((9^{99})^{99})^{99} a_{t-1}", "a power that is too large"),
    ("a_t = 9^{9^9} a_{t-1}", "the exponent is larger than 100"),
    ("a_t = [a_{t-1}, x_t]", "shapes do not fit in blocks"),
    (r"a_t = \sum_i a_{t-1}", "the index i of the sum stands nowhere in it"),
    ("", "no equation defines a quantity at time t"),
    ("$$y = W x$$", "no equation defines a quantity at time t"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_errors_name_the_place_and_both_shapes(text, message):
    with pytest.raises(SpecificationError) as caught:
        read_recurrence(text)
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 2


def test_errors_of_files_name_the_file(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nSee\n\n$$\na_t = S(W a_{t-1})\n$$\n", encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"page\.md:6:7: unknown function S"):
        Recurrence.from_file(page)
    page.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecificationError, match="not text in UTF-8"):
        Recurrence.from_file(page)


def test_broken_text_gives_one_clear_error_soon():
    rng = random.Random(0)
    start = time.perf_counter()
    for _ in range(300):
        symbols = list(rng.choice([GRU, CAPITAL, SIMPLE, MEMORY]))
        for _ in range(rng.randrange(1, 6)):
            symbols[rng.randrange(len(symbols))] = rng.choice(
                [*r"{}()[]_^\+-=,.$ taW1", r"\frac", r"\sum", "&"]
            )
        with contextlib.suppress(SymbpttError):
            read_recurrence("".join(symbols))
    assert time.perf_counter() - start < 60


# ------------------------------------------------------------------ beside a recurrence


@pytest.mark.parametrize(
    ("latex", "name", "moment"),
    [
        ("W_aa", "W_{aa}", None),
        ("W_{aa}", "W_{aa}", None),
        ("a_t", "a", t),
        ("a", "a", t),
        ("a_0", "a", sympy.Integer(0)),
        ("a_{t-1}", "a", t - 1),
        ("x_k", "x", sympy.Symbol("k", integer=True)),
        ("y_T", "y", T),
        ("b_y", "b_{y}", None),
        ("L", "L", None),
    ],
)
def test_quantities_of_the_command_line(latex, name, moment):
    found = read_quantity(latex, examples.elman())
    assert (found.name, found.time) == (name, moment)


def test_unknown_quantities_have_a_suggestion():
    with pytest.raises(SpecificationError, match=r"W_\{ab\} is not a quantity .*did you mean W_\{"):
        read_quantity("W_{ab}", examples.elman())


def test_expressions_beside_a_recurrence():
    elman = examples.elman()
    a, w, x = (elman.quantities[name] for name in ("a", "W_{aa}", "x"))
    assert read_expression("W_{aa} a_{t-1}", elman) == Dot(w, a.at(t - 1))
    assert read_expression(r"\frac{\partial a_t}{\partial a_{t-1}}", elman) == Total(a, a.at(t - 1))
    assert isinstance(read_expression(r"x_t^\top \otimes W_{aa}", elman), Kron)
    body = r"\sum_{i=1}^{t} \left(\prod_{j=i+1}^{t} \frac{\partial a_j}{\partial a_{j-1}}\right)"
    total = read_expression(body + r" \frac{\partial^{+} a_i}{\partial W_{aa}}", elman)
    check(total)
    assert total.shape == Total(a, w).shape
    assert all(isinstance(q, Quantity) for q in quantities(total))
    with pytest.raises(SpecificationError, match=r"1:1: shapes do not fit .* W_\{aa\} is n x n, x_t is m"):
        read_expression("W_{aa} x_t", elman)
    with pytest.raises(SpecificationError, match="not a quantity of the recurrence"):
        read_expression("W_{aa} q_t", elman)
    assert x.time == t


def test_an_undeclared_argument_of_diag_is_a_vector():
    r = Recurrence.from_latex(r"$$h_t = \operatorname{diag}(\lambda) h_{t-1} + B x_t$$")
    assert [str(q.shape) for q in r.parameters] == ["n x 1", "n x m"]


def test_an_update_of_a_parameter_defines_nothing():
    r = Recurrence.from_latex(
        r"$$h_t = \tanh(W h_{t-1} + U x_t)$$ $$W \leftarrow W - \eta \frac{\partial L}{\partial W}$$"
    )
    assert [e.left.name for e in r.equations] == ["h"]


def test_several_quantities_in_a_block_on_the_left_are_refused():
    text = r"$$\begin{bmatrix} i_t \\ f_t \end{bmatrix} = \sigma(W x_t)$$ $$h_t = f_t \odot h_{t-1} + i_t$$"
    with pytest.raises(SpecificationError, match="give each its own equation"):
        Recurrence.from_latex(text)


@pytest.mark.parametrize(
    ("latex", "same"),
    [
        (r"\sum_{t=1}^T \|h_t - y_t\|_2^2", r"\sum_{t=1}^T \|h_t - y_t\|^2"),
        (r"h_T^\top h_T + \frac{\lambda}{2} \|W\|_F^2", r"h_T^\top h_T + \frac{\lambda}{2} \|W\|^2"),
        (r"\sum_{t=1}^T \|h_t\|_2", r"\sum_{t=1}^T \|h_t\|"),
    ],
)
def test_a_norm_may_say_that_it_is_euclidean(latex, same):
    losses = [
        Recurrence.from_latex(rf"$$h_t = \tanh(W h_{{t-1}} + x_t), \qquad L = {loss}$$").loss
        for loss in (latex, same)
    ]
    assert losses[0].right == losses[1].right


def test_other_norms_are_refused():
    with pytest.raises(SpecificationError, match="scripts on a bracket"):
        Recurrence.from_latex(r"$$h_t = \tanh(W h_{t-1} + x_t), L = \sum_{t=1}^T \|h_t\|_1$$")


def test_absolute_values_and_silu_are_functions_of_the_table():
    r = Recurrence.from_latex(r"$$h_t = |W h_{t-1} + x_t|, \quad y_t = \operatorname{SiLU}(h_t)$$")
    assert [e.right.function.meaning for e in r.steps] == ["abs", "silu"]


def test_a_capital_letter_before_mixed_states_is_a_matrix():
    r = Recurrence.from_latex(r"$$h_t = \tanh(W (r_t \odot h_{t-1}) + U x_t), r_t = \sigma(A h_{t-1})$$")
    assert [q.name for q in r.parameters] == ["W", "U", "A"]
