"""The surface parser: how each way of writing is read, where errors point, bad input."""

from __future__ import annotations

import random
import time

import pytest

from symbptt.errors import SpecificationError
from symbptt.reader.macros import Macro
from symbptt.reader.parser import parse, parse_each, parse_expression
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Cases,
    Chain,
    Derivative,
    Dots,
    Evaluated,
    Fraction,
    Gradient,
    Indicator,
    Juxtaposed,
    Matrix,
    Name,
    Negative,
    Norm,
    Number,
    Relation,
    Span,
    Text,
    Transpose,
    Word,
    spelled,
)

AT = Span(0, 0)  # offsets do not count in comparisons
T, K, ONE = Name(AT, "t"), Name(AT, "k"), Number(AT, "1")
BEFORE = Binary(AT, "-", T, ONE)


def name(base: str, **more: object) -> Name:
    return Name(AT, base, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("latex", "canonical"),
    [
        ("W_{aa}", "W_{aa}"),
        (r"\mathbf{W}_\textrm{hx}", "W_{hx}"),
        (r"\boldsymbol{W}_{hx}^{(f)}", "W_{hx}^{(f)}"),
        (r"\tilde{c}", r"\tilde{c}"),
        (r"\widetilde c", r"\tilde{c}"),
        (r"\mathbf{\hat{y}}_t", r"\hat{y}"),
        (r"\Gamma_f^{\langle t \rangle}", r"\Gamma_{f}"),
        ("W_1", "W_{1}"),
        ("W_{t-1, i}", "W_{i}"),
        ("dW_f", "dW_{f}"),
        (r"\delta 12", r"\delta 12"),
        (r"d\tilde c^{\langle t \rangle}", r"d\tilde{c}"),
        (r"\mathcal{L}", r"\mathcal{L}"),
        ("loss_t", "loss"),
    ],
)
def test_canonical_names(latex: str, canonical: str) -> None:
    node = parse_expression(latex)
    assert isinstance(node, Name)
    assert node.canonical == canonical


@pytest.mark.parametrize(
    ("latex", "style"),
    [
        ("h_{t-1}", "subscript"),
        ("h_{[t-1]}", "[subscript]"),
        (r"h^{\langle t-1 \rangle}", "angle"),
        ("h^{<t-1>}", "angle"),
        ("h^{(t-1)}", "superscript"),
        ("h(t-1)", "call"),
        ("h[t-1]", "index"),
    ],
)
def test_times(latex: str, style: str) -> None:
    assert parse_expression(latex) == name("h", time=BEFORE, style=style)


@pytest.mark.parametrize("latex", ["h_0", "h_k", "W^{(2)}", "h^{t}", r"W^{t-k}", "h(k)", r"\sigma(t)"])
def test_a_doubtful_time_is_left_alone(latex: str) -> None:
    node = parse_expression(latex)
    found = node.left if isinstance(node, Juxtaposed) else node
    assert isinstance(found, Name)
    assert found.time is None


@pytest.mark.parametrize(
    "latex",
    ["W^T", r"W^\top", r"W^\intercal", r"W^{\mathsf T}", r"W^{\mathrm{T}}", "{W}^T", r"\mathbf{W}^{\top}"],
)
def test_transposes(latex: str) -> None:
    node = parse_expression(latex)
    assert isinstance(node, Transpose)
    assert node.operand == name("W")


@pytest.mark.parametrize(
    "latex", [r"x^{\langle t\rangle T}", r"x_t^\top", r"x^\top_t", r"{x_t}^T", r"x^{(t)\top}", r"x(t)^T"]
)
def test_a_transpose_beside_a_time(latex: str) -> None:
    node = parse_expression(latex)
    assert isinstance(node, Transpose)
    assert isinstance(node.operand, Name)
    assert node.operand.time == T


def test_primes_are_no_transposes() -> None:
    assert parse_expression("{S_t}'") == name("S", primes=1, time=T, style="subscript")
    assert parse_expression(r"f^{\prime}") == name("f", primes=1)


def test_products_bind_looser_than_juxtaposition() -> None:
    assert parse_expression(r"A x \circ b + c") == Binary(
        AT, "+", Binary(AT, r"\circ", Juxtaposed(AT, name("A"), name("x")), name("b")), name("c")
    )


