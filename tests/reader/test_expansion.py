"""Before a formula is parsed: infix fractions, updates, prose with mathematics, odd commands."""

import pytest

from symbptt.reader.parser import parse, parse_each
from symbptt.reader.syntax import Apply, Cases, Chain, Derivative, Dots, Fraction, Matrix, Name, Relation
from symbptt.reader.walks import walk


def first(latex):
    (chain,) = parse(latex)
    return chain.first


def test_over_is_a_fraction_in_its_braces_or_its_cell():
    assert first(r"{a \over b}") == first(r"\frac{a}{b}")
    assert first(r"{1 \over {a \over b}}") == first(r"\frac{1}{\frac{a}{b}}")
    (chain,) = parse(r"{\partial E \over \partial W} = x \over y")
    assert isinstance(chain.first, Derivative)
    assert isinstance(chain.links[0].right, Fraction)


def test_over_keeps_places():
    latex = r"y = {a \over b} + \nosuch"
    (error,) = parse_each(latex)
    assert error.place.column == latex.index(r"\nosuch") + 1


@pytest.mark.parametrize("latex", [r"W += V", r"W +&= V", r"W {+}{=} V"])
def test_updates(latex):
    (chain,) = parse(latex)
    assert chain.links[0].op == "+="


def test_a_sign_in_a_script_is_no_update():
    (chain,) = parse(r"\hat{x}_t^- = A \hat{x}_{t-1}")
    assert chain.links[0].op == "="


@pytest.mark.parametrize("latex", [r"f^{'}(x)", r"f^{\prime}(x)", r"f^\prime(x)"])
def test_primes_in_braces(latex):
    assert first(latex) == first("f'(x)")


def test_a_prime_before_a_script():
    assert first(r"f^{\prime l-1}").superscripts == first(r"f^{l-1}").superscripts
    assert first(r"f^{\prime l-1}").primes == 1
    assert first(r"f^{a}{'}") == first(r"f'^{a}")


def test_derivatives_written_with_deltas():
    assert isinstance(first(r"\frac{\delta E}{\delta p(t)}"), Derivative)
    assert isinstance(first(r"\frac{\delta_t}{\delta_k}"), Fraction)
    assert isinstance(first(r"\frac{\delta h_t}{2}"), Fraction)


def test_several_letters_below_a_derivative():
    assert isinstance(first(r"\frac{dL}{d Ct}"), Derivative)


@pytest.mark.parametrize("latex", [r"\mathbf{net}_t", r"\mathrm{net}_t", r"\text{net}_t", "net_t"])
def test_net_is_one_name(latex):
    assert first(latex) == first(r"\operatorname{net}_t")


def test_entries_in_brackets_below():
    assert first(r"W_{h[i,j]}") == first(r"W_{h,i,j}")
    assert first(r"z_{[i]}") == first(r"z_{i}")
    assert first(r"x_{[t]}").time == Name(first("t").at, "t")


def test_dots_of_a_column():
    node = first(r"\begin{bmatrix} a_1 \\ \cdot \\ . \\ a_n \end{bmatrix}")
    assert isinstance(node, Matrix)
    assert [isinstance(row[0], Dots) for row in node.rows] == [False, True, True, False]


def test_mathematics_in_prose():
    (chain,) = parse(r"y = \begin{cases} 0, & \text{if $i \ne j$} \\ 1, & \text{otherwise} \end{cases}")
    node = chain.links[0].right
    assert isinstance(node, Cases)
    assert isinstance(node.rows[0][1], Relation)


@pytest.mark.parametrize(
    "latex",
    [
        r"\int_0^T f(t)\, dt",
        r"\odot_{j=1}^t a_j",
        r"\binom{n}{k}",
        r"\cancelto{0}{x}",
        r"\bigcup_{i} A_i",
    ],
)
def test_what_cannot_be_evaluated_is_read_as_a_function(latex):
    assert isinstance(first(latex), Apply)


