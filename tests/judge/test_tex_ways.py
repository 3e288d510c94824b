r"""Ways of writing of TeX documents: macros, packages, environments, overlays, parts, names with primes.

Every document has a variant with a planted error, which must fail.
"""

from pathlib import Path

import pytest

from symbptt.judge import verify
from symbptt.judge.documents import verify_file
from symbptt.reports import as_github, as_json, as_sarif, as_text

FORWARD = r"""
\begin{align}
  z_t &= W h_{t-1} + U x_t + b \\
  h_t &= \tanh(z_t)
\end{align}
"""


def verdicts(body: str, preamble: str = "", source: str = "page.tex") -> list[str]:
    """The verdicts on the relations of a document, in order."""
    text = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    return [one.finding.verdict for one in verify(text, source).relations]


def last(body: str, preamble: str = "") -> str:
    return verdicts(FORWARD + body, preamble)[-1]


RIGHT, WRONG = r"\operatorname{diag}(1 - h_t^2)\, W", r"\operatorname{diag}(1 - h_t)\, W"


@pytest.mark.parametrize(
    ("preamble", "left"),
    [
        (r"\usepackage{physics}", r"\pdv{h_t}{h_{t-1}}"),
        (r"\usepackage{amsmath, physics}", r"\dv{h_t}{h_{t-1}}"),
        (r"\usepackage{commath}", r"\pd{h_t}{h_{t-1}}"),
        (r"\usepackage{diffcoeff}", r"\diffp{h_t}{h_{t-1}}"),
        (r"\newcommand{\jac}[2]{\frac{\partial #1}{\partial #2}}", r"\jac{h_t}{h_{t-1}}"),
        (r"\newcommand{\jac}[2][h_t]{\frac{\partial #1}{\partial #2}}", r"\jac{h_{t-1}}"),
        (r"\newcommand{\jac}[2][z_t]{\frac{\partial #1}{\partial #2}}", r"\jac[h_t]{h_{t-1}}"),
        (r"\def\jac#1#2{\frac{\partial #1}{\partial #2}}", r"\jac{h_t}{h_{t-1}}"),
        (r"\NewDocumentCommand{\jac}{m m}{\frac{\partial #1}{\partial #2}}", r"\jac{h_t}{h_{t-1}}"),
        (r"\let\del\partial", r"\frac{\del h_t}{\del h_{t-1}}"),
        (
            "% \\newcommand{\\jac}{wrong}\n"
            r"\newcommand{\jac}{\ensuremath{\frac{\partial h_t}{\partial h_{t-1}}}}",
            r"\jac",
        ),
    ],
)
def test_macros_and_packages(preamble, left):
    assert last(f"\\[ {left} = {RIGHT} \\]", preamble) == "holds"
    assert last(f"\\[ {left} = {WRONG} \\]", preamble) == "fails"


@pytest.mark.parametrize(
    ("preamble", "opening", "closing"),
    [
        ("", r"\begin{IEEEeqnarray}{rCl}", r"\end{IEEEeqnarray}"),
        ("", r"\begin{dmath}", r"\end{dmath}"),
        ("", r"\begin{subequations}\begin{align}", r"\end{align}\end{subequations}"),
        (r"\newcommand{\beq}{\begin{equation}} \newcommand{\eeq}{\end{equation}}", r"\beq", r"\eeq"),
        (r"\def\bea{\begin{align}} \def\eea{\end{align}} \def\nix{x}", r"\bea", r"\eea"),
    ],
)
def test_environments(preamble, opening, closing):
    left = r"\frac{\partial h_t}{\partial h_{t-1}}"
    assert last(f"{opening} {left} = {RIGHT} \\label{{a}} {closing}", preamble) == "holds"
    assert last(f"{opening} {left} = {WRONG} \\nonumber {closing}", preamble) == "fails"


def test_two_pairs_of_columns_are_two_statements():
    pair = r"\begin{align} y_t &= V h_t & \frac{\partial y_t}{\partial h_t} &= %s \end{align}"
    assert verdicts(FORWARD + pair % "V")[2:] == ["definition", "holds"]
    assert verdicts(FORWARD + pair % "2 V")[2:] == ["definition", "fails"]


def test_a_colon_and_an_equals_sign_on_both_sides_of_a_column():
    rows = r"\begin{align} y_t :&= V h_t \\ \frac{\partial y_t}{\partial h_t} &= %s \end{align}"
    assert verdicts(FORWARD + rows % "V")[2:] == ["definition", "holds"]
    assert verdicts(FORWARD + rows % "V V")[2:] == ["definition", "fails"]


