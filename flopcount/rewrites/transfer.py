"""Transfer learning: a new head for other classes, and the layers that keep what they have learned.

The last layer is replaced by one with an output for every new class; the named part is frozen (lecture, Transfer
learning). What a training step then costs, `--mode train` counts: gradients stop where nothing before is trained.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..errors import OpError
from ..fields import Size
from ..graph import Graph, Node
from ..ops.conv import Conv
from ..ops.linear import Linear
from . import Rewritten
from ._options import Globs, matches, refuse_strangers
from ._options import Options as Base
from ._rebuild import Rebuild

MEANT = "a layer with weights"
MODE = "train"
"""What it changes shows in a training step."""

NOTHING = ("none",)


class Options(Base, frozen=True, kw_only=True):
    """The options of `transfer`.

    Attributes:
        classes: How many classes the new head tells apart.
        freeze: The layers that are frozen; none given, all but the head; `none`, no layer. `only` and `skip` narrow it.
    """

    classes: Size
    freeze: Globs = ("*",)


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Replace the head and freeze the rest, or the part that is named.

    Example:
        >>> from flopcount.engine import count
        >>> from flopcount.sources import load
        >>> pets = rewrite(load("alexnet"), Options(classes=20))
        >>> totals = count(pets.graph).totals
        >>> totals["params"].value, totals["trainable_params"].value
        (58363284, 81940)
    """
    if options.freeze != NOTHING:
        refuse_strangers(graph, "freeze", options.freeze)
    head = find_head(graph)
    if not options.select(head.name):
        raise OpError("transfer replaces the head, which only= or skip= leaves out", where=head.where, layer=head.label)
    rebuild = Rebuild(graph)
    changed = {}
    for node in graph.nodes:
        frozen = node is not head and _freezes(node, options)
        op: Any = node.op
        if node is head:  # a new layer: a weight that the old one shared is not the new one's
            rebuild.chain(node, [("", replace(op, out=options.classes))])
        else:
            rebuild.copy(node, trainable=node.trainable and not frozen)
        if node is head or (frozen and node.trainable and node.weights):
            changed[node.name] = (node.name,)
    return Rewritten(rebuild.finish(), changed)


def find_head(graph: Graph) -> Node:
    """The layer that makes the classes: the last one with weights on the way to the output.

    Raises:
        OpError: There is none, or several inputs or outputs meet before it is found.
    """
    makers = {tensor.name: node for node in graph.nodes for tensor in node.outputs}
    if len(graph.outputs) != 1:
        raise OpError(f"{graph.name} has {len(graph.outputs)} outputs, so that no one layer is its head")
    node = makers.get(graph.outputs[0].name)
    while node is not None and not node.weights and len(node.inputs) == 1:
        node = makers.get(node.inputs[0].name)
    if node is None:
        raise OpError(f"{graph.name} has no layer with weights that could be its head")
    if not isinstance(node.op, Linear | Conv):
        raise OpError(
            "the last layer before the output is neither fully connected nor a convolution",
            where=node.where,
            layer=node.label,
            hint="transfer replaces the last layer of a classifier",
        )
    return node


def _freezes(node: Node, options: Options) -> bool:
    return options.freeze != NOTHING and matches(node.name, options.freeze) and options.select(node.name)
