"""The messages of a model file, read into records; what is large is skipped where it lies."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ...errors import SourceError
from .dtypes import dtype_of
from .reading import MAX_LIST
from .records import Dim, FunctionRecord, GraphRecord, ModelRecord, NodeRecord, Reference, ValueRecord
from .tensors import MAX_RANK, TensorReader
from .wire import Span, WireError, fields, float32

MAX_DEPTH = 24
"""How deep graphs may stand within graphs."""
UNLEARNED = frozenset({"BUFFER", "CONSTANT_TENSOR"})
"""What torch's exporter notes beside a tensor that the file holds and no parameter is: a mask, a table of rotations."""
TENSOR = 1
"""The field of a type that is a tensor; sequences, maps and optional values are others."""


class Parser(TensorReader):
    """Reads a model and all that is in it but the elements of its tensors."""

    def model(self) -> ModelRecord:
        """The whole file.

        Raises:
            WireError: The bytes are no such message.
            SourceError: There is no graph in it, or far too much.
        """
        producer, opsets, graph, functions = "", {}, None, {}
        for number, kind, value in fields(self.data, (0, len(self.data))):
            if number == 2:
                producer = self.text(kind, value)
            elif number == 7:
                graph = self.graph(self.span(kind, value), 0)
            elif number == 8:
                domain, version = self._opset(self.span(kind, value))
                opsets[domain] = version
            elif number == 25:
                function = self._function(self.span(kind, value))
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
                made.nodes.append(self._node(self.span(kind, value), len(made.nodes), depth))
            elif number == 5:
                made.initializers.append(self.tensor(self.span(kind, value)))
            elif number in (11, 12, 13):
                values = (made.inputs, made.outputs, made.values)[number - 11]
                values.append(self._value(self.span(kind, value)))
            elif number == 2:
                name = self.text(kind, value)
            elif number == 15:
                made.initializers.append(self.sparse(self.span(kind, value)))
        buffers = {each.name for each in made.values if each.kind in UNLEARNED}
        held = [replace(each, buffer=True) if each.name in buffers else each for each in made.initializers]
        return GraphRecord(name, made.nodes, held, made.inputs, made.outputs, made.values)

    def _node(self, span: Span, index: int, depth: int) -> NodeRecord:
        self.count(span)
        inputs: list[str] = []
        outputs: list[str] = []
        attributes: dict[str, Any] = {}
        op_type = domain = name = ""
        scopes: tuple[str, ...] = ()
        for number, kind, value in fields(self.data, span):
            if number == 1:
                inputs.append(self.text(kind, value))
            elif number == 2:
                outputs.append(self.text(kind, value))
            elif number == 3:
                name = self.text(kind, value)
            elif number == 4:
                op_type = self.text(kind, value)
            elif number == 5:
                key, held = self._attribute(self.span(kind, value), depth)
                attributes[key] = held
            elif number == 7:
                domain = self.text(kind, value)
            elif number == 9:
                scopes = self._scopes(self.span(kind, value)) or scopes
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
                key = self.text(kind, value)
            elif number == 2:
                held = self.text(kind, value)
        return key, held

    def _attribute(self, span: Span, depth: int) -> tuple[str, Any]:
        self.count(span)
        name = ""
        held: Any = None
        many: list[Any] = []
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self.text(kind, value)
            elif number == 2:
                held = float32(self.data, self.fixed(kind, value))
            elif number == 3:
                held = self.integer(kind, value)
            elif number == 4:
                held = self.text(kind, value)
            elif number == 5:
                held = self.tensor(self.span(kind, value))
            elif number == 6:
                held = self.graph(self.span(kind, value), depth + 1)
            elif number == 7:
                many += self.floats(kind, value)
            elif number == 8:
                many += self.integers(kind, value)
            elif number == 9:
                many.append(self.text(kind, value))
            elif number == 11:
                many.append(self.graph(self.span(kind, value), depth + 1))
            elif number == 20:
                # A list that is empty leaves no field of its own.
                held = () if self.integer(kind, value) in (6, 7, 8) and held is None else held
            elif number == 21:
                held = Reference(self.text(kind, value))
            if len(many) > MAX_LIST:
                raise WireError(f"an attribute of more than {MAX_LIST:,} numbers", span[0])
        return name, tuple(many) if many else held

    def _value(self, span: Span) -> ValueRecord:
        self.count(span)
        name, dtype, shape, noted = "", "", None, ""
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self.text(kind, value)
            elif number == 2:
                for inner, kind2, value2 in fields(self.data, self.span(kind, value)):
                    if inner == TENSOR:
                        dtype, shape = self._tensor_type(self.span(kind2, value2))
            elif number == 4:
                key, held = self._pair(self.span(kind, value))
                noted = held if key == "pkg.torch.export.graph_signature.InputSpec.kind" else noted
        return ValueRecord(name, dtype, shape, noted)

    def _tensor_type(self, span: Span) -> tuple[str, tuple[Dim, ...] | None]:
        code, shape = 0, None
        for number, kind, value in fields(self.data, span):
            if number == 1:
                code = self.integer(kind, value)
            elif number == 2:
                dims = [self._dim(self.span(k, v)) for n, k, v in fields(self.data, self.span(kind, value)) if n == 1]
                if len(dims) > MAX_RANK:
                    raise WireError(f"a shape of more than {MAX_RANK} axes", span[0])
                shape = tuple(dims)
        return dtype_of(code), shape

    def _dim(self, span: Span) -> Dim:
        found: Dim = None
        for number, kind, value in fields(self.data, span):
            if number == 1:
                found = self.integer(kind, value)
            elif number == 2:
                found = self.text(kind, value) or None
        return None if isinstance(found, int) and found < 0 else found

    def _opset(self, span: Span) -> tuple[str, int]:
        domain, version = "", 0
        for number, kind, value in fields(self.data, span):
            if number == 1:
                domain = self.text(kind, value)
            elif number == 2:
                version = self.integer(kind, value)
        return domain, version

    def _function(self, span: Span) -> FunctionRecord:
        name = domain = ""
        inputs, outputs = [], []
        nodes: list[NodeRecord] = []
        defaults: dict[str, Any] = {}
        opsets: dict[str, int] = {}
        for number, kind, value in fields(self.data, span):
            if number == 1:
                name = self.text(kind, value)
            elif number == 4:
                inputs.append(self.text(kind, value))
            elif number == 5:
                outputs.append(self.text(kind, value))
            elif number == 7:
                nodes.append(self._node(self.span(kind, value), len(nodes), 1))
            elif number == 9:
                imported, version = self._opset(self.span(kind, value))
                opsets[imported] = version
            elif number == 10:
                domain = self.text(kind, value)
            elif number == 11:
                key, held = self._attribute(self.span(kind, value), 1)
                defaults[key] = held
        return FunctionRecord(name, domain, tuple(inputs), tuple(outputs), nodes, defaults, opsets)
