"""Convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Flag, Padding, PerAxis, Size
from ..op import Op, Shape, Work, bias_add, bias_gradient, dot, op, to_input, to_weight
from ..sizes import prod
from .window import check_window, covered, output_sizes, per_axis


@op
class Conv(Op, frozen=True, kw_only=True):
    """Convolution over one, two or three spatial axes: every output is a dot product of one window with one filter.

    x: (N, D1, *I)   weight: (D2, D1/g, *F)   bias: (D2,)   ->   y: (N, D2, *O)

    Zeros of the padding are multiplied like any other input, as the lecture counts and every framework computes.

    Example:
        >>> conv = Conv(out=10, kernel=5)
        >>> conv.infer((1, 3, 32, 32))
        (1, 10, 28, 28)
        >>> conv.weights((1, 3, 32, 32))
        {'weight': (10, 3, 5, 5), 'bias': (10,)}
    """

    out: Size
    kernel: PerAxis
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    groups: Size = 1
    bias: Flag = True

    tag: ClassVar = "conv"
    group: ClassVar = "convolution"
    signature: ClassVar = "N D1 *1 -> N D2 *2"
    letters: ClassVar = {
        "out": "D2", "kernel": "F", "stride": "S", "padding": "P", "dilation": "d", "groups": "g",
    }  # fmt: skip
    citation: ClassVar = "lecture, Convolutional Neural Networks II: How to calculate the computations involved?"

    def check(self, x: Shape) -> None:
        check_window(x, self.kernel, self.stride, self.padding, self.dilation)
        check_groups(x[1], self.out, self.groups)

    def infer(self, x: Any) -> Any:
        n, _, *size = x
        return (n, self.out, *output_sizes(size, self.kernel, self.stride, self.padding, self.dilation))

    def weights(self, x: Any) -> dict[str, Any]:
        _, d1, *size = x
        shapes = {"weight": (self.out, d1 // self.groups, *per_axis(self.kernel, len(size)))}
        return {**shapes, "bias": (self.out,)} if self.bias else shapes

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        _, d1, *_ = x
        n, d2, *size = y
        outputs = n * d2 * prod(size)
        length = d1 // self.groups * prod(per_axis(self.kernel, len(size)))
        return (dot(length * outputs, outputs), *bias_add(self.bias, outputs))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """The products of the forward pass once more for each gradient: the output's with the weights and the inputs.

        That to the input is a transposed convolution of dy: its products are summed where they meet, in the padding
        too, and inputs that no window covers have none. That to the weights is a convolution of x with dy.
        """
        _, d1, *_ = x
        n, d2, *size = y
        kernel, stride, dilation = (per_axis(value, len(size)) for value in (self.kernel, self.stride, self.dilation))
        weights = d2 * (d1 // self.groups) * prod(kernel)
        products = weights * n * prod(size)
        return (
            *to_input(0, dot(products, n * d1 * prod(map(covered, size, kernel, stride, dilation)))),
            *to_weight("weight", dot(products, weights)),
            *bias_gradient(self.bias, n * d2 * prod(size), d2),
        )


def check_groups(channels: int, out: int, groups: int) -> None:
    """Refuse groups that do not divide the channels on both sides.

    Raises:
        OpError: With the divisors that would do.
    """
    for name, value in (("input", channels), ("output", out)):
        if value % groups:
            divisors = ", ".join(str(k) for k in range(1, min(value, 4096) + 1) if value % k == 0)
            raise OpError(
                f"{name} channels {value} are not divisible by groups {groups}",
                hint=f"groups must divide {value} ({divisors})",
            )
