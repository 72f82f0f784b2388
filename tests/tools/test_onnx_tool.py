"""The weights of onnx-tool, against the tool, node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopcount.conventions import CONVENTIONS
from tests.tools.test_bridges import of

IMAGE = (1, 6, 12, 10)

NODES: dict[str, tuple[str, tuple[int, ...], dict[str, Any], str, dict[str, Any], list[tuple[int, ...]]]] = {
    "conv": ("Conv", IMAGE, {"pads": [1] * 4}, "conv", {"out": 8, "kernel": 3, "padding": 1}, [(8, 6, 3, 3), (8,)]),
    "grouped conv": (
        "Conv", IMAGE, {"group": 3}, "conv", {"out": 9, "kernel": 3, "groups": 3, "bias": False}, [(9, 2, 3, 3)],
    ),
    "transposed conv": (
        "ConvTranspose", IMAGE, {"strides": [2, 2]}, "conv_transpose", {"out": 4, "kernel": 2, "stride": 2},
        [(6, 4, 2, 2), (4,)],
    ),
    "bn": ("BatchNormalization", IMAGE, {}, "bn", {}, [(6,)] * 4),
    "relu": ("Relu", IMAGE, {}, "relu", {}, []),
    "prelu": ("PRelu", IMAGE, {}, "prelu", {"per_channel": True}, [(6, 1, 1)]),
    "relu6": ("Clip", IMAGE, {}, "relu6", {}, [(), ()]),
    "gelu": ("Gelu", IMAGE, {}, "gelu", {}, []),
    "leaky relu": ("LeakyRelu", IMAGE, {}, "leaky_relu", {}, []),
    "elu": ("Elu", IMAGE, {}, "elu", {}, []),
    "sigmoid": ("Sigmoid", IMAGE, {}, "sigmoid", {}, []),
    "tanh": ("Tanh", IMAGE, {}, "tanh", {}, []),
    "hardsigmoid": ("HardSigmoid", IMAGE, {}, "hardsigmoid", {}, []),
    "hardswish": ("HardSwish", IMAGE, {}, "hardswish", {}, []),
    "exp": ("Exp", IMAGE, {}, "exp", {}, []),
    "sqrt": ("Sqrt", IMAGE, {}, "sqrt", {}, []),
    "softmax": ("Softmax", (1, 5, 6), {"axis": -1}, "softmax", {}, []),
    "max pool": ("MaxPool", IMAGE, {"kernel_shape": [2, 2], "strides": [2, 2]}, "maxpool", {"kernel": 2}, []),
    "average": ("AveragePool", IMAGE, {"kernel_shape": [2, 2], "strides": [2, 2]}, "avgpool", {"kernel": 2}, []),
    "global average": ("GlobalAveragePool", IMAGE, {}, "global_avgpool", {}, []),
    "linear": ("Gemm", (1, 6), {"transB": 1}, "linear", {"out": 7}, [(7, 6), (7,)]),
    "ln": ("LayerNormalization", (1, 5, 6), {"axis": -1}, "ln", {}, [(6,), (6,)]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", NODES)
def test_every_node_weighs_what_the_tool_says(key: str) -> None:
    onnx = pytest.importorskip("onnx")
    onnx_tool = pytest.importorskip("onnx_tool")
    kind, shape, attributes, tag, fields, weights = NODES[key]
    (layer,) = of(tag, shape, "onnx-tool", **fields).layers
    held = [onnx.numpy_helper.from_array(np.ones(size, np.float32), f"w{i}") for i, size in enumerate(weights)]
    node = onnx.helper.make_node(kind, ["x", *(weight.name for weight in held)], ["y"], "node", **attributes)
    value = onnx.helper.make_tensor_value_info
    (y,) = layer.node.outputs
    graph = onnx.helper.make_graph([node], "one", [value("x", 1, shape)], [value("y", 1, y.shape)], held)
    model = onnx_tool.Model(onnx.helper.make_model(graph))
    model.graph.shape_infer({"x": np.zeros(shape, np.float32)})
    model.graph.profile()
    assert CONVENTIONS["onnx-tool"].total(layer.use) == model.graph.nodemap["node"].macs[0]
