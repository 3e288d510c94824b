r"""Worked examples: what numbers say of one another, and how near a rounded one is."""

import pytest

from symbptt.judge import verify

NETWORK = "$$ z_t = w x_t + u h_{t-1} + b, \\quad h_t = \\tanh(z_t) $$\n\n"


def verdicts(*displays: str) -> list[str]:
    """The verdicts on displays after the definition of a network."""
    text = NETWORK + "\n\n".join(f"$$ {one} $$" for one in displays)
    return [one.finding.verdict for one in verify(text, "page.md").relations][2:]


def test_the_first_calculation_of_a_quantity_gives_its_value():
    found = verdicts(r"z_1 = (0.5)(1.0) + (0.8)(0) + 0.1", "z_1 = 0.5 + 0 + 0.1 = 0.6", r"h_1 = \tanh(0.6)")
    assert found == ["definition", "holds", "holds", "definition"]


def test_another_value_of_the_same_is_another_example():
    assert verdicts("z_1 = 0.5 + 0.1", "z_1 = 0.5 + 0.3") == ["definition", "undetermined"]


def test_a_sum_that_is_worked_out_wrong_fails():
    assert verdicts("z_1 = 0.5 + 0 + 0.1 = 0.7") == ["definition", "fails"]


@pytest.mark.parametrize(
    ("relation", "verdict"),
    [
        (r"\tanh(0.6) \approx 0.537", "holds"),
        (r"\tanh(0.6) = 0.537", "holds"),
        (r"\tanh(0.6) \approx 0.573", "fails"),
        (r"(0.25)^8 \approx 1.5 \times 10^{-5}", "holds"),
        (r"(0.25)^8 \approx 1.5 \times 10^{-4}", "fails"),
        (r"0.9^{100} \approx 10^{-5}", "undetermined"),  # of what order it is, and no more
        (r"\frac{1}{1 + e^{-0.778}} \approx 0.685", "holds"),
    ],
)
def test_a_number_is_as_near_as_its_digits_say(relation, verdict):
    assert verdicts(relation) == [verdict]


def test_a_row_of_times_and_a_matrix_stay_what_they_were():
    found = verify(
        NETWORK + "$$ t = 5, 4, 3, 2, 1 $$\n\n$$ W = \\begin{bmatrix} 0.1 & 0.2 \\end{bmatrix} $$", "page.md"
    )
    said = [one.finding.message for one in found.relations][2:]
    assert said == ["It says which numbers t takes.", "It gives values."]
