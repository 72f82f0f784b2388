"""Batch normalisation folded into the convolution or fully connected layer before it, as at test time.

At test time batch normalisation is a linear map per channel: the weights of the layer before it take its scale, the
bias its shift (lecture, Batch Normalization - Test Time).
"""

from __future__ import annotations

from msgspec.structs import replace

from ..folding import unfoldable
from ..graph import Graph
from ..op import Op
from . import Rewritten
from ._options import Options
from ._rebuild import Rebuild

MEANT = "a batch normalisation"

__all__ = ["MEANT", "Options", "rewrite"]


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Fold every batch normalisation that can be; the others stay, each with the reason.

    Example:
        >>> from flopcount.sources import load
        >>> folded = rewrite(load("resnet18"), Options())
        >>> len(folded.replaced), folded.graph.nodes[0].op.bias, folded.kept
        (40, True, {})
    """
    makers = {tensor.name: node for node in graph.nodes for tensor in node.outputs}
    stays = unfoldable(graph)
    norms = [node for node in graph.nodes if node.op.tag == "bn" and options.select(node.name)]
    folding = {node.name for node in norms if node.name not in stays}
    into = {makers[node.inputs[0].name].name for node in norms if node.name in folding}
    rebuild = Rebuild(graph)
    replaced: dict[str, tuple[str, ...]] = {}
    for node in graph.nodes:
        if node.name in folding:
            rebuild.stand_in(node, rebuild.inputs(node))
            replaced[node.name] = (makers[node.inputs[0].name].name,)
        elif node.name in into:
            rebuild.copy(node, _with_bias(node.op))
            replaced[node.name] = (node.name,)
        else:
            rebuild.copy(node)
    return Rewritten(rebuild.finish(), replaced, {node.name: stays[node.name] for node in norms if node.name in stays})


def _with_bias(op: Op) -> Op:
    return replace(op, bias=True)
