"""A 1×1 convolution that reduces the channels before every expensive convolution, as inception and ResNet do.

The lecture's pointwise convolution for compute reduction (Szegedy et al. 2014, arXiv 1409.4842); with `expand` a second
one restores the channels, so that the large kernel also makes few (He et al. 2015, arXiv 1512.03385).
"""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ..errors import UsageError
from ..fields import Flag
from ..graph import Graph, Node
from ..op import Op
from ..ops.conv import Conv
from . import Rewritten
from ._local import STANDARD, Parts, if_it_saves, replace_each, standard_convolution
from ._options import Factor, Tags, inner_layers, scaled
from ._options import Options as Base

MEANT = STANDARD


class Options(Base, frozen=True, kw_only=True):
    """The options of `bottleneck`.

    Attributes:
        reduce: The share of the input channels that is left.
        expand: Whether the convolution makes no more channels than that, and another 1×1 convolution the rest.
        between: Layers to put after each new convolution but the last: `between=bn,relu`.
    """

    reduce: Factor = Fraction(1, 2)
    expand: Flag = False
    between: Tags = ()

    def __post_init__(self) -> None:
        if self.reduce >= 1:
            raise UsageError(f"bottleneck: reduce must be less than 1, not {float(self.reduce):g}")
        inner_layers(self.between)


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Put every standard convolution behind a reduction, where that saves."""
    return replace_each(graph, options, replacement)


def replacement(node: Node, options: Options) -> Parts | str | None:
    """The reduction, the convolution, and the expansion where one is asked for.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> builder = GraphBuilder("example")
        >>> _ = builder.add(Conv(out=32, kernel=5, padding=2), [builder.input("x", (1, 256, 32, 32))], name="conv1")
        >>> [(name, op.out) for name, op in replacement(builder.nodes[0], Options())]
        [('reduce', 128), ('conv', 32)]
    """
    op = standard_convolution(node)
    if op is None:
        return None
    few = scaled(node.inputs[0].shape[1], options.reduce)
    stages: list[tuple[str, Op]] = [("reduce", Conv(out=few, kernel=1, bias=op.bias))]
    if options.expand:
        stages += [("conv", replace(op, out=few)), ("expand", Conv(out=op.out, kernel=1, bias=op.bias))]
    else:
        stages += [("conv", op)]
    return if_it_saves(node, spaced(stages, inner_layers(options.between)))


def spaced(stages: Parts, between: list[Op]) -> Parts:
    """The stages with the same layers between each two; these are numbered where they stand more than once.

    Example:
        >>> from flopcount.ops.activation import ReLU
        >>> conv = Conv(out=8, kernel=1)
        >>> [name for name, _ in spaced([("a", conv), ("b", conv), ("c", conv)], [ReLU()])]
        ['a', 'relu1', 'b', 'relu2', 'c']
    """
    parts = [*stages[:1]]
    for gap, stage in enumerate(stages[1:], start=1):
        parts += [(f"{op.tag}{gap if len(stages) > 2 else ''}", op) for op in between]
        parts.append(stage)
    return parts
