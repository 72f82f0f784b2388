"""What is not priced but has a shape, so that what follows is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, layers, model, node, numbers, value

X = value("x", [2, 4, 4])


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (node("Bernoulli", ["x"], ["h"], name="r"), (2, 4, 4)),
        (node("RandomNormalLike", ["x"], ["h"], name="r"), (2, 4, 4)),
        (node("RandomUniform", [], ["h"], name="r", shape=[2, 4, 4]), (2, 4, 4)),
        (node("Det", ["x"], ["h"], name="r"), (2,)),
    ],
    ids=lambda value: getattr(value, "op_type", ""),
)
def test_it_is_listed_and_what_follows_is_counted(made: Any, shape: Any, tmp_path: Path) -> None:
    report = count(graph_of(model([made, node("Relu", ["h"], ["y"], name="after")], [X]), tmp_path))
    assert layers(report.graph) == [("r", "opaque", shape), ("after", "relu", shape)]
    assert [layer.node.name for layer in report.uncounted] == ["r"]


def test_a_window_is_made_beforehand(tmp_path: Path) -> None:
    nodes = [node("HannWindow", ["n"], ["w"]), node("Mul", ["x", "w"], ["y"], name="frame")]
    graph = graph_of(model(nodes, [X], numbers("n", 4)), tmp_path)
    assert layers(graph) == [("w", "constant", (4,)), ("frame", "mul", (2, 4, 4))]


def test_a_cache_that_is_written_to_keeps_its_shape_and_costs_nothing(tmp_path: Path) -> None:
    given = [value("c", [1, 2, 16, 8]), value("u", [1, 2, 1, 8])]
    report = count(graph_of(model([node("TensorScatter", ["c", "u"], name="write")], given), tmp_path))
    assert layers(report.graph) == [("write", "opaque", (1, 2, 16, 8))]
    assert report.uncounted == ()