def test_what_is_no_text_is_not_judged():
    wrong = r"\[ \frac{\partial h_t}{\partial h_{t-1}} = W W \]"
    hidden = [
        f"\\iffalse {wrong} \\fi",
        f"\\begin{{comment}}\n{wrong}\n\\end{{comment}}",
        f"\\begin{{lstlisting}}\n{wrong}\n\\end{{lstlisting}}",
        r"\[ \xymatrix{ h_t \ar[r] & {h_{t+1}} } \]",
        r"\verb|$$ h_t = 7 $$|",
        f"% {wrong}",
        f"\\end{{document}}\n{wrong}",
    ]
    for one in hidden:
        assert verdicts(FORWARD + one) == ["definition"] * 2, one
    assert last(wrong) == "fails"


def test_a_comment_between_rows_is_no_end_of_a_paragraph():
    rows = (
        "\\begin{align}\n y_t &= V h_t \\\\ % the output \\\\\n%\n"
        "\\frac{\\partial y_t}{\\partial h_t} &= %s\n\\end{align}"
    )
    assert verdicts(FORWARD + rows.replace("%s", "V"))[2:] == ["definition", "holds"]
    assert verdicts(FORWARD + rows.replace("%s", "V V"))[2:] == ["definition", "fails"]


def test_overlays_of_slides():
    slide = r"\begin{frame}\[ \only<2->{\frac{\partial h_t}{\partial h_{t-1}} = %s} \pause \]\end{frame}"
    assert last(slide % RIGHT) == "holds"
    assert last(slide % WRONG) == "fails"


CELL = r"""
\[ f_t = \sigma(W_f x_t + U_f h_{t-1}), \qquad c'_t = \tanh(W_c x_t + U_c h_{t-1}) \]
\[ c_t = f_t \circ c_{t-1} + (1 - f_t) \circ c'_t, \qquad h_t = \tanh(c_t) \]
"""


def test_a_quantity_may_have_a_prime():
    claim = r"\[ \frac{\partial c_t}{\partial f_t} = \operatorname{diag}(c_{t-1} %s c'_t) \]"
    assert verdicts(CELL + claim % "-") == ["definition"] * 4 + ["holds"]
    assert verdicts(CELL + claim % "+")[-1] == "fails"


def test_a_slope_with_a_prime_stays_a_slope():
    page = (
        FORWARD
        + r"\[ \frac{\partial h_t}{\partial z_t} = \operatorname{diag}(\tanh'(z_t)) \]"
        + r"\[ \tanh'(u) = 1 - %s \]"
    )
    assert verdicts(page % r"\tanh^2(u)")[2:] == ["holds", "holds"]
    assert verdicts(page % r"\tanh(u)")[2:] == ["holds", "fails"]


LINEAR = (
    r"\[ W_h \in \mathbb{R}^{n \times n} \] \[ s_t = W_h s_{t-1} + V x_t \] If $\|J\| < 1$ then $J^t \to 0$. "
)


def test_a_summation_index_above_a_matrix_is_a_power():
    assert verdicts(LINEAR + r"\[ s_t = W_h^t s_0 + \sum_{k=0}^{t-1} W_h^k V x_{t-k} \]")[-1] == "holds"
    assert verdicts(LINEAR + r"\[ \frac{\partial s_T}{\partial s_t} = W_h^{T-t} \]")[-1] == "holds"
    assert verdicts(LINEAR + r"\[ \frac{\partial s_T}{\partial s_t} = W_h^{T-t+1} \]")[-1] == "fails"


LOSS = r"""
\[ s_t = \tanh(W s_{t-1} + U x_t), \qquad o_t = V s_t \]
\[ J(\theta) = \sum_{t=1}^{T} \ell(o_t, y_t), \qquad t = 1, \ldots, T \]
"""


@pytest.mark.parametrize("said", [r"\ell(o_t, y_t)", r"\ell"])
def test_a_loss_with_arguments_or_without_its_time(said):
    page = (
        LOSS
        + rf"\[ {said} = \tfrac12 \| o_t - y_t \|^2 \]"
        + r"\[ \frac{\partial J}{\partial V} = \sum_{t=1} %s \]"
    )
    assert verdicts(page % r"(o_t - y_t) s_t^\top")[-1] == "holds"
    assert verdicts(page % r"(o_t - y_t) s_{t-1}^\top")[-1] == "fails"


