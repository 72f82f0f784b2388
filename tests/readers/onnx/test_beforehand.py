"""What is known before the network runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flopcount.readers.onnx import beforehand
from tests.readers.onnx.models import graph_of, held, layers, model, node, numbers, value

X = value("x", [2, 3, 8])


def test_the_sizes_of_a_tensor_are_known_as_soon_as_its_shape_is(tmp_path: Path) -> None:
    nodes = [
        node("Shape", ["x"], ["rest"], start=1),
        node("Size", ["x"], ["all"]),
        node("ReduceProd", ["rest"], ["features"], keepdims=1),
        node("Concat", ["minus", "features"], ["wanted"], axis=0),
        node("Reshape", ["x", "wanted"], ["y"], name="flat"),
        node("Expand", ["one", "all1"], ["z"]),
        node("Unsqueeze", ["all", "zero"], ["all1"]),
    ]
    made = model(nodes, [X], numbers("minus", [-1]), numbers("zero", [0]), numbers("one", [1.0], np.float32))
    assert layers(graph_of(made, tmp_path)) == [("flat", "reshape", (2, 24))]


@pytest.mark.parametrize("attributes", [{"value_ints": [2, 24]}, {"value": numbers("v", [2, 24])}])
def test_constants_in_attributes(attributes: dict[str, Any], tmp_path: Path) -> None:
    nodes = [node("Constant", [], ["wanted"], **attributes), node("Reshape", ["x", "wanted"], ["y"], name="flat")]
    assert layers(graph_of(model(nodes, [X]), tmp_path)) == [("flat", "reshape", (2, 24))]


def test_one_number_in_an_attribute(tmp_path: Path) -> None:
    nodes = [node("Constant", [], ["axis"], value_int=1), node("CumSum", ["x", "axis"], ["y"], name="sums")]
    assert layers(graph_of(model(nodes, [X]), tmp_path)) == [("sums", "cumsum", (2, 3, 8))]


def test_arithmetic_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [node("Neg", ["a"], ["b"]), node("Neg", ["b"], ["c"]), node("Reshape", ["x", "c"], ["y"], name="flat")]
    made = model(nodes, [X], numbers("a", [2, 24]), values=[value("y", [2, 24])])
    assert layers(graph_of(made, tmp_path)) == [("flat", "reshape", (2, 24))]
    monkeypatch.setattr(beforehand, "MAX_FOLDED", 1)
    assert [(name, kind) for name, kind, _ in layers(graph_of(made, tmp_path))] == [("flat", "opaque")]


def test_what_the_file_holds_lies_around_until_a_layer_reads_it(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], name="r")], [X], held("unused", (100, 100)))
    assert [node.weights for node in graph_of(made, tmp_path).nodes] == [()]
