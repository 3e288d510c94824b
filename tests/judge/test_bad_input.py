"""Bad input: one clear verdict within bounds of time and memory, and the rest is judged as well."""

import gc
import multiprocessing
import re
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbptt.judge import court as core
from symbptt.judge import limits, verify
from symbptt.judge.verdicts import VERDICTS
from symbptt.reader.statements import parse_each

MOST_SECONDS = 2.5  # of this process: two for a formula, and what cutting it off takes
MANY = 10_000


def tower(opening: str, inside: str, closing: str, height: int) -> str:
    """Something nested in itself."""
    return "z_t = " + opening * height + inside + closing * height


FORMULAS = {
    "braces": tower("{", "x", "}", MANY),
    "braces that fit": tower("{", "x", "}", 9_000),
    "brackets": tower("(", "x_t", ")", 4_000),
    "left": tower(r"\left(", "x_t", r"\right)", 1_200),
    "left that nothing closes": "z_t = " + r"\left(" * 3_000,
    "left left": "z_t = " + r"\left\left" * 1_900,
    "fractions": tower(r"\frac{1}{", "x_t", "}", MANY),
    "fractions that fit": tower(r"\frac{", "x_t", "}{2}", 1_500),
    "powers": tower("x_t^{", "2", "}", 3_000),
    "power of a power": "z_t = x_t^{10^{12}} + W^{(a/b)^2}",
    "subscripts": tower("x_{a", "b", "}", 3_000),
    "scripts in a row": "z_t = x" + "_{a}^{b}" * 2_000,
    "primes": "z_t = x" + "'" * 5_000,
    "bars": "z_t = " + "|" * 3_000,
    "matrices": tower(r"\begin{pmatrix}", "x", r"\end{pmatrix}", 400),
    "a large matrix": r"z_t = \begin{pmatrix}" + (r"x_t" + " & x_t" * 30 + r"\\") * 30 + r"\end{pmatrix}",
    "an empty matrix": r"z_t = \begin{pmatrix} \end{pmatrix} W",
    "a long sum": "z_t = " + " + ".join(["x_t"] * 3_000),
    "a long list": "z_t = x_t" + ", x_t" * 4_000,
    "a long concatenation": "z_t = [x_t" + "; x_t" * 1_500 + "]",
    "a long text": r"z_t = \text{" + "word " * 3_900 + "}",
    "a long aligned chain": r"\begin{aligned} z_t " + r"&= x_t \\ " * 400 + r"\end{aligned}",
    "rows that go on": r"\begin{aligned} z_t &= " + r"x_t + \\ " * 1_900 + r"1 \end{aligned}",
    "a chain": "z_t " + "= x_t " * 300,
    "a sum to a trillion": r"z_t = \sum_{i=1}^{10^{12}} x_i + \sum_{i=1}^{1000000000000} x_t",
    "a product to a trillion": r"z_t = \prod_{k=1}^{10^{12}} z_k",
    "sums in sums": "z_t = " + "".join(rf"\sum_{{{index}=1}}^{{T}} " for index in "ijklmnpqrs") + "x_t",
    "a far time": "z_t = x_{1000000000000} + h_{t-1000000000}",
    "a long number": "z_t = " + "9" * 5_000 + " x_{" + "9" * 5_000 + "}",
    "a large power": "z_t = W^{1000000000000} x_t",
    "derivatives in derivatives": tower(r"\frac{\partial ", "z_t", r"}{\partial x_t}", 20),
    "a product of derivatives": "z_t = " + r"\frac{\partial h_t}{\partial h_{t-1}} " * 200,
    "Kronecker products": "z_t = " + r"W \otimes " * 12 + "W",
    "functions of functions": tower(r"\exp(", "x_t", ")", 50),
    "a macro that calls itself": r"\def\a{\a\a} z_t = \a",
    "a macro that grows": r"\newcommand{\f}[1]{\f{\f{#1}}} z_t = \f{x}",
    "macros that double": "".join(rf"\def\{b}{{\{a}\{a}}}" for a, b in pairwise("abcdefghijklmn"))
    + r"\def\a{x} z_t = \n",
    "junk": bytes(range(1, 256)).decode("latin1").replace("$", " "),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_the_rest_is_judged_in_time(name):
    before, after = "$$p_t = q_t$$\n\n$$", "$$\n\n$$p_t + q_t = 2 q_t$$\n"
    start = time.process_time()
    judgement = verify(before + FORMULAS[name] + after)
    taken = time.process_time() - start
    assert judgement.relations[0].finding.verdict == "definition"
    assert judgement.relations[-1].finding.verdict == "holds"
    assert taken < MOST_SECONDS


def judge_the_large(sender):
    """Judges what is large, in a process that may take 300 MB more than it has."""
    large = ("a large matrix", "Kronecker products", "a long concatenation")
    declared = "$W \\in \\mathbb{R}^{100000 \\times 100000}$"
    pages = [f"{declared} $${FORMULAS[name]}$$ $$z_t = W z_t$$" for name in large]
    with limits.within_memory(300_000_000):
        sender.send([one.finding.message for page in pages for one in verify(page).relations])


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be bounded on Linux only")
def test_memory_is_bounded():
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=judge_the_large, args=(sender,))
    process.start()
    assert receiver.poll(30)
    assert not [said for said in receiver.recv() if "memory" in said]
    process.join()
    assert process.exitcode == 0


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"$$q_{{{i}}} = q_{{{i + 1}}} + 1$$\n" for i in range(300)),
        "".join(f"$$w^{{({i})}}_t = \\tanh(w^{{({i + 1})}}_t)$$\n" for i in range(200)),
        "$$a_t = b_t$$ $$b_t = c_t$$ $$c_t = a_t$$ $$a_t = 2 c_t$$",
        "$$h_{t-1} = h_t$$ $$h_t = h_{t+1} + h_{t-1}$$",
        "$$" * 20_000,
        "$" * 20_001,
        "`" * 20_000 + "$$a=b$$",
        "\\begin{align}" * 2_000,
    ],
    ids=["defined later", "deep", "a circle", "both ways", "dollars", "odd dollars", "ticks", "openings"],
)
def test_pages_that_lead_nowhere(page):
    start = time.process_time()
    judgement = verify(page + "\n\n$$p_t = q_t$$\n\n$$p_t + q_t = 2 q_t$$")
    assert all(one.finding.verdict != "fails" for one in judgement.relations[-2:])
    assert time.process_time() - start < 2 * MOST_SECONDS


