from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto

from flopcount.engine import count
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, value

X = value("x", [1, 4, 8])


def fused(op_type: str, inputs: list[str], outputs: tuple[str, ...] = ("y",), **attributes: Any) -> Any:
    return node(op_type, inputs, outputs, domain="com.microsoft", name="f", **attributes)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (fused("Gelu", ["x"]), [("f", "gelu")]),
        (fused("BiasGelu", ["x", "b"]), [("f.bias", "add"), ("f", "gelu")]),
        (fused("FastGelu", ["x"]), [("f", "gelu")]),
        (fused("QuickGelu", ["x"]), [("f.scale", "scale"), ("f.sigmoid", "sigmoid"), ("f", "mul")]),
        (
            fused("SkipLayerNormalization", ["x", "x", "b", "b", "b"]),
            [("f.add", "add"), ("b", "parameter"), ("f.bias", "add"), ("f", "ln")],
        ),
        (fused("SkipSimplifiedLayerNormalization", ["x", "x", "b"]), [("f.add", "add"), ("f", "rms_norm")]),
        (fused("SimplifiedLayerNormalization", ["x", "b"]), [("f", "rms_norm")]),
        (fused("FusedMatMul", ["x", "w"], transB=1), [("f", "matmul")]),
        (fused("FusedMatMul", ["x", "w"], alpha=0.5), [("f.scale", "scale")]),
        (fused("FusedConv", ["x", "k"], activation="Relu"), [("f", "conv"), ("f.relu", "relu")]),
    ],
    ids=lambda value: getattr(value, "op_type", ""),
)
def test_a_fusion_is_the_layers_that_it_stands_for(made: Any, expected: list[Any], tmp_path: Path) -> None:
    graph = graph_of(model([made], [X], held("b", (8,)), held("w", (8, 8)), held("k", (6, 4, 3))), tmp_path)
    found = [(name, kind) for name, kind, _ in layers(graph)]
    assert found[-len(expected) :] == expected
    assert count(graph).uncounted == ()
    if made.op_type == "FusedMatMul":
        assert dots(graph) == 4 * 8 * 8


def test_embeddings_added_and_normalised(tmp_path: Path) -> None:
    made = fused("EmbedLayerNormalization", ["ids", "seg", "word", "pos", "type", "g", "b"], ("y", "mask"))
    inputs = [value(name, [1, 6], TensorProto.INT32) for name in ("ids", "seg")]
    tables = [held("word", (50, 8)), held("pos", (32, 8)), held("type", (2, 8)), held("g", (8,)), held("b", (8,))]
    graph = graph_of(model([made], inputs, *tables), tmp_path)
    assert [kind for _, kind, _ in layers(graph)] == ["embedding", "embedding", "add", "embedding", "add", "ln"]
    assert count(graph).totals["params"].value == (50 + 32 + 2 + 2) * 8


def test_a_domain_that_nobody_knows(tmp_path: Path) -> None:
    graph = graph_of(model([node("Gelu", ["x"], domain="org.nobody", name="g")], [X]), tmp_path)
    assert [layer.node.label for layer in count(graph).uncounted] == ["g (opaque)"]
