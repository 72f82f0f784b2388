"""A k×k convolution as k×1 and 1×k in sequence, as in the later inceptions.

One convolution for every axis along which the kernel is larger than 1, each with all the output channels (Szegedy et
al. 2015, arXiv 1512.00567, section 3.2).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..graph import Graph, Node
from ..ops.conv import Conv
from ..ops.window import per_axis
from . import Rewritten
from ._local import Parts, if_it_saves, replace_each
from ._options import Options as Base
from ._options import Tags, inner_layers
from .bottleneck import spaced

MEANT = "a convolution of one group whose kernel is larger than 1 along several axes"


class Options(Base, frozen=True, kw_only=True):
    """The options of `factorize`.

    Attributes:
        between: Layers to put between each two: `between=bn,relu`.
    """

    between: Tags = ()

    def __post_init__(self) -> None:
        inner_layers(self.between)


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Factorise every kernel, where that saves."""
    return replace_each(graph, options, replacement)


def replacement(node: Node, options: Options) -> Parts | str | None:
    """A convolution per axis, with that axis's stride, padding and dilation.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> builder = GraphBuilder("example")
        >>> _ = builder.add(Conv(out=64, kernel=7, padding=3), [builder.input("x", (1, 64, 8, 8))], name="conv1")
        >>> [(name, op.kernel, op.padding) for name, op in replacement(builder.nodes[0], Options())]
        [('7x1', (7, 1), (3, 0)), ('1x7', (1, 7), (0, 3))]
    """
    op = node.op
    if not isinstance(op, Conv) or op.groups != 1:
        return None
    rank = len(node.inputs[0].shape) - 2
    axes = [axis for axis, size in enumerate(per_axis(op.kernel, rank)) if size > 1]
    if len(axes) < 2:
        return None
    # Where the kernel is 1, an axis may still be padded or leapt over: the first convolution does that.
    others = set(range(rank)) - set(axes)
    convolutions = [_along(op, rank, others | {axis} if axis == axes[0] else {axis}) for axis in axes]
    stages = [("x".join(map(str, per_axis(conv.kernel, rank))), conv) for conv in convolutions]
    return if_it_saves(node, spaced(stages, inner_layers(options.between)))


def _along(op: Conv, rank: int, axes: set[int]) -> Conv:
    """The convolution along some of its axes alone."""

    def kept(value: Any, neutral: int) -> tuple[Any, ...]:
        return tuple(own if axis in axes else neutral for axis, own in enumerate(per_axis(value, rank)))

    padding = op.padding if isinstance(op.padding, str) else kept(op.padding, 0)
    return replace(
        op, kernel=kept(op.kernel, 1), stride=kept(op.stride, 1), padding=padding, dilation=kept(op.dilation, 1)
    )
