"""Convolutions in groups: each output channel reads only the input channels of its group.

With g groups a convolution has a g-th of its weights and products (AlexNet's two GPUs; ResNeXt, Xie et al. 2017, arXiv
1611.05431).
"""

from __future__ import annotations

from msgspec.structs import replace

from ..fields import Flag, Size
from ..graph import Graph, Node
from ..ops.conv import Conv
from . import Rewritten
from ._local import STANDARD, Parts, replace_each, standard_convolution
from ._options import Options as Base

MEANT = STANDARD


class Options(Base, frozen=True, kw_only=True):
    """The options of `grouped`.

    Attributes:
        groups: How many groups.
        pointwise: Whether 1×1 convolutions are meant too.
    """

    groups: Size
    pointwise: Flag = False


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Divide every standard convolution into groups."""
    return replace_each(graph, options, replacement)


def replacement(node: Node, options: Options) -> Parts | None:
    """The same convolution in groups, under its own name."""
    op = node.op
    if options.pointwise and isinstance(op, Conv) and op.groups == 1:
        return [("", replace(op, groups=options.groups))]
    standard = standard_convolution(node)
    return None if standard is None else [("", replace(standard, groups=options.groups))]
