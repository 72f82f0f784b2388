"""What a layer reads beside its weights, held by the file: sources of their own, as a spec has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.explain import explain_layer
from flopcount.readers.spec import read as read_spec
from flopcount.readers.spec.write import spec_text
from flopcount.rewriting import rewrite
from tests.readers.onnx.models import graph_of, held, layers, model, node, numbers, value

X = value("x", [1, 4, 8])


def test_what_is_learned_is_a_parameter_under_its_own_name(tmp_path: Path) -> None:
    made = model([node("Add", ["x", "pos.embedding"], name="add")], [X], held("pos.embedding", (1, 4, 8)))
    report = count(graph_of(made, tmp_path))
    assert layers(report.graph) == [("pos.embedding", "parameter", (1, 4, 8)), ("add", "add", (1, 4, 8))]
    assert [layer.params for layer in report.layers] == [32, 0]
    assert [line.result for line in explain_layer(report, "pos.embedding").params][-1:] == [32]


def test_what_two_layers_read_is_one_source(tmp_path: Path) -> None:
    nodes = [node("Mul", ["x", "g"], ["h"], name="a"), node("Mul", ["h", "g"], ["y"], name="b")]
    graph = graph_of(model(nodes, [X], held("g", (8,))), tmp_path)
    assert [name for name, _, _ in layers(graph)] == ["g", "a", "b"]


def test_a_number_that_many_formulas_have_is_one_source(tmp_path: Path) -> None:
    nodes = [
        node("Div", ["x", "root"], ["h"], name="a"),
        node("Div", ["h", "again"], ["z"], name="b"),
        node("Div", ["z", "other"], ["y"], name="c"),
    ]
    scalars = [numbers(name, each, np.float32) for name, each in (("root", 1.5), ("again", 1.5), ("other", 2.5))]
    report = count(graph_of(model(nodes, [X], *scalars), tmp_path))
    assert [each[:2] for each in layers(report.graph)] == [
        ("constant", "constant"), ("a", "div"), ("b", "div"), ("constant_1", "constant"), ("c", "div"),
    ]  # fmt: skip
    assert report.totals["params"].value == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_network_with_tokens_positions_and_scalars_is_written_as_a_spec(dtype: Any, tmp_path: Path) -> None:
    kind = TensorProto.FLOAT16 if dtype is np.float16 else TensorProto.FLOAT
    nodes = [
        node("Concat", ["token", "x"], ["h"], name="join", axis=1),
        node("Add", ["h", "onnx::Add_7"], ["z"], name="embed/positions"),
        node("MatMul", ["z", "w"], ["f"], name="fc"),
        node("Div", ["f", "s"], ["y"], name="scale"),
    ]
    kept = [held("token", (1, 1, 8), dtype), held("onnx::Add_7", (1, 5, 8), dtype), held("w", (8, 6), dtype)]
    graph = graph_of(model(nodes, [value("x", [1, 4, 8], kind)], *kept, numbers("s", 2, dtype)), tmp_path)
    assert graph.dtype == np.dtype(dtype).name
    again = read_spec(spec_text(graph), "net.yaml")
    assert layers(again) == layers(graph)
    for name in ("params", "macs", "flops", "buffers", "traffic"):
        assert count(again).totals[name] == count(graph).totals[name]
    assert count(graph).totals["params"].value == 8 + 40 + 48


def test_what_a_source_was_made_of_beforehand_is_counted_with_it(tmp_path: Path) -> None:
    nodes = [node("Expand", ["token", "s"], ["t"]), node("Concat", ["t", "x"], ["y"], name="join", axis=1)]
    made = model(nodes, [value("x", [2, 4, 8])], held("token", (1, 1, 8)), numbers("s", [2, 1, 8]))
    report = count(graph_of(made, tmp_path))
    assert layers(report.graph) == [("t", "constant", (2, 1, 8)), ("join", "concat", (2, 5, 8))]
    assert [layer.params for layer in report.layers] == [8, 0]


def test_integers_are_read_as_they_lie_and_survive_a_rewrite(tmp_path: Path) -> None:
    nodes = [
        node("Gather", ["wpe.weight", "p"], ["e"], name="/wpe/Gather"),
        node("Add", ["x", "e"], ["h"], name="add"),
        node("MatMul", ["h", "w"], ["y"], name="fc"),
    ]
    kept = [held("wpe.weight", (16, 8)), numbers("p", [[0, 1, 2, 3]]), held("w", (8, 8))]
    graph = graph_of(model(nodes, [X], *kept), tmp_path)
    assert [name for name, _, _ in layers(graph)] == ["wpe", "add", "fc"]
    after = rewrite(graph, "low-rank:rank=2").after
    assert [node.name for node in after.nodes] == ["wpe", "add", "fc.reduce", "fc.expand"]
    with pytest.raises(FlopcountError, match="there is no layer that makes 'p'"):
        spec_text(graph)


@pytest.mark.parametrize(("kind", "params", "buffers"), [("PARAMETER", 40, 0), ("BUFFER", 0, 40)])
def test_what_the_exporter_notes_as_a_buffer_is_not_learned(
    kind: str, params: int, buffers: int, tmp_path: Path
) -> None:
    nodes = [node("Add", ["x", "mask"], ["h"], name="add"), node("MatMul", ["h", "kernel"], ["y"], name="blur")]
    noted = [value("mask", [4, 8]), value("kernel", [8, 1])]
    for each in noted:
        entry = each.metadata_props.add()
        entry.key, entry.value = "pkg.torch.export.graph_signature.InputSpec.kind", kind
    made = model(nodes, [X], held("mask", (4, 8)), held("kernel", (8, 1)), values=noted)
    graph = graph_of(made, tmp_path)
    totals = count(graph).totals
    assert (totals["params"].value, totals["buffers"].value) == (params, buffers)
    if kind == "BUFFER":
        with pytest.raises(FlopcountError, match="its weight is buffer, and the layer is not"):
            spec_text(graph)


def test_a_mask_that_is_a_buffer_is_written_as_a_constant(tmp_path: Path) -> None:
    mask = value("mask", [4, 8])
    entry = mask.metadata_props.add()
    entry.key, entry.value = "pkg.torch.export.graph_signature.InputSpec.kind", "BUFFER"
    made = model([node("Add", ["x", "mask"], name="add")], [X], held("mask", (4, 8)), values=[mask])
    text = spec_text(graph_of(made, tmp_path))
    assert "constant: {name: mask, shape: [4, 8]" in text
    assert count(read_spec(text, "net.yaml")).totals["params"].value == 0


def test_an_output_that_the_file_holds_stays_one_when_the_network_is_rewritten(tmp_path: Path) -> None:
    made = model([node("MatMul", ["x", "w"], ["h"], name="fc")], [X], held("w", (8, 8)), held("y", (3,)))
    made.graph.output.append(value("h", None))
    graph = graph_of(made, tmp_path)
    assert [tensor.name for tensor in rewrite(graph, "low-rank:rank=2").after.outputs] == ["y", "fc.expand"]
