"""The messages of a model file, read into records; what is large is skipped where it lies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ...errors import SourceError
from .dtypes import CODES, dtype_of
from .records import Dim, FunctionRecord, GraphRecord, ModelRecord, NodeRecord, Reference, TensorRecord, ValueRecord
from .wire import (
    FIXED32,
    SPAN,
    VARINT,
    Buffer,
    Span,
    WireError,
    fields,
    float32,
    packed_floats,
    packed_integers,
    signed,
    text,
)

MAX_NODES = 500_000
"""Nodes, attributes, tensors and values that one file may have together with all its subgraphs, each."""
MAX_DEPTH = 24
"""How deep graphs may stand within graphs."""
MAX_ELEMENTS = 16_384
"""The largest tensor whose elements are read; shapes and their arithmetic are far smaller."""
MAX_RANK = 64
TENSOR = 1
"""The field of a type that is a tensor; sequences, maps and optional values are others."""
MAX_LIST = 1 << 20
"""How many numbers one attribute may hold."""


class Parser:
    """Reads messages from a file's bytes, and counts what it reads, so that no file is endless."""

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self._read = 0

    def model(self) -> ModelRecord:
        """The whole file.

        Raises:
            WireError: The bytes are no such message.
            SourceError: There is no graph in it, or far too much.
        """
        producer, opsets, graph, functions = "", {}, None, {}
        for number, kind, value in fields(self.data, (0, len(self.data))):
            if number == 2:
                producer = self._text(kind, value)
            elif number == 7:
                graph = self.graph(self._span(kind, value), 0)
            elif number == 8:
                domain, version = self._opset(self._span(kind, value))
                opsets[domain] = version
            elif number == 25:
                function = self._function(self._span(kind, value))
                functions[function.domain, function.name] = function
        if graph is None:
            raise SourceError("no graph in it", hint="an ONNX model is a ModelProto message with a graph in field 7")
        return ModelRecord(producer, opsets, graph, functions)

    def graph(self, span: Span, depth: int) -> GraphRecord:
        """A graph, and those within."""
        if depth > MAX_DEPTH:
            raise WireError(f"graphs within graphs, more than {MAX_DEPTH} deep", span[0])
        made = GraphRecord()
        name = ""
        for number, kind, value in fields(self.data, span):
            if number == 1:
                made.nodes.append(self._node(self._span(kind, value), len(made.nodes), depth))
            elif number == 5:
                made.initializers.append(self.tensor(self._span(kind, value)))
            elif number in (11, 12, 13):
                values = (made.inputs, made.outputs, made.values)[number - 11]
                values.append(self._value(self._span(kind, value)))
            elif number == 2:
                name = self._text(kind, value)
            elif number == 15:
                made.initializers.append(self._sparse(self._span(kind, value)))
        return GraphRecord(name, made.nodes, made.initializers, made.inputs, made.outputs, made.values)

    def tensor(self, span: Span) -> TensorRecord:
        """A tensor's name, shape and type, and where its elements lie."""
        self._count(span)
        shape: list[int] = []
        name, code, external = "", 0, False
        sources: list[tuple[int, Span]] = []
        for number, kind, value in fields(self.data, span):
            if number == 1:
                shape += self._integers(kind, value)
                if len(shape) > MAX_RANK:
                    raise WireError(f"a tensor of more than {MAX_RANK} axes", span[0])
            elif number == 2:
                code = self._integer(kind, value)
            elif number == 8:
                name = self._text(kind, value)
            elif number in (4, 5, 7, 9, 10, 11) and isinstance(value, tuple):
                sources.append((number, value))
            elif number in (5, 7, 11) and len(sources) <= MAX_ELEMENTS and isinstance(value, int):
                sources.append((-number, (value, value)))  # one element by itself, not packed
            elif number == 4 and len(sources) <= MAX_ELEMENTS:
                place = self._fixed(kind, value)
                sources.append((-number, (place, place)))
            elif number == 14:
                external = self._integer(kind, value) == 1
        if any(size < 0 for size in shape):
            raise WireError(f"a tensor with an axis of size {min(shape)}", span[0])
        return TensorRecord(name, tuple(shape), dtype_of(code), tuple(sources), external)

    def elements(self, record: TensorRecord) -> tuple[Any, ...] | None:
        """The elements of a small tensor; None where it is large, lies elsewhere, or its bytes do not fit."""
        count = 1
        for size in record.shape:
            count *= size
        if count > MAX_ELEMENTS or record.external or record.dtype not in CODES:
            return None
        found: list[Any] = []
        for number, (start, end) in record.sources:
            if number == 9:
                code = CODES[record.dtype]
                if end - start == count * struct.calcsize(f"<{code}"):
                    found += struct.unpack(f"<{count}{code}", self.data[start:end])
            elif number == 4:
                found += packed_floats(self.data, (start, end))
            elif number in (5, 7, 11) and record.dtype != "float16" and end - start <= 10 * MAX_ELEMENTS:
                found += packed_integers(self.data, (start, end))
            elif number == 10 and not (end - start) % 8:
                found += struct.unpack(f"<{(end - start) // 8}d", self.data[start:end])
            elif number in (-5, -7, -11):
                found.append(signed(start))
            elif number == -4:
                found.append(float32(self.data, start))
        return tuple(found) if len(found) == count else None

    def _node(self, span: Span, index: int, depth: int) -> NodeRecord:
        self._count(span)
        inputs: list[str] = []
        outputs: list[str] = []
        attributes: dict[str, Any] = {}
        op_type = domain = name = ""
        scopes: tuple[str, ...] = ()
        for number, kind, value in fields(self.data, span):
            if number == 1:
                inputs.append(self._text(kind, value))
            elif number == 2:
                outputs.append(self._text(kind, value))
            elif number == 3:
                name = self._text(kind, value)
            elif number == 4:
                op_type = self._text(kind, value)
            elif number == 5:
                key, held = self._attribute(self._span(kind, value), depth)
                attributes[key] = held
            elif number == 7:
                domain = self._text(kind, value)
            elif number == 9:
                scopes = self._scopes(self._span(kind, value)) or scopes
        self._read += len(inputs) + len(outputs)
        return NodeRecord(op_type, domain, name, tuple(inputs), tuple(outputs), attributes, index, scopes)

    def _scopes(self, span: Span) -> tuple[str, ...]:
        """The module path that torch's exporter notes: a Python list of texts, outermost first."""
        key, held = self._pair(span)
        if key != "pkg.torch.onnx.name_scopes":
            return ()
        return tuple(part.strip("'\" ") for part in held.strip("[] ").split(",")) if len(held) < 10_000 else ()

    def _pair(self, span: Span) -> tuple[str, str]:
        key = held = ""
        for number, kind, value in fields(self.data, span):
            if number == 1:
                key = self._text(kind, value)
            elif number == 2:
                held = self._text(kind, value)
        return key, held

    def _attribute(self, span: Span, depth: int) -> tuple[str, Any]:
        self._count(span)
        name = ""
        held: Any = None
        many: list[Any] = []
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self._text(kind, value)
            elif number == 2:
                held = float32(self.data, self._fixed(kind, value))
            elif number == 3:
                held = self._integer(kind, value)
            elif number == 4:
                held = self._text(kind, value)
            elif number == 5:
                held = self.tensor(self._span(kind, value))
            elif number == 6:
                held = self.graph(self._span(kind, value), depth + 1)
            elif number == 7:
                many += self._floats(kind, value)
            elif number == 8:
                many += self._integers(kind, value)
            elif number == 9:
                many.append(self._text(kind, value))
            elif number == 11:
                many.append(self.graph(self._span(kind, value), depth + 1))
            elif number == 20:
                # A list that is empty leaves no field of its own.
                held = () if self._integer(kind, value) in (6, 7, 8) and held is None else held
            elif number == 21:
                held = Reference(self._text(kind, value))
            if len(many) > MAX_LIST:
                raise WireError(f"an attribute of more than {MAX_LIST:,} numbers", span[0])
        return name, tuple(many) if many else held

    def _value(self, span: Span) -> ValueRecord:
        self._count(span)
        name, dtype, shape = "", "", None
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self._text(kind, value)
            elif number == 2:
                for inner, kind2, value2 in fields(self.data, self._span(kind, value)):
                    if inner == TENSOR:
                        dtype, shape = self._tensor_type(self._span(kind2, value2))
        return ValueRecord(name, dtype, shape)

    def _tensor_type(self, span: Span) -> tuple[str, tuple[Dim, ...] | None]:
        code, shape = 0, None
        for number, kind, value in fields(self.data, span):
            if number == 1:
                code = self._integer(kind, value)
            elif number == 2:
                dims = [self._dim(self._span(k, v)) for n, k, v in fields(self.data, self._span(kind, value)) if n == 1]
                if len(dims) > MAX_RANK:
                    raise WireError(f"a shape of more than {MAX_RANK} axes", span[0])
                shape = tuple(dims)
        return dtype_of(code), shape

    def _dim(self, span: Span) -> Dim:
        found: Dim = None
        for number, kind, value in fields(self.data, span):
            if number == 1:
                found = self._integer(kind, value)
            elif number == 2:
                found = self._text(kind, value) or None
        return None if isinstance(found, int) and found < 0 else found

    def _opset(self, span: Span) -> tuple[str, int]:
        domain, version = "", 0
        for number, kind, value in fields(self.data, span):
            if number == 1:
                domain = self._text(kind, value)
            elif number == 2:
                version = self._integer(kind, value)
        return domain, version

    def _function(self, span: Span) -> FunctionRecord:
        name = domain = ""
        inputs, outputs = [], []
        nodes: list[NodeRecord] = []
        defaults: dict[str, Any] = {}
        opsets: dict[str, int] = {}
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self._text(kind, value)
            elif number == 4:
                inputs.append(self._text(kind, value))
            elif number == 5:
                outputs.append(self._text(kind, value))
            elif number == 7:
                nodes.append(self._node(self._span(kind, value), len(nodes), 1))
            elif number == 9:
                imported, version = self._opset(self._span(kind, value))
                opsets[imported] = version
            elif number == 10:
                domain = self._text(kind, value)
            elif number == 11:
                key, held = self._attribute(self._span(kind, value), 1)
                defaults[key] = held
        return FunctionRecord(name, domain, tuple(inputs), tuple(outputs), nodes, defaults, opsets)

    def _sparse(self, span: Span) -> TensorRecord:
        """A sparse tensor: its values carry its name, its own dims are those of the whole."""
        shape: list[int] = []
        values = TensorRecord("", (), "float32")
        for number, kind, value in fields(self.data, span):
            if number == 1:
                values = self.tensor(self._span(kind, value))
            elif number == 3:
                shape += self._integers(kind, value)
        return TensorRecord(values.name, tuple(shape[:MAX_RANK]), values.dtype)

    def _count(self, span: Span) -> None:
        self._read += 1
        if self._read > 4 * MAX_NODES:
            raise SourceError(f"more than {4 * MAX_NODES:,} nodes, attributes and tensors (at byte {span[0]:,})")

    def _text(self, kind: int, value: int | Span) -> str:
        return text(self.data, self._span(kind, value))

    def _span(self, kind: int, value: int | Span) -> Span:
        if isinstance(value, tuple):
            return value
        raise WireError(f"wire type {kind} where a message or text is due", 0)

    def _integer(self, kind: int, value: int | Span) -> int:
        if kind == VARINT and isinstance(value, int):
            return signed(value)
        raise WireError(f"wire type {kind} where an integer is due", value[0] if isinstance(value, tuple) else value)

    def _fixed(self, kind: int, value: int | Span) -> int:
        if kind == FIXED32 and isinstance(value, int):
            return value
        raise WireError(f"wire type {kind} where a 32-bit number is due", value[0] if isinstance(value, tuple) else 0)

    def _floats(self, kind: int, value: int | Span) -> tuple[float, ...]:
        if isinstance(value, int):
            return (float32(self.data, self._fixed(kind, value)),)
        if value[1] - value[0] > 4 * MAX_LIST:
            raise WireError(f"an attribute of more than {MAX_LIST:,} numbers", value[0])
        return packed_floats(self.data, value)

    def _integers(self, kind: int, value: int | Span) -> Iterator[int]:
        if kind == SPAN and isinstance(value, tuple):
            return islice(packed_integers(self.data, value), MAX_LIST)
        return iter([self._integer(kind, value)])
