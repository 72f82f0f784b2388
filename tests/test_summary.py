from __future__ import annotations

from typing import Any

import pytest

from flopcount.conventions import CONVENTIONS, find_convention
from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.metrics import METRICS, RATIOS
from flopcount.summary import COLUMNS, TEXTS, report_document, report_table
from flopcount.table import AtLeast, Share, Table
from tests.samples import resnet50, small


def table(*, unknown: bool = False, convention: str = "lecture", **options: Any) -> Table:
    return report_table(count(small(unknown=unknown), find_convention(convention)), **options)


def column(shown: Table, key: str) -> list[Any]:
    place = [column.key for column in shown.columns].index(key)
    return [row[place] for row in shown.rows]


@pytest.mark.parametrize(
    ("convention", "titles"),
    [
        ("lecture", ["layer", "op", "output", "params", "MACs", "FLOPs", "share"]),
        ("torch", ["layer", "op", "output", "params", "MACs", "FLOPs", "share"]),
        ("macs", ["layer", "op", "output", "params", "MACs", "share"]),
        ("arithmetic", ["layer", "op", "output", "params", "MACs", "ops", "share"]),
    ],
)
def test_default_columns_name_the_conventions_unit(convention: str, titles: list[str]) -> None:
    assert [column.title for column in table(convention=convention).columns] == titles


def test_a_row_per_layer() -> None:
    shown = table()
    assert shown.title == "small"
    assert shown.rows[0] == ("stem.conv", "conv", ((1, 8, 8, 8),), 224, 13_824, 27_648, Share(27_648, 72_192))
    assert shown.totals == (("total", "", (), 10_690, 36_864, 72_192, Share(72_192, 72_192)),)


def test_every_column_can_be_shown_and_sorted_by() -> None:
    for key in COLUMNS:
        shown = table(columns=[key], sort=key)
        assert [column.key for column in shown.columns] == [key]
        assert len(shown.rows) == 7
    assert set(COLUMNS) == TEXTS.keys() | METRICS.keys() | RATIOS.keys()


FOLDS: list[dict[str, Any]] = [
    {}, {"depth": 1}, {"depth": 2}, {"by": "module"}, {"by": "module", "depth": 1}, {"by": "op"},
    {"top": 2}, {"by": "op", "top": 1, "sort": "params"}, {"sort": "layer"},
]  # fmt: skip


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("options", FOLDS)
def test_rows_always_add_up_to_the_total(options: dict[str, Any], unknown: bool) -> None:
    keys = ["params", "macs", "flops", "activations", "layers", "share"]
    shown = table(columns=keys, unknown=unknown, **options)

    def value(cell: Any) -> int:
        return 0 if cell is None else cell[0] if isinstance(cell, tuple) else cell

    *rest, total = shown.totals
    for place in range(len(keys)):
        assert sum(value(row[place]) for row in (*shown.rows, *rest)) == value(total[place])
    assert total[4] == 7 + unknown


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({"depth": 1}, ["stem", "body", "flatten", "linear"]),
        ({"by": "module"}, ["stem", "body", "flatten", "linear"]),
        ({"by": "op"}, ["conv", "relu", "bn", "flatten", "linear"]),
        (
            {"sort": "params"},
            ["linear", "stem.conv", "body.pointwise", "body.depthwise", "body.bn", "stem.relu", "flatten"],
        ),
        ({"sort": "op", "by": "op"}, ["bn", "conv", "flatten", "linear", "relu"]),
        ({"top": 2}, ["stem.conv", "linear"]),
        ({"top": 1, "sort": "params"}, ["linear"]),
    ],
)  # fmt: skip
def test_folding_and_order(options: dict[str, Any], labels: list[str]) -> None:
    assert [row[0] for row in table(**options).rows] == labels


def test_folded_rows() -> None:
    by_op = table(by="op")
    assert [column.key for column in by_op.columns] == ["op", "layers", "params", "macs", "flops", "share"]
    assert by_op.rows[0][:3] == ("conv", 3, 224 + 72 + 128)
    by_module = table(by="module", columns=["layer", "op", "inputs", "outputs"])
    assert by_module.columns[0].title == "module"
    assert by_module.rows[1] == ("body", "", ((1, 8, 8, 8),), ((1, 16, 8, 8),))


def test_depth_folds_names_of_any_length() -> None:
    shown = report_table(count(resnet50()), depth=1)
    assert [row[0] for row in shown.rows[:6]] == ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2"]
    shown = report_table(count(resnet50()), depth=1, by="module", sort="layer")
    assert "layer1" in column(shown, "layer")


def test_names_sort_as_people_count() -> None:
    names = column(report_table(count(resnet50()), sort="layer"), "layer")
    assert names.index("layer3.5.relu") < names.index("layer4.0.add")
    assert names[0] == "avgpool"


def test_top_keeps_the_sum_of_the_others() -> None:
    shown = table(top=2, columns=["layer", "params"])
    assert shown.totals == (("… 5 more", 10_690 - 10_250 - 224), ("total", 10_690))
    assert len(table(top=7).totals) == 1


def test_the_unknown_stays_unknown_and_sums_are_bounds() -> None:
    shown = table(unknown=True, columns=["layer", "macs", "share"], sort="macs")
    assert shown.rows[-1] == ("body.magic", None, None)
    assert shown.totals == (("total", AtLeast(36_864), Share(72_192, 72_192)),)
    folded = table(unknown=True, by="op", columns=["op", "macs"])
    assert ("opaque", None) in folded.rows
    assert table(unknown=True, depth=1, columns=["layer", "macs"]).rows[1] == ("body", AtLeast(12_800))


def test_depthwise_share() -> None:
    shown = table(columns=["layer", "depthwise_share"])
    assert shown.rows[2] == ("body.depthwise", Share(4_608, 36_864))
    assert shown.totals == (("total", Share(4_608, 36_864)),)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_network_without_layers(convention: str) -> None:
    from flopcount.graph import Graph

    shown = report_table(count(Graph("empty", (), (), ()), find_convention(convention)))
    assert shown.rows == ()
    assert shown.totals[0][3] == 0


def test_a_document_has_a_table_each_and_builds_its_data_when_asked() -> None:
    reports = [count(small()), count(resnet50())]
    document = report_document(reports, depth=1, notes=lambda report: [f"of {report.graph.name}"])
    assert [(table.title, table.notes) for table in document.tables] == [
        ("small", ("of small",)), ("resnet50", ("of resnet50",)),
    ]  # fmt: skip
    data: Any = document.data()
    assert [report["model"] for report in data["reports"]] == ["small", "resnet50"]


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"columns": ["layer", "mac"]}, "unknown column 'mac'", "did you mean 'macs'?"),
        ({"sort": "parms"}, "unknown column 'parms'", "did you mean 'params'?"),
        ({"columns": ["bytes:int9"]}, "unknown dtype 'int9'", "did you mean 'int8'"),
        ({"by": "modules"}, "cannot fold by 'modules'", "did you mean 'module'?"),
        ({"top": 0}, "top must be at least 1, not 0", ""),
        ({"depth": -1}, "depth must be at least 1, not -1", ""),
        ({"depth": 1, "by": "op"}, "depth folds names, which a table by op does not have", "leave out one of the two"),
        ({"sort": "flops", "convention": "macs"}, "the convention 'macs' counts MACs, not FLOPs", "'count' is its"),
    ],
)  # fmt: skip
def test_refuses(options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        table(**options)
    assert caught.value.what == message
    assert (caught.value.hint or "").startswith(hint)
