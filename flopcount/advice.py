"""What each layer would cost under another design: every rewrite that fits it, counted on that layer alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from .engine import Layer, Report, count
from .errors import FlopcountError, UsageError
from .graph import Graph, GraphBuilder, Node, Tensor
from .metrics import METRICS, Figures
from .op import Op
from .rewriting import find_rewrite, parse_request, read_options

DESIGNS = ("separable", "bottleneck", "factorize", "grouped:groups=2", "low-rank:rank=0.25")
"""The designs that are tried unless others are asked for."""


class Candidate(Struct, frozen=True):
    """A layer that could be designed otherwise.

    Attributes:
        name, op: The layer.
        count: What it costs, as the report's convention prices it.
        designs: What it would cost under each design that fits it, by the design's request.
    """

    name: str
    op: str
    count: int
    designs: dict[str, int]

    @property
    def best(self) -> str:
        """The design that saves most; empty where none saves."""
        cheaper = [(cost, design) for design, cost in self.designs.items() if cost < self.count]
        return min(cheaper)[1] if cheaper else ""

    def saved(self, design: str) -> int:
        """What a design saves; nothing where it does not fit or costs more."""
        return max(0, self.count - self.designs.get(design, self.count))


class Advice(Struct, frozen=True):
    """Every layer that some design fits, the one that could save most first.

    Attributes:
        report: The network as it is.
        designs: The designs that were tried.
        candidates: The layers, ranked by what their best design saves.
        total: What the whole network costs, as far as that is known.
    """

    report: Report
    designs: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    total: int


def advise(report: Report, designs: Sequence[str] = DESIGNS) -> Advice:
    """Try designs on every layer.

    Args:
        report: The network, counted.
        designs: Rewrites of single layers, as `rewriting.rewrite` takes them.

    Raises:
        UsageError: There is no such rewrite or option, or the rewrite is one of whole networks.

    Example:
        >>> from flopcount.api import analyze
        >>> first = advise(analyze("vgg16")).candidates[0]
        >>> first.name, first.best, first.count, first.saved("separable")
        ('conv4_2', 'separable', 3699376128, 3281108992)
    """
    trials = [_Trial(design, report) for design in designs]
    counts = Figures(report).of(METRICS["count"])
    candidates = []
    for layer, cost in zip(report.layers, counts, strict=True):
        tried = {trial.design: after for trial in trials if (after := trial.cost(layer)) is not None} if cost else {}
        if tried:
            candidates.append(Candidate(layer.node.name, layer.node.op.tag, cost or 0, tried))
    ranked = sorted(candidates, key=lambda each: -each.saved(each.best))
    return Advice(report, tuple(designs), tuple(ranked), sum(cost or 0 for cost in counts))


class _Trial:
    """One design, tried on a layer at a time."""

    def __init__(self, design: str, report: Report) -> None:
        name, texts = parse_request(design)
        module: Any = find_rewrite(name)
        if not hasattr(module, "replacement"):
            raise UsageError(
                f"{name} rewrites whole networks, not single layers",
                hint=f"`flopcount compare {report.graph.name} --rewrite {design}` shows what it changes",
            )
        self.design = design
        self.report = report
        self.options = read_options(name, module, texts)
        self.replacement = module.replacement

    def cost(self, layer: Layer) -> int | None:
        """What the layer would cost; None where the design does not fit it."""
        node = layer.node
        if not self.options.select(node.name):
            return None
        parts = self.replacement(node, self.options)
        if parts is None or isinstance(parts, str):
            return None
        try:
            graph = _chain(node, [op for _, op in parts], self.report.graph)
        except FlopcountError:  # the sizes do not allow it: groups that do not divide the channels
            return None
        return Figures(count(graph, self.report.convention)).total(METRICS["count"]).value


def _chain(node: Node, ops: Sequence[Op], whole: Graph) -> Graph:
    """Layers in sequence, fed as this one is."""
    builder = GraphBuilder(node.name, whole.batch, whole.dtype)
    tensors: Sequence[Tensor] = [builder.input(tensor.name, tensor.shape, tensor.dtype) for tensor in node.inputs]
    for number, op in enumerate(ops):
        tensors = builder.add(op, tensors, name=f"{node.name}.{number}")
    return builder.build(tensors)
