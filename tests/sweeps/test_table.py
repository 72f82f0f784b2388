from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flopcount import registry
from flopcount.renderers.json import render
from flopcount.sweeps.sweep import sweep
from flopcount.sweeps.table import MOST_NOTES, sweep_document, sweep_table
from flopcount.table import AtLeast, Share, Table
from tests.golden import assert_golden
from tests.renderers.documents import FORMATS

SIZES = {"input": "3x63x63,3x160x160,3x195x195,3x227x227,3x256x256"}
NET = """\
params: {params: 2, batch: 1}
inputs: {image: [3, 8, 8], ids: {shape: [4], dtype: int64}}
layers:
  - {conv: {out: params, kernel: 1}, from: image, name: conv}
  - {embedding: {vocab: 5, dim: 6}, from: ids, name: embedding}
"""
MAGIC = "params: {out: 8}\ninput: [3, 8, 8]\nlayers:\n  - {opaque: {out: [4, 8, 8]}, when: out > 8, name: magic}\n" + (
    "  - conv: {out: out, kernel: 1}\n"
)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


def shown(text: str, monkeypatch: pytest.MonkeyPatch, over: dict[str, Any], **options: Any) -> Table:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return sweep_table(sweep("-", over, **options))


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"json"}))
def test_every_format(name: str) -> None:
    document = sweep_document([sweep("alexnet", SIZES)])
    text = registry.load("renderers", name).render(document, color=False, width=80)
    assert_golden(f"over.{name}", text)
    if name == "table":
        assert max(map(len, text.splitlines())) <= 80


def test_json() -> None:
    text = render(sweep_document([sweep("alexnet", SIZES)]))
    assert_golden("over.json", text)
    data = json.loads(text)
    assert (data["schema"], len(data["sweeps"])) == ("flopcount.over/1", 1)


def test_a_table_each_and_their_rows_in_csv() -> None:
    document = sweep_document(sweep(name, {"batch": "1,2"}) for name in ("alexnet", "vgg16"))
    assert [table.title for table in document.tables] == ["alexnet", "vgg16"]
    rows = list(csv.DictReader(io.StringIO(registry.load("renderers", "csv").render(document))))
    assert [(row["model"], row["batch"], row["ratio"]) for row in rows] == [
        ("alexnet", "1", "1.000000"), ("alexnet", "2", "2.000000"), ("vgg16", "1", "1.000000"),
        ("vgg16", "2", "2.000000"),
    ]  # fmt: skip


def keys(table: Table) -> list[str]:
    return [column.key for column in table.columns]


@pytest.mark.parametrize(
    ("convention", "priced"),
    [
        ("lecture", ["macs", "flops"]),
        ("macs", ["count"]),
        ("arithmetic", ["macs", "count"]),
    ],
)
def test_columns_and_ratio(convention: str, priced: list[str]) -> None:
    swept = sweep("mobilenet_v1", {"batch": "1,3"}, convention=convention)
    table = sweep_table(swept)
    assert keys(table) == ["batch", "params", *priced, "activations", "ratio"]
    one, three = (point.totals["count"].value for point in swept.points)
    assert [row[-1] for row in table.rows] == [Share(one, one), Share(three, one)]


def test_a_training_step_has_its_own_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    table = shown("input: [8]\nlayers: [relu]\n", monkeypatch, {"batch": "1"}, mode="train")
    assert keys(table)[2:6] == ["forward", "grad_input", "grad_weight", "count"]


def test_the_provenance_is_what_all_rows_share(net: Path) -> None:
    def said(over: dict[str, str], **options: Any) -> list[str]:
        return list(sweep_table(sweep(net, over, convention="macs", **options)).caption[:-3])

    both = "image 1×3×8×8 float32, ids 1×4 int64"
    assert said({"params": "2,3"}) == [both, "batch 1", "eval", "batch = 1"]
    assert said({"image": "3x8x8,3x9x9"}) == ["input 1×4 int64", "batch 1", "eval", "params = 2, batch = 1"]
    assert said({"image": "3x8x8", "ids": "4,5"}) == [
        "input 1×3×8×8 float32",
        "batch 1",
        "eval",
        "params = 2, batch = 1",
    ]
    assert said({"params": "2"}, batch=4, views=10)[1:3] == ["batch 4", "10 views of every sample"]
    alexnet = sweep_table(sweep("alexnet", {"batch": "1,2"}, views=10)).caption
    assert alexnet[:3] == ("input 3×227×227 float32", "10 views of every sample", "eval")