def test_a_pre_activation_without_its_time():
    page = (
        r"\[ a = W s_{t-1} + U x_t, \quad s_t = \tanh(a) \]"
        r"\[ \frac{\partial s_t}{\partial s_{t-1}} = %s W \]"
    )
    assert verdicts(page % r"\operatorname{diag}(1 - \tanh^2(a))")[-1] == "holds"
    assert verdicts(page % r"\operatorname{diag}(1 + \tanh^2(a))")[-1] == "fails"


@pytest.mark.parametrize(
    "claim",
    [
        r"P(w_1, \ldots, w_T) = \prod_{t=1}^{T} P(w_t | w_1, \ldots, w_{t-1})",
        r"\sum_t (h_t - y_t)^2 = (3 - 1)^2 + (2 - 2)^2",
        r"\frac{\partial h_t}{\partial \hat q_t} = W",
    ],
)
def test_what_numbers_cannot_decide_is_no_failure(claim):
    assert last(f"\\[ {claim} \\]") == "undetermined"


def test_the_copy_of_the_weights_that_one_step_has():
    claim = r"\[ \nabla_{W} h_T = \sum_{t=%s}^{T} \nabla_{W^{(t)}} h_T \]"
    assert last(claim % 1) == "holds"
    assert last(claim % 2) == "fails"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"g(0, 1) = 0.87", "definition"),
        (r"\frac{1.31 + 1.35}{3} = 0.887", "holds"),
        (r"\frac{1.31 + 1.35}{3} = 1.33", "fails"),
        (r"0.5 \cdot 0.5 = 0.25", "holds"),
        (r"[5 \times 35] \cdot [35 \times 1] = [5 \times 1]", "undetermined"),
    ],
)
def test_numbers_of_an_example(claim, verdict):
    assert last(f"\\[ {claim} \\]") == verdict


def test_a_covariance_is_symmetric():
    page = r"\[ y = \Sigma_a x, \quad q = \Sigma_a v \] \[ x^\top q = %s \]"
    assert verdicts(page % r"y^\top v")[-1] == "holds"
    assert verdicts(page % r"y^\top q")[-1] == "fails"


def test_labels_with_bars():
    page = (
        r"\[ s_t = \tanh(W^{h|x} x_t + W^{h|h} s_{t-1}) \]"
        r"\[ \frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(1 - s_t^2) %s \]"
    )
    assert verdicts(page % "W^{h|h}") == ["definition", "holds"]
    assert verdicts(page % "W^{h|x}") == ["definition", "fails"]


