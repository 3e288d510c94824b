"""The judgement of a whole text: its relations in their order, and what its names of gradients mean."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.errors import SymbpttError
from symbptt.judge.court import Court
from symbptt.judge.gradients.gates import Gates, before_functions, equations
from symbptt.judge.gradients.gates import gates as gates_of
from symbptt.judge.limits import SECONDS_TO_BEGIN, Overtime, seldom_collected, within
from symbptt.judge.reading import Claim, Reading, read
from symbptt.judge.verdicts import Judgement


@seldom_collected()
def verify(
    text: str,
    source: str = "<text>",
    inline: bool = False,
    explain: bool = False,
    heard: Callable[[int, int], None] | None = None,
    given: int = 0,
) -> Judgement:
    """The verdicts on every relation of the displays of a Markdown or TeX document.

    With ``inline`` those of inline formulas too, and with ``explain`` how each was read. ``heard`` is told,
    before each relation, how many are done and how many there are. What the first ``given`` displays define
    is not defined anew by later ones. Raises SymbpttError where the definitions alone take too long.
    """
    reading = read(text, source, inline)
    try:
        with within(SECONDS_TO_BEGIN):
            court = settled(reading, given)
    except Overtime:
        raise SymbpttError(f"{source}: its definitions take too long to understand") from None
    judged = []
    claims = court.reading.claims
    for done, item in enumerate(claims):
        if heard is not None:
            heard(done, len(claims))
        judged.append(court.judged(item, explain))
    relations = tuple(court.revised(judged))
    return Judgement(source, relations, court.conventions(), court.recurrences())


def settled(reading: Reading, given: int) -> Court:
    """The judge of a document, with each gradient that is written as a name meant as its equation says.

    df_t is the gradient by f_t, or by what the function of f_t is applied to where that alone is true.
    """
    court = Court(reading, given)
    courts: dict[frozenset[str], Court] = {frozenset(): court}
    gates = gates_of(reading, (one for _, one in court.first.values()), court.vocabulary)

    def under(chosen: Gates) -> Court:
        """The judge with these names meant before the functions; made once."""
        keys = frozenset(chosen)
        if keys not in courts:
            courts[keys] = Court(before_functions(reading, chosen, court.vocabulary), given)
        return courts[keys]

    def untrue(chosen: Gates, of: Gates) -> int:
        trial = under(chosen)
        claims = [trial.reading.claims[number] for number in equations(reading, of, court.vocabulary)]
        return sum(isinstance(claim, Claim) and not trial.is_true(claim) for claim in claims)

    if not gates or not untrue({}, gates):
        return court
    if not untrue(gates, gates):
        return under(gates)
    chosen: Gates = {}
    doubtful: Gates = {}
    for key, one in gates.items():
        plain, before = untrue(chosen, {key: one}), untrue({**chosen, key: one}, {key: one})
        chosen = {**chosen, key: one} if before < plain else chosen
        doubtful = {**doubtful, key: one} if before == plain else doubtful
    usual = 2 * len(chosen) > len(gates) - len(doubtful)  # a wrong equation is meant as the others are
    return under({**chosen, **doubtful} if usual else chosen)
