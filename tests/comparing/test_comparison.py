"""Networks side by side: what is compared, what is refused, and what the reader is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import flopcount
from flopcount import analyze, compare
from flopcount.comparing.comparison import SCHEMA, Comparison, compare_reports, comparison_document
from flopcount.conventions import find_convention
from flopcount.engine import Report, count
from flopcount.errors import UsageError
from flopcount.graph import Graph
from flopcount.metrics import METRICS
from flopcount.payload import TOTALS
from flopcount.renderers import json as as_json
from flopcount.table import AtLeast, Share
from tests.samples import small

COMPARED = (*TOTALS, "traffic")
FIVE = ("alexnet", "vgg16", "resnet50", "googlenet", "mobilenet_v1")


def data(comparison: Comparison) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(as_json.render(comparison_document(comparison)))
    return decoded


def named(name: str, **options: Any) -> Graph:
    return replace(small(**options), name=name)


def test_five_networks() -> None:
    (table,) = comparison_document(compare(*FIVE)).tables
    titles = ["network", "params", "× params", "MACs", "FLOPs", "× FLOPs", "activations", "depth"]
    assert [column.title for column in table.columns] == titles
    assert table.rows[0] == (
        "alexnet", 62_378_344, Share(62_378_344, 62_378_344), 1_135_256_096, 2_270_512_192,
        Share(2_270_512_192, 2_270_512_192), 659_272, 8,
    )  # fmt: skip
    assert [(row[0], row[-1]) for row in table.rows[1:]] == [
        ("vgg16", 16), ("resnet50", 50), ("googlenet", 22), ("mobilenet_v1", 28),
    ]  # fmt: skip
    assert table.rows[4][2] == Share(4_231_976, 62_378_344)
    others = ", ".join(FIVE[1:])
    assert table.notes[0] == f"inputs differ: 3×227×227 float32 (alexnet); 3×224×224 float32 ({others})"


def test_two_networks_have_a_second_table() -> None:
    networks, difference = comparison_document(compare("resnet50", "resnet50_v1")).tables
    assert (networks.title, difference.title) == ("side by side", "resnet50 → resnet50_v1")
    assert (networks.notes, networks.caption) == ((), ())
    assert difference.caption[:3] == (
        "input 1×3×224×224 float32", "batch 1", "eval",
    )  # fmt: skip
    assert difference.caption[3:6] == (
        "depths = [3, 4, 6, 3], bottleneck = true, classes = 1000",
        "resnet50: early_stride = false", "resnet50_v1: early_stride = true",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("convention", "titles"),
    [
        ("macs", ["params", "× params", "MACs", "× MACs", "activations"]),
        ("torch", ["params", "× params", "MACs", "FLOPs", "× FLOPs", "activations"]),
        ("arithmetic", ["params", "× params", "MACs", "ops", "× ops", "activations"]),
    ],
)
def test_titles_say_the_unit(convention: str, titles: list[str]) -> None:
    table, _ = comparison_document(compare(small(), small(), convention=convention)).tables
    assert [column.title for column in table.columns][1:-1] == titles


def test_columns_choose_the_metrics_of_both_tables() -> None:
    comparison = compare(small(), small(batch=2))
    networks, difference = comparison_document(comparison, columns=["layer", "traffic", "bytes:int8.after"]).tables
    assert [column.key for column in networks.columns] == [
        "network", "traffic", "traffic.ratio", "bytes:int8", "depth",
    ]  # fmt: skip
    assert [column.key for column in difference.columns][1:] == [
        "traffic.before", "traffic.after", "traffic.difference", "bytes:int8.after",
    ]  # fmt: skip


def test_a_training_step_has_its_passes() -> None:
    table, _ = comparison_document(compare(small(), small(), mode="train")).tables
    assert [column.title for column in table.columns] == [
        "network", "params", "× params",
        "forward", "to inputs", "to weights", "FLOPs", "× FLOPs",
    ]  # fmt: skip


def test_the_unknown_makes_totals_lower_bounds_and_ratios_unknown() -> None:
    networks, difference = comparison_document(compare(named("a"), named("b", unknown=True))).tables
    assert networks.rows[1][1:] == (
        AtLeast(10_690), None, AtLeast(36_864), AtLeast(72_192), None, AtLeast(2_058), AtLeast(4),
    )  # fmt: skip
    assert difference.notes == ("b: 1 layer unknown: totals are lower bounds (body.magic (opaque))",)


@pytest.mark.parametrize(
    ("other", "notes"),
    [
        (small(), []),
        (small(batch=2), ["batches differ: 1 (small (1)); 2 (small (2))"]),
        (named("half", batch=2), ["batches differ: 1 (small); 2 (half)"]),
    ],
)
def test_what_was_counted_differently_is_said(other: Graph, notes: list[str]) -> None:
    said = comparison_document(compare(small(), other)).tables[1].notes
    assert [note for note in said if "differ:" in note] == notes


def test_other_inputs_and_types_are_said() -> None:
    ten = analyze("lecture_ten_filters")
    other = analyze("lecture_ten_filters", inputs="3x16x16:float16")
    assert compare(ten, other).titles == ("lecture_ten_filters (1)", "lecture_ten_filters (2)")
    (note,) = comparison_document(compare(ten, other)).tables[1].notes
    assert note == "inputs differ: 3×32×32 float32 (lecture_ten_filters (1)); 3×16×16 float16 (lecture_ten_filters (2))"
    half = count(replace(small(), dtype="float16"))
    assert (
        "dtypes differ: float32 (small (1)); float16 (small (2))"
        in comparison_document(compare(small(), half)).tables[1].notes
    )


@pytest.mark.parametrize(
    ("others", "what", "facts"),
    [
        (
            [count(named("b"), find_convention("macs"))],
            "cannot compare across conventions",
            {"small": "lecture", "b": "macs"},
        ),
        (
            [count(named("b"), find_convention("lecture").adjusted(["bn"], ["bias"]))],
            "cannot compare across conventions",
            {"small": "lecture", "b": "lecture counting bn ignoring bias"},
        ),
        (
            [count(named("b")), count(named("c"), mode="train")],
            "cannot compare across modes",
            {"small": "eval", "b": "eval", "c": "train"},
        ),
    ],
)
def test_refuses_to_compare_what_was_counted_differently(
    others: list[Report], what: str, facts: dict[str, str]
) -> None:
    with pytest.raises(UsageError) as caught:
        compare(small(), *others)
    assert (caught.value.what, caught.value.facts) == (what, facts)
    assert (caught.value.hint or "").startswith("count all of them under one of the ")


@pytest.mark.parametrize("reports", [[], [count(small())]])
def test_refuses_fewer_than_two(reports: list[Report]) -> None:
    with pytest.raises(UsageError, match="a comparison takes two networks or more"):
        compare_reports(reports)


@pytest.mark.parametrize("options", [{"depth": 1}, {"by": "module"}, {"top": 3}])
def test_refuses_to_fold_more_than_two(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="only two networks are compared layer by layer"):
        comparison_document(compare(small(), small(), small()), **options)


def test_settings_go_to_the_networks_that_have_them() -> None:
    comparison = compare("mobilenet_v1", "alexnet", "vgg16", settings={"width": "0.5", "classes": 10})
    totals = [report.totals["params"].value for report in comparison.reports]
    alone = [
        analyze("mobilenet_v1", settings={"width": "0.5", "classes": 10}),
        analyze("alexnet"),
        analyze("vgg16", settings={"classes": 10}),
    ]
    assert totals == [report.totals["params"].value for report in alone]


def test_a_setting_that_no_network_has_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        compare("mobilenet_v1", "vgg16", settings={"clases": 10})
    assert caught.value.what == "none of the networks has a parameter 'clases'"
    assert caught.value.hint == "did you mean 'classes'?"


def test_names_of_networks_are_told_apart() -> None:
    def titles(*sources: str) -> tuple[str, ...]:
        graphs = [small() for _ in sources]
        return compare(
            *(
                replace(graph, provenance=replace(graph.provenance, source=source))
                for graph, source in zip(graphs, sources, strict=True)
            )
        ).titles

    assert titles("a/net.yaml", "b/net.yaml") == ("a/net.yaml", "b/net.yaml")
    assert titles("net.yaml", "net.yaml") == ("small (1)", "small (2)")


def test_json() -> None:
    shown = data(compare("resnet50", "resnet50_v1"))
    assert (shown["schema"], SCHEMA) == ("flopcount.compare/1",) * 2
    assert [(network["title"], network["depth"]) for network in shown["networks"]] == [
        ("resnet50", 50), ("resnet50_v1", 50),
    ]  # fmt: skip
    assert all("layers" not in network for network in shown["networks"])
    pairs = shown["difference"]["pairs"]
    assert len(pairs) == 175
    assert shown["difference"]["totals"] == {
        key: shown["networks"][1]["totals"][key] - shown["networks"][0]["totals"][key] for key in COMPARED
    }
    for key in COMPARED:
        assert sum(pair["difference"][key] for pair in pairs) == shown["difference"]["totals"][key]
    (first, *_) = (pair for pair in pairs if pair["status"] == "changed")
    assert first["changes"] == ["stride 1 → 2"]
    assert first["before"]["layers"] == first["after"]["layers"] == ["layer2.0.conv1"]
    assert (first["before"]["ops"], first["before"]["macs"], first["after"]["macs"]) == (
        ["conv"], 102_760_448, 25_690_112,
    )  # fmt: skip


def test_json_of_more_than_two_has_no_difference() -> None:
    assert data(compare(*FIVE))["difference"] is None


def test_json_says_null_where_nobody_knows() -> None:
    shown = data(compare(small(), small(unknown=True), convention="macs"))
    (magic,) = (pair for pair in shown["difference"]["pairs"] if pair["status"] == "added")
    assert magic["before"] == {"layers": [], "ops": [], **dict.fromkeys(COMPARED, 0), "flops": None}
    assert magic["after"] == {"layers": ["body.magic"], "ops": ["opaque"], **dict.fromkeys(COMPARED)}
    assert magic["difference"] == dict.fromkeys(COMPARED)
    assert shown["difference"]["totals"] == dict.fromkeys(COMPARED)
    assert shown["networks"][1]["coverage"]["status"] == "partial"
    assert shown["notes"][-1].endswith("totals are lower bounds (body.magic (opaque))")


def test_a_notebook_shows_it() -> None:
    assert "<table" in compare("lecture_standard", "lecture_separable")._repr_html_()
    assert flopcount.compare is compare


def test_every_metric_that_can_be_rated_exists() -> None:
    from flopcount.comparing.comparison import RATED

    assert {*RATED} <= METRICS.keys()


def test_of_what_nothing_is_known_nothing_is_said(tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text("input: [3]\nlayers: [{opaque: {out: [4]}}]\n")
    networks, _ = comparison_document(compare(alone, alone)).tables
    assert {*networks.rows[0][1:-1]} == {None}
