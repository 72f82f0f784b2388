"""Axes reduced, ordered and searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, layers, model, node, numbers, value

X = value("x", [2, 3, 8])


@pytest.mark.parametrize(
    ("opset", "inputs", "attributes", "shape"),
    [
        (11, ["x"], {"axes": [1], "keepdims": 0}, (2, 8)),
        (18, ["x", "axes"], {}, (2, 1, 8)),
        (18, ["x"], {}, (1, 1, 1)),
    ],
)
def test_axes_as_an_attribute_and_as_an_input(
    opset: int, inputs: Any, attributes: Any, shape: Any, tmp_path: Path
) -> None:
    made = model([node("ReduceMean", inputs, name="l", **attributes)], [X], numbers("axes", [1]), opset=opset)
    assert layers(graph_of(made, tmp_path)) == [("l", "mean", shape)]


def suppressed() -> Any:
    boxes, scores = value("boxes", [1, 100, 4]), value("scores", [1, 5, 100])
    nodes = [
        node("NonMaxSuppression", ["boxes", "scores", "most"], ["kept"], name="nms"),
        node("Transpose", ["kept"], ["y"], name="turn", perm=[1, 0]),
    ]
    return model(nodes, [boxes, scores], numbers("most", [10], np.int64))


def test_choosing_boxes_is_declared_free_and_how_many_are_kept_may_be_said(tmp_path: Path) -> None:
    report = count(graph_of(suppressed(), tmp_path))
    assert [layer.work for layer in report.layers] == [(), ()]
    assert report.graph.outputs == ()
    told = count(graph_of(suppressed(), tmp_path, settings={"kept": "7"}))
    assert layers(told.graph) == [("nms", "nms", (7, 3)), ("turn", "permute", (3, 7))]
    assert told.layers[0].work == ()


def test_the_largest_by_an_attribute_and_by_an_input(tmp_path: Path) -> None:
    old = model([node("TopK", ["x"], ["y", "i"], name="l", k=2, axis=1)], [X], opset=9)
    new = model([node("TopK", ["x", "k"], ["y", "i"], name="l", axis=1)], [X], numbers("k", [2]))
    for made in (old, new):
        assert graph_of(made, tmp_path).outputs[0].shape == (2, 2, 8)
