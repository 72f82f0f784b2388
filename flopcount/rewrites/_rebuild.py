"""Putting a graph together again, layer by layer, some of them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..graph import Graph, GraphBuilder, Tensor
from ..graph import Node as Layer
from ..op import Op, Shape


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
        return tuple(tensor if tensor.is_held else self._tensors[tensor.name] for tensor in node.inputs)

    def copy(self, node: Layer, op: Op | None = None, trainable: bool | None = None) -> None:
        """The layer as it is, or with another op, frozen or trained.

        Its weights stay what they are, another layer's too, in the sizes that the op now gives them.
        """
        op, inputs = op or node.op, self.inputs(node)
        old, new = (_held(node.op, node.inputs), _held(op, inputs))
        tied = {
            key: self._known(weight) or _sized(weight, new[key], trainable)
            for key, weight in zip(old, node.weights, strict=False)
            if key in new
        }
        outputs = self.builder.add(
            op,
            inputs,
            name=node.name,
            where=node.where,
            origin=node.origin,
            tied=tied,
            trainable=node.trainable if trainable is None else trainable,
            kept=self._kept(node, trainable),
            trips=node.trips,
            places=node.places,
        )
        self._weights.update(
            {weight.name: tied[key] for key, weight in zip(old, node.weights, strict=False) if key in tied}
        )
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
                kept=self._kept(node, None) if place == len(parts) else (),
                trips=node.trips,
                places=node.places,
            )
        self.stand_in(node, current)
        return tuple(names)

    def _known(self, weight: Tensor) -> Tensor | None:
        """What stands for a weight already: another layer's, or, where a layer computes it, what that gives."""
        return (self._weights if weight.kind in ("parameter", "buffer") else self._tensors).get(weight.name)

    def _kept(self, node: Layer, trainable: bool | None) -> tuple[Tensor, ...]:
        """The learned tensors that a layer uses besides its op's weights."""
        further = node.weights[len(_held(node.op, node.inputs)) :]
        return tuple(self._known(tensor) or _sized(tensor, tensor.shape, trainable) for tensor in further)

    def stand_in(self, node: Layer, tensors: Sequence[Tensor]) -> None:
        """Let these be read wherever the layer's outputs were."""
        self._tensors.update((old.name, new) for old, new in zip(node.outputs, tensors, strict=True))

    def finish(self) -> Graph:
        """The new graph. It promises nothing that the old one did."""
        outputs = [tensor if tensor.is_held else self._tensors[tensor.name] for tensor in self.graph.outputs]
        return self.builder.build(outputs, replace(self.graph.provenance, expect={}))


def _held(op: Op, inputs: Sequence[Tensor]) -> dict[str, Shape]:
    """The shapes of a layer's weights and buffers, by their names in the op, in a node's order."""
    shapes = [tensor.shape for tensor in inputs]
    return {key: tuple(shape) for key, shape in (*op.weights(*shapes).items(), *op.buffers(*shapes).items())}


def _sized(weight: Tensor, shape: Shape, trainable: bool | None) -> Tensor:
    return replace(weight, shape=shape, trainable=weight.trainable and trainable is not False, declared=None)
