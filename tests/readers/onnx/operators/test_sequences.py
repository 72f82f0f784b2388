"""Sequences: known as long as their lengths are, free like all that only moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from flopcount.engine import count
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, numbers, value

X = value("x", [6, 4, 8])


def test_a_sequence_that_is_split_and_joined_again(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", ["x", "two"], ["s"], name="split", axis=1),
        node("SequenceAt", ["s", "last"], ["part"], name="at"),
        node("MatMul", ["part", "w"], ["p"], name="fc"),
        node("SequenceInsert", ["s", "p"], ["longer"]),
        node("SequenceErase", ["longer", "zero"], ["shorter"]),
        node("SequenceLength", ["shorter"], ["n"]),
        node("ConcatFromSequence", ["shorter"], ["y"], name="join", axis=1),
        node("Unsqueeze", ["n", "zero1"], ["length"]),
    ]
    constants = [numbers("two", 2), numbers("last", -1), numbers("zero", 0), numbers("zero1", [0])]
    made = model(nodes, [X], held("w", (8, 8)), *constants, outputs=["y", "length"])
    report = count(graph_of(made, tmp_path))
    assert layers(report.graph) == [
        ("split", "split", (6, 2, 8)), ("fc", "linear", (6, 2, 8)), ("join", "concat", (6, 4, 8)),
    ]  # fmt: skip
    assert report.uncounted == ()


def test_slices_whose_axis_disappears(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", ["x"], ["s"], name="unbind", axis=0, keepdims=0),
        node("SequenceAt", ["s", "i"], ["a"]),
        node("SequenceConstruct", ["a", "a", "a"], ["three"]),
        node("ConcatFromSequence", ["three"], ["y"], name="stack", axis=1, new_axis=1),
    ]
    graph = graph_of(model(nodes, [X], numbers("i", 5)), tmp_path)
    assert layers(graph)[0] == ("unbind", "split", (1, 4, 8))
    assert graph.outputs[0].shape == (4, 3, 8)


def body(nodes: list[Any], inputs: list[Any], outputs: list[str]) -> Any:
    return helper.make_graph(nodes, "body", inputs, [value(name, None) for name in outputs])


def test_a_body_for_every_element(tmp_path: Path) -> None:
    inner = body([node("MatMul", ["e", "w"], ["z"], name="fc")], [value("e", None)], ["z"])
    nodes = [
        node("SplitToSequence", ["x", "sizes"], ["s"], name="split", axis=1),
        node("SequenceMap", ["s"], ["m"], name="map", body=inner),
        node("ConcatFromSequence", ["m"], ["y"], name="join", axis=1),
    ]
    graph = graph_of(model(nodes, [X], held("w", (8, 5)), numbers("sizes", [1, 3])), tmp_path)
    assert [name for name, _, _ in layers(graph)] == ["split", "map.0.fc", "map.1.fc", "join"]
    assert dots(graph) == 6 * (1 + 3) * 8 * 5


def loop(trips: int) -> Any:
    """A recurrent cell over the steps of its input, its outputs gathered in a sequence, as scripts are exported."""
    inner = body(
        [
            node("Gather", ["x", "i"], ["step"], axis=0),
            node("Add", ["step", "h"], ["sum"]),
            node("MatMul", ["sum", "w"], ["new"], name="cell"),
            node("SequenceInsert", ["out", "new"], ["more"]),
            node("Identity", ["going"], ["on"]),
        ],
        [
            value("i", [], TensorProto.INT64), value("going", [], TensorProto.BOOL), value("h", [4, 8]),
            helper.make_tensor_sequence_value_info("out", TensorProto.FLOAT, None),
        ],
        ["on", "new", "more"],
    )  # fmt: skip
    nodes = [
        node("SequenceEmpty", [], ["none"]),
        node("Loop", ["trips", "", "h0", "none"], ["h", "all"], name="rnn", body=inner),
        node("ConcatFromSequence", ["all"], ["y"], name="stack", axis=0, new_axis=1),
    ]
    return model(nodes, [X, value("h0", [4, 8])], held("w", (8, 8)), numbers("trips", trips))


@pytest.mark.parametrize("trips", [1, 6])
def test_a_loop_that_gathers_its_outputs_in_a_sequence(trips: int, tmp_path: Path) -> None:
    report = count(graph_of(loop(trips), tmp_path))
    assert report.graph.outputs[0].shape == (trips, 4, 8)
    assert report.totals["macs"].value == trips * 4 * 8 * 8
    assert report.totals["params"].value == 64
    assert report.uncounted == ()


def test_nothing_to_join_is_listed(tmp_path: Path) -> None:
    nodes = [node("SequenceEmpty", [], ["s"]), node("ConcatFromSequence", ["s"], ["y"], axis=0, name="join")]
    assert graph_of(model(nodes, [X]), tmp_path).outputs == ()


def test_a_sequence_of_a_length_that_nobody_knows_is_free_but_its_elements_unknown(tmp_path: Path) -> None:
    given = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    nodes = [node("ConcatFromSequence", ["s"], ["h"], axis=0), node("MatMul", ["h", "w"], ["y"], name="fc")]
    report = count(graph_of(model(nodes, [given], held("w", (8, 5))), tmp_path))
    assert [layer.node.name for layer in report.uncounted] == ["fc"]


def test_what_may_be_there(tmp_path: Path) -> None:
    then = body([node("Relu", ["x"], ["t"], name="relu")], [], ["t"])
    other = body([node("Neg", ["x"], ["e"], name="neg")], [], ["e"])
    choice = node("If", ["has"], name="if", then_branch=then, else_branch=other)
    here = [node("Optional", ["x"], ["o"]), node("OptionalHasElement", ["o"], ["has"]), choice]
    assert [name for name, _, _ in layers(graph_of(model(here, [X]), tmp_path))] == ["if.then.relu"]
    nobody = [node("OptionalHasElement", [], ["has"]), choice]
    assert [name for name, _, _ in layers(graph_of(model(nobody, [X], opset=21), tmp_path))] == ["if.else.neg"]
    given = [node("Optional", ["x"], ["o"]), node("OptionalGetElement", ["o"], ["z"]), node("Relu", ["z"], name="r")]
    assert layers(graph_of(model(given, [X]), tmp_path)) == [("r", "relu", (6, 4, 8))]


def test_a_position_outside_is_listed(tmp_path: Path) -> None:
    nodes = [node("SequenceConstruct", ["x", "x"], ["s"]), node("SequenceAt", ["s", "i"], ["y"], name="at")]
    graph = graph_of(model(nodes, [X], numbers("i", 2, np.int64)), tmp_path)
    assert graph.outputs == ()
