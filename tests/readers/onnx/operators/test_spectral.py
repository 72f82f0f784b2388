"""Spectra have a shape; what they cost is not known, and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, layers, model, node, numbers, value


@pytest.mark.parametrize(
    ("inputs", "attributes", "shape"),
    [
        (["x"], {}, (2, 100, 2)),
        (["x"], {"onesided": 1}, (2, 51, 2)),
        (["x", "n"], {"onesided": 1}, (2, 33, 2)),
    ],
)
def test_a_transform_has_a_shape_and_no_price(inputs: Any, attributes: Any, shape: Any, tmp_path: Path) -> None:
    made = model([node("DFT", inputs, name="f", **attributes)], [value("x", [2, 100, 1])], numbers("n", 64), opset=20)
    graph = graph_of(made, tmp_path)
    assert graph.outputs[0].shape == shape
    assert [layer.node.label for layer in count(graph).uncounted] == ["f (opaque)"]


def test_frames_of_a_signal(tmp_path: Path) -> None:
    constants = [numbers("step", 160), numbers("length", 400)]
    made = model([node("STFT", ["x", "step", "", "length"], name="f")], [value("x", [1, 16000, 1])], *constants)
    assert graph_of(made, tmp_path).outputs[0].shape == (1, 98, 201, 2)
    assert count(graph_of(made, tmp_path)).totals["macs"].unknown == 1


def test_a_matrix_of_mel_filters_is_made_beforehand(tmp_path: Path) -> None:
    given = ["bins", "length", "rate", "low", "high"]
    nodes = [node("MelWeightMatrix", given, ["m"]), node("MatMul", ["x", "m"], name="mel")]
    constants = [numbers(name, each) for name, each in (("bins", 80), ("length", 400), ("rate", 16000))]
    edges = [numbers("low", 0.0, "float32"), numbers("high", 8000.0, "float32")]
    report = count(graph_of(model(nodes, [value("x", [1, 98, 201])], *constants, *edges), tmp_path))
    assert layers(report.graph)[-1] == ("mel", "linear", (1, 98, 80))
    assert report.totals["params"].value == 0
