"""Rows are disjoint, and what they say adds up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount import analyze
from flopcount.comparing.comparison import compare_reports
from flopcount.comparing.difference import SIDES, TEXTS, Differences, Source
from flopcount.comparing.matching import match
from flopcount.conventions import find_convention
from flopcount.engine import Report, count
from flopcount.errors import UsageError
from flopcount.metrics import METRICS, RATIOS, Figures
from flopcount.table import AtLeast, Column, Difference, Share, Table
from tests.comparing.test_matching import Piece, network, wide
from tests.samples import small


def differences(before: Report, after: Report) -> Differences:
    return Differences(Figures(before), Figures(after), match(before, after))


def table(before: Report, after: Report, **options: Any) -> Table:
    return differences(before, after).table("difference", **options)


def column(shown: Table, key: str, totals: bool = False) -> list[Any]:
    place = [column.key for column in shown.columns].index(key)
    return [row[place] for row in (shown.totals if totals else shown.rows)]


FOLDS: list[dict[str, Any]] = [{}, {"depth": 1}, {"by": "module"}, {"by": "op"}, {"top": 1}, {"depth": 1, "top": 2}]
pieces = st.lists(wide, min_size=1, max_size=10)


@given(pieces, pieces, st.sampled_from(FOLDS), st.sampled_from(["count", "params", "activations"]))
def test_rows_add_up_to_the_difference_of_the_totals(
    old: list[Piece], new: list[Piece], options: dict[str, Any], sort: str
) -> None:
    before, after = network(old), network(new, size=10)
    keys = [key for key in METRICS if key != "flops"]
    shown = table(before, after, columns=[*keys, "share"], sort=sort, **options)
    rest = shown.totals[:-1]

    def added(key: str) -> int:
        place = [column.key for column in shown.columns].index(key)
        cells = [row[place] for row in (*shown.rows, *rest)]
        return sum(cell if isinstance(cell, int) else cell[0] for cell in cells)  # type: ignore[index, misc]

    for key in keys:
        totals = before.totals[key].value, after.totals[key].value
        assert (added(f"{key}.before"), added(f"{key}.after")) == totals
        assert added(f"{key}.difference") == totals[1] - totals[0]
        assert column(shown, f"{key}.difference", totals=True)[-1] == Difference(totals[1] - totals[0])
    whole = after.totals[sort].value - before.totals[sort].value
    if whole:
        assert {share.whole for share in column(shown, "share") if share.part} <= {whole}
        assert added("share") == whole


@given(pieces, pieces)
def test_the_largest_contribution_comes_first(old: list[Piece], new: list[Piece]) -> None:
    shown = table(network(old), network(new))
    sizes = [abs(cell.value) for cell in column(shown, "count.difference")]
    assert sizes == sorted(sizes, reverse=True)


def test_the_same_is_one_row_and_the_last() -> None:
    shown = table(analyze("mobilenet_v1_standard"), analyze("mobilenet_v1"))
    assert [row[:2] for row in shown.rows[-1:]] == [("32 same, 26 renamed", "same")]
    assert column(shown, "status")[:-1] == ["changed"] * 13
    same = table(analyze("alexnet"), analyze("alexnet"))
    assert [row[0] for row in same.rows] == ["23 same"]
    assert same.notes == ("no layer differs",)


def test_defaults() -> None:
    shown = table(analyze("vgg16"), analyze("vgg16_bn"), top=2)
    assert [column.title for column in shown.columns] == [
        "layer", "status", "Δ params", "FLOPs", "→ FLOPs", "Δ FLOPs", "of Δ",
    ]  # fmt: skip
    flops = 30_940_528_640
    assert shown.rows == (
        ("bn8", "added", Difference(1024), 0, 0, Difference(0), Share(0, 0)),
        ("bn9", "added", Difference(1024), 0, 0, Difference(0), Share(0, 0)),
        ("39 same", "same", Difference(0), flops, flops, Difference(0), Share(0, 0)),
    )
    assert [row[:3] for row in shown.totals] == [("… 11 more", "", Difference(6400)), ("total", "", Difference(8448))]


@pytest.mark.parametrize(("convention", "unit"), [("macs", "MACs"), ("torch", "FLOPs"), ("arithmetic", "ops")])
def test_titles_say_the_unit(convention: str, unit: str) -> None:
    report = count(small(), find_convention(convention))
    assert [column.title for column in table(report, report).columns][3:6] == [unit, f"→ {unit}", f"Δ {unit}"]


def test_folding_by_module() -> None:
    shown = table(analyze("mobilenet_v1_standard"), analyze("mobilenet_v1"), depth=1, columns=["layer", "status"])
    assert sorted(shown.rows) == sorted([*((f"block{n}", "changed") for n in range(1, 14)), ("6 same", "same")])
    shown = table(analyze("resnet18"), analyze("resnet34"), by="module", columns=["layer", "status"])
    assert {row[1] for row in shown.rows[:-1]} == {"added"}
    assert len(shown.rows) == 9
    assert shown.columns[0].title == "module"


def test_what_moved_from_one_module_to_another_is_a_row() -> None:
    old = [Piece("bn", "a", "x"), Piece("relu", "a", "y")]
    new = [Piece("bn", "b", "x"), Piece("sigmoid", "b", "z")]
    assert table(network(old), network(new), depth=1, columns=["layer", "status"]).rows == (("a → b", "changed"),)
    assert table(network(old), network(new), by="op", columns=["op", "status"]).rows == (
        ("relu → sigmoid", "changed"), ("1 same, 1 renamed", "same"),
    )  # fmt: skip


def test_the_unknown_differs_from_everything_even_from_itself() -> None:
    known, unknown = count(small()), count(small(unknown=True))
    shown = table(known, unknown)
    assert shown.rows[0] == ("body.magic", "added", None, 0, None, None, None)
    assert shown.totals[-1][2:] == (None, 72_192, AtLeast(72_192), None, None)
    shown = table(unknown, unknown)
    assert [row[:2] for row in shown.rows] == [("body.magic", "same"), ("7 same", "same")]
    assert shown.rows[0][2:] == (None, None, None, None, None)
    assert shown.rows[1][2:] == (Difference(0), 72_192, 72_192, Difference(0), None)
    folded = table(unknown, unknown, depth=1)
    assert folded.rows[0][:5] == ("body", "same", None, AtLeast(24_064), AtLeast(24_064))


def test_the_unknown_comes_after_what_is_known() -> None:
    shown = table(
        count(small(unknown=True)), count(small(unknown=True, batch=2)), columns=["layer", "count.difference"]
    )
    assert shown.rows[-1] == ("body.magic", None)


def test_every_column() -> None:
    before, after = analyze("resnet50"), analyze("resnet50_v1")
    names = [*TEXTS, "share", *(f"{key}.{side}" for key in METRICS for side in SIDES), "bytes:int8.difference"]
    shown = table(before, after, columns=names, top=1)
    assert [column.key for column in shown.columns] == names
    row = dict(zip(names, shown.rows[0], strict=True))
    assert (row["layer"], row["op"], row["changes"]) == ("layer4.0.conv1", "conv", "stride 1 → 2")
    assert row["macs.ratio"] == Share(25_690_112, 102_760_448)
    assert [column.key for column in table(before, after, columns=["macs"]).columns] == [
        "macs.before", "macs.after", "macs.difference",
    ]  # fmt: skip


def test_intensity() -> None:
    assert RATIOS["intensity"].kind == "ratio"
    shown = table(analyze("lecture_standard"), analyze("lecture_separable"), columns=["layer", "intensity"])
    old, new = (analyze(name).totals for name in ("lecture_standard", "lecture_separable"))
    assert shown.rows[0][1:] == (
        Share(old["count"].value, old["traffic"].value), Share(new["count"].value, new["traffic"].value),
    )  # fmt: skip
    added = table(analyze("vgg16"), analyze("vgg16_bn"), columns=["intensity"], top=1)
    assert added.rows[0][0] == Share(0, 0)


def test_columns_of_the_callers_own() -> None:
    def length(group: Any) -> int:
        return len(group.pairs)

    shown = table(count(small()), count(small(batch=2)), columns=["layer"], extra=[Source(Column("n", "n"), length)])
    assert sum(row[1] for row in shown.rows) == shown.totals[-1][1] == 7  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"columns": ["layer", "mac"]}, "unknown column 'mac'", "did you mean 'macs'"),
        ({"columns": ["macs.befor"]}, "unknown column 'macs.befor'", "did you mean 'macs.before'"),
        ({"columns": ["outputs"]}, "unknown column 'outputs'", ""),
        ({"columns": ["intensity.ratio"]}, "unknown column 'intensity.ratio'", "one of: after, before"),
        ({"columns": ["params_share"]}, "unknown column 'params_share'", ""),
        ({"columns": ["bytes:int9.before"]}, "unknown dtype 'int9'", "did you mean 'int8'"),
        ({"sort": "layer"}, "unknown metric 'layer'", "did you mean 'layers'"),
        ({"by": "modules"}, "cannot fold by 'modules'", "did you mean 'module'?"),
        ({"top": 0}, "top must be at least 1, not 0", ""),
        ({"depth": 1, "by": "op"}, "depth folds names, which a table by op does not have", "leave out one of the two"),
    ],
)
def test_refuses(options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        table(count(small()), count(small(batch=2)), **options)
    assert caught.value.what == message
    assert (caught.value.hint or "").startswith(hint)


def test_pairs_are_those_of_the_comparison() -> None:
    before, after = analyze("resnet18"), analyze("resnet34")
    assert compare_reports([before, after]).pairs == match(before, after)
