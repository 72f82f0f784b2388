"""The ONNX project's own tests of each operator, as an oracle: models of one node, with inputs and outputs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from msgspec import Struct
from onnx import numpy_helper

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.graph import Graph
from flopcount.readers.onnx import read

SMALL = 64
FIRST = frozenset(
    {"Range", "ConstantOfShape", "MelWeightMatrix", "If", "Loop", "HannWindow", "HammingWindow", "BlackmanWindow"}
)
"""Operators whose very first input is a number that shapes depend on."""


class Case(Struct, frozen=True):
    """One of the tests: its operator, its model without declared shapes, and the shapes of its outputs."""

    name: str
    op_type: str
    domain: str
    model: Any
    shapes: tuple[tuple[int, ...] | None, ...]


class Outcome(Struct, frozen=True):
    """What became of a test: `equal`, `unknown` (a layer or shape that is not known), or what went wrong."""

    verdict: str
    detail: str = ""


@cache
def cases() -> tuple[Case, ...]:
    """Every test of a node whose inputs and outputs are tensors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        found = load_model_tests(kind="node")
    return tuple(case for test in found if (case := _case(test)) is not None)


def _case(test: Any) -> Case | None:
    model = test.model
    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    if "_expanded" in test.name or not nodes:
        return None
    inputs, outputs = test.data_sets[0]
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    _hold_small(bare, nodes[-1].op_type, inputs)
    del bare.graph.value_info[:]
    for value in bare.graph.output:
        value.type.tensor_type.ClearField("shape")
    return Case(test.name, nodes[-1].op_type, nodes[-1].domain, bare, tuple(_shapes(outputs)))


def _shapes(outputs: Any) -> Iterator[tuple[int, ...] | None]:
    """The shapes of outputs, those of a sequence one by one."""
    for output in map(_array, outputs):
        if isinstance(output, list):
            yield from _shapes(output)
        else:
            yield output.shape if isinstance(output, np.ndarray) else None


def _array(value: Any) -> Any:
    return (
        numpy_helper.to_array(value)
        if isinstance(value, onnx.TensorProto)
        else np.asarray(value)
        if not isinstance(value, list)
        else value
    )


def _hold_small(model: Any, op_type: str, inputs: list[Any]) -> None:
    """Make the inputs that shapes may depend on constants of the file: a test gives everything as an input."""
    for place, (value, given) in enumerate(zip(list(model.graph.input), inputs, strict=False)):
        array = _array(given)
        if not isinstance(array, np.ndarray) or array.dtype == object or array.ndim > 1 or array.size > SMALL:
            continue
        if place or op_type in FIRST:
            tensor = given if isinstance(given, onnx.TensorProto) else numpy_helper.from_array(array, value.name)
            tensor.name = value.name
            model.graph.initializer.append(tensor)


def outcome(case: Case) -> Outcome:
    """Read a test's model and compare."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(case.model.SerializeToString())
        try:
            graph = read(str(path))
        except FlopcountError as error:
            return Outcome("refused", str(error))
    if len(graph.outputs) < len(case.shapes):
        return Outcome("unknown")
    found = tuple(tensor.shape for tensor in graph.outputs)
    if found != case.shapes:
        return Outcome("different", f"{found}, not {case.shapes}")
    return Outcome("unknown" if any(layer.work is None for layer in count(graph).layers) else "equal")


def outcomes() -> Iterator[tuple[Case, Outcome]]:
    """Every test with what became of it."""
    for case in cases():
        yield case, outcome(case)


def layers(graph: Graph) -> list[tuple[str, str]]:
    """The names and kinds of a graph's layers."""
    return [(node.name, node.op.tag) for node in graph.nodes]
