"""Putting a graph together again, layer by layer, some of them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..graph import Graph, GraphBuilder, Tensor
from ..graph import Node as Layer
from ..op import Op, Shape


def own_weights(node: Layer) -> list[str]:
    """The names of a layer's weights and buffers in its op; what it uses besides comes after them."""
    shapes = [tensor.shape for tensor in node.inputs]
    return [*node.op.weights(*shapes), *node.op.buffers(*shapes)]


class Rebuild:
    """A copy of a graph in the making.

    Layers are taken in the graph's order; each is copied, changed, or replaced by others. Whatever reads an old tensor
    then reads the one that stands in its place.

    Example:
        >>> from flopcount.ops.activation import ReLU, SiLU
        >>> builder = GraphBuilder("example")
        >>> graph = builder.build(builder.add(ReLU(), [builder.input("x", (1, 8))], name="act"))
        >>> rebuild = Rebuild(graph)
        >>> for node in graph.nodes:
        ...     rebuild.copy(node, op=SiLU())
        >>> rebuild.finish().nodes[0].label
        'act (silu)'
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape | None] | None = None) -> None:
        """Begin with the inputs, under other shapes where these are given."""
        self.graph = graph
        self.builder = GraphBuilder(graph.name, graph.batch, graph.dtype)
        self._tensors: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}
        for tensor in graph.inputs:
            shape = (shapes or {}).get(tensor.name) or tensor.shape
            self._tensors[tensor.name] = self.builder.input(tensor.name, shape, tensor.dtype)

    def inputs(self, node: Layer) -> tuple[Tensor, ...]:
        """What a layer now reads."""
        return tuple(self._tensors[tensor.name] for tensor in node.inputs)

    def copy(self, node: Layer, op: Op | None = None, trainable: bool | None = None) -> None:
        """The layer as it is, or with another op, frozen or trained.

        Its weights keep their ties: one that is another layer's stays that layer's.
        """
        keys = own_weights(node)
        tied = {
            key: known
            for key, weight in zip(keys, node.weights, strict=False)
            if (known := self._known(weight)) is not None
        }
        outputs = self.builder.add(
            op or node.op,
            self.inputs(node),
            name=node.name,
            where=node.where,
            origin=node.origin,
            tied=tied,
            trainable=node.trainable if trainable is None else trainable,
            kept=self._kept(node),
            trips=node.trips,
        )
        for old, new in zip(node.weights, self.builder.nodes[-1].weights, strict=False):
            self._weights.setdefault(old.name, new)
        self.stand_in(node, outputs)

    def chain(self, node: Layer, parts: Sequence[tuple[str, Op]]) -> tuple[str, ...]:
        """Several layers, each reading the one before, in the place of one; their full names."""
        current = self.inputs(node)
        names = []
        for place, (name, op) in enumerate(parts, start=1):
            names.append(f"{node.name}.{name}" if name else node.name)
            current = self.builder.add(
                op,
                current,
                name=names[-1],
                where=node.where,
                origin=node.origin,
                trainable=node.trainable,
                kept=self._kept(node) if place == len(parts) else (),
                trips=node.trips,
            )
        self.stand_in(node, current)
        return tuple(names)

    def _known(self, weight: Tensor) -> Tensor | None:
        """What now stands for a weight: another layer's, or, where a layer computes it, what that gives."""
        return (self._weights if weight.kind in ("parameter", "buffer") else self._tensors).get(weight.name)

    def _kept(self, node: Layer) -> tuple[Tensor, ...]:
        """The learned tensors that a layer uses besides its op's weights."""
        return tuple(self._known(tensor) or tensor for tensor in node.weights[len(own_weights(node)) :])

    def stand_in(self, node: Layer, tensors: Sequence[Tensor]) -> None:
        """Let these be read wherever the layer's outputs were."""
        self._tensors.update((old.name, new) for old, new in zip(node.outputs, tensors, strict=True))

    def finish(self) -> Graph:
        """The new graph. It promises nothing that the old one did."""
        outputs = [self._tensors[tensor.name] for tensor in self.graph.outputs]
        return self.builder.build(outputs, replace(self.graph.provenance, expect={}))
