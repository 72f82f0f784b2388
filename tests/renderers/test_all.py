"""What holds for every renderer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flopcount.comparing.comparison import compare_reports, comparison_document
from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.registry import load
from flopcount.renderers import Renderer
from flopcount.summary import report_document
from flopcount.table import Document
from tests.golden import assert_golden
from tests.renderers.documents import DOCUMENT, EMPTY, FOR_CHECKS, FORMATS, HOSTILE, SIGNED, TWO, named
from tests.samples import small


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("document", [DOCUMENT, TWO, EMPTY, SIGNED])
@pytest.mark.parametrize("width", [None, 80, 1])
def test_text_ends_with_one_newline_and_is_plain(name: str, document: Document, width: int | None) -> None:
    render: Renderer = load("renderers", name).render
    text = render(document, color=False, width=width)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"csv", "json"}))
def test_names_cannot_command_a_terminal_or_break_a_line(name: str) -> None:
    text = load("renderers", name).render(named(HOSTILE))
    assert not {"\x1b", "\u202e"} & set(text)
    assert any("evil" in line and "name" in line for line in text.splitlines())


@pytest.mark.parametrize("name", FORMATS)
def test_golden(name: str) -> None:
    assert_golden(f"every_kind.{name}", load("renderers", name).render(DOCUMENT))


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"json"}))
def test_golden_differences(name: str) -> None:
    assert_golden(f"signed.{name}", load("renderers", name).render(SIGNED))


@pytest.mark.parametrize("name", FORMATS)
def test_golden_comparison(name: str) -> None:
    other = replace(small(unknown=True, batch=2), name="larger")
    document = comparison_document(compare_reports([count(small()), count(other)]))
    assert_golden(f"compare.{name}", load("renderers", name).render(document))


@pytest.mark.parametrize("name", FORMATS)
def test_golden_report(name: str) -> None:
    document = report_document([count(small(unknown=True, expect={"params": 10_000}))])
    assert_golden(f"report.{name}", load("renderers", name).render(document))


@pytest.mark.parametrize("name", FOR_CHECKS)
def test_formats_for_checks_say_so(name: str) -> None:
    with pytest.raises(
        UsageError, match=f"the format '{name}' shows the result of `flopcount check`, and nothing else"
    ):
        load("renderers", name).render(DOCUMENT)
    assert (load("renderers", name).__doc__ or "").startswith("Of a check: ")
