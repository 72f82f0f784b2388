"""The engine: walks a graph once and keeps, per layer, the ledger of primitive work. It prices nothing."""

from __future__ import annotations

from math import prod

from msgspec import Struct

from .conventions import LECTURE, Convention
from .graph import Graph, Node
from .op import Work


class Layer(Struct, frozen=True, gc=False):
    """What one node holds and does.

    Attributes:
        node: The node itself.
        work: Its ledger; None where nobody knows it, which is never zero.
        params: Learned numbers that no earlier layer counted; None where unknown.
        trainable_params: Those of them that training changes.
        buffers: Numbers kept but not learned (a batch norm's running mean and variance).
        shared: Names of its weights that an earlier layer counted already.
    """

    node: Node
    work: tuple[Work, ...] | None
    params: int | None = 0
    trainable_params: int | None = 0
    buffers: int | None = 0
    shared: tuple[str, ...] = ()


class Total(Struct, frozen=True):
    """A sum that remembers whether something in it is unknown: then it is a lower bound.

    Example:
        >>> Total(3) + Total(4, unknown=1)
        Total(value=7, unknown=1)
    """

    value: int
    unknown: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(self.value + other.value, self.unknown + other.unknown)


class Report(Struct, frozen=True):
    """A graph counted layer by layer, and the convention that its numbers are read under.

    Attributes:
        graph: What was counted.
        layers: One per node, disjoint; they sum to the totals.
        convention: How work is priced.
        mode: `eval`: the forward pass at test time.
    """

    graph: Graph
    layers: tuple[Layer, ...]
    convention: Convention = LECTURE
    mode: str = "eval"

    @property
    def uncounted(self) -> tuple[Layer, ...]:
        """The layers whose cost nobody knows."""
        return tuple(layer for layer in self.layers if layer.work is None)

    @property
    def totals(self) -> dict[str, Total]:
        """Every metric's total, by its key; without `flops` where the convention's unit is another."""
        from .metrics import METRICS, Figures

        figures = Figures(self)
        known = METRICS.keys() - (set() if self.convention.unit == "FLOP" else {"flops"})
        return {key: figures.total(metric) for key, metric in METRICS.items() if key in known}

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        from .renderers import html
        from .summary import report_document

        return html.render(report_document([self]), color=True, width=None)


def count(graph: Graph, convention: Convention = LECTURE) -> Report:
    """Count every layer of a graph.

    Args:
        graph: The network.
        convention: How the report's readers will price the work.

    Returns:
        Layers in the graph's order, weights that several layers use counted at the first.
    """
    counted: set[str] = set()
    return Report(graph, tuple(_layer(node, counted) for node in graph.nodes), convention)


def _layer(node: Node, counted: set[str]) -> Layer:
    shapes = [tensor.shape for tensor in node.inputs + node.outputs]
    work = node.op.work(*shapes)
    if work is None:
        return Layer(node, None, None, None, None)
    if not node.weights:
        return Layer(node, tuple(work))
    params = trainable = buffers = 0
    shared = []
    for weight in node.weights:
        if weight.name in counted:
            shared.append(weight.name)
            continue
        counted.add(weight.name)
        elements = prod(weight.shape)
        if weight.kind == "buffer":
            buffers += elements
        else:
            params += elements
            trainable += elements * weight.trainable
    return Layer(node, tuple(work), params, trainable, buffers, tuple(shared))
