"""What each layer would cost under another design: every rewrite that fits it, counted on that layer alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from .engine import Report, count
from .errors import FlopcountError, UsageError
from .graph import Graph, GraphBuilder, Node, Tensor
from .metrics import METRICS, Figures
from .op import Op
from .rewrites import Rewritten
from .rewrites._local import Parts, Replacement, replace_each
from .rewrites._options import Options
from .rewriting import apply_rewrite, find_rewrite, parse_request, read_options

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
        UsageError: There is no such rewrite, option or layer, or the rewrite is one of whole networks.
        FlopcountError: The only design fits no layer at all; with the first and why.

    Example:
        >>> from flopcount.api import analyze
        >>> first = advise(analyze("vgg16")).candidates[0]
        >>> first.name, first.best, first.count, first.saved("separable")
        ('conv4_2', 'separable', 3699376128, 3281108992)
    """
    counts = Figures(report).of(METRICS["count"])
    tried = {design: _costs(design, report, alone=len(designs) == 1) for design in designs}
    candidates = []
    for layer, cost in zip(report.layers, counts, strict=True):
        name = layer.node.name
        costs = {design: after[name] for design, after in tried.items() if name in after} if cost else {}
        if costs:
            candidates.append(Candidate(name, layer.node.op.tag, cost or 0, costs))
    ranked = sorted(candidates, key=lambda each: -each.saved(each.best))
    return Advice(report, tuple(designs), tuple(ranked), sum(cost or 0 for cost in counts))


def _costs(design: str, report: Report, alone: bool) -> dict[str, int]:
    """What every layer that a design fits would cost, counted as the report is: the network is rewritten with it.

    A design that is asked for alone and that no layer's sizes allow is an error.
    """
    name, texts = parse_request(design)
    module: Any = find_rewrite(name)
    if not hasattr(module, "replacement"):
        raise UsageError(
            f"{name} rewrites whole networks, not single layers",
            hint=f"`flopcount compare {report.graph.name} --rewrite {design}` shows what it changes",
        )
    options = read_options(name, module, texts)
    fitting = _WhereItFits(module, report.graph)
    result = apply_rewrite(design, fitting, options, report.graph).result
    if alone and not result.replaced and fitting.unfit:
        apply_rewrite(design, module, options, report.graph)
    after = count(result.graph, report.convention, report.mode)
    numbers = Figures(after).of(METRICS["count"])
    cost = {layer.node.name: number or 0 for layer, number in zip(after.layers, numbers, strict=True)}
    return {layer: sum(cost[part] for part in parts) for layer, parts in result.replaced.items()}


class _WhereItFits:
    """A design that leaves layers alone whose sizes do not allow it (groups that do not divide the channels)."""

    def __init__(self, module: Any, graph: Graph) -> None:
        self.Options = module.Options
        self.MEANT: str = module.MEANT
        self.unfit = False
        self._replacement: Replacement = module.replacement
        self._graph = graph

    def rewrite(self, graph: Graph, options: Options) -> Rewritten:
        return replace_each(graph, options, self._parts)

    def _parts(self, node: Node, options: Options) -> Parts | str | None:
        parts = self._replacement(node, options)
        if parts is None or isinstance(parts, str):
            return parts
        try:
            _chain(node, [op for _, op in parts], self._graph)
        except FlopcountError as error:
            self.unfit = True
            return error.what
        return parts


def _chain(node: Node, ops: Sequence[Op], whole: Graph) -> None:
    """Put layers in sequence, fed as this one is."""
    builder = GraphBuilder(node.name, whole.batch, whole.dtype)
    tensors: Sequence[Tensor] = [builder.input(tensor.name, tensor.shape, tensor.dtype) for tensor in node.inputs]
    for number, op in enumerate(ops):
        tensors = builder.add(op, tensors, name=f"{node.name}.{number}")
