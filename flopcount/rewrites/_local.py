"""Rewrites that look at one layer at a time, and put others in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import FlopcountError
from ..graph import Graph, Node
from ..op import Op, Shape
from ..ops.conv import Conv
from ..ops.window import per_axis
from ..sizes import prod
from ..units import grouped
from . import Rewritten
from ._options import Options, shared_weights
from ._rebuild import Rebuild

Parts = Sequence[tuple[str, Op]]
"""Layers in sequence: what each one's name adds to that of the layer whose place they take (nothing: the same name)."""

Replacement = Callable[[Node, Any], Parts | str | None]
"""What stands in a layer's place: parts, the reason why it stays, or None where it is not meant at all."""

STANDARD = "a standard convolution (groups 1, kernel larger than 1)"


def standard_convolution(node: Node) -> Conv | None:
    """The layer's op, where that is a convolution of all channels at once with a kernel larger than 1."""
    op = node.op
    if not isinstance(op, Conv) or op.groups != 1:
        return None
    return op if prod(per_axis(op.kernel, len(node.inputs[0].shape) - 2)) > 1 else None


def if_it_saves(node: Node, parts: Parts) -> Parts | str:
    """The parts, unless they multiply no less than the layer whose place they would take; both are counted."""
    shape = node.inputs[0].shape
    before, after = _products([node.op], shape), _products([op for _, op in parts], shape)
    return parts if after < before else f"it would not save: {grouped(after)} MACs in place of {grouped(before)}"


def _products(ops: Sequence[Op], shape: Shape) -> int:
    products = 0
    for op in ops:
        made = op.infer(shape)
        products += sum(work.count for work in op.work(shape, made) or () if work.kind == "dot")
        shape = made
    return products


def replace_each(graph: Graph, options: Options, replacement: Replacement) -> Rewritten:
    """Rewrite every layer that is meant.

    Args:
        graph: The network.
        options: Which layers are meant.
        replacement: What stands in the place of one.

    Raises:
        FlopcountError: What was to stand there cannot; with the layer, and how to leave it out.
    """
    rebuild = Rebuild(graph)
    shared = shared_weights(graph)
    replaced: dict[str, tuple[str, ...]] = {}
    kept: dict[str, str] = {}
    for node in graph.nodes:
        parts = replacement(node, options) if options.select(node.name) else None
        if isinstance(parts, list) and parts == [("", node.op)]:
            parts = "it is so already"
        elif parts is not None and node.name in shared:
            parts = f"its weight is shared with {shared[node.name]}"
        if parts is None or isinstance(parts, str):
            if parts:
                kept[node.name] = parts
            rebuild.copy(node)
            continue
        try:
            replaced[node.name] = rebuild.chain(node, parts)
        except FlopcountError as error:
            error.hint = f"skip={node.name} leaves it as it is" + (f"; {error.hint}" if error.hint else "")
            raise
    return Rewritten(rebuild.finish(), replaced, kept)
