from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flopcount.engine import count
from flopcount.renderers.table import render
from flopcount.summary import report_document
from flopcount.table import Column, Document, Share, Table
from tests.golden import assert_golden
from tests.renderers.documents import DOCUMENT, SIGNED, named
from tests.samples import resnet50

RESNET = report_document([count(resnet50())])
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 140])
def test_golden_at_common_widths(width: int) -> None:
    assert_golden(f"resnet50-{width}.table", render(RESNET, width=width))


@pytest.mark.parametrize("width", range(68, 160))
def test_fits_the_terminal(width: int) -> None:
    assert max(map(cell_len, render(RESNET, width=width).splitlines())) <= width


def test_exact_where_there_is_room_and_rounded_where_there_is_not() -> None:
    assert "4,089,184,256" in render(RESNET, width=100)
    assert "4,089,184,256" in render(RESNET)
    assert "4.09 G" in render(RESNET, width=80)


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render(DOCUMENT, color=True, width=80)
    assert "\x1b[" in coloured
    plain = [line.rstrip() for line in ESCAPES.sub("", coloured).splitlines()]
    assert plain == render(DOCUMENT, width=80).splitlines()


def test_the_bar_is_relative_to_the_largest_share() -> None:
    table = Table("t", (Column("share", "share", "share"),), tuple((Share(n, 100),) for n in (40, 20, 5, 0)))
    bars = [line.split("%")[-1].strip() for line in render(Document((table,))).splitlines()[3:]]
    assert bars == ["████████████", "██████", "█▌", "–"]


def test_what_runs_against_the_difference_has_a_bar_too_and_a_sign() -> None:
    lines = [line.split("%") for line in render(SIGNED).splitlines()[3:5]]
    assert [line[0].split()[-1] for line in lines] == ["127.3", "−27.3"]
    assert [line[1].strip() for line in lines] == ["████████████", "██▌"]
    assert "−5.60 M" in render(SIGNED, width=48)
    assert "+1.20 M" in render(SIGNED, width=48)


def test_zero_is_quiet_and_the_unknown_is_a_question() -> None:
    lines = render(DOCUMENT).splitlines()
    assert lines[5].split() == ["magic", "scalar", "?", "?", "?"]
    assert lines[6].split() == ["relu", "0", "0", "B", "–"]
    assert "≥ 10,408" in lines[8]


@given(st.lists(st.text(max_size=40), min_size=1), st.integers(8, 60))
def test_names_of_any_script_are_elided_to_the_width(names: list[str], width: int) -> None:
    rows = render(named(*names), width=width).splitlines()[3:]
    assert len(rows) == len(names)
    assert all(cell_len(row) <= width for row in rows)


def test_elision_keeps_both_ends() -> None:
    assert render(named("layer1.0.branches.main.conv1"), width=15).splitlines()[-1] == "layer1.…n.conv1"


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    note = "it holds 25.0 M, 8.1 % and 3.91 KiB of 7 B and 12 MAC, as 3 BatchNorms do"
    table = Table("t", (Column("layer", "layer", "text"),), (("conv",),), notes=(note,))
    for width in range(20, 90):
        lines = render(Document((table,)), width=width).splitlines()[4:]
        assert " ".join(" ".join(lines).split()) == f"note: {note}"
        assert not [line for line in lines if line.strip().startswith(("M,", "%", "KiB", "B "))]