def test_settings_that_follow_from_a_varied_one_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "params: {a: 1, twice: 2*a, b: 3}\ninput: [3]\nlayers: [linear: a*twice]\n"
    assert "b = 3" in shown(text, monkeypatch, {"a": "1,2"}).caption


def test_the_caption_says_which_row_the_ratio_is_to() -> None:
    assert sweep_table(sweep("alexnet", {"batch": "1"})).caption[-1] == "ratio: FLOPs to those of the first row"
    assert sweep_table(sweep("alexnet", SIZES)).caption[-1] == "ratio: FLOPs to those of the first row that has any"


def test_a_parameter_that_is_called_like_a_column(net: Path) -> None:
    table = sweep_table(sweep(net, {"params": "2,3"}))
    assert keys(table)[:2] == ["set params", "params"]
    assert [row[:2] for row in table.rows] == [("2", 8 + 30), ("3", 12 + 30)]


def test_a_dtype_is_shown(net: Path) -> None:
    table = sweep_table(sweep(net, {"ids": "4,5:int32"}))
    assert (table.columns[0].kind, [row[0] for row in table.rows]) == ("text", ["4", "5 int32"])


def test_the_unknown_has_no_ratio_and_is_noted_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    table = shown(MAGIC, monkeypatch, {"out": "8,9"})
    assert [row[-1] for row in table.rows] == [Share(3072, 3072), None]
    assert table.rows[1][keys(table).index("macs")] == AtLeast(9 * 4 * 64)
    assert table.notes == ("out = 9: 1 layer unknown: totals are lower bounds (magic (opaque))",)
    alone = "params: {size: 4}\ninput: [3]\nlayers: [{opaque: {out: [size]}}]\n"
    assert shown(alone, monkeypatch, {"size": "4"}).rows == (("4", None, None, None, None, None),)
    everywhere = shown(MAGIC, monkeypatch, {"batch": "1,2"}, settings={"out": 9})
    assert everywhere.notes == ("1 layer unknown: totals are lower bounds (magic (opaque))",)


def test_many_failures_are_noted_in_part() -> None:
    sides = range(195, 230)
    notes = sweep_table(sweep("alexnet", {"input": ",".join(f"3x{side}x{side}" for side in sides)})).notes
    assert len(notes) == MOST_NOTES + 1
    fixed = [side for side in sides if side not in (227, 228, 229)]
    assert notes[-1] == f"{len(fixed) - MOST_NOTES} further settings fail; `--format json` says why"


def test_failures_name_their_setting() -> None:
    notes = sweep_table(sweep("vgg16", {"classes": "9,10", "input": "3x192x192,3x224x224"})).notes
    assert notes == (
        "classes = 9, input = 3×192×192: fc6 (linear): takes 25088 features, not 18432",
        "classes = 10, input = 3×192×192: fc6 (linear): takes 25088 features, not 18432 (global pooling before an FC "
        "layer takes any size)",
    )


def test_rows_as_data(net: Path) -> None:
    document: Any = sweep_document([sweep(net, {"params": "2", "ids": "4,5"}, convention="macs")])
    (data,) = document.data()["sweeps"]
    assert list(data) == ["model", "source", "varied", "mode", "views", "convention", "rows"]
    assert data["varied"] == [{"name": "params", "kind": "parameter"}, {"name": "ids", "kind": "input"}]
    row = data["rows"][1]
    assert list(row) == ["at", "settings", "inputs", "batch", "coverage", "totals", "error"]
    assert row["at"] == {"params": "2", "ids": "5"}
    assert row["settings"] == {"params": 2, "batch": 1}
    assert row["inputs"][1] == {"name": "ids", "shape": (1, 5), "dtype": "int64"}
    assert (row["coverage"], row["totals"]["flops"], row["error"]) == ("complete", None, None)
    assert row["totals"]["count"] == row["totals"]["macs"] == 2 * 3 * 64
