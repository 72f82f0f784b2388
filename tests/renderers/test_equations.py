from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flopcount.engine import count
from flopcount.explain import explain_layer
from flopcount.explanation import explanation_document
from flopcount.renderers._equations import stacked
from flopcount.renderers.table import render
from flopcount.sources import load
from tests.samples import small

ATTENTION = explanation_document(explain_layer(count(load("gpt2")), "decoder1.attention1"))
(TABLE,) = ATTENTION.tables


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", range(56, 170, 3))
def test_no_formula_is_shortened_and_no_result_rounded(width: int) -> None:
    text = render(ATTENTION, width=width)
    assert "…" not in text
    assert max(map(cell_len, text.splitlines())) <= width
    formulas = bare("".join(str(cell) for row in stacked(TABLE, width).rows for cell in row[1:-1]))
    for _, formula, substitution, result in TABLE.rows:
        assert bare(str(formula)) in formulas
        assert bare(str(substitution)) in formulas
        assert f"{result:,}" in text


@given(st.integers(1, 400))
def test_the_same_numbers_in_the_same_order(width: int) -> None:
    shown = [row[-1] for row in stacked(TABLE, width).rows if row[-1] != ""]
    assert shown == [row[-1] for row in TABLE.rows]
    named = [row[0] for row in stacked(TABLE, width).rows if row[0]]
    assert named == [row[0] for row in TABLE.rows]


def test_side_by_side_where_there_is_room_or_nothing_to_explain() -> None:
    assert stacked(TABLE, None) is TABLE
    assert stacked(TABLE, 200) is TABLE
    plain = explanation_document(explain_layer(count(small()), "stem.conv")).tables[0]
    assert stacked(plain, 80) is plain


def test_results_are_emphasised() -> None:
    assert "\x1b[1m6,436,939,776\x1b[0m" in render(ATTENTION, color=True, width=80)
