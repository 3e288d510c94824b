"""Proofs: what is proved is equal in numbers, valid rewriting is proved, and planted errors never are."""

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.errors import SymbpttError
from symbptt.judge import court, proofs, verify
from symbptt.judge.court import Court
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric import numbers
from symbptt.judge.numeric.bindings import assignments
from symbptt.judge.numeric.choices import Choice, Memory
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.trial import TOLERANCE, Outcome, Trial, compared, difference
from symbptt.judge.proofs import proof, sums
from symbptt.judge.proofs.effort import EFFORT
from symbptt.judge.proofs.times import Unproved
from symbptt.judge.reading import read
from symbptt.judge.repairs.edits import edits, family
from symbptt.judge.repairs.stock import Stock
from symbptt.reports import as_text

DECLARED = r"""
$A \in \mathbb{R}^{n \times n}$, $B \in \mathbb{R}^{n \times n}$, $C \in \mathbb{R}^{n \times m}$,
$x_t \in \mathbb{R}^{n}$, $y_t \in \mathbb{R}^{n}$, $z_t \in \mathbb{R}^{m}$

"""
# Leaves by shape: (rows, columns) with the letters n, m and 1.
LEAVES = {
    "nn": ["A", "B"],
    "nm": ["C"],
    "mn": ["C^T"],
    "mm": ["(C^T C)"],
    "n1": ["x_t", "y_t"],
    "m1": ["z_t"],
    "1n": ["x_t^T", "y_t^T"],
    "1m": ["z_t^T"],
    "11": ["\\alpha", "\\lambda"],
}
AXES = "nm1"
# A tree is a leaf's name, or (operation, tree, ...).