# ------------------------------------------------------------------ the clock and the limit of memory


def slow(self, claim):
    """Stands in for the judging of a claim, and takes for ever over one of them."""
    while claim.latex.strip() == "a = b":
        pass
    return self._judged(claim)


def hungry(self, claim):
    """Stands in for the judging of a claim, and wants more memory than there is for one of them."""
    if claim.latex.strip() == "a = b":
        raise MemoryError
    return self._judged(claim)


@pytest.mark.parametrize(("stand_in", "bound"), [(slow, "0.2 seconds"), (hungry, "a gigabyte of memory")])
def test_what_goes_beyond_a_bound_is_undetermined(stand_in, bound, monkeypatch):
    if stand_in is slow and not limits._has_clock():
        pytest.skip("there is no clock to set in this thread")
    monkeypatch.setattr(core.Court, "finding", stand_in)
    monkeypatch.setattr(core, "SECONDS_A_FORMULA", 0.2)
    monkeypatch.setattr(limits, "SECONDS_A_FORMULA", 0.2)
    judgement = verify("$$p_t = q_t$$ $$a = b$$ $$p_t = q_t + 0$$")
    found = [(one.finding.verdict, one.finding.message) for one in judgement.relations]
    assert found[1] == ("undetermined", f"Not decided within {bound}.")
    assert [verdict for verdict, _ in found] == ["definition", "undetermined", "holds"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be bounded on Linux only")
def test_the_bound_of_memory_is_put_back():
    with limits.within_memory(200_000_000), pytest.raises(MemoryError):
        bytearray(300_000_000)
    assert len(bytearray(300_000_000)) == 300_000_000


def test_the_clock_is_put_back():
    if not limits._has_clock():
        pytest.skip("there is no clock to set in this thread")
    with limits.within(0.3):
        with limits.within(2):
            work(0.4)  # the outer clock stands still
        with pytest.raises(limits.Overtime), limits.within(0.01):
            work(1)
        with pytest.raises(limits.Overtime):
            work(1)
    work(0.3)


def test_the_clock_never_strikes_a_callback_of_others():
    if not limits._has_clock():
        pytest.skip("there is no clock to set in this thread")
    struck = []

    def callback(phase, info):
        try:
            work(0.02 if info["generation"] == 2 else 0)  # not at every small collection
        except limits.Overtime:
            struck.append(phase)
            raise

    gc.callbacks.append(callback)
    try:
        for _ in range(5):
            with pytest.raises(limits.Overtime), limits.within(0.01):
                collect_and_read()
    finally:
        gc.callbacks.remove(callback)
    assert not struck


def collect_and_read():
    """The time is up while a callback of others works; then the code of this package is to be stopped."""
    gc.collect()
    while True:
        parse_each("h_t = f(h_{t-1})")


def work(seconds):
    """Keeps this process busy."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


# ------------------------------------------------------------------ whatever is typed

ATOMS = re.split(
    r"\s+",
    r"""h_t h_{t-1} x_t W U b z_t a^{\langle{t}\rangle} \partial \frac{ } { } ( ) [ ] = + - * \cdot \circ
    \odot \otimes ^ _ ^{ _{ ^\top \sum_{k=1}^{t} \prod_{j=i+1}^{t} \sum \prod \tanh \sigma
    \operatorname{diag} \frac{\partial{h_t}}{\partial{W}} \frac{\partial{L}}{\partial{h_t}} L T t k 1 2
    0 10 \left( \right) \left. \right| | \| , ; & \\ \begin{cases} \end{cases} \begin{pmatrix}
    \end{pmatrix} \begin{aligned} \end{aligned} \underbrace{ \overbrace{ \text{if} \cdots \ldots \in
    \mathbb{R}^{n\times{m}} \approx \leftarrow \nabla_W \delta_t dW da_{next} ' \prime \mathbf{1} e^{
    \exp \log \infty \quad \hat y \tilde{c} \Gamma_f \le < > : \mathrm{d} 我 softmax \sqrt{ i j \bar \dot
    \left[ \right] ! \int \lim_{n} \to \forall \mathcal{L} \ell \gamma \limits \! % $ \# ~ \ \def\p{x}
    \p""",
)
PREAMBLE = r"""$W \in \mathbb{R}^{n \times n}$
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$L = \sum_{t=1}^T \ell(h_t)$$
"""
LEFT = st.sampled_from(["", "h_t = ", r"\frac{\partial h_t}{\partial W} = ", r"\begin{aligned} L &= "])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    left=LEFT, soup=st.lists(st.sampled_from(ATOMS), max_size=30), inline=st.booleans(), explain=st.booleans()
)
def test_whatever_is_typed_gets_a_verdict(left, soup, inline, explain):
    start = time.process_time()
    judgement = verify(f"{PREAMBLE}$${left}{' '.join(soup)}$$\n", inline=inline, explain=explain)
    assert all(one.finding.verdict in VERDICTS for one in judgement.relations)
    assert time.process_time() - start < 3 * MOST_SECONDS


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_no_formula_gets_a_judgement(text):
    str(verify(f"# {text}\n\n$$ {text} $$", inline=True))
