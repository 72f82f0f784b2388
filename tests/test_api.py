from __future__ import annotations

import json
from pathlib import Path

import pytest

from flopcount.api import analyze, require
from flopcount.conventions import CONVENTIONS, LECTURE
from flopcount.errors import ExpectationError, IncompleteError, UsageError
from flopcount.payload import TOTALS
from flopcount.renderers.json import render
from flopcount.sources import shipped_names
from flopcount.summary import report_document
from tests.samples import small

REPORT_KEYS = [
    "model", "source", "settings", "inputs", "batch", "mode", "convention", "coverage", "expect", "totals", "layers",
]  # fmt: skip
LAYER_KEYS = [
    "name", "op", "inputs", "outputs", "params", "trainable_params", "buffers", "macs", "count", "flops", "activations",
    "work", "parts", "shared", "where",
]  # fmt: skip


def test_graphs_names_and_paths_are_sources(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: [3]\nlayers: [linear: 4]\n")
    assert analyze(tmp_path / "net.yaml").totals["params"].value == 16
    assert analyze(small()).graph == small()
    assert analyze("alexnet").totals["params"].value == 62_378_344


def test_conventions_by_name_or_as_an_object() -> None:
    by_name = analyze("lecture_ten_filters", convention="lecture", counting=["relu"], ignoring=["bias"])
    assert by_name.convention == LECTURE.adjusted(["relu"], ["bias"])
    assert analyze("lecture_ten_filters", convention=CONVENTIONS["macs"]).convention.unit == "MAC"
    with pytest.raises(UsageError):
        analyze("lecture_ten_filters", convention="none")


def test_inputs_batch_and_settings() -> None:
    report = analyze("vgg16", inputs=["3x64x64"], batch=2, settings={"classes": 7})
    assert (report.graph.inputs[0].shape, report.graph.outputs[0].shape) == ((2, 3, 64, 64), (2, 7))
    expected = analyze("vgg16", inputs={"": ((3, 64, 64), None)}, batch=2, settings={"classes": "10 - 3"})
    assert report.totals == expected.totals


def test_what_strictness_requires() -> None:
    require(analyze(small(expect={"params": 10_690})))
    with pytest.raises(ExpectationError) as missed:
        require(analyze(small(expect={"params": 3, "macs": 36_864})))
    assert missed.value.facts == {"params": "10,690, not 3"}
    with pytest.raises(IncompleteError, match="1 layer that nobody can count") as unknown:
        require(analyze(small(unknown=True)))
    assert unknown.value.facts == {"body.magic": "small.yaml:5"}


@pytest.mark.parametrize("name", shipped_names())
def test_the_json_contract_holds_for_every_shipped_network(name: str) -> None:
    report = analyze(name)
    data = json.loads(render(report_document([report])))["reports"][0]
    assert list(data) == REPORT_KEYS
    assert (data["model"], data["batch"], data["mode"]) == (name, 1, "eval")
    assert list(data["convention"]) == ["name", "unit", "source"]
    assert data["coverage"] == {"status": "complete", "uncounted": []}
    assert list(data["totals"]) == list(TOTALS)
    assert data["totals"]["flops"] == data["totals"]["count"]
    for layer in data["layers"]:
        assert list(layer) == LAYER_KEYS
        assert all(isinstance(layer[key], int) for key in TOTALS)
    for key in TOTALS:
        assert data["totals"][key] == sum(layer[key] for layer in data["layers"])
    require(report)
