"""tf.profiler: TensorFlow's registered statistics of operators, two per product."""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Work
from ..ops.window import per_axis
from ..sizes import floor_div, prod
from . import JOINING, WINDOW_POOLS, Rule, Use, per_element_joined, per_input, per_output, products_only, surveyed, unit
from . import window as taps

FREE = ("relu", "relu6", "sigmoid", "tanh", "elu", "embedding")
SURVEYED = (*FREE, *JOINING, *WINDOW_POOLS, "conv", "conv_transpose", "linear", "matmul", "bn", "softmax",
            "global_avgpool", "attention", "sdpa")  # fmt: skip


def conv_transpose(use: Use) -> Sequence[Work]:
    """The outputs by a whole window, divided by the strides: exact where the strides divide the output."""
    stride, kernel = (prod(per_axis(value, len(use.x) - 2)) for value in (use.op.stride, use.op.kernel))
    products = floor_div(2 * prod(use.y) * kernel * (use.x[1] // use.op.groups), stride)
    return unit(products + use.op.bias * prod(use.y))


def bn(use: Use) -> Sequence[Work]:
    """Decomposed: a product and a sum per element; root, ε, γ, μ and β per channel."""
    return unit((2 * prod(use.x)) + 5 * use.x[1])


RULES = (
    surveyed(SURVEYED),
    Rule("a transposed convolution by its outputs and strides", ("conv_transpose",), conv_transpose, wrong=True),
    Rule("2 per element of a batch norm and 5 per channel, decomposed", ("bn",), bn),
    Rule("1 per tap of pooling", WINDOW_POOLS, taps),
    Rule("1 per input of a mean", ("global_avgpool",), per_input(1)),
    Rule("1 per element of a sum, product or quotient", JOINING, per_element_joined),
    Rule("5 per element of a softmax", ("softmax",), per_output(5)),
    Rule("of attention its products alone", ("attention", "sdpa"), products_only),
)
