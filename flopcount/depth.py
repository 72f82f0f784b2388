"""How deep a network is, as its papers count: the 16 of VGG-16, the 50 of ResNet-50."""

from __future__ import annotations

from .engine import Layer, Report, Total
from .metrics import UNDONE


def depth(report: Report) -> Total:
    """How many layers with learned dot products lie on the longest path from an input to an output.

    Convolution, linear, attention, recurrence and their like count once each, however many products they are made of.
    A layer that nobody knows counts nothing, and the depth is then a lower bound.

    Example:
        >>> from flopcount import analyze
        >>> depth(analyze("resnet50"))
        Total(value=50, unknown=0)
    """
    graph = report.graph
    reached = {tensor.name: 0 for tensor in graph.inputs}
    learned = set()
    for layer in report.layers:
        node = layer.node
        if node.op.tag == "parameter":
            learned.update(tensor.name for tensor in node.outputs)
        before = [reached[tensor.name] for tensor in node.inputs if tensor.name in reached]
        if before:
            longest = max(before) + _counts(layer, learned)
            reached.update((tensor.name, longest) for tensor in node.outputs)
    return Total(max((reached.get(tensor.name, 0) for tensor in graph.outputs), default=0), len(report.uncounted))


def _counts(layer: Layer, learned: set[str]) -> bool:
    node = layer.node
    return (
        any(weight.kind == "parameter" for weight in node.weights)
        or any(tensor.name in learned for tensor in node.inputs)
    ) and any(work.kind == "dot" and work.count and work.role not in UNDONE for work in layer.work or ())
