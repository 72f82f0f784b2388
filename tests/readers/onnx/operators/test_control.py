"""Branches and loops: a body is counted as often as it runs, where that is known or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from flopcount.engine import count
from flopcount.explain import explain_layer
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, numbers, value

X = value("x", [1, 4, 8])


def body(nodes: list[Any], inputs: list[Any], outputs: list[str]) -> Any:
    return helper.make_graph(nodes, "body", inputs, [value(name, None) for name in outputs])


CONV = node("MatMul", ["x", "w"], ["z"], name="inner")


def branches(condition: list[Any]) -> Any:
    then = body([CONV, node("Relu", ["z"], ["t"])], [], ["t"])
    other = body([node("Neg", ["x"], ["e"], name="neg")], [], ["e"])
    return model(
        [node("If", ["c"], name="choice", then_branch=then, else_branch=other)],
        [X, *([value("c", [], TensorProto.BOOL)] if not condition else [])],
        held("w", (8, 8)),
        *condition,
    )


def test_a_branch_that_is_chosen_beforehand(tmp_path: Path) -> None:
    for chosen, expected in ((True, ["choice.then.inner", "choice.then.relu"]), (False, ["choice.else.neg"])):
        graph = graph_of(branches([numbers("c", chosen, np.bool_)]), tmp_path)
        assert [name for name, _, _ in layers(graph)] == expected
        assert graph.outputs[0].shape == (1, 4, 8)


def test_a_branch_that_the_data_choose_is_asked_for(tmp_path: Path) -> None:
    made = branches([])
    assert [layer.node.name for layer in count(graph_of(made, tmp_path)).uncounted] == ["choice"]
    assert dots(graph_of(made, tmp_path, settings={"choice": "then"})) == 4 * 8 * 8


def loop(trips: int | None) -> Any:
    inner = body(
        [node("MatMul", ["h", "w"], ["z"], name="step"), node("Identity", ["going"], ["on"])],
        [value("i", [], TensorProto.INT64), value("going", [], TensorProto.BOOL), value("h", [1, 4, 8])],
        ["on", "z", "z"],
    )
    return model(
        [node("Loop", ["trips", "", "x"], ["y", "all"], name="loop", body=inner)],
        [X, *([value("trips", [], TensorProto.INT64)] if trips is None else [])],
        held("w", (8, 8)),
        *([] if trips is None else [numbers("trips", trips)]),
        outputs=["y", "all"],
    )


def test_a_loops_body_counts_as_often_as_it_runs(tmp_path: Path) -> None:
    graph = graph_of(loop(10), tmp_path)
    assert layers(graph) == [("loop.step", "linear", (1, 4, 8))]
    report = count(graph)
    assert report.totals["macs"].value == 10 * 4 * 8 * 8
    assert report.totals["params"].value == 64
    assert [tensor.shape for tensor in graph.outputs] == [(1, 4, 8), (10, 1, 4, 8)]


def test_how_often_a_loop_runs_is_asked_for(tmp_path: Path) -> None:
    assert [layer.node.name for layer in count(graph_of(loop(None), tmp_path)).uncounted] == ["loop"]
    assert count(graph_of(loop(None), tmp_path, settings={"loop": "3"})).totals["macs"].value == 3 * 4 * 8 * 8


def test_a_scan_runs_once_a_step(tmp_path: Path) -> None:
    inner = body([node("MatMul", ["s", "w"], ["z"], name="step")], [value("h", [8]), value("s", [4, 8])], ["h", "z"])
    made = model(
        [node("Scan", ["h0", "x"], ["h", "y"], name="scan", body=inner, num_scan_inputs=1)],
        [value("h0", [8]), value("x", [20, 4, 8])],
        held("w", (8, 5)),
    )
    graph = graph_of(made, tmp_path)
    assert count(graph).totals["macs"].value == 20 * 4 * 8 * 5
    assert graph.outputs[0].shape == (20, 4, 5)


def test_a_loops_work_is_explained_as_often_as_it_runs(tmp_path: Path) -> None:
    explained = explain_layer(count(graph_of(loop(10), tmp_path)), "loop.step")
    assert explained.macs
    assert explained.macs.result == 10 * 4 * 8 * 8
