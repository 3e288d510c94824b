"""The plugin for pytest, run on small projects of its own."""

import numpy  # noqa: F401 - the pages need it, and one process can load it only once
import pytest

pytest_plugins = ["pytester"]

PAGE = r"""
$$h_t = \tanh(W h_{t-1})$$
$$W h_t = h_t W + W h_t - h_t W$$
$$h_t \approx x_t$$
$$h_t = )$$
$$\frac{\partial h_t}{\partial h_{t-1}} = W$$
"""


@pytest.fixture
def run(pytester):
    """Runs pytest with the plugin, whether it is installed as one or not."""
    pytester.makefile(".md", page=PAGE)
    plugin = ("-p", "no:symbptt", "-p", "symbptt.pytest_plugin", "-p", "no:cacheprovider")
    return lambda *arguments: pytester.runpytest_inprocess(*plugin, *arguments)


def test_documents_are_left_alone_unless_asked_for(run):
    run().assert_outcomes()


def test_each_relation_is_a_test(run):
    result = run("--symbptt", "-rs", "-v")
    result.assert_outcomes(passed=2, failed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "page.md::1:3 PASSED*",
            "page.md::2:3 PASSED*",
            "page.md::3:3 SKIPPED*",
            "page.md::4:9 SKIPPED*",
            "page.md::5:3 FAILED*",
            "page.md:5:43: fails: *",
            "  *^*",
            "SKIPPED [[]1[]] page.md: undetermined: *",
            "SKIPPED [[]1[]] page.md: unreadable: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_strictly_doubts_fail(run):
    run("--symbptt", "--symbptt-strict").assert_outcomes(passed=2, failed=3)


def test_inline_formulas_on_request(run, pytester):
    pytester.makefile(".md", other="where $z_t = x_t$ and $z_t = 2 x_t - x_t$")
    run("--symbptt", "other.md").assert_outcomes()
    run("--symbptt", "--symbptt-inline", "other.md").assert_outcomes(passed=2)


def test_a_document_that_cannot_be_opened_is_an_error(run, pytester):
    (pytester.path / "bad.md").write_bytes(b"\xff\xfe\x00")
    result = run("--symbptt", "bad.md")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*bad.md: is no text*"])
