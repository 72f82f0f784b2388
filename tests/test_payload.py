from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from flopcount import __version__
from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.payload import TOTALS, envelope, report_data
from tests.samples import Sample, small


def data(convention: str = "lecture", **sample: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(
        json.dumps(report_data(count(small(**sample), find_convention(convention)))), parse_float=pytest.fail
    )
    return decoded


def test_envelope() -> None:
    whole = envelope([count(small()), count(small())])
    assert list(whole) == ["schema", "flopcount", "reports"]
    assert (whole["schema"], whole["flopcount"], len(whole["reports"])) == ("flopcount.report/1", __version__, 2)


def test_report() -> None:
    report = data(settings={"width": 2}, expect={"params": 1}, notes=("read on a Monday",))
    layers = report.pop("layers")
    assert report == {
        "model": "small",
        "source": "small.yaml",
        "settings": {"width": 2},
        "inputs": [{"name": "image", "shape": [1, 3, 8, 8], "dtype": "float32"}],
        "batch": 1,
        "mode": "eval",
        "convention": {"name": "lecture", "unit": "FLOP", "source": find_convention("lecture").source},
        "coverage": {"status": "complete", "uncounted": []},
        "notes": ["read on a Monday"],
        "expect": {"promised": {"params": 1}, "missed": [{"key": "params", "expected": 1, "found": 10_690}]},
        "totals": {
            "params": 10_690, "trainable_params": 10_690, "buffers": 16, "macs": 36_864, "count": 72_192,
            "flops": 72_192, "activations": 2_058,
        },
    }  # fmt: skip
    assert layers[0] == {
        "name": "stem.conv",
        "op": "conv",
        "inputs": [[1, 3, 8, 8]],
        "outputs": [[1, 8, 8, 8]],
        "params": 224, "trainable_params": 224, "buffers": 0,
        "macs": 13_824, "count": 27_648, "flops": 27_648, "activations": 512,
        "work": [
            {"kind": "dot", "count": 13_824, "outputs": 512, "role": "main", "phase": "forward"},
            {"kind": "add", "count": 512, "role": "bias", "phase": "forward"},
        ],
        "parts": [],
        "shared": [],
        "where": "small.yaml:0",
    }  # fmt: skip


def test_views_are_there_where_there_are_several() -> None:
    report = report_data(count(small(batch=20), views=10))
    assert (report["batch"], report["views"]) == (20, 10)
    assert "views" not in report_data(count(small(batch=20)))


@pytest.mark.parametrize("convention", ["lecture", "macs", "torch", "arithmetic"])
def test_layers_sum_to_the_totals(convention: str) -> None:
    report = data(convention)
    for key in TOTALS:
        if report["totals"][key] is None:
            assert {layer[key] for layer in report["layers"]} == {None}
        else:
            assert report["totals"][key] == sum(layer[key] for layer in report["layers"])
    assert (report["totals"]["flops"] is None) == (report["convention"]["unit"] != "FLOP")


def test_the_unknown_is_null_and_the_totals_are_bounds() -> None:
    report = data(unknown=True)
    assert report["coverage"] == {
        "status": "partial",
        "uncounted": [{"name": "body.magic", "op": "opaque", "where": "small.yaml:5"}],
    }
    unknown = report["layers"][5]
    assert {unknown[key] for key in TOTALS} == {None}
    assert (unknown["work"], unknown["parts"]) == (None, [])
    assert report["totals"] == data()["totals"]


def test_settings_are_exact() -> None:
    settings = {"width": Fraction(3), "depths": [1, Fraction(6, 5)], "third": Fraction(1, 3), "wide": True, "name": "a"}
    recorded = data(settings=settings)["settings"]
    assert recorded == {"width": 3, "depths": [1, "1.2"], "third": "1/3", "wide": True, "name": "a"}


def test_adjustments_are_recorded() -> None:
    report = report_data(count(small(), find_convention("lecture").adjusted(count=["relu"], ignore=["bias"])))
    assert (report["convention"]["counted"], report["convention"]["ignored"]) == (["relu"], ["bias"])


def test_parts_are_the_whole() -> None:
    b = Sample("decoder")
    x = b.then(b.input("tokens", (1, 4, 8)), "attention", "attention", heads=2, causal=True)
    (layer,) = report_data(count(b.build([x]), find_convention("arithmetic")))["layers"]
    assert {"scores", "softmax", "values"} <= {part["name"] for part in layer["parts"]}
    for key in ("macs", "count"):
        assert sum(part[key] for part in layer["parts"]) == layer[key]
    assert {part["flops"] for part in layer["parts"]} == {None}


def test_a_training_step_says_what_each_part_is_for() -> None:
    report = json.loads(json.dumps(report_data(count(small(), mode="train"))), parse_float=pytest.fail)
    assert report["mode"] == "train"
    totals = report["totals"]
    assert totals["forward"] + totals["grad_input"] + totals["grad_weight"] == totals["count"]
    stem, _, depthwise, norm, *_ = report["layers"]
    assert stem["grad_input"] == 0
    assert stem["work"][2:] == [
        {"kind": "dot", "count": 13_824, "outputs": 216, "role": "main", "phase": "grad_weight", "to": "weight"},
        {"kind": "add", "count": 504, "role": "bias", "phase": "grad_weight", "to": "bias"},
    ]
    assert depthwise["work"][1] == {
        "kind": "dot", "count": 4_608, "outputs": 800, "role": "main", "phase": "grad_input", "to": 0,
    }  # fmt: skip
    assert {entry["role"] for entry in norm["work"]} == {"statistics"}
    for layer in report["layers"]:
        assert layer["forward"] + layer["grad_input"] + layer["grad_weight"] == layer["count"]
