"""The engine: walks a graph once and keeps, per layer, the ledger of primitive work. It prices nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from .conventions import LECTURE, Convention
from .errors import UsageError, did_you_mean
from .gradients import SUM, Gradients
from .graph import Graph, Node
from .op import Op, Work
from .tools import Use

MODES = ("eval", "train")
"""The forward pass at test time, or one training step."""


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

    def priced_by(self, convention: Convention) -> Sequence[Work] | None:
        """The entries that a convention prices; None where nobody knows what they are."""
        if self.work is None or not convention.rules:
            return self.work
        priced, trips = convention.ledger(self.use), self.node.trips
        if priced is None or trips == 1:
            return priced
        return (*repeated(priced, trips), *(entry for entry in self.work if entry.phase != "forward"))

    @property
    def use(self) -> Use:
        """The layer as a tool meets it: once, where it runs in a loop."""
        node, work = self.node, self.work or ()
        if node.trips != 1:
            forward = (entry for entry in work if entry.phase == "forward")
            work = tuple(
                replace(entry, count=entry.count // node.trips, outputs=entry.outputs // node.trips)
                for entry in forward
                if node.trips
            )
        inputs, outputs = ([tensor.shape for tensor in tensors] for tensors in (node.inputs, node.outputs))
        return Use(node.op, work, tuple(inputs), tuple(outputs), node.origin, node.places)


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
        mode: `eval`: the forward pass at test time; `train`: one training step, forward and backward.
        views: How many views (crops) of every sample the batch holds, as in multi-crop testing.
    """

    graph: Graph
    layers: tuple[Layer, ...]
    convention: Convention = LECTURE
    mode: str = "eval"
    views: int = 1

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


def count(graph: Graph, convention: Convention = LECTURE, mode: str = "eval", views: int = 1) -> Report:
    """Count every layer of a graph.

    Args:
        graph: The network.
        convention: How the report's readers will price the work.
        mode: `eval` for the forward pass at test time, `train` for one training step: the forward pass in training and
            the gradients that it needs. The loss and the optimiser's step are no part of the network.
        views: How many views of every sample the graph's batch holds.

    Returns:
        Layers in the graph's order, weights that several layers use counted at the first.

    Raises:
        UsageError: There is no such mode, or none with so many views.
    """
    if mode not in MODES:
        raise UsageError(f"unknown mode '{mode}'", hint=did_you_mean(mode, MODES))
    _check_views(views, graph.batch, mode)
    counted: set[str] = set()
    if mode == "eval":
        layers = tuple(_layer(node, _work(node, node.op), counted) for node in graph.nodes)
        return Report(graph, layers, convention, mode, views)
    gradients = Gradients(graph)
    steps = (_layer(node, _step(node, gradients), counted) for node in graph.nodes)
    return Report(graph, tuple(steps), convention, mode)


def batch_of(batch: int | None, views: int) -> int | None:
    """The batch that holds so many views of every sample.

    Raises:
        UsageError: There is no such number of views, or no batch to hold them.

    Example:
        >>> batch_of(8, 10), batch_of(None, 1)
        (80, None)
    """
    if type(views) is not int or views < 1:
        raise UsageError(f"the number of views must be a positive integer, not {views!r}")
    if batch is None and views > 1:
        raise UsageError("several views of a sample stand in a batch, and this network has none")
    return batch if batch is None or type(batch) is not int else batch * views


def _check_views(views: int, batch: int | None, mode: str) -> None:
    batch_of(batch, views)
    if views > 1 and mode == "train":
        raise UsageError(
            "several views of a sample are for test time: a training step sees one",
            hint="leave out either the views or the mode 'train'; a larger batch trains on more samples",
        )
    if batch is not None and batch % views:
        raise UsageError(
            f"a batch of {batch} does not hold {views} views of every sample",
            hint=f"a graph has its batch already: load it with batch={batch * views}",
        )


def op_in(mode: str, node: Node) -> Op:
    """A node's op as it runs in a mode."""
    return node.op.in_training(node.trainable) if mode == "train" else node.op


def _work(node: Node, op: Op) -> Sequence[Work] | None:
    work = op.work(*[tensor.shape for tensor in node.inputs + node.outputs])
    return work if work is None or node.trips == 1 else repeated(work, node.trips)


def repeated(work: Sequence[Work], trips: int) -> tuple[Work, ...]:
    """The same work so many times.

    Example:
        >>> from .op import dot
        >>> repeated([dot(12, 3)], 10)[0].count
        120
    """
    return tuple(replace(entry, count=entry.count * trips, outputs=entry.outputs * trips) for entry in work)


def _step(node: Node, gradients: Gradients) -> Sequence[Work] | None:
    """Forward and backward; unknown where either is."""
    op = op_in("train", node)
    forward, backward = _work(node, op), gradients.of(node, op)
    if forward is None or backward is None:
        return None
    if node.trips != 1:  # a loop's gradients too; what readers and users give is summed once
        sums = [entry for entry in backward if entry.part == SUM]
        backward = (*repeated([entry for entry in backward if entry.part != SUM], node.trips), *sums)
    return (*forward, *backward)


def _layer(node: Node, work: Sequence[Work] | None, counted: set[str]) -> Layer:
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
        elif weight.kind == "parameter":
            params += elements
            trainable += elements * weight.trainable
    return Layer(node, tuple(work), params, trainable, buffers, tuple(shared))
