"""What becomes of a graph: layers, what is done beforehand, bodies, functions, the unknown, and errors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.explain import explain_layer
from flopcount.readers.onnx import read, walk
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, numbers, value, written

X = value("x", [1, 4, 8])


def test_shape_arithmetic_is_done_and_leaves_no_layer(tmp_path: Path) -> None:
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["n"]),
        node("Concat", ["n", "rest"], ["wanted"], axis=0),
        node("Reshape", ["x", "wanted"], ["y"], name="flat"),
    ]
    made = model(nodes, [X], numbers("zero", [0]), numbers("rest", [-1]))
    assert layers(graph_of(made, tmp_path)) == [("flat", "reshape", (1, 32))]


def test_what_is_made_of_weights_alone_is_no_layer_but_its_parameters_count(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", ["w"], ["wt"], perm=[1, 0]),
        node("Mul", ["wt", "scale"], ["ws"]),
        node("MatMul", ["x", "ws"], ["y"], name="fc"),
    ]
    graph = graph_of(model(nodes, [X], held("w", (5, 8)), held("scale", (5,))), tmp_path)
    assert layers(graph) == [("fc", "linear", (1, 4, 5))]
    assert count(graph).totals["params"].value == 5 * 8 + 5


def test_a_weight_that_two_layers_share_counts_once(tmp_path: Path) -> None:
    nodes = [
        node("Gather", ["w", "tokens"], ["e"], name="embed"),
        node("Transpose", ["w"], ["wt"], perm=[1, 0]),
        node("MatMul", ["e", "wt"], ["y"], name="head"),
    ]
    made = model(nodes, [value("tokens", [1, 6], TensorProto.INT64)], held("w", (50, 8)))
    report = count(graph_of(made, tmp_path))
    assert [layer.params for layer in report.layers] == [400, 0]
    assert report.layers[1].shared == ("w",)


def test_a_bias_that_is_added_next_belongs_to_the_layer(tmp_path: Path) -> None:
    nodes = [node("MatMul", ["x", "w"], ["p"], name="/fc/MatMul"), node("Add", ["b", "p"], ["y"], name="/fc/Add")]
    initializers = [held("w", (8, 5)), held("b", (5,))]
    assert layers(graph_of(model(nodes, [X], *initializers), tmp_path)) == [("fc", "linear", (1, 4, 5))]
    twice = model([*nodes, node("Neg", ["p"], ["z"])], [X], *initializers, outputs=["y", "z"])
    assert [kind for _, kind, _ in layers(graph_of(twice, tmp_path))] == ["linear", "parameter", "add", "neg"]


def test_what_the_file_declares_is_compared(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], ["h"]), node("Neg", ["h"])], [X], values=[value("h", [1, 4, 9])])
    assert (
        "1 shape differs from what the file declares: 'h' is 1×4×8, declared 1×4×9"
        in graph_of(made, tmp_path).provenance.notes
    )
    made = model([node("Relu", ["x"], ["h"]), node("Neg", ["h"])], [X], values=[value("h", ["n", 4, 8])])
    assert len(graph_of(made, tmp_path).provenance.notes) == 1


def test_what_is_not_known_is_listed_and_what_follows_is_counted(tmp_path: Path) -> None:
    nodes = [node("Magic", ["x"], ["h"], name="magic"), node("MatMul", ["h", "w"], ["y"], name="fc")]
    with_shape = graph_of(model(nodes, [X], held("w", (6, 5)), values=[value("h", [1, 4, 6])]), tmp_path)
    report = count(with_shape)
    assert [layer.node.label for layer in report.uncounted] == ["magic (opaque)"]
    assert (report.totals["macs"].value, report.totals["macs"].unknown) == (1 * 4 * 6 * 5, 1)
    without = count(graph_of(model(nodes, [X], held("w", (6, 5))), tmp_path))
    assert [layer.node.label for layer in without.uncounted] == ["magic (opaque)", "fc (opaque)"]


def test_what_only_moves_data_is_free_whatever_its_size(tmp_path: Path) -> None:
    nodes = [node("NonZero", ["x"], ["h"], name="where"), node("Transpose", ["h"], ["y"], name="t")]
    report = count(graph_of(model(nodes, [X]), tmp_path))
    assert report.uncounted == ()
    assert [layer.work for layer in report.layers] == [(), ()]


def test_a_size_that_the_data_decide_may_be_set(tmp_path: Path) -> None:
    nodes = [
        node("NonZero", ["x"], ["h"]),
        node("Transpose", ["h"], ["t"], perm=[1, 0]),
        node("Cast", ["t"], ["f"], to=1),
    ]
    nodes.append(node("MatMul", ["f", "w"], ["y"], name="fc"))
    made = model(nodes, [X], held("w", (3, 5)), values=[value("h", [3, "found"], TensorProto.INT64)])
    assert count(graph_of(made, tmp_path)).totals["macs"].unknown == 1
    graph = graph_of(made, tmp_path, settings={"found": "7"})
    assert dots(graph) == 7 * 3 * 5
    assert graph.provenance.settings == {"found": 7}


def function(name: str, nodes: list[Any], outputs: list[str], attributes: Any = ()) -> Any:
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    return helper.make_function("own", name, ["a", "b"], outputs, nodes, opsets, list(attributes))


def test_a_function_is_written_out_with_its_attributes(tmp_path: Path) -> None:
    pad = node("Flatten", ["p"], ["r"], name="flat")
    reference = onnx.AttributeProto()
    reference.name, reference.ref_attr_name, reference.type = "axis", "from", onnx.AttributeProto.INT
    pad.attribute.append(reference)
    made = model(
        [node("Layer", ["x", "w"], ["h"], domain="own", name="block", **{"from": 2}), node("Relu", ["h"])],
        [X],
        held("w", (8, 5)),
        functions=[function("Layer", [node("MatMul", ["a", "b"], ["p"], name="fc"), pad], ["r"], ["from"])],
    )
    assert layers(graph_of(made, tmp_path)) == [
        ("block.fc", "linear", (1, 4, 5)), ("block.flat", "reshape", (4, 5)), ("relu", "relu", (4, 5)),
    ]  # fmt: skip


def test_an_input_that_a_function_is_not_given_is_left_out_within(tmp_path: Path) -> None:
    conv = function("Conv", [node("Clip", ["a", "", "b"], ["r"], name="clip")], ["r"])
    made = model([node("Conv", ["x"], domain="own", name="f")], [X], functions=[conv])
    assert layers(graph_of(made, tmp_path)) == []


def bomb(depth: int) -> Any:
    """Functions that each call the next ten times."""
    functions = [function("f0", [node("Relu", ["a"], ["r"])], ["r"])]
    for level in range(1, depth):
        calls = [
            node(f"f{level - 1}", ["a" if i == 0 else f"r{i}", ""], ["r" if i == 9 else f"r{i + 1}"], domain="own")
            for i in range(10)
        ]
        functions.append(function(f"f{level}", calls, ["r"]))
    return model([node(f"f{depth - 1}", ["x"], domain="own")], [X], functions=functions)


def test_a_bomb_of_functions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_STEPS", 1000)
    with pytest.raises(FlopcountError, match="more than 1,000 nodes when functions and bodies are written out"):
        graph_of(bomb(6), tmp_path)


def test_only_what_is_written_out_counts_towards_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_STEPS", 10)
    plain = [node("Relu", [f"x{i}" if i else "x"], [f"x{i + 1}"]) for i in range(20)]
    assert len(graph_of(model(plain, [X], outputs=["x20"]), tmp_path).nodes) == 20


def test_a_bomb_is_refused_in_time(tmp_path: Path) -> None:
    path = written(bomb(7), tmp_path)
    start = time.process_time()
    with pytest.raises(FlopcountError, match="more than 80,000 nodes"):
        read(path)
    assert time.process_time() - start < 5  # two seconds, on a machine that does nothing else


def test_a_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    again = function("f", [node("f", ["a", "b"], ["r"], domain="own")], ["r"])
    with pytest.raises(FlopcountError, match="within one another, more than 48 deep"):
        graph_of(model([node("f", ["x", "x"], domain="own")], [X], functions=[again]), tmp_path)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda: model([node("Relu", ["x"], ["h"]), node("Add", ["h", "nobody"])], [X]),
            "error: {path}: node 1\n  reads 'nobody', which nothing makes",
        ),
        (
            lambda: model([node("Relu", ["x"], ["h"])], [X]),
            "error: {path}\n  the graph gives out 'y', which nothing makes",
        ),
        (
            lambda: model([node("MatMul", ["x", "w"], name="/fc/MatMul")], [X], held("w", (9, 5))),
            "error: {path}: node 0  fc (MatMul)\n  inner sizes 8 and 9 differ: 1×4×8 by 9×5",
        ),
        (
            lambda: model([node("Relu", ["x"], ["h"]), node("Conv", ["h", "w"], group=3)], [X], held("w", (6, 2, 3))),
            "error: {path}: node 1  conv (Conv)\n  input channels 4 are not divisible by groups 3\n"
            "  hint: groups must divide 4 (1, 2, 4)",
        ),
        (
            lambda: model([node("Conv", ["x", "w"], strides=[0])], [X], held("w", (6, 4, 3))),
            "error: {path}: node 0  conv (Conv)\n  stride must be a positive integer or a list of one per spatial axis",
        ),
        (
            lambda: model([node("Reshape", ["x", "s"])], [X], numbers("s", [5, -1])),
            "error: {path}: node 0  reshape (Reshape)\n  1×4×8 does not reshape to [5, -1]",
        ),
        (
            lambda: model([node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])], [X]),
            "error: {path}\n  two nodes make 'y': node 0 and node 1",
        ),
        (
            lambda: model([node("Relu", ["x"])], [X, X]),
            "error: {path}\n  two inputs have the same name",
        ),
        (
            lambda: model([node("Expand", ["x", "s"])], [X], numbers("s", [2**39, 2**39, 4, 8])),
            "has 2^63 elements or more",
        ),
    ],
)
def test_errors_name_the_node_and_what_is_wrong(made: Any, message: str, tmp_path: Path) -> None:
    path = written(made(), tmp_path)
    with pytest.raises(FlopcountError) as caught:
        read(path)
    assert message.format(path=path) in str(caught.value)


def test_a_node_that_does_not_fit_its_operator(tmp_path: Path) -> None:
    made = model([node("ConvTranspose", ["x", "w"], name="up")], [X], held("w", (4, 2, 3, 3)))
    with pytest.raises(FlopcountError) as caught:
        graph_of(made, tmp_path)
    assert caught.value.what == "the node's inputs and attributes do not fit the operator ConvTranspose"
    assert caught.value.facts == {"input": "1×4×8, 4×2×3×3"}


def test_a_weight_that_is_computed_is_none_that_is_learned(tmp_path: Path) -> None:
    made = model([node("Conv", ["x", "w"], name="dynamic")], [X, value("w", [6, 4, 3])])
    report = count(graph_of(made, tmp_path))
    assert report.totals["params"].value == 0
    assert report.totals["macs"].value == 6 * 6 * 4 * 3
    assert explain_layer(report, "dynamic").params == ()
