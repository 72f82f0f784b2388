"""Which gradients a training step needs, and what they cost: only where something trainable waits for them.

Reverse-mode differentiation: the gradient of the loss comes in at the network's outputs, passes through every layer
that has something trainable in it or before it, and stops where nothing before is. Integers carry none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .graph import DISCRETE_DTYPES, Graph, Node, Tensor
from .op import Op, Work, add, to_input, to_weight

SUM = "sum"
"""The part of a layer's work that adds up the gradients which several readers or users give."""


class Gradients:
    """The gradients of one graph.

    Attributes:
        wanted: Names of the activations whose gradient somebody trainable waits for, and of the learned tensors that
            layers read as they are.
        given: Names of the activations that lead to an output of the network, so that a gradient reaches them.
    """

    def __init__(self, graph: Graph) -> None:
        self.wanted = _wanted(graph)
        self.given = _given(graph)
        self._readers = Counter(tensor.name for tensor in graph.outputs)
        self._users: Counter[str] = Counter()
        for node in graph.nodes:
            if self.passes(node):
                self._readers.update(tensor.name for tensor in (*node.inputs, *_made(node)))

    def passes(self, node: Node) -> bool:
        """Whether a gradient passes through a layer: one comes in, and somebody waits for one."""
        return any(tensor.name in self.given and tensor.name in self.wanted for tensor in node.outputs)

    def of(self, node: Node, op: Op) -> Sequence[Work] | None:
        """The backward work of one layer; None where nobody knows it.

        Args:
            node: The layer; layers are asked for in the graph's order.
            op: Its op, as it runs in training.
        """
        if not self.passes(node):
            return ()
        entries = op.backward(*[tensor.shape for tensor in node.inputs + node.outputs])
        if entries is None:
            return None
        trained = self._trained(node)
        needed = [entry for entry in entries if entry.count and self._needs(node, trained, entry.to)]
        return (*needed, *self._sums(node, trained))

    def _needs(self, node: Node, trained: dict[str, Tensor], to: int | str) -> bool:
        if isinstance(to, int):
            return node.inputs[to].name in self.wanted
        return not to or to in trained

    def _sums(self, node: Node, trained: dict[str, Tensor]) -> Sequence[Work]:
        """Where several readers of an output, or several users of a weight, give a gradient, it is their sum."""
        sums: list[Work] = []
        for tensor in node.outputs:
            if (readers := self._readers[tensor.name]) > 1 and tensor.name in self.wanted:
                sums += to_input(None, add((readers - 1) * tensor.elements, part=SUM))
        for key, weight in trained.items():
            if weight.is_held and self._is_shared(weight):
                sums += to_weight(key, add(weight.elements, part=SUM))
        for tensor in node.inputs:
            if tensor.is_held and tensor.name in self.wanted and self._is_shared(tensor):
                sums += to_input(None, add(tensor.elements, part=SUM))
        return sums

    def _is_shared(self, weight: Tensor) -> bool:
        """Whether a learned tensor has been given a gradient before; it has now."""
        self._users[weight.name] += 1
        return self._users[weight.name] > 1

    def _trained(self, node: Node) -> dict[str, Tensor]:
        """The weights that wait for a gradient, by their names in the op; some may be what a layer makes."""
        keys = node.op.weights(*[tensor.shape for tensor in node.inputs])
        return {
            key: weight
            for key, weight in zip(keys, node.weights, strict=False)
            if weight.trainable or (not weight.is_held and weight.name in self.wanted)
        }


def _made(node: Node) -> list[Tensor]:
    """The weights of a layer that another one makes."""
    return [weight for weight in node.weights if not weight.is_held]


def _wanted(graph: Graph) -> set[str]:
    wanted: set[str] = set()
    for node in graph.nodes:
        wanted.update(tensor.name for tensor in node.inputs if tensor.is_held and tensor.trainable)
        trains = any(weight.trainable for weight in node.weights) or (node.trainable and _is_unknown(node))
        if trains or any(tensor.name in wanted for tensor in (*node.inputs, *_made(node))):
            wanted.update(tensor.name for tensor in node.outputs if tensor.dtype not in DISCRETE_DTYPES)
    return wanted


def _is_unknown(node: Node) -> bool:
    """Whether nobody knows what a layer does: then it is taken to learn, unless it says that it is frozen."""
    return node.op.work(*[tensor.shape for tensor in node.inputs + node.outputs]) is None


def _given(graph: Graph) -> set[str]:
    given = {tensor.name for tensor in graph.outputs}
    for node in reversed(graph.nodes):
        if any(tensor.name in given and tensor.dtype not in DISCRETE_DTYPES for tensor in node.outputs):
            given.update(tensor.name for tensor in (*node.inputs, *_made(node)))
    return given