@pytest.mark.parametrize("op", [r"\cdot", "*", r"\times", r"\circ", r"\odot", r"\otimes", "/", "+", "-"])
def test_operators_are_kept_as_written(op: str) -> None:
    assert parse_expression(f"a {op} b {op} c") == Binary(
        AT, op, Binary(AT, op, name("a"), name("b")), name("c")
    )


def test_an_application_stays_open() -> None:
    assert parse_expression("S(x)") == Juxtaposed(AT, name("S"), Bracket(AT, "()", (name("x"),)), direct=True)
    product = parse_expression("(a)(b)")
    assert isinstance(product, Juxtaposed)
    assert not product.direct


@pytest.mark.parametrize(
    "latex",
    [
        r"\tanh x",
        r"\tanh(x)",
        "tanh(x)",
        r"\text{tanh}(x)",
        r"\operatorname{tanh}\left(x\right)",
        r"\mathrm{tanh}(x)",
    ],
)
def test_functions_known_by_spelling(latex: str) -> None:
    node = parse_expression(latex)
    assert isinstance(node, Apply)
    assert node.function == "tanh"


def test_the_argument_without_brackets_ends_at_an_operator() -> None:
    node = parse_expression(r"y \log \hat y_t \cdot z")
    assert isinstance(node, Binary)
    assert isinstance(node.left, Juxtaposed)
    assert isinstance(node.left.right, Apply)


def test_a_function_alone() -> None:
    (chain,) = parse("tanh' = 1 - tanh^2")
    assert chain.first == Apply(AT, "tanh", None, 1)


@pytest.mark.parametrize(
    ("limits", "lower", "upper"),
    [
        (r"_{k=1}^t", ONE, T),
        (r"^t_{k=1}", ONE, T),
        (r"_{k=1}^{k=t}", ONE, T),
        (r"_{1 \le k \le t}", ONE, T),
        (r"_{t \ge k \ge 1}", ONE, T),
        (r"_{0 < k \leq t}", Binary(AT, "+", Number(AT, "0"), ONE), T),
        (r"_{k < t}", None, BEFORE),
        (r"_{k=t..1}", T, ONE),
        (r"_{k=t,\ldots,1}", T, ONE),
        (r"_k", None, None),
    ],
)
def test_limits(limits: str, lower: object, upper: object) -> None:
    node = parse_expression(rf"\prod{limits} A_k + b")
    assert isinstance(node, Binary)
    big = node.left
    assert isinstance(big, BigOperator)
    assert (big.kind, big.indices, big.lower, big.upper) == ("prod", (K,), lower, upper)


def test_a_sum_reaches_to_the_end_of_its_product() -> None:
    node = parse_expression(r"\sum_i a_i \cdot b_i + c")
    assert isinstance(node, Binary)
    assert isinstance(node.left, BigOperator)
    assert isinstance(node.left.body, Binary)


def test_a_sum_with_braces_ends_with_them() -> None:
    node = parse_expression(r"\sum_{i=1}^{n}{a_i} b")
    assert isinstance(node, Juxtaposed)
    assert isinstance(node.left, BigOperator)
    assert node.left.braced


@pytest.mark.parametrize(
    ("latex", "kind", "missing"),
    [
        (r"\frac{\partial h}{\partial W}", r"\partial", None),
        (r"\frac{\partial{h}}{\partial{W}}", r"\partial", None),
        (r"\partial h / \partial W", r"\partial", None),
        (r"\frac{\mathrm{d} h}{\mathrm{d} W}", "d", None),
        (r"\frac{dh}{dW}", "d", None),
        (r"\frac{\partial^{+} h}{\partial W}", "partial+", None),
        (r"\frac{\partial h}{W}", r"\partial", "below"),
        (r"\frac{h}{\partial W}", r"\partial", "above"),
        (r"\frac{\partial}{\partial W} h", r"\partial", None),
    ],
)
def test_derivatives(latex: str, kind: str, missing: str | None) -> None:
    assert parse_expression(latex) == Derivative(AT, kind, name("h"), (name("W"),), missing=missing)


