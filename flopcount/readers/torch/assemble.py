"""From a trace to a graph: every operator becomes layers of ours, whose shapes are checked against torch's.

An operator that nobody maps becomes an `opaque` layer: its cost is unknown, which is never zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from msgspec.structs import replace

from ...errors import BugError, OpError, show_shape
from ...graph import Graph, GraphBuilder, Node, Provenance, Tensor
from .aten import find
from .reading import Part
from .site import Site, Unmapped
from .trace import Call, Scope, Trace, Value

LISTED = 8
"""How many names a note lists."""


def assemble(trace: Trace, name: str, batch: int | None, provenance: Provenance) -> Graph:
    """The graph of a trace.

    Args:
        trace: What ran.
        name: The model's name.
        batch: The size of the batch axis, or None.
        provenance: Where it came from; the notes on the tracing are added to it.

    Raises:
        BugError: A shape that we infer is not the one that torch computed.
    """
    return Assembler(trace, name, batch).graph(provenance)


class Assembler:
    """Puts up the layers of a trace; see `assemble`."""

    def __init__(self, trace: Trace, name: str, batch: int | None) -> None:
        self.trace = trace
        dtypes = Counter(value.dtype for value in trace.held if value.kind == "parameter")
        self.builder = GraphBuilder(name, batch, dtypes.most_common(1)[0][0] if dtypes else "float32")
        read = {id(value) for call in trace.calls for value in call.operands()} | set(map(id, trace.outputs))
        self.site = Site(self.builder, read)
        self._became: dict[int, Value] = {}
        self._dtypes: dict[str, str] = {}
        self._unmapped: dict[tuple[str, str], list[str]] = {}

    def graph(self, provenance: Provenance) -> Graph:
        """The graph; see `assemble`."""
        for value in self.trace.inputs:
            self.site.input(value)
        for call in self.trace.calls:
            self._put_up(call)
        outputs = [self.site.tensor(self._now(value)) for value in self.trace.outputs]
        self._keep_the_rest()
        graph = self.builder.build(outputs)
        return self._retyped(replace(graph, provenance=replace(provenance, notes=(*provenance.notes, *self._notes()))))

    def parts(self) -> dict[str, Part]:
        """What each module did, once the graph is there."""
        layers: dict[str, list[str]] = {}
        for node in self.builder.nodes:
            for path in self.site.scopes[node.name].running() if node.name in self.site.scopes else ():
                layers.setdefault(path, []).append(node.name)
        return {
            path: Part(
                tuple(layers.get(path, ())),
                tuple(value.name for value in self.trace.kept[path]),
                tuple(self._now(value).shape for value in returned) if returned is not None else None,
            )
            for path in self.trace.kept
            for returned in [self.trace.outputs if path == "" else self.trace.returned.get(path)]
        }

    def _now(self, item: Any) -> Any:
        """What the values in an argument became in the graph."""
        if isinstance(item, Value):
            return self._became.get(id(item), item)
        if isinstance(item, list | tuple):
            return [self._now(each) for each in item]
        if isinstance(item, dict):
            return {key: self._now(each) for key, each in item.items()}
        return item

    def _put_up(self, call: Call) -> None:
        self.site.call = call
        before = len(self.builder.nodes)
        try:
            mapping = find(call.operator)
            if mapping is None:
                raise Unmapped
            made = mapping(self.site, *self._now(call.args), **self._now(call.kwargs))
            made = made if isinstance(made, list | tuple) else [made]
        except (Unmapped, OpError, TypeError, ValueError, LookupError, AttributeError) as error:
            self.site.take_down(before)  # another torch's arguments too
            made = self._opaque(call, str(error) if isinstance(error, Unmapped) else "")
        for traced, value in zip(call.outputs, made, strict=False):
            if traced is None or value is None:
                continue
            if value.shape != traced.shape:
                raise _bug(call, value, traced)
            if value.dtype != traced.dtype and value.kind == "activation":
                self._dtypes[self.site.tensor(value).name] = traced.dtype
            self._became[id(traced)] = value

    def _opaque(self, call: Call, reason: str) -> list[Value | None]:
        """One layer of unknown cost; several outputs that somebody reads are cut out of what it makes."""
        where = call.where or call.scope.path or "the top"
        self._unmapped.setdefault((call.target, reason), []).append(where)
        inputs = [self._now(value) for value in call.operands()]
        made: list[Value | None] = []
        cut: list[int] = []
        for place, value in enumerate(call.outputs):
            empty = value is not None and not value.elements  # nothing is made of nothing
            made.append(Value(value.shape, value.dtype, "constant") if value is not None and empty else None)
            if value is not None and not empty and (self.site.is_used(place) or len(call.outputs) == 1):
                cut.append(place)
        shapes = [value.shape for place in cut if (value := call.outputs[place]) is not None]
        if len(shapes) < 2:
            whole = self._unknown(call, shapes[0] if shapes else (1,), inputs)
            return [whole if place in cut else value for place, value in enumerate(made)]
        sizes = tuple(prod(shape) for shape in shapes)
        parts = self.site.layers("split", self._unknown(call, (sum(sizes),), inputs), sizes=sizes, axis=0)
        for place, part, shape in zip(cut, parts, shapes, strict=True):
            made[place] = self.site.layer("reshape", part, shape=shape, keep_batch=False)
        return made

    def _unknown(self, call: Call, shape: tuple[int, ...], inputs: Sequence[Value]) -> Value:
        return self.site.layer("opaque", *inputs, out=shape, keep_batch=False)

    def _keep_the_rest(self) -> None:
        """Parameters and buffers that no operator has used still belong to the model."""
        used = {weight.name for node in self.builder.nodes for weight in node.weights}
        self.site.call = Call("", (), {}, (), Scope(""))
        for value in self.trace.held:
            if value.name not in used and not value.name.endswith("num_batches_tracked"):
                self.site.tensor(value)

    def _notes(self) -> Iterator[str]:
        yield from self.trace.notes
        for (target, reason), places in self._unmapped.items():
            times = f"{len(places)} times, first" if len(places) > 1 else "once,"
            why = f": {reason}" if reason else ""
            yield f"nobody knows what the operator {target} costs ({times} at {places[0]}){why}"
        if any(self._is_complex(node) for node in self.builder.nodes):
            yield "some products are of complex numbers: each counts as one, and takes four of real numbers"
        if idle := self._never_called():
            listed = ", ".join(idle[:LISTED]) + (f" and {len(idle) - LISTED} more" if len(idle) > LISTED else "")
            yield f"never called: {listed}; what they hold is counted, and they do no work"

    def _is_complex(self, node: Node) -> bool:
        """Whether a layer adds up products of complex numbers."""
        read = [*node.inputs, *node.weights]
        if not any(tensor.dtype.startswith("complex") for tensor in read):
            return False
        shapes = [tensor.shape for tensor in (*node.inputs, *node.outputs)]
        return any(entry.kind == "dot" for entry in node.op.work(*shapes) or ())

    def _never_called(self) -> list[str]:
        """The outermost modules that hold tensors, but neither ran nor had one of them used."""
        holding = {value.name.rpartition(".")[0] for value in self.trace.held}
        busy = set(self.trace.called)
        for call in self.trace.calls:
            busy.update(value.name.rpartition(".")[0] for value in call.operands() if value.name)
        for path in list(busy):
            while path:
                path = path.rpartition(".")[0]
                busy.add(path)
        idle = [path for path in self.trace.modules if path and path not in busy]
        outermost = [path for path in idle if path.rpartition(".")[0] in busy or "." not in path]
        return [path for path in outermost if any(f"{other}.".startswith(f"{path}.") for other in holding)]

    def _retyped(self, graph: Graph) -> Graph:
        """The graph with torch's dtypes where an op says another: sums of integers and fractions are fractions."""
        if not self._dtypes:
            return graph

        def right(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(
                replace(tensor, dtype=self._dtypes[tensor.name]) if tensor.name in self._dtypes else tensor
                for tensor in tensors
            )

        nodes = tuple(replace(node, inputs=right(node.inputs), outputs=right(node.outputs)) for node in graph.nodes)
        return replace(graph, nodes=nodes, outputs=right(graph.outputs))


def _bug(call: Call, value: Value, traced: Value) -> BugError:
    return BugError(
        f"this is a bug in flopcount: it infers {show_shape(value.shape)} for {call.target}, "
        f"but torch computed {show_shape(traced.shape)}",
        where=call.where,
        layer=call.scope.path,
        facts={"inputs": ", ".join(show_shape(operand.shape) for operand in call.operands())},
        hint="please report it with the model; no number of this model can be trusted until it is mended",
    )
