"""Convolution by filters that the network itself computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Padding, PerAxis, Size
from ..op import Op, Shape, Work, dot, op, to_input
from ..sizes import prod
from .conv import check_groups
from .window import check_window, covered, output_sizes, per_axis


@op
class DynamicConv(Op, frozen=True, kw_only=True):
    """Convolution by filters that are an input: standardised or normalised weights, hypernetworks.

    x: (N, D1, *I)   filters: (D2, D1/g, *F)   ->   y: (N, D2, *O)

    Its products are those of `conv`; what made the filters is counted where it is made.

    Example:
        >>> DynamicConv(padding=1).infer((1, 64, 56, 56), (128, 64, 3, 3))
        (1, 128, 56, 56)
    """

    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    groups: Size = 1

    tag: ClassVar = "dynamic_conv"
    group: ClassVar = "convolution"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "N D1 *1, D2 Dg *3 -> N D2 *2"
    letters: ClassVar = {"stride": "S", "padding": "P", "dilation": "d", "groups": "g"}
    citation: ClassVar = "a convolution, whoever made its filters; Ha et al. 2016, arXiv 1609.09106"

    def check(self, x: Shape, filters: Shape) -> None:
        if len(filters) != len(x):
            raise OpError(f"filters of {show_shape(filters)} do not fit an input of {show_shape(x)}: the axes differ")
        check_window(x, filters[2:], self.stride, self.padding, self.dilation)
        check_groups(x[1], filters[0], self.groups)
        if filters[1] * self.groups != x[1]:
            raise OpError(
                f"filters see {filters[1]} channels in each of {self.groups} groups, but the input has {x[1]}"
            )

    def infer(self, x: Any, filters: Any) -> Any:
        n, _, *size = x
        d2, _, *kernel = filters
        return (n, d2, *output_sizes(size, tuple(kernel), self.stride, self.padding, self.dilation))

    def work(self, x: Any, filters: Any, y: Any) -> Sequence[Work]:
        outputs = prod(y)
        return (dot(prod(filters[1:]) * outputs, outputs),)

    def backward(self, x: Any, filters: Any, y: Any) -> Sequence[Work]:
        """As `conv`'s: the products of the forward pass once more for the gradient to each input."""
        n, _, *size = y
        kernel = tuple(filters[2:])
        stride, dilation = (per_axis(value, len(size)) for value in (self.stride, self.dilation))
        products = n * prod(size) * prod(filters)
        return (
            *to_input(0, dot(products, n * x[1] * prod(map(covered, size, kernel, stride, dilation)))),
            *to_input(1, dot(products, prod(filters))),
        )
