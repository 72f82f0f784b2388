"""What an input's size fixes: weights that one size gives another shape than the other.

A spec infers a layer's weights from the layer's input, so that at another size it would quietly describe another
network, with other parameters. A trained network has one set of weights, and takes no size that wants others.
"""

from __future__ import annotations

from .errors import OpError, show_shape
from .graph import Graph, Node, Tensor

ANOTHER = "a network has one set of weights: at this size it would be another network"


def fixed_by_size(graph: Graph, resized: Graph) -> OpError | None:
    """Which layer keeps a network from taking an input of another size.

    Args:
        graph: The network at its own size.
        resized: What its source makes of another size.

    Returns:
        The error of the first layer whose learned weights differ, to be shown or raised; None: it takes the size.

    Example:
        >>> from flopcount.sources import load
        >>> small = load("alexnet", inputs=["3x195x195"])
        >>> error = fixed_by_size(load("alexnet"), small)
        >>> error.layer, error.what
        ('fc6 (linear)', 'takes 9216 features, not 6400')
        >>> fixed_by_size(load("mobilenet_v1"), load("mobilenet_v1", inputs=["3x160x160"])) is None
        True
    """
    own = {node.name: node for node in graph.nodes if _learned(node)}
    there = {node.name: node for node in resized.nodes if _learned(node)}
    for name, node in there.items():
        if name not in own:
            return _refusal(node, "has weights at this size and is not there at the network's own", ANOTHER)
        if error := _changed(own[name], node):
            return error
    for name, node in own.items():
        if name not in there:
            return _refusal(node, "has weights at the network's own size and is not there at this one", ANOTHER)
    return None


def _learned(node: Node) -> list[Tensor]:
    return [weight for weight in node.weights if weight.kind == "parameter"]


def _changed(node: Node, resized: Node) -> OpError | None:
    """The first weight of a layer that has another shape."""
    before, after = _learned(node), _learned(resized)
    if [weight.shape for weight in before] == [weight.shape for weight in after]:
        return None
    for weight, other in zip(before, after, strict=False):
        own, new = weight.shape, other.shape
        if own == new:
            continue
        if node.op.tag == resized.op.tag == "linear" and own[:-1] == new[:-1]:
            hint = "global pooling before an FC layer takes any size"
            return _refusal(resized, f"takes {own[-1]} features, not {new[-1]}", hint)
        return _refusal(resized, f"its {weight.name.rpartition('.')[2]} is {show_shape(own)}, not {show_shape(new)}")
    return _refusal(resized, f"has {len(before)} learned tensor{'s'[: len(before) != 1]}, not {len(after)}")


def _refusal(node: Node, what: str, hint: str = ANOTHER) -> OpError:
    facts = {"input": ", ".join(show_shape(tensor.shape) for tensor in node.inputs)} if node.inputs else {}
    return OpError(what, facts=facts, hint=hint, where=node.where, layer=node.label)
