"""What is known before the network runs: initializers, constants, and the arithmetic of shapes on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from msgspec.structs import replace

from ...graph import Tensor
from .arrays import Array, vector
from .call import Call
from .folding import fold
from .messages import Parser
from .records import TensorRecord
from .tensors import MAX_ELEMENTS
from .values import Value, computed, constant, initializer, is_table, unknown

MAX_FOLDED = 4_000_000
"""Numbers that the arithmetic of shapes may make in one file."""


class Beforehand:
    """Computes what a node gives, where that hangs on nothing but numbers that are known."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._folded = 0

    def initializer(self, record: TensorRecord) -> Value:
        """A tensor that the file holds, with its elements where they are few."""
        return initializer(record, self._array(record) if prod(record.shape) <= MAX_ELEMENTS else None)

    def outputs(self, call: Call) -> list[Value] | None:
        """The outputs of a node of the standard domain; None where it cannot be done beforehand."""
        node = call.node
        if not node.outputs:
            return None
        if node.op_type == "Constant":
            return self._constant(call)
        if node.op_type in ("Shape", "Size"):
            return _sizes(call)
        if not call.inputs or any(value is not None and value.data is None for value in call.inputs):
            return None
        if node.op_type == "Gather" and call.inputs[0] is not None and is_table(call.inputs[0]):
            return None
        arrays = [None if value is None else value.data for value in call.inputs]
        made = self._fold(call, arrays)
        if made is None or len(made) < len(node.outputs):
            return None
        sources = call.sources
        return [
            replace(constant(name, array.shape, array.dtype, sources), data=array)
            for name, array in zip(node.outputs, made, strict=False)
        ]

    def _fold(self, call: Call, arrays: Sequence[Array | None]) -> list[Array] | None:
        if self._folded > MAX_FOLDED:
            return None
        attributes = {
            key: self._array(value) if isinstance(value, TensorRecord) else value
            for key, value in call.attributes.items()
        }
        made = fold(call.node.op_type, arrays, {**attributes, "#outputs": len(call.node.outputs)}, call.version)
        if made is not None:
            self._folded += sum(len(array.items) for array in (*made, *arrays) if array is not None)
        return made

    def _constant(self, call: Call) -> list[Value]:
        name = call.node.outputs[0]
        for key, dtype in (("value_int", "int64"), ("value_float", "float32")):
            found = call.attributes.get(key)
            if isinstance(found, int | float):
                return [computed(name, Array((), (found,), dtype))]
            many = call.attributes.get(f"{key}s")
            if isinstance(many, tuple):
                return [computed(name, vector(many[:MAX_ELEMENTS], dtype))]
        record = call.attributes.get("value")
        if not isinstance(record, TensorRecord):
            return [unknown(name)]
        array = self._array(record)
        tensor = Tensor(name, record.shape, record.dtype, "constant")
        return [Value(name, record.dtype, tensor, True, (), array)]

    def _array(self, record: TensorRecord) -> Array | None:
        items: tuple[Any, ...] | None = self._parser.elements(record)
        return None if items is None else Array(record.shape, items, record.dtype)


def _sizes(call: Call) -> list[Value] | None:
    """Shape and Size: known as soon as the input's shape is, whatever it holds."""
    value = call.optional(0)
    if value is None or value.tensor is None:
        return None
    sizes, name = value.tensor.shape, call.node.outputs[0]
    if call.node.op_type == "Size":
        return [computed(name, Array((), (prod(sizes),)))]
    end = call.attributes.get("end")
    return [computed(name, vector(sizes[slice(call.integer("start"), end if isinstance(end, int) else None)]))]
