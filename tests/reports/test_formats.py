"""The formats for programs: JSON as the contract says, GitHub's commands, SARIF, and tables."""

import json
from dataclasses import replace

from symbptt.judge import verify
from symbptt.judge.verdicts import Judgement
from symbptt.reports import as_github, as_html, as_json, as_markdown, as_sarif, written_as
from symbptt.reports.sarif import RULES, rule_of
from symbptt.reports.tables import mathematics
from tests.reports.judgements import ALL, FAILS, IN_CELL, LOST, NOTEBOOK

KEYS = {
    "display", "line", "column", "latex", "verdict", "scope", "evidence", "relative_error", "reading",
    "message", "suggestion",
}  # fmt: skip
PAGE = "$$h_t = \\tanh(W h_{t-1} + x_t)$$\n\n$$W h_{t-1} = W h_t$$\n"


def test_every_format_names_the_place():
    judgement = verify(PAGE, "page.md")
    bad = json.loads(written_as("json", [judgement]))["documents"][0]["relations"][-1]
    assert (bad["verdict"], bad["line"], bad["column"], bad["display"]) == ("fails", 3, 3, 1)
    assert "page.md:3:3: fails" in written_as("text", [judgement])
    assert written_as("github", [judgement]).startswith("::error file=page.md,line=3,endLine=3,")
    region = json.loads(written_as("sarif", [judgement]))["runs"][0]["results"][0]["locations"][0]
    assert region["physicalLocation"]["region"] == {
        "startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 20,
    }  # fmt: skip


# ------------------------------------------------------------------ JSON


def test_json_is_the_contract():
    (document, lost) = json.loads(as_json([ALL, LOST]))["documents"]
    assert set(document) == {"file", "conventions", "recurrences", "relations"}
    assert all(set(relation) >= KEYS for relation in document["relations"])
    failed = document["relations"][1]
    assert (failed["evidence"], failed["relative_error"], failed["suggestion"]) == ("numeric", 0.5, "W")
    assert failed["counterexample"] == {"sizes": "t=3, n=2", "left": "1", "right": "2"}
    assert failed["part"] == {"line": 3, "column": 21, "end_line": 3, "end_column": 22}
    assert document["relations"][-1]["shapes"] == {"i": "n", "j": "n x m"}
    assert (lost["relations"], lost["error"]) == ([], LOST.trouble)


def test_json_has_no_word_for_what_is_no_number():
    endless = replace(FAILS.finding.evidence, relative_error=float("inf"))
    judged = replace(FAILS, finding=replace(FAILS.finding, evidence=endless))
    (relation,) = json.loads(as_json([Judgement("a.md", (judged,))]))["documents"][0]["relations"]
    assert relation["relative_error"] is None


def test_json_of_a_notebook_counts_within_the_cell():
    (relation,) = json.loads(as_json([NOTEBOOK]))["documents"][0]["relations"]
    assert (relation["cell"], relation["line"], relation["column"]) == (2, 1, 3)


# ------------------------------------------------------------------ GitHub


def test_github_escapes_what_it_takes_for_its_own():
    first, second = as_github([ALL]).splitlines()
    assert first == (
        "::error file=docs/a%2C b.md,line=3,endLine=3,title=symbptt fails,col=21,endColumn=22"
        "::The two sides differ, 100%25 of them.%0AAt t=3, n=2: left 1, right 2.%0ADid you mean W"
    )
    assert second.startswith("::warning file=docs/a%2C b.md,line=9")


def test_github_marks_the_file_of_a_notebook_and_a_lost_one():
    assert ",line=20,endLine=20," in as_github([NOTEBOOK])
    assert as_github([LOST]) == f"::error file=lost.md::{LOST.trouble}"


def test_github_gives_no_columns_over_several_lines():
    (line,) = [line for line in as_github([ALL], True).splitlines() if "line=5" in line]
    assert "endLine=6" in line
    assert "col=" not in line


# ------------------------------------------------------------------ SARIF


def test_sarif_has_what_the_standard_asks_for():
    log = json.loads(as_sarif([ALL, NOTEBOOK, LOST], True))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(ALL.relations) + 1
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert result["level"] == rule["defaultConfiguration"]["level"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == run["artifacts"][place["artifactLocation"]["index"]][
            "location"
        ] | {"index": place["artifactLocation"]["index"]}
        region = place["region"]
        assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"])
    assert run["artifacts"][0]["location"]["uri"] == "docs/a%2C%20b.md"
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == LOST.trouble


def test_sarif_offers_the_suggestion_where_it_stands_for_a_part():
    run = json.loads(as_sarif([ALL, NOTEBOOK]))["runs"][0]
    fixes = [result["fixes"] for result in run["results"] if "fixes" in result]
    ((fix,),) = fixes
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 21, "endLine": 3, "endColumn": 22}
    assert replacement["insertedContent"] == {"text": "W"}


def test_sarif_leaves_out_what_is_no_finding():
    run = json.loads(as_sarif([ALL]))["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["differs", "scalar", "unreadable"]
    assert {rule_of(judged) for judged in (*ALL.relations, IN_CELL)} <= set(RULES)


# ------------------------------------------------------------------ tables


def test_tables_show_every_relation():
    html, markdown = as_html(ALL), as_markdown(ALL)
    assert html.count("<tr>") == len(ALL.relations) + 1
    assert html.count("<math") == len(ALL.relations) - 1  # the unreadable one stands as it is written
    assert "<code>" in html
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len(rows) == len(ALL.relations) + 2
    assert {row.count("|") for row in rows} == {5}


def test_a_judgement_shows_itself():
    judgement = verify(PAGE, "page.md")
    assert judgement._repr_html_().startswith("<table>")
    assert judgement._repr_markdown_().startswith("| line |")
    assert str(judgement) == written_as("text", [judgement])


def test_a_piece_of_a_display_becomes_a_formula():
    assert mathematics("a &= b \\\\\n &= c \\tag{1}") == "\\begin{aligned}a &= b \\\\ &= c\\end{aligned}"
    assert mathematics("a = b\n \\label{eq}") == "a = b"
