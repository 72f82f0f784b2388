from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flopcount.renderers._cells import printable
from flopcount.renderers.markdown import MAX_COMMENT, NOTHING, escape, render, whole
from flopcount.table import Document
from tests.renderers.documents import DOCUMENT, named


def test_every_row_has_every_cell_whatever_a_name_holds() -> None:
    rows = [line for line in render(DOCUMENT).splitlines() if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {6}
    assert rows[1] == "| :--- | :--- | ---: | ---: | ---: |"


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("@octocat", "@·octocat"), ("org/repo#12", "org/repo#·12"), ("GH-7", "GH-·7"), ("&lt;&#64;", r"\&lt;\&#·64;"),
        ("https://example.org", "https:·//example.org"), ("www.example.org", "www·.example.org"),
        ("<!-- flopcount check -->", r"\<!-- flopcount check --\>"), ("a|b", r"a\|b"), ("`code`", r"\`code\`"),
        ("a\\|b", r"a\\\|b"), (":tada:", ":·tada:"), ("net.yaml:100:5", "net.yaml:·100:5"),
        ("net.yaml:99:5", "net.yaml:99:5"), ("conv_1 #tag C# flops:lecture: 1", "conv_1 #tag C# flops:·lecture: 1"),
        ("![x](y)", r"!\[x\](y)"), ("line\nbreak", "line\N{REPLACEMENT CHARACTER}break"),
    ],
)  # fmt: skip
def test_a_name_stays_text_on_github(name: str, escaped: str) -> None:
    assert escape(name).replace(NOTHING, "·") == escaped
    rows = render(named(name, "next")).splitlines()
    assert rows[-1] == "| next |"


def test_the_body_of_a_comment_has_room_in_one() -> None:
    names = named(*(f"ü{number}" * 30 for number in range(2_000)))
    assert len(render(names)) > MAX_COMMENT
    body = Document(names.tables, names.data, "marker")
    text = render(body)
    assert MAX_COMMENT - 1_000 < len(text.encode()) <= MAX_COMMENT
    assert text.endswith(" |\n\n… the rest is too long for a comment\n")
    assert len(whole(body)) > MAX_COMMENT


def test_hostile_names_take_no_time() -> None:
    for part in ("a", ":", "@", "#1", "-", "a:", "`"):
        assert len(escape(part * 100_000)) >= 100_000


HOSTILE = "\\\\`*_{}[]()<>#+-.!|~$&;:@='\"/ \n\tab1é"


@given(st.lists(st.text(HOSTILE, min_size=1, max_size=12), min_size=1, max_size=4))
def test_a_reader_of_markdown_sees_the_names_again(names: list[str]) -> None:
    """As markdown-it, a reader that others wrote, reads the table."""
    html = MarkdownIt("commonmark").enable("table").enable("strikethrough").render(render(named(*names)))
    cells = [unescape(text) for text in re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)]
    assert [cell.replace(NOTHING, "") for cell in cells] == [printable(name).strip() for name in names]
