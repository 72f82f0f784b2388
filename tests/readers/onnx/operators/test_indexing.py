"""Elements by their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto

from tests.readers.onnx.models import graph_of, held, layers, model, node, numbers, value

X = value("x", [2, 3, 8])
IDS = value("i", [2, 5], TensorProto.INT64)


def test_a_table_that_the_file_holds_is_an_embedding(tmp_path: Path) -> None:
    made = model([node("Gather", ["t", "i"], name="wte")], [IDS], held("t", (50, 8)))
    assert layers(graph_of(made, tmp_path)) == [("wte", "embedding", (2, 5, 8))]


@pytest.mark.parametrize(("place", "axis", "shape"), [(0, 1, (2, 8)), (-1, -1, (2, 3)), (1, 0, (3, 8))])
def test_one_place_that_is_known_is_selected(place: int, axis: int, shape: tuple[int, ...], tmp_path: Path) -> None:
    made = model([node("Gather", ["x", "p"], name="token", axis=axis)], [X], numbers("p", place))
    graph = graph_of(made, tmp_path)
    assert layers(graph) == [("token", "select", shape)]
    assert graph.nodes[0].op.work((2, 3, 8), shape) == ()


def test_places_that_the_data_give_are_gathered(tmp_path: Path) -> None:
    made = model([node("Gather", ["x", "p"], name="l", axis=1)], [X, value("p", [], TensorProto.INT64)])
    assert layers(graph_of(made, tmp_path)) == [("l", "gather", (2, 8))]
    made = model([node("Gather", ["x", "p"], name="l", axis=1)], [X], numbers("p", [0, 2]))
    assert layers(graph_of(made, tmp_path))[-1] == ("l", "gather", (2, 2, 8))


def test_a_modules_table_is_a_layer_even_where_its_places_are_known(tmp_path: Path) -> None:
    nodes = [node("Gather", ["wpe.weight", "p"], ["e"], name="/wpe/Gather"), node("Add", ["x", "e"], name="add")]
    graph = graph_of(model(nodes, [X], held("wpe.weight", (16, 8)), numbers("p", [[0, 1, 2]])), tmp_path)
    assert [(name, kind) for name, kind, _ in layers(graph)] == [("wpe", "embedding"), ("add", "add")]
    assert [weight.elements for each in graph.nodes for weight in each.weights if weight.kind == "parameter"] == [128]
    table = [node("Gather", ["bias_table", "p"], ["e"], name="/bias/Gather"), node("Add", ["x", "e"], name="add")]
    graph = graph_of(model(table, [X], held("bias_table", (16, 8)), numbers("p", [[0, 1, 2]])), tmp_path)
    assert [(name, kind) for name, kind, _ in layers(graph)] == [("e", "constant"), ("add", "add")]
