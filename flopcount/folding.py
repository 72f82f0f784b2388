"""Which batch normalisations fold into the layer before them at test time, and why the others cannot.

At test time batch normalisation is a linear map per channel, which can be fused with the fully connected or convolution
layer before it (lecture, Batch Normalization - Test Time). That needs such a layer directly before it, whose output
nobody else reads.
"""

from __future__ import annotations

from collections import Counter

from .graph import Graph, Node

FOLDS_INTO = frozenset({"conv", "conv_transpose", "linear"})


def unfoldable(graph: Graph) -> dict[str, str]:
    """The batch norms that stay, by name, each with its reason.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> from flopcount.ops.norm import BatchNorm
        >>> builder = GraphBuilder("example")
        >>> outputs = builder.add(BatchNorm(), [builder.input("image", (1, 3, 8, 8))], name="bn1")
        >>> unfoldable(builder.build(outputs))
        {'bn1': 'it reads the input image'}
    """
    makers = {tensor.name: node for node in graph.nodes for tensor in node.outputs}
    readers = Counter(tensor.name for node in graph.nodes for tensor in node.inputs)
    readers.update(tensor.name for tensor in graph.outputs)
    uses = Counter(weight.name for node in graph.nodes for weight in node.weights)
    reasons = {}
    for node in graph.nodes:
        if node.op.tag == "bn" and (reason := _reason(node, makers.get(node.inputs[0].name), readers, uses)):
            reasons[node.name] = reason
    return reasons


def _reason(node: Node, before: Node | None, readers: Counter[str], uses: Counter[str]) -> str:
    source = node.inputs[0]
    if not getattr(node.op, "track", True):
        return "it uses the statistics of the batch even at test time"
    if before is None:
        return f"it reads the input {source.name}"
    if before.op.tag not in FOLDS_INTO:
        return f"the layer before it is {before.label}"
    if readers[source.name] > 1:
        return f"the output of {before.label} is used elsewhere"
    if before.op.tag == "linear" and len(source.shape) > 2:
        return f"it normalises axis 1, but {before.label} computes the last"
    if any(uses[weight.name] > 1 for weight in before.weights):
        return f"the weight of {before.label} is used elsewhere"
    return ""
