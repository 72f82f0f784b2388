"""Model files of a few nodes, put together by the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from flopcount.graph import Graph
from flopcount.op import Work
from flopcount.readers.onnx import read

Node = Any


def node(
    op_type: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), domain: str = "", **attributes: Any
) -> Node:
    """A node."""
    return helper.make_node(op_type, inputs, outputs, domain=domain, name=attributes.pop("name", ""), **attributes)


def held(name: str, shape: Sequence[int], dtype: Any = np.float32) -> Any:
    """An initializer of so many different numbers."""
    return numpy_helper.from_array(np.arange(int(np.prod(shape))).reshape(shape).astype(dtype), name)


def numbers(name: str, values: Any, dtype: Any = np.int64) -> Any:
    """An initializer of these numbers."""
    return numpy_helper.from_array(np.array(values, dtype=dtype), name)


def value(name: str, shape: Sequence[Any] | None, dtype: int = TensorProto.FLOAT) -> Any:
    """A declared input or output."""
    return helper.make_tensor_value_info(name, dtype, shape)


def model(
    nodes: Sequence[Node],
    inputs: Sequence[Any],
    *initializers: Any,
    outputs: Sequence[str] = ("y",),
    opset: int = 21,
    functions: Sequence[Any] = (),
    values: Sequence[Any] = (),
) -> Any:
    """A model of these nodes."""
    graph = helper.make_graph(
        list(nodes), "net", list(inputs), [value(name, None) for name in outputs], list(initializers),
        value_info=list(values),
    )  # fmt: skip
    domains = {each.domain for each in (*nodes, *functions)} - {""}
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in sorted(domains))]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions))


def written(made: Any, folder: Path, name: str = "model.onnx") -> str:
    """The path of a model that is written to a folder."""
    path = folder / name
    onnx.save(made, path)
    return str(path)


def graph_of(made: Any, folder: Path, **options: Any) -> Graph:
    """What is read of a model."""
    return read(written(made, folder), **options)


def layers(graph: Graph) -> list[tuple[str, str, tuple[int, ...]]]:
    """Name, kind and output shape of each layer."""
    return [(each.name, each.op.tag, each.outputs[0].shape if each.outputs else ()) for each in graph.nodes]


def work_of(graph: Graph) -> list[Work]:
    """The whole ledger."""
    return [
        entry
        for each in graph.nodes
        for entry in each.op.work(*(tensor.shape for tensor in each.inputs + each.outputs)) or ()
    ]


def dots(graph: Graph) -> int:
    """The products of all dot products, but for those that a mask throws away."""
    return sum(entry.count for entry in work_of(graph) if entry.kind == "dot" and entry.role != "masked")