@pytest.fixture
def thesis(tmp_path: Path) -> Path:
    """A document with a style and a part beside it; the part takes in the document again."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "own.sty").write_text(r"\newcommand{\jac}[2]{\frac{\partial #1}{\partial #2}}")
    (tmp_path / "parts" / "gradient.tex").write_text(
        f"Here\n\\[ \\jac{{h_t}}{{h_{{t-1}}}} = {RIGHT} \\]\n\n\\[ \\jac{{h_t}}{{h_{{t-1}}}} = {WRONG} \\]\n"
        "\\input{../main}\n\\input{parts/gradient}\n\\input{../../elsewhere}\n"
    )
    main = tmp_path / "main.tex"
    main.write_text(
        f"\\documentclass{{book}}\n\\usepackage{{own}}\n\\begin{{document}}\n{FORWARD}\n"
        "  \\include{parts/gradient} % the second chapter\n\\[ \\jac{h_t}{z_t} = W \\]\n\\end{document}\n"
    )
    return main


def test_the_parts_of_a_document(thesis):
    found = verify_file(thesis)
    assert [one.finding.verdict for one in found.relations] == [
        "definition",
        "definition",
        "holds",
        "fails",
        "fails",
    ]
    wrong, after = found.relations[-2:]
    assert Path(wrong.file) == thesis.parent / "parts" / "gradient.tex"
    assert wrong.line == 4
    assert after.file == ""
    assert thesis.read_text().split("\n")[after.line - 1].startswith("\\[ \\jac{h_t}{z_t}")
    for report in (as_text, as_github, as_json, as_sarif):
        assert "parts/gradient.tex" in report([found])


def test_a_part_alone_knows_the_usual_packages(tmp_path):
    part = tmp_path / "part.tex"
    part.write_text(
        r"\[ \vh_t = \tanh(\mW \vh_{t-1} + \mU \vx_t) \]"
        r"\[ \frac{\partial \vh_t}{\partial \vh_{t-1}} = \diag(1 - \vh_t^2) \mW \]"
    )
    assert [one.finding.verdict for one in verify_file(part).relations] == ["definition", "holds"]
    part.write_text(FORWARD + rf"\[ \pdv{{h_t}}{{h_{{t-1}}}} = {RIGHT} \] \[ \pdv{{h_t}}{{z_t}} = W \]")
    assert [one.finding.verdict for one in verify_file(part).relations][2:] == ["holds", "fails"]


@pytest.mark.parametrize(
    ("preamble", "name"),
    [
        (r"\newcommand{\MB}[1]{\mbox{\boldmath{$#1$}}}", r"\MB{W}"),
        (r"\newcommand{\MB}[1]{\text{\boldmath $#1$}}", r"\MB{W}"),
        (r"\newcommand{\MB}[1]{\boldsymbol#1}", r"\MB{W}"),
    ],
)
def test_styles_in_text_and_arguments_right_after_a_command(preamble, name):
    right, wrong = (
        f"\\[ \\frac{{\\partial h_t}}{{\\partial h_{{t-1}}}} = {one} \\]" for one in (RIGHT, WRONG)
    )
    assert last(right.replace(" W ", f" {name} "), preamble) == "holds"
    assert last(wrong.replace(" W ", f" {name} "), preamble) == "fails"


def test_a_norm_of_a_macro_is_read():
    preamble = r"\newcommand{\norm}[1]{\lVert#1\rVert}\newcommand{\Vg}{g}"
    assert last(r"\[ \norm{\Vg} > 1 \]", preamble) != "unreadable"


def test_text_with_braces_in_its_mathematics():
    assert last(r"\[ k_t = f(h_t) \text{, where $f \in \{\mathrm{sigm}, \tanh\}$ } \]") == "definition"


def test_a_name_with_dots_in_its_scripts_is_no_end_of_the_document():
    body = r"\[ \delta h_t = W \delta z_t \] \[ \delta z_t = \delta h_{1,\ldots,t} \]"
    assert "unreadable" not in verdicts(FORWARD + body)


def test_a_moment_before_a_colon_is_no_claim():
    assert verdicts(
        FORWARD + r"\[ t = 1: \frac{\partial h_1}{\partial h_0} = \operatorname{diag}(1 - h_1^2) W \]"
    )[2:] == ["holds"]


def test_a_parameter_of_a_later_network_says_nothing_of_an_earlier_one():
    jacobian = r"\[ \frac{\partial h_t}{\partial h_{t-1}} = %s \]"
    later = r"Without input \[ h_t = W h_{t-1} \] \[ W = Q D Q^\top \]"
    assert verdicts(FORWARD + jacobian % RIGHT + later)[2:] == ["holds", "definition", "definition"]
    assert verdicts(FORWARD + jacobian % WRONG + later)[2] == "fails"


def test_rows_that_say_the_same_and_sums_of_what_adds_up():
    assert verdicts(r"\begin{align} u &= v + 1 \\ &\equiv u - 1 = v \end{align}") == ["definition", "holds"]
    assert verdicts(r"\[ S(t) = \frac{1}{k} \sum_{i=1}^{k} S_i(t) \]") == ["definition"]


def test_an_equation_for_an_unknown_is_no_failure():
    body = r"\[ \lambda = \lambda W \] \[ \lambda W = \lambda W^2 \]"
    assert "fails" not in verdicts(FORWARD + body)


def test_functions_with_several_names():
    body = r"\[ f(x) = \tanh(x) \] \[ r(x) = \tanh(x) \] \[ q_t = r(W q_{t-1}) \]"
    jacobian = r"\[ \frac{\partial q_t}{\partial q_{t-1}} = \operatorname{diag}(1 - q_t%s) W \]"
    assert verdicts(body + jacobian % "^2") == ["definition", "definition", "definition", "holds"]
    assert verdicts(body + jacobian % "")[-1] == "fails"


def test_times_before_and_long_arrows():
    assert last(r"\[ p(y_t | y_{<t}, x) = \operatorname{softmax}(V h_t) \]") == "definition"
    assert last(r"\[ W \longleftarrow W - \eta G \]") == "definition"


def test_a_sum_that_does_not_say_what_it_runs_over():
    body = r"\[ z_t = \sum w_i x_{t,i} + v h_{t-1} \] \[ h_t = \tanh(z_t) \]"
    slope = r"\[ \frac{\partial^+ h_t}{\partial w_i} = (1 - h_t^2) %s \]"
    assert verdicts(body + slope % "x_{t,i}")[-1] == "holds"
    assert verdicts(body + slope % "w_i")[-1] == "fails"
