"""Proofs: what is proved is equal in numbers, valid rewriting is proved, and planted errors never are."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.errors import SymbpttError
from symbptt.judge import verify
from symbptt.judge.bindings import assignments
from symbptt.judge.choices import Choice
from symbptt.judge.evaluate import Evaluator
from symbptt.judge.judge import Court
from symbptt.judge.proof import proved
from symbptt.judge.reading import read
from symbptt.judge.trial import TOLERANCE, compared, difference
from symbptt.judge.vocabulary import names_in

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
    """Both sides in the usual reading, compared: their relative difference."""
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
    return difference(*compared(*sides, choice, claim))[0], world


def told(left, right):
    """Is it proved, and how far apart are the numbers at two sizes?"""
    court, claim, entries = court_of(left, right)
    first, world = values(court, claim, entries, 1)
    second, _ = values(court, claim, entries, 2)
    return proved(claim, court.scope, world, entries), max(first, second)


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
    court, claim, entries = court_of(written(tree), written(other))
    try:
        error, world = values(court, claim, entries, 1)
    except SymbpttError:
        return  # sizes that do not fit
    if proved(claim, court.scope, world, entries):
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


def test_the_evidence_says_so():
    page = "$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n\n$$h_t = \\tanh(U x_t + W h_{t-1})$$\n"
    found = verify(page).relations[-1].finding
    assert (found.verdict, found.evidence.kind) == ("holds", "proved")
    page = Path(__file__).with_name("styles") / "lstm.md"
    kinds = {one.finding.evidence.kind for one in verify(page).relations if one.finding.evidence}
    assert "numeric" in kinds