def test_a_factor_beside_the_sign_below() -> None:
    node = parse_expression(r"\frac{\partial l(o, y)}{N \cdot \partial o}")
    assert isinstance(node, Derivative)
    assert node.scale == name("N")


def test_a_plain_fraction() -> None:
    assert parse_expression(r"\frac12") == Fraction(AT, ONE, Number(AT, "2"))
    assert isinstance(parse_expression(r"\frac{d}{4}"), Fraction)


def test_other_constructs() -> None:
    assert parse_expression(r"\underbrace{a}_{g}") == Braced(AT, name("a"), name("g"), over=False)
    assert parse_expression(r"\left\| W \right\|") == Norm(AT, r"\|", name("W"))
    assert parse_expression("||W||") == Norm(AT, r"\|", name("W"))
    assert parse_expression(r"\mathbf{1}(i = j)") == Indicator(AT, Relation(AT, "=", name("i"), name("j")))
    assert parse_expression(r"\nabla_W L") == Gradient(AT, name("W"), name("L"))
    assert parse_expression(r"\left. f \right|_{x}") == Evaluated(AT, name("f"), name("x"))
    assert parse_expression(r"a + \cdots") == Binary(AT, "+", name("a"), Dots(AT, r"\cdots"))
    assert parse_expression("-a b") == Negative(AT, Juxtaposed(AT, name("a"), name("b")))
    assert parse_expression("[a; b]") == Bracket(AT, "[]", (name("a"), name("b")), (";",))
    assert parse_expression("p(a | b)") == Juxtaposed(
        AT, name("p"), Bracket(AT, "()", (name("a"), name("b")), ("|",)), True
    )
    assert parse_expression(r"x_{next}") == name("x", subscripts=(Word(AT, "next"),))


def test_matrices_and_cases() -> None:
    column = ((name("a"),), (name("x"),))
    assert parse_expression(r"\begin{pmatrix} a \\ x \end{pmatrix}") == Matrix(AT, "pmatrix", column)
    assert parse_expression(r"\left[\begin{array}{c} a \\ x \end{array}\right]") == Matrix(AT, "[]", column)
    (chain,) = parse(r"d = \begin{cases} 1 & \text{if } i = j \\ 0 & \text{otherwise} \end{cases}")
    equal = Relation(AT, "=", name("i"), name("j"))
    assert chain.links[0].right == Cases(AT, ((ONE, equal), (Number(AT, "0"), Text(AT, "otherwise"))))


def _shown(latex: str) -> list[str]:
    """Each statement in short: its first part and the signs of its links."""
    return [
        f"{spelled(c.first) if c.first else ''} {' '.join(k.op for k in c.links)}".strip()
        for c in parse(latex)
    ]


@pytest.mark.parametrize(
    ("latex", "statements"),
    [
        (r"\begin{aligned} a &= b \\ &= c + d \\ e &= f \end{aligned}", ["a = =", "e ="]),
        (
            r"\begin{align} a &= b \label{x} \\ & + c \nonumber \\[2pt] d &:= e \tag{3} \end{align}",
            ["a =", "d :="],
        ),
        (r"a = b, \quad c = 0.", ["a =", "c ="]),
        (r"a = b \quad \text{where } c = 0", ["a =", "c ="]),
        (r"\begin{aligned} a & = b \text{,} & \text{merge} \\ & = c \end{aligned}", ["a = ="]),
        (r"\begin{array}{rl} {a} & {= b} \\ {c} & {= d} \end{array}", ["a =", "c ="]),
        (r"\left\{ \begin{aligned} a &= b \\ c &= d \end{aligned} \right.", ["a =", "c ="]),
        (r"\begin{equation} a = b \end{equation} \begin{equation} c = d \end{equation}", ["a =", "c ="]),
        (r"= c", ["="]),
        (r"a \approx b \in \mathbb{R}", [r"a \approx \in"]),
        (r"V, U \in \mathbb{R}^{n \times m}", [r"V,U \in"]),
        (r"S: \mathbb{R} \to \mathbb{R}", [r"S : \to"]),
        (r"x: D \times M", ["x :"]),
        (r"a = b，c = d。", ["a =", "c ="]),
        (r"w \leftarrow w - g; v -= g", [r"w \leftarrow", "v -="]),
        (r"a \stackrel{\text{def}}{=} b", ["a :="]),
    ],
)
def test_statements(latex: str, statements: list[str]) -> None:
    assert _shown(latex) == statements