@pytest.fixture(autouse=True, scope="module")
def patience():
    """What is hard is tried as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofs, "MOST_TERMS", 300_000)
        patch.setattr(proofs, "MOST_SPENT", 10**7)
        patch.setattr(court, "SECONDS_A_FORMULA", 100.0)
        yield


def trees(shape, depth=2):
    """Formulas of one shape."""
    leaf = st.sampled_from(LEAVES[shape])
    if depth == 0:
        return leaf
    same = trees(shape, depth - 1)
    found = [leaf, st.tuples(st.sampled_from(["+", "-"]), same, same)]
    found.append(st.tuples(st.just("T"), trees(shape[::-1], depth - 1)))
    found.append(st.tuples(st.just("scale"), trees("11", 0), same))
    if shape != "11":
        found.append(st.tuples(st.just("each"), same, same))
    found.append(product_through(shape, depth))
    return st.one_of(found)


def product_through(shape, depth):
    """Products over some inner axis."""
    return st.sampled_from("nm1" if shape != "11" else "nm").flatmap(
        lambda axis: st.tuples(
            st.just("times"), trees(shape[0] + axis, depth - 1), trees(axis + shape[1], depth - 1)
        )
    )


def written(tree):
    match tree:
        case ("T", a):
            return f"({written(a)})^T"
        case ("each", a, b):
            return f"(({written(a)}) \\odot ({written(b)}))"
        case ("times" | "scale", a, b):
            return f"(({written(a)}) ({written(b)}))"
        case (sign, a, b):
            return f"(({written(a)}) {sign} ({written(b)}))"
    return tree


def rewritten(tree, choose):
    """The same by laws that hold for all matrices."""
    if isinstance(tree, str):
        return ("T", ("T", tree)) if choose(6) == 5 else tree
    operation, *parts = tree
    tree = (operation, *(rewritten(part, choose) for part in parts))
    if choose(3) == 0:
        return tree
    match tree:
        case ("+" | "each", a, b):
            return (operation, b, a)
        case ("times", a, ("+" | "-" as sign, b, c)):
            return (sign, ("times", a, b), ("times", a, c))
        case ("times", ("times", a, b), c):
            return ("times", a, ("times", b, c))
        case ("times", a, b):
            return ("T", ("times", ("T", b), ("T", a)))
        case ("each", a, ("+" | "-" as sign, b, c)):
            return (sign, ("each", a, b), ("each", a, c))
        case ("T", (("+" | "-" | "each") as inner, a, b)):
            return (inner, ("T", a), ("T", b))
        case ("scale", s, ("+" | "-" as sign, a, b)):
            return (sign, ("scale", s, a), ("scale", s, b))
    return tree


def damaged(tree, choose):
    """The same with factors swapped, signs changed, transposes lost or products confused, perhaps."""
    if isinstance(tree, str):
        return {"A": "B", "x_t": "y_t", "\\alpha": "\\lambda"}.get(tree, tree) if choose(6) == 0 else tree
    operation, *parts = tree
    parts = [damaged(part, choose) for part in parts]
    if choose(4):
        return (operation, *parts)
    other = {"+": "-", "-": "+", "times": "each", "each": "times", "scale": "scale", "T": "T"}
    return (other[operation], *parts) if choose(2) else (operation, *reversed(parts))


def court_of(left, right):
    """A court with the relation, evaluated once so that the shapes of its names are known."""
    court = Court(read(f"{DECLARED}$$ {left} = {right} $$", "<text>"))
    claim = court.claims[-1]
    entries = court.vocabulary.entries_of(claim)
    return court, claim, entries


def values(court, claim, entries, seed):
    """Both sides in the usual reading: their relative difference, and the answers of that reading."""
    names = [node for side in (claim.left, claim.right) for node in names_in(side)]
    world = court.scope.world(False, seed, names)
    bound = next(assignments(claim, court.scope, world, entries))
    choice = Choice()
    sides = [
        Evaluator(world, court.vocabulary, bound, choice, entries - court.vocabulary.quantities, name).value(
            side
        )
        for name, side in (("left", claim.left), ("right", claim.right))
    ]
    return difference(*compared(*sides, choice, claim))[0], choice.made


def told(left, right):
    """Is it proved, and how far apart are the numbers at two sizes?"""
    court, claim, entries = court_of(left, right)
    first, answers = values(court, claim, entries, 1)
    second, _ = values(court, claim, entries, 2)
    found = proof(claim, court.scope, False, entries, Outcome("equal", answers=answers))
    return bool(found), max(first, second)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["nn", "nm", "n1", "1m", "11"]).flatmap(trees), st.data())
def test_what_follows_by_laws_is_proved(tree, data):
    other = rewritten(tree, lambda count: data.draw(st.integers(0, count - 1)))
    answer, error = told(written(tree), written(other))
    assert error < TOLERANCE
    assert answer


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["nn", "n1", "11"]).flatmap(trees), st.data())
def test_what_is_proved_is_equal(tree, data):
    def choose(count):
        return data.draw(st.integers(0, count - 1))

    other = damaged(rewritten(tree, choose), choose)
    try:
        answer, error = told(written(tree), written(other))
    except SymbpttError:
        return  # sizes that do not fit
    if answer:
        assert error < TOLERANCE


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("A B x_t", "B A x_t"),
        ("(A B)^T", "A^T B^T"),
        ("x_t^T A y_t", "x_t^T A^T y_t"),
        ("A (x_t \\odot y_t)", "(A x_t) \\odot y_t"),
        ("A (\\alpha + x_t)", "\\alpha + A x_t"),
        ("A \\odot B", "A B"),
        ("(A + B)^2", "A^2 + 2 A B + B^2"),
        ("\\tanh(A x_t)", "A \\tanh(x_t)"),
        ("x_t y_t^T", "y_t x_t^T"),
        ("A x_t - A x_t + y_t", "y_t - x_t"),
    ],
)
def test_planted_errors_are_not_proved(left, right):
    assert not told(left, right)[0]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("(A + B) x_t", "A x_t + B x_t"),
        ("(A + B) (A + B)", "A A + A B + B A + B B"),
        ("x_t^T A y_t", "y_t^T A^T x_t"),
        ("x_t (y_t^T x_t)", "(x_t y_t^T) x_t"),
        ("x_t y_t^T A x_t", "(x_t^T A^T y_t) x_t"),
        ("(1 - x_t) \\odot y_t", "y_t - x_t \\odot y_t"),
        ("\\mathrm{diag}(x_t) A y_t", "x_t \\odot (A y_t)"),
        ("\\mathrm{diag}(x_t)^T \\mathrm{diag}(y_t)", "\\mathrm{diag}(y_t \\odot x_t)"),
        ("\\sum_{k=1}^{t} (A x_k - 2 y_k)", "-2 \\sum_{k=1}^{t} y_k + \\sum_{k=1}^{t} A x_k"),
        ("\\tanh(A x_t + B y_t)", "\\tanh(B y_t + A x_t)"),
        ("\\frac{A x_t}{2}", "0.5 A x_t"),
    ],
)
def test_steps_of_algebra_are_proved(left, right):
    answer, error = told(left, right)
    assert error < TOLERANCE
    assert answer


EDITED = [
    Path(__file__).parent / "documents" / f"{name}.md"
    for name in ("norm_bounds", "error_terms", "two_networks", "letter_k")
]


@dataclass
class Tally:
    """How edited relations fared, and those for which a wrong proof was found."""

    differing: int = 0
    equal: int = 0
    proved: int = 0
    wrong: list[str] = field(default_factory=list)


def attempted(claim, scope, unit, entries, answers, tally):
    """Tries to prove a relation under given answers, and holds it against numbers of its own."""
    trial = Trial(claim, scope, unit, entries)
    choice = Choice((), dict(answers))
    bindings = list(assignments(claim, scope, trial.world, entries))
    with np.errstate(all="ignore"):
        outcome = trial._under(choice, claim, bindings, Memory(), False)
    if outcome.status not in ("differs", "equal"):
        return
    found = proof(claim, scope, unit, entries, replace(outcome, answers={**answers, **choice.made}))
    tally.differing += outcome.status == "differs"
    tally.equal += outcome.status == "equal"
    tally.proved += bool(found)
    if outcome.status == "differs" and found:
        tally.wrong.append(f"{claim.latex} edited to {claim.right}: {found}")


def edited(text, most, chance, tally, monkeypatch):
    """Edits every relation of a document that holds, and tries to prove what comes of it."""
    genuine = numbers.tried

    def tried(claim, scope, unit, entries, settled=None):
        outcome = genuine(claim, scope, unit, entries, settled)
        if outcome.status == "equal":
            names = [name for side in (claim.left, claim.right) for name in names_in(side)]
            families = {
                family(name): tuple(other for other in names if family(other) == family(name))
                for name in names
            }
            found = edits(claim.right, Stock(families))
            for edit in chance.sample(found, min(most, len(found))):
                attempted(replace(claim, right=edit.node), scope, unit, entries, outcome.answers, tally)
        return outcome

    monkeypatch.setattr(numbers, "tried", tried)
    monkeypatch.setattr(court, "SECONDS_A_FORMULA", 100)
    verify(text)


def test_false_relations_are_never_proved(monkeypatch, record_property):
    """Signs, factors, times, transposes, products, kinds and names of true relations changed."""
    chance, tally = random.Random(20261123), Tally()
    for path in EDITED:
        with monkeypatch.context() as patch:
            edited(path.read_text(encoding="utf-8"), 5, chance, tally, patch)
    record_property("tried", f"{tally.differing} false, {tally.equal} true, {tally.proved} proved")
    assert not tally.wrong
    assert tally.differing > 25
    assert 2 * tally.proved >= tally.equal > 4


NETWORK = r"""
$x_t \in \mathbb{R}^m$, $h_t \in \mathbb{R}^n$, $y_t \in \mathbb{R}^p$

