"""A graph as far as a spec can say it: what only its source knew is put as the language would, and costs the same."""

from __future__ import annotations

from msgspec.structs import replace

from ...errors import SpecError
from ...graph import Graph, Node, Tensor


def plain(graph: Graph) -> Graph:
    """The graph without the shapes that its source stated besides, each weight named after the layer that has it first.

    What a source calls a weight matters only where several layers use it; the language gives it its layer's name. And
    where all of a layer's own weights are frozen, so is the layer, if it does the same in training then.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> from flopcount.ops.source import Parameter
        >>> builder = GraphBuilder("net")
        >>> token = Tensor("class_token", (1, 8), kind="parameter", trainable=True)
        >>> image = builder.input("image", (1, 8))
        >>> outputs = builder.add(Parameter(shape=(1, 8)), [image], name="class_token", tied={"weight": token})
        >>> [weight.name for weight in plain(builder.build(outputs)).nodes[0].weights]
        ['class_token.weight']
    """
    known: dict[str, Tensor] = {}
    names: set[str] = set()
    nodes = tuple(_layer(node, known, names) for node in graph.nodes)
    return replace(graph, nodes=nodes, inputs=_undeclared(graph.inputs), outputs=_undeclared(graph.outputs))


def _layer(node: Node, known: dict[str, Tensor], names: set[str]) -> Node:
    """One layer.

    Args:
        node: The layer.
        known: The weights that layers before it have, by the names that the source gave them.
        names: Those that they have now.
    """
    shapes = [tensor.shape for tensor in node.inputs]
    own = []
    for key, weight in zip((*node.op.weights(*shapes), *node.op.buffers(*shapes)), node.weights, strict=False):
        if weight.name in known or not weight.is_held:
            continue
        if (name := f"{node.name}.{key}") in names:
            raise SpecError(
                f"the names of layers make '{name}' that of two weights", where=node.where, layer=node.label
            )
        names.add(name)
        known[weight.name] = replace(weight, name=name, declared=None)
        own.append(weight)
    weights = tuple(known.get(weight.name, weight) if weight.is_held else weight for weight in node.weights)
    weights = _undeclared(weights)
    learned = [weight.trainable for weight in own if weight.kind == "parameter"]
    frozen = bool(learned) and not any(learned) and node.op.in_training(False) == node.op.in_training(True)
    return replace(
        node,
        inputs=_undeclared(node.inputs),
        outputs=_undeclared(node.outputs),
        weights=weights,
        trainable=node.trainable and not frozen,
    )


def _undeclared(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if all(tensor.declared is None for tensor in tensors):
        return tensors
    return tuple(replace(tensor, declared=None) for tensor in tensors)
