from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, held, layers, model, node, numbers, value

SCALES = [numbers("s", 0.1, np.float32), numbers("z", 0, np.int8), numbers("zu", 0, np.uint8)]
X = value("x", [1, 4, 8, 8])


def qdq(name: str, source: str) -> list[Any]:
    """Quantised and back."""
    return [
        node("QuantizeLinear", [source, "s", "z"], [f"{name}_q"], name=f"{name}_q"),
        node("DequantizeLinear", [f"{name}_q", "s", "z"], [name], name=f"{name}_d"),
    ]


def test_a_convolution_between_quantisations_multiplies_integers(tmp_path: Path) -> None:
    nodes = [
        *qdq("a", "x"),
        node("DequantizeLinear", ["w", "s", "z"], ["wd"]),
        node("DequantizeLinear", ["b", "s", "bz"], ["bd"]),
        node("Conv", ["a", "wd", "bd"], ["y"], name="conv"),
    ]
    made = model(
        nodes, [X], *SCALES, held("w", (6, 4, 3, 3), np.int8), held("b", (6,), np.int32), numbers("bz", 0, np.int32)
    )
    graph = graph_of(made, tmp_path)
    assert layers(graph) == [
        ("a_q", "quantize", (1, 4, 8, 8)), ("a_d", "dequantize", (1, 4, 8, 8)), ("conv", "conv", (1, 6, 6, 6)),
    ]  # fmt: skip
    totals = count(graph).totals
    assert totals["macs"].value == 6 * 36 * 4 * 9
    assert totals["params"].value == 6 * 4 * 9 + 6
    assert totals["weight_bytes"].value == 6 * 4 * 9 + 6 * 4
    assert "7,776 of the MACs multiply integers" in graph.provenance.notes


def test_weights_alone_quantised_make_no_integer_products(tmp_path: Path) -> None:
    nodes = [node("DequantizeLinear", ["w", "s", "z"], ["wd"]), node("MatMul", ["x", "wd"])]
    graph = graph_of(model(nodes, [X], *SCALES, held("w", (8, 5), np.int8)), tmp_path)
    assert count(graph).totals["params"].value == 40
    assert len(graph.provenance.notes) == 1


def test_qlinear_conv_and_matmul(tmp_path: Path) -> None:
    nodes = [
        node("QLinearConv", ["x", "s", "zu", "w", "s", "z", "s", "zu", "b"], ["h"], name="conv"),
        node("QLinearMatMul", ["h", "s", "zu", "m", "s", "z", "s", "zu"], ["y"], name="fc"),
    ]
    graph = graph_of(
        model(
            nodes, [value("x", [1, 4, 8, 8], TensorProto.UINT8)], *SCALES,
            held("w", (6, 4, 1, 1), np.int8), held("b", (6,), np.int32), held("m", (8, 5), np.int8),
        ),
        tmp_path,
    )  # fmt: skip
    assert layers(graph) == [
        ("conv", "conv", (1, 6, 8, 8)), ("conv.quantize", "quantize", (1, 6, 8, 8)),
        ("fc", "linear", (1, 6, 8, 5)), ("fc.quantize", "quantize", (1, 6, 8, 5)),
    ]  # fmt: skip
    macs = 6 * 64 * 4 + 6 * 8 * 5 * 8
    assert count(graph).totals["macs"].value == macs
    assert f"{macs:,} of the MACs multiply integers" in graph.provenance.notes


def test_dynamic_quantisation(tmp_path: Path) -> None:
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"], name="q"),
        node("ConvInteger", ["q", "w", "zero", "z"], ["h"], name="conv"),
        node("Cast", ["h"], ["f"], to=1, name="cast"),
        node("Mul", ["f", "scale"], ["y"], name="mul"),
    ]
    graph = graph_of(model(nodes, [X], *SCALES, held("w", (6, 4, 3, 3), np.int8)), tmp_path)
    assert [(name, kind) for name, kind, _ in layers(graph)] == [
        ("q.max", "max"), ("q.min", "min"), ("q", "quantize"), ("conv", "conv"), ("cast", "cast"), ("mul", "mul"),
    ]  # fmt: skip
    assert "7,776 of the MACs multiply integers" in graph.provenance.notes


def test_weights_of_four_bits(tmp_path: Path) -> None:
    bits = node("MatMulNBits", ["x", "w", "scales"], domain="com.microsoft", K=8, N=5, bits=4, block_size=16, name="fc")
    graph = graph_of(model([bits], [X], held("w", (5, 1, 4), np.uint8), held("scales", (5,))), tmp_path)
    totals = count(graph).totals
    assert layers(graph) == [("fc", "linear", (1, 4, 8, 5))]
    assert (totals["params"].value, totals["weight_bytes"].value) == (40, 20)


def test_the_runtimes_own(tmp_path: Path) -> None:
    def q(op_type: str, inputs: list[str], output: str, **attributes: Any) -> Any:
        return node(op_type, inputs, [output], domain="com.microsoft", name=output, **attributes)

    nodes = [
        q("QLinearAdd", ["x", "s", "z", "x", "s", "z", "s", "z"], "a"),
        q("QLinearSigmoid", ["a", "s", "z", "s", "z"], "b"),
        q("QLinearGlobalAveragePool", ["b", "s", "z", "s", "z"], "c"),
        q("QLinearConcat", ["s", "z", "c", "s", "z", "c", "s", "z"], "d", axis=1),
        node("Flatten", ["d"], ["e"], name="e"),
        q("QGemm", ["e", "s", "z", "w", "s", "z", "", "s", "z"], "y"),
    ]
    made = model(nodes, [value("x", [1, 4, 8, 8], TensorProto.INT8)], *SCALES, held("w", (8, 5), np.int8))
    assert [kind for _, kind, _ in layers(graph_of(made, tmp_path))] == [
        "add", "quantize", "sigmoid", "quantize", "global_avgpool", "quantize", "concat", "flatten", "linear",
        "quantize",
    ]  # fmt: skip
