from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flopcount.api import analyze, require
from flopcount.conventions import CONVENTIONS, LECTURE
from flopcount.errors import ExpectationError, IncompleteError, UsageError
from flopcount.payload import TOTALS
from flopcount.renderers.json import render
from flopcount.sources import load, shipped_names
from flopcount.summary import report_document
from tests.samples import small

REPORT_KEYS = [
    "model", "source", "settings", "inputs", "batch", "mode", "convention", "coverage", "notes", "expect", "totals",
    "layers",
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


@pytest.mark.parametrize("name", ["alexnet", "vit_b_16", "lstm_lm", "gpt2"])
@pytest.mark.parametrize("convention", ["lecture", "arithmetic"])
def test_ten_views_cost_ten_passes_and_one_set_of_parameters(name: str, convention: str) -> None:
    one, ten = (analyze(name, convention=convention, batch=3, views=views) for views in (1, 10))
    assert (ten.views, ten.graph.batch) == (10, 30)
    for key in ("macs", "count", "activations", "activation_bytes"):
        assert ten.totals[key].value == 10 * one.totals[key].value
    for key in ("params", "buffers", "weight_bytes", "layers"):
        assert ten.totals[key] == one.totals[key]


def test_the_batch_of_a_graph_holds_its_views_already() -> None:
    assert analyze(load("alexnet", batch=10), views=10) == analyze("alexnet", views=10)
    with pytest.raises(UsageError, match="a batch of 1 does not hold 10 views of every sample") as caught:
        analyze(load("alexnet"), views=10)
    assert caught.value.hint == "a graph has its batch already: load it with batch=10"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"views": 0}, "the number of views must be a positive integer, not 0"),
        ({"views": 2.0}, "the number of views must be a positive integer, not 2.0"),
        ({"views": True}, "the number of views must be a positive integer, not True"),
        ({"views": 2, "batch": None}, "several views of a sample stand in a batch, and this network has none"),
        ({"views": 2, "mode": "train"}, "several views of a sample are for test time: a training step sees one"),
        ({"views": 2**40}, "the batch size must be a positive integer, not 1099511627776"),
        ({"views": 2, "batch": "3"}, "the batch size must be a positive integer, not '3'"),
    ],
)
def test_impossible_views(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        analyze("alexnet", **options)
    assert caught.value.what == message


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
