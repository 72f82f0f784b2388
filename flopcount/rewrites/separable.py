"""A depthwise and a pointwise convolution in the place of every standard one.

Every input channel is filtered by itself (same kernel, stride, padding and dilation), and a 1×1 convolution blends the
channels; the output has the same size (lecture, Depthwise convolution + Pointwise convolution).
"""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ..graph import Graph, Node
from ..ops.conv import Conv
from ..ops.window import per_axis
from ..sizes import prod
from . import Rewritten
from ._local import STANDARD, Parts, replace_each, standard_convolution
from ._options import Options as Base
from ._options import Tags, inner_layers

MEANT = STANDARD
PROMISE = "1/D2 + 1/F²"
"""What the lecture says is left, as a table heads it."""


class Options(Base, frozen=True, kw_only=True):
    """The options of `separable`.

    Attributes:
        between: Layers to put between the two, as MobileNet does: `between=bn,relu`.
    """

    between: Tags = ()

    def __post_init__(self) -> None:
        inner_layers(self.between)


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Make every standard convolution depthwise separable; both halves have a bias where it had one."""
    return replace_each(graph, options, replacement)


def replacement(node: Node, options: Options) -> Parts | None:
    """The two convolutions, and what stands between them.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> builder = GraphBuilder("example")
        >>> _ = builder.add(Conv(out=64, kernel=3, padding=1), [builder.input("x", (1, 32, 8, 8))], name="conv1")
        >>> [(name, op.tag) for name, op in replacement(builder.nodes[0], Options(between=("relu",)))]
        [('depthwise', 'conv'), ('relu', 'relu'), ('pointwise', 'conv')]
    """
    op = standard_convolution(node)
    if op is None:
        return None
    channels = node.inputs[0].shape[1]
    depthwise = replace(op, out=channels, groups=channels)
    between = [(layer.tag, layer) for layer in inner_layers(options.between)]
    return [("depthwise", depthwise), *between, ("pointwise", Conv(out=op.out, kernel=1, bias=op.bias))]


def promised_ratio(node: Node) -> Fraction | None:
    """What the lecture says is left of a standard convolution's cost: `1/D2 + 1/F²`, F² being the kernel's elements.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> builder = GraphBuilder("example")
        >>> _ = builder.add(Conv(out=64, kernel=3), [builder.input("x", (1, 32, 8, 8))], name="conv1")
        >>> promised_ratio(builder.nodes[0])
        Fraction(73, 576)
    """
    op = node.op
    if not isinstance(op, Conv):
        return None
    return Fraction(1, op.out) + Fraction(1, prod(per_axis(op.kernel, len(node.inputs[0].shape) - 2)))
