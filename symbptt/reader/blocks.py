"""The code of a Markdown page, as a Markdown parser sees it."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin


def code_blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """First line (from 0), line after the last, and language of each block, fenced or indented."""
    parser = MarkdownIt("commonmark").use(dollarmath_plugin, double_inline=True).use(amsmath_plugin)
    for token in parser.parse(text):
        if token.type in ("fence", "code_block") and token.map:
            yield token.map[0], token.map[1], token.info.strip().strip("{}").split(" ")[0]