$$a_t = W h_{t-1} + U x_t + b$$
$$h_t = \tanh(a_t)$$
$$o_t = V h_t + c$$
$$p_t = \mathrm{softmax}(o_t)$$
$$E_t = - y_t^\top \log p_t$$
$$E = \sum_{t=1}^T E_t$$

"""


def evidence(relation, page=NETWORK):
    """The verdict on a relation about a network, with its scope and evidence."""
    found = verify(f"{page}$$ {relation} $$").relations[-1].finding
    return found.verdict, found.scope, found.evidence.kind if found.evidence else ""


@pytest.mark.parametrize(
    "relation",
    [
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1 - \tanh^2(a_t))",
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1 - \tanh^2(W h_{t-1} + U x_t + b))",
        r"\frac{\partial E}{\partial o_t} = p_t - y_t",
        r"\frac{\partial E}{\partial V} = \sum_{t=1}^T (p_t - y_t) h_t^\top",
        r"\frac{\partial E}{\partial b} = \sum_{t=1}^T \frac{\partial E}{\partial a_t}",
        r"\frac{\partial E}{\partial W} = \sum_{t=1}^T \frac{\partial E}{\partial a_t} h_{t-1}^\top",
        r"\frac{\partial E}{\partial a_t} = (1 - h_t^2) \odot \frac{\partial E}{\partial h_t}",
        r"\frac{\partial E}{\partial h_t} = V^\top (p_t - y_t) + W^\top \frac{\partial E}{\partial a_{t+1}}",
        r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^t \frac{\partial h_i}{\partial h_{i-1}}",
        r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^t \mathrm{diag}(1 - h_i^2) W",
        r"\frac{\partial h_t}{\partial W} = \frac{\partial^+ h_t}{\partial W}"
        r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial W}",
        r"\frac{\partial E_t}{\partial W} = \sum_{k=1}^t \frac{\partial E_t}{\partial h_t}"
        r" \frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial W}",
        r"\frac{\partial E}{\partial W} = \sum_{t=1}^T \sum_{k=1}^t \frac{\partial E_t}{\partial h_t}"
        r" \left( \prod_{i=k+1}^t \frac{\partial h_i}{\partial h_{i-1}} \right)"
        r" \frac{\partial^+ h_k}{\partial W}",
    ],
)
def test_derivatives_are_proved(relation):
    assert evidence(relation) == ("holds", "any", "proved")


def test_what_is_true_of_scalars_alone_is_proved_of_scalars_alone():
    page = "$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n"
    found = evidence(r"\frac{\partial h_t}{\partial h_{t-1}} = W (1 - h_t^2)", page)
    assert found == ("holds", "scalar", "proved")


def test_the_evidence_says_so():
    page = "$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n\n$$h_t = \\tanh(U x_t + W h_{t-1})$$\n"
    found = verify(page).relations[-1].finding
    assert (found.verdict, found.evidence.kind) == ("holds", "proved")
    assert found.evidence.idea in as_text([verify(page)], everything=True)


def test_effort_is_bounded_and_given_back():
    with EFFORT.of(50):
        with pytest.raises(Unproved), EFFORT.of(0):
            sums.constant(1)
        assert EFFORT.left == 50
        sums.constant(1)
        assert EFFORT.left == 49
    assert EFFORT.left > 10**6


def test_a_proof_that_is_too_long_leaves_the_verdict(monkeypatch):
    text = "$$h_t = \\tanh(W h_{t-1})$$ $$h_t = \\tanh(W \\tanh(W h_{t-2}))$$"
    assert [one.finding.evidence.kind for one in verify(text).relations[1:]] == ["proved"]
    monkeypatch.setattr(proofs, "MOST_TERMS", 1)
    found = verify(text).relations[1].finding
    assert (found.verdict, found.evidence.kind) == ("holds", "numeric")
