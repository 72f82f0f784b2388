"""The walk over a file's graph: every node becomes a layer, is done beforehand, or is listed as unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ...errors import FlopcountError, OpError, SourceError, show_shape
from ...graph import GraphBuilder, Tensor
from ...op import Op, Shape
from .beforehand import Beforehand
from .call import Call
from .dimensions import Dimensions
from .frame import Frame
from .kept import Kept
from .messages import Parser
from .names import Unique, layer_names
from .operators import FREE, find_rule
from .order import reads, sorted_nodes
from .records import FunctionRecord, GraphRecord, ModelRecord, NodeRecord, Reference
from .unread import Unread
from .values import UnreadError, Value, unknown

MAX_STEPS = 80_000
"""Nodes that functions and bodies may have when they are written out, as often as they are called."""
MAX_NESTING = 48
STANDARD = ("", "ai.onnx")


class Walk:
    """Reads a model's graph into a graph builder.

    Attributes:
        builder: Where layers go.
        settable: What the user may set beside the sizes of the inputs.
        mismatched: Shapes that differ from what the file declares.
        integers: How many products multiply integers.
    """

    def __init__(self, model: ModelRecord, parser: Parser, builder: GraphBuilder, sizes: Dimensions, path: str) -> None:
        self.model = model
        self.builder = builder
        self.sizes = sizes
        self.path = path
        self.settable: set[str] = set()
        self.mismatched: list[str] = []
        self.integers = 0
        self._beforehand = Beforehand(parser)
        self._frame = Frame()
        self._name = ""
        self._names = Unique()
        self._kept = Kept(builder, self._names.of)
        self._steps = 0

    def run(self, inputs: Mapping[str, Value]) -> list[Tensor]:
        """Walk the model's graph; the tensors of its outputs, where their shapes are known."""
        for name in inputs:
            self._names.of(name)
        outputs = self._graph(self.model.graph, dict(inputs), Frame(opsets=self.model.opsets, outer=None))
        parts = [part for value in outputs for part in (value.parts or (value,))]
        return [value.tensor for value in parts if value.tensor is not None]

    def value(self, name: str) -> Value | None:
        """What a name stands for, here or around here."""
        return self._frame.find(name)

    def sole_reader(self, name: str) -> NodeRecord | None:
        """The one node that reads a value, where nobody else does and the graph does not give it out."""
        return self._frame.sole_reader(name)

    def absorb(self, node: NodeRecord) -> None:
        """Skip a node whose work the layer that is being added has taken in."""
        self._frame.absorb(node)

    def setting(self, name: str) -> str | None:
        """What the user has set for a name."""
        self.settable.add(name)
        return self.sizes.setting(name)

    def integer_products(self, call: Call) -> None:
        """Count the last layer's products among those of integers."""
        node = self.builder.nodes[-1]
        work = node.op.work(*(tensor.shape for tensor in node.inputs + node.outputs)) or ()
        self.integers += node.trips * sum(entry.count for entry in work if entry.kind == "dot")

    def add(
        self, call: Call, op: Op, inputs: Sequence[Value], tied: Mapping[str, Tensor], kept: Sequence[Tensor], part: str
    ) -> tuple[Tensor, ...]:
        """Add a layer under the name of the node that is being read."""
        where = self._where(call.node)
        return self.builder.add(
            op,
            [self._kept.tensor(value, self._name, where) for value in inputs],
            name=self._names.of(f"{self._name}.{part}" if part else self._name),
            where=where,
            tied=tied,
            kept=kept,
            trips=self._frame.trips,
        )

    def inline(self, call: Call, graph: GraphRecord, inputs: Sequence[Value], trips: int, part: str) -> list[Value]:
        """Walk a graph in an attribute, its inputs bound in order."""
        if len(inputs) < len(graph.inputs):
            raise UnreadError(f"its body takes {len(graph.inputs)} inputs, not {len(inputs)}")
        outer = self._frame
        frame = Frame(
            outer=outer,
            attributes=outer.attributes,
            opsets=outer.opsets,
            prefix=f"{self._name}.{part}." if part else f"{self._name}.",
            trips=outer.trips * trips,
            depth=outer.depth + 1,
        )
        bound = {record.name: value for record, value in zip(graph.inputs, inputs, strict=False)}
        return self._graph(graph, bound, frame)

    def _graph(self, graph: GraphRecord, values: dict[str, Value], frame: Frame) -> list[Value]:
        if frame.depth > MAX_NESTING:
            raise SourceError(f"functions and bodies within one another, more than {MAX_NESTING} deep")
        for record in graph.initializers:
            if record.name not in values:
                values[record.name] = self._beforehand.initializer(record)
        frame.values = values
        frame.declared = {record.name: record for record in (*graph.values, *graph.outputs)}
        frame.kept = frozenset(record.name for record in graph.outputs)
        weights = frozenset(record.name for record in graph.initializers)
        self._nodes(graph.nodes, layer_names(graph, weights), frame)
        outer, self._frame = self._frame, frame
        found = [self._find(record.name, None) for record in graph.outputs]
        self._frame = outer
        return found

    def _nodes(self, nodes: Sequence[NodeRecord], names: Sequence[str], frame: Frame) -> None:
        for node in nodes:
            for name in set(reads(node)):
                frame.readers.setdefault(name, []).append(node)
        outer, name, self._frame = self._frame, self._name, frame
        for node in sorted_nodes(nodes):
            self._steps += frame.depth > 0
            if self._steps > MAX_STEPS:
                raise SourceError(
                    f"more than {MAX_STEPS:,} nodes when functions and bodies are written out", where=self.path
                )
            if id(node) in frame.absorbed:
                frame.values[node.outputs[0]] = frame.absorbed[id(node)]
                continue
            self._name = frame.prefix + names[node.index]
            self._node(node, frame)
        self._frame, self._name = outer, name

    def _node(self, node: NodeRecord, frame: Frame) -> None:
        absorbed = set(frame.absorbed)
        inputs = [self._input(name, node) for name in node.inputs]
        attributes = {
            key: frame.attributes.get(value.name) if isinstance(value, Reference) else value
            for key, value in node.attributes.items()
        }
        domain = "" if node.domain in STANDARD else node.domain
        version = max((frame.opsets.get(name, 0) for name in (STANDARD if not domain else (domain,))), default=0)
        call = Call(self, node, version or 1, inputs, attributes)
        known = self._beforehand.outputs(call) if not domain else None
        found = self._layers(call, domain) if known is None else known
        for place, name in enumerate(node.outputs):
            if name:
                frame.values[name] = self._checked(name, found[place] if place < len(found) else unknown(name), frame)
        for key in frame.absorbed.keys() - absorbed:
            frame.absorbed[key] = found[0]

    def _layers(self, call: Call, domain: str) -> Sequence[Value]:
        node = call.node
        rule = find_rule(domain, node.op_type)
        try:
            if rule is not None:
                return rule(call)
            function = self.model.functions.get((node.domain, node.op_type))
            if function is not None:
                return self._function(call, function)
            raise UnreadError(f"the operator {node.op_type} is not known")
        except UnreadError:
            return self._unread(call)
        except FlopcountError as error:
            raise error.located(self._where(node), f"{self._name} ({node.op_type})") from None
        except (LookupError, ValueError, ArithmeticError, TypeError):
            shapes = [show_shape(value.tensor.shape) for value in call.given if value.tensor is not None]
            raise OpError(
                f"the node's inputs and attributes do not fit the operator {node.op_type}",
                facts={"input": ", ".join(shapes)} if shapes else {},
                where=self._where(node),
                layer=f"{self._name} ({node.op_type})",
            ) from None

    def _function(self, call: Call, function: FunctionRecord) -> list[Value]:
        outer = self._frame
        frame = Frame(
            attributes={**function.defaults, **call.attributes},
            opsets={**self.model.opsets, **function.opsets},
            prefix=f"{self._name}.",
            trips=outer.trips,
            depth=outer.depth + 1,
        )
        if frame.depth > MAX_NESTING:
            raise SourceError(f"functions and bodies within one another, more than {MAX_NESTING} deep")
        given = dict(zip(function.inputs, call.inputs, strict=False))
        frame.values = {name: value for name, value in given.items() if value is not None}
        frame.absent = frozenset(function.inputs) - frame.values.keys()
        graph = GraphRecord(function.name, function.nodes)
        frame.kept = frozenset(function.outputs)
        self._nodes(function.nodes, layer_names(graph, frozenset()), frame)
        self._frame = frame
        found = [self._find(name, call.node) for name in function.outputs]
        self._frame = outer
        return found

    def _unread(self, call: Call) -> list[Value]:
        """A layer of unknown cost (or one that only moves data), its outputs as the file declares them."""
        node, frame = call.node, self._frame
        shapes: list[Shape | None] = [self._declared_shape(name, frame) for name in node.outputs]
        free = node.op_type in FREE
        known = tuple(shape for shape in shapes if shape is not None)
        inputs = [value for value in call.given if value.tensor is not None]
        dtypes = [frame.declared[name].dtype if name in frame.declared else "" for name in node.outputs]
        if free and all(value.held for value in call.given):
            made: Sequence[Tensor] = [
                Tensor(name, shape or ()) for name, shape in zip(node.outputs, known, strict=False)
            ]
        else:
            made = self.add(call, Unread(kind=node.op_type, shapes=known, free=free), inputs, {}, (), "")
        tensors = iter(made)
        return [
            unknown(name, dtype or "float32")
            if shape is None
            else Value(name, dtype or "float32", replace(next(tensors), dtype=dtype or "float32"))
            for name, shape, dtype in zip(node.outputs, shapes, dtypes, strict=True)
        ]

    def _input(self, name: str, node: NodeRecord) -> Value | None:
        """What a node reads; None for an optional input that is left out, or that the function was not given."""
        return None if not name or name in self._frame.absent else self._find(name, node)

    def _find(self, name: str, node: NodeRecord | None) -> Value:
        found = self.value(name)
        if found is None:
            what = f"reads '{name}'" if node else f"the graph gives out '{name}'"
            raise SourceError(f"{what}, which nothing makes", where=self._where(node) if node else self.path)
        return found

    def _declared_shape(self, name: str, frame: Frame) -> Shape | None:
        record = frame.declared.get(name)
        if record is None or record.shape is None:
            return None
        for dim in record.shape:
            if isinstance(dim, str):
                self.settable.add(dim)
                self.sizes.late_name(dim)
        return self.sizes.shape(record)

    def _checked(self, name: str, value: Value, frame: Frame) -> Value:
        """A value under its name, compared with what the file declares of it."""
        record = frame.declared.get(name)
        if value.tensor is None or record is None or record.shape is None or self.sizes.overridden:
            return value
        shape = value.tensor.shape
        wrong = len(shape) != len(record.shape) or any(
            isinstance(dim, int) and dim != size for dim, size in zip(record.shape, shape, strict=True)
        )
        if wrong:
            stated = show_shape("?" if dim is None else dim for dim in record.shape)
            self.mismatched.append(f"'{name}' is {show_shape(shape)}, declared {stated}")
        return value

    def _where(self, node: NodeRecord) -> str:
        return f"{self.path}: node {node.index}" + (f" of {self._frame.prefix[:-1]}" if self._frame.prefix else "")