@pytest.mark.parametrize(
    "latex",
    [
        r"\underset{n \times n}{\Delta} = \Phi",
        r"\bbox[yellow,5px]{a = b}",
        r"a = b \quad \forall t",
        r"a \not= b",
        r"a = b \space c",
        r"a \xrightarrow{f} b",
        r"\sum_{\substack{i < n \\ j < m}} a_{ij} = b",
        r"a \approx_{tr} b",
        r"[p] \parallel x = y",
        r"w *_{G} h = v",
    ],
)
def test_what_sites_and_packages_bring_can_be_read(latex):
    assert all(isinstance(item, Chain) for item in parse_each(latex))


def test_arrows_between_statements():
    first_one, second = parse(r"a = b \quad\Rightarrow\quad c = d \\ = e")
    assert len(first_one.links) == 1
    assert len(second.links) == 2
    assert not second.aside
    (alone,) = parse(r"a \Rightarrow b")
    assert alone.links[0].op == r"\Rightarrow"


@pytest.mark.parametrize("latex", [r"\mathrm{d}\alpha_t", r"\mathbf{d}\alpha_t", r"d\alpha_t"])
def test_an_upright_or_bold_d_before_a_name(latex):
    assert first(latex).prefix == "d"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"\left\( a + b \right\) c", r"\left( a + b \right) c"),
        (r"\Pi_{i < t \le j} a_t", r"\prod_{i < t \le j} a_t"),
        (r"\Sigma_{t=1}^T a_t", r"\sum_{t=1}^T a_t"),
    ],
)
def test_other_spellings_of_brackets_sums_and_products(written, plain):
    assert first(written) == first(plain)


def test_a_capital_letter_without_limits_is_a_name():
    assert isinstance(first(r"\Sigma_{ij}"), Name)


@pytest.mark.parametrize("latex", ["Attention(Q, K)", "MultiHead(Q, K)", "Concat(a, b)"])
def test_a_word_that_takes_arguments_is_one_name(latex):
    assert first(latex).left == Name(first(latex).left.at, latex.partition("(")[0])


def test_a_matrix_before_a_function_is_no_word():
    assert any(isinstance(node, Apply) for node in walk(first("Vdiag(x)")))


def test_wide_gaps_part_two_statements():
    assert len(parse(r"a = b \,\,\,\,\, c = d")) == len(parse(r"a = b \quad c = d")) == 2
    assert len(parse(r"a = b \,\, c")) == 1


@pytest.mark.parametrize(
    ("remark", "statements"),
    [
        (r"(\text{need } s_t, s_{t-1})", 1),
        (r"(\text{say})", 1),
        ("(3)", 1),
        (r"(t = 1, 2, \ldots, T)", 2),
    ],
)
def test_a_remark_in_brackets_is_no_factor(remark, statements):
    chains = parse(rf"h_t = W x_t \quad {remark}")
    assert len(chains) == statements
    assert chains[0] == parse("h_t = W x_t")[0]


def test_for_all_is_left_out():
    assert parse(r"\forall k, x_k = y_k") == parse("x_k = y_k")


def test_a_sign_of_a_sum_in_braces_of_its_own():
    plain = first(r"y = \sum_{k=1}^{n} a_k b_k")
    assert first(r"y = {\color{blue}\sum_{k=1}^{n}} a_k b_k") == plain
    assert first(r"y = {\sum}_{k=1}^{n} a_k b_k") == plain


def test_rows_in_braces_are_rows():
    slide = parse(r"\begin{align} \onslide<2->{a &= b \\ c &= d \\} \onslide<+->{e &= f} \end{align}")
    plain = parse(r"\begin{align} a &= b \\ c &= d \\ e &= f \end{align}")
    assert slide == plain
    (fraction,) = parse(r"z = \frac{a}{\substack{b \\ c}}")
    assert any(isinstance(node, Fraction) for node in walk(fraction.links[0].right))
