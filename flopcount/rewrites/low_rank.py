"""A fully connected layer or convolution as the product of two thin ones: its weight matrix at a lower rank.

A weight of D2 rows and D1 (of a convolution D1·F²) columns becomes two of rank r: first to r outputs, then from these
to D2 (Denton et al. 2014, arXiv 1404.0736; Zhang et al. 2015, arXiv 1505.06798).
"""

from __future__ import annotations

from msgspec.structs import replace

from ..errors import UsageError
from ..graph import Graph, Node
from ..op import Op
from ..ops.conv import Conv
from ..ops.linear import Linear
from ..ops.window import per_axis
from ..sizes import prod
from . import Rewritten
from ._local import Parts, if_it_saves, replace_each
from ._options import Factor, scaled
from ._options import Options as Base

MEANT = "a fully connected layer or a convolution of one group"


class Options(Base, frozen=True, kw_only=True):
    """The options of `low-rank`.

    Attributes:
        rank: How many outputs the first of the two has; below 1, a share of the full rank.
    """

    rank: Factor

    def __post_init__(self) -> None:
        if self.rank >= 1 and self.rank.denominator != 1:
            raise UsageError(
                f"low-rank: rank must be an integer, or a share of the full rank below 1, not {float(self.rank):g}"
            )


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Write every weight matrix as a product of rank r, where that saves."""
    return replace_each(graph, options, replacement)


def replacement(node: Node, options: Options) -> Parts | str | None:
    """The two layers; the bias stands on the second.

    Example:
        >>> from flopcount.graph import GraphBuilder
        >>> builder = GraphBuilder("example")
        >>> _ = builder.add(Linear(out=4096), [builder.input("x", (1, 9216))], name="fc6")
        >>> [(name, op.out, op.bias) for name, op in replacement(builder.nodes[0], Options(rank=512))]
        [('reduce', 512, False), ('expand', 4096, True)]
    """
    op = node.op
    shape = node.inputs[0].shape
    last: Op
    if isinstance(op, Linear):
        columns, last = shape[-1], op
    elif isinstance(op, Conv) and op.groups == 1:
        columns = shape[1] * prod(per_axis(op.kernel, len(shape) - 2))
        last = Conv(out=op.out, kernel=1, bias=op.bias)
    else:
        return None
    full = min(columns, op.out)
    rank = int(options.rank) if options.rank >= 1 else scaled(full, options.rank)
    if rank >= full:
        return f"its full rank is {full}"
    return if_it_saves(node, [("reduce", replace(op, out=rank, bias=False)), ("expand", last)])
