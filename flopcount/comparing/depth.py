"""How deep a network is, as its papers count: the 16 of VGG-16, the 50 of ResNet-50."""

from __future__ import annotations

from ..engine import Layer, Report, Total


def depth(report: Report) -> Total:
    """How many layers with learned dot products lie on the longest path from an input to an output.

    Convolution, linear, attention, recurrence and their like count once each, however many products they are made of; a
    stack of recurrent layers as so many as it has.
    A layer that nobody knows counts nothing, and the depth is then a lower bound.

    Example:
        >>> from flopcount import analyze
        >>> depth(analyze("resnet50"))
        Total(value=50, unknown=0)
    """
    reached = {tensor.name: 0 for tensor in report.graph.inputs}
    learned = set[str]()
    for layer in report.layers:
        node = layer.node
        if node.op.tag == "parameter":
            learned.update(tensor.name for tensor in node.outputs)
        longest = -1
        for tensor in node.inputs:
            longest = max(longest, reached.get(tensor.name, -1))
        if longest < 0:
            continue
        if (node.weights or learned) and _counts(layer, learned):
            longest += getattr(node.op, "layers", 1)
        for tensor in node.outputs:
            reached[tensor.name] = longest
    ends = [reached.get(tensor.name, 0) for tensor in report.graph.outputs]
    return Total(max(ends, default=0), len(report.uncounted))


def _counts(layer: Layer, learned: set[str]) -> bool:
    """Whether it has dot products with parameters: its own, or some that it reads as a tensor."""
    node = layer.node
    dots = [work for work in layer.work or () if work.kind == "dot" and work.count and work.role != "masked"]
    return bool(dots) and (
        any(weight.kind == "parameter" for weight in node.weights)
        or any(tensor.name in learned for tensor in node.inputs)
    )