def test_side_conditions_are_marked() -> None:
    assert [chain.aside for chain in parse("a = b, c = 0")] == [False, True]


def test_a_chain_as_relations() -> None:
    (chain,) = parse("a = b = c")
    assert list(chain.relations()) == [
        Relation(AT, "=", name("a"), name("b")),
        Relation(AT, "=", name("b"), name("c")),
    ]


def test_macros() -> None:
    expected = parse_expression(r"\mathbf{W}_{h} x")
    assert parse_expression(r"\newcommand{\mat}[1]{\mathbf{#1}} \mat{W}_{h} x") == expected
    assert parse_expression(r"\def\W{\mathbf{W}_{h}} \W x") == expected
    assert parse_expression(r"\W x", macros={r"\W": Macro(0, "W_{h}")}) == expected
    node = parse_expression(r"\DeclareMathOperator{\Act}{act} \Act(x)")
    assert isinstance(node, Apply)
    assert node.function == "act"


def test_offsets_survive_macros() -> None:
    latex = r"\W + x"
    node = parse_expression(latex, macros={r"\W": Macro(0, r"\mathbf{W}_{a long name}")})
    assert isinstance(node, Binary)
    assert latex[node.right.at.start : node.right.at.stop] == "x"
    assert latex[node.left.at.start : node.left.at.stop] == r"\W"


@pytest.mark.parametrize(
    ("latex", "column", "words"),
    [
        (r"a = (b + c", 11, "expected"),
        (r"a = b + ]", 9, "found ]"),
        (r"a = \foo b", 5, r"the command \foo is not known"),
        (r"a_{t", 5, "end of the formula"),
        ("a = b\n+ c)", 4, "found )"),
        ("a = \x00", 5, "unexpected character"),
    ],
)
def test_errors_point(latex: str, column: int, words: str) -> None:
    with pytest.raises(SpecificationError, match="formula>") as caught:
        parse(latex)
    assert caught.value.place is not None
    assert caught.value.place.column == column
    assert words in caught.value.message
    assert str(caught.value).splitlines()[-1].strip("^~ ") == ""


def test_the_rest_is_read_after_an_error() -> None:
    found = parse_each(r"a = b \\ c = ( \\ )) d \\ e = f")
    assert isinstance(found[0], Chain)
    assert isinstance(found[1], SpecificationError)


BAD = {
    "braces": "{" * 9_000 + "x" + "}" * 9_000,
    "fractions": r"\frac{" * 3_000 + "x",
    "accents": r"\tilde" * 3_000 + " x",
    "tower": "x^{" * 5_000 + "}" * 5_000,
    "sum": "x" + "+x" * 9_000,
    "product": "x " * 9_000,
    "bars": "|" * 9_001,
    "macro": r"\newcommand{\a}{\a\a}\a",
    "macros": r"\def\x{\y\y}\def\y{\x\x} \x",
    "long": "x" * 30_000,
    "texts": r"\text{" * 3_000,
    "differentials": "d " * 9_000,
}


@pytest.mark.parametrize("latex", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_clear_error(latex: str) -> None:
    start = time.process_time()
    (error,) = parse_each(latex)
    assert isinstance(error, SpecificationError)
    assert time.process_time() - start < 2


RUBBISH = r"""
    \frac { } a _ ^ t ( ) [ ] \partial + - \cdot = & \\ \sum \left \right | \| , \text{if}
    \begin{cases} \end{cases}
    \tilde
    ' 1 d \quad < > \mathbf{1} \begin{aligned} \end{aligned} . \underbrace \nabla / \tanh \delta
"""


def test_rubbish_never_crashes() -> None:
    dice = random.Random(7)
    pieces = RUBBISH.split()
    for _ in range(3_000):
        for found in parse_each(" ".join(dice.choices(pieces, k=dice.randint(1, 14)))):
            assert isinstance(found, Chain | SpecificationError)
