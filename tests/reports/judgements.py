"""Judgements made by hand: no judge is needed to see how its words are shown."""

from symbptt.judge.verdicts import Evidence, Explanation, Finding, Judged, Judgement, Region
from symbptt.reader.syntax import Span

LINE = r"$$a_t = W a_{t-1} = V$$"
WHOLE = Region(3, 3, 3, 22, LINE)
PART = Region(3, 21, 3, 22, LINE)

DEFINITION = Judged(0, WHOLE, "a_t = W a_{t-1}", Finding("definition", "It defines a."))
HOLDS = Judged(1, Region(5, 1, 6, 4, "b = c"), "b = c\n + d", Finding("holds", scope="any"))
SCALAR = Judged(
    1, Region(7, 1, 7, 6, "e = f"), "e = f", Finding("holds", "It is true for scalars.", "scalar")
)
FAILS = Judged(
    0,
    WHOLE,
    "W a_{t-1} = V",
    Finding(
        "fails",
        "The two sides differ, 100% of them.",
        evidence=Evidence("numeric", 0.5, "t=3, n=2", "1", "2"),
        suggestion="W",
        at=Span(18, 19),
    ),
    PART,
)
UNREADABLE = Judged(
    2,
    Region(9, 2, 9, 3, " \\frac{x = |"),
    "\\frac{x = |",
    Finding("unreadable", "Cannot be read: expected x."),
)
UNDETERMINED = Judged(3, Region(8, 1, 8, 6, "g = h"), "g = h", Finding("undetermined", "g is unknown."))
EXPLAINED = Judged(
    4,
    Region(11, 1, 11, 6, "i = j"),
    "i = j",
    Finding("holds", scope="any", reading="product: chain"),
    explanation=Explanation("i_{t} = j_{t}", (("i", "n"), ("j", "n x m"))),
)
IN_CELL = Judged(
    0,
    Region(1, 3, 1, 8, "$$k = l$$"),
    "k = l",
    Finding("fails", "Wrong.", evidence=Evidence("form"), suggestion="k"),
    cell=2,
    file_region=Region(20, 9, 20, 14, "$$k = l$$"),
)
ALL = Judgement(
    "docs/a, b.md",
    (DEFINITION, FAILS, HOLDS, SCALAR, UNDETERMINED, UNREADABLE, EXPLAINED),
    {"vectors": "columns"},
    ("a_t &= W a_{t-1}",),
)
NOTEBOOK = Judgement("n.ipynb", (IN_CELL,))
LOST = Judgement("lost.md", (), trouble="cannot be read: no such file or directory")
