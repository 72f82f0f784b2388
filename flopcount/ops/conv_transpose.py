"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import CountPerAxis, Flag, PerAxis, Size
from ..op import Op, Shape, Work, bias_add, bias_gradient, dot, op, to_input, to_weight
from ..sizes import minimum, prod
from .conv import check_groups
from .window import check_axes, covered, extent, per_axis


@op
class ConvTranspose(Op, frozen=True, kw_only=True):
    """Transposed convolution: every input is multiplied with every tap of its filters and added into the output.

    x: (N, D1, *I)   weight: (D1, D2/g, *F)   bias: (D2,)   ->   y: (N, D2, *O)

    O = (I − 1)·S − 2·P + F + output_padding (with F spread over its dilation).

    All products count, also those that the padding crops, as a convolution counts its zeros. The products that meet in
    one output are its dot product; outputs that the steps leap over (stride beyond the kernel) have none.

    Example:
        >>> up = ConvTranspose(out=1, kernel=2, stride=2)
        >>> up.infer((1, 3, 2, 2))
        (1, 1, 4, 4)
        >>> [entry.count for entry in up.work((1, 3, 2, 2), (1, 1, 4, 4))]
        [48, 16]
    """

    out: Size
    kernel: PerAxis
    stride: PerAxis = 1
    padding: CountPerAxis = 0
    output_padding: CountPerAxis = 0
    dilation: PerAxis = 1
    groups: Size = 1
    bias: Flag = True

    tag: ClassVar = "conv_transpose"
    group: ClassVar = "convolution"
    signature: ClassVar = "N D1 *1 -> N D2 *2"
    letters: ClassVar = {
        "out": "D2", "kernel": "F", "stride": "S", "padding": "P", "dilation": "d", "groups": "g",
    }  # fmt: skip
    citation: ClassVar = "Dumoulin & Visin 2016, arXiv 1603.07285: the transpose of a convolution has its products"

    def check(self, x: Shape) -> None:
        fields = {name: getattr(self, name) for name in ("kernel", "stride", "padding", "output_padding", "dilation")}
        check_axes(x, **fields)
        check_groups(x[1], self.out, self.groups)
        rank = len(x) - 2
        axes = zip(*(per_axis(fields[name], rank) for name in ("output_padding", "stride", "dilation")), strict=True)
        for extra, s, d in axes:
            if extra >= max(s, d):
                raise OpError(
                    f"output_padding {extra} must be smaller than stride {s} or dilation {d}",
                    hint="it chooses among the sizes that the stride makes ambiguous, of which there are `stride`",
                )
        sizes = self.infer(x)[2:]
        if min(sizes) < 1:
            raise OpError(
                f"padding {self.padding} crops the output to {show_shape(sizes)}",
                facts={"spatial size": show_shape(x[2:])},
                hint="padding is cropped from both ends of a transposed convolution's output: use less",
            )

    def infer(self, x: Any) -> Any:
        n, _, *size = x
        axes = (size, *self._per_axis(len(size)))
        return (
            n,
            self.out,
            *(
                (i - 1) * s - 2 * p + extent(f, d) + extra
                for i, f, s, d, p, extra in zip(
                    *axes, per_axis(self.padding, len(size)), per_axis(self.output_padding, len(size)), strict=True
                )
            ),
        )

    def weights(self, x: Any) -> dict[str, Any]:
        _, d1, *size = x
        shapes = {"weight": (d1, self.out // self.groups, *per_axis(self.kernel, len(size)))}
        return {**shapes, "bias": (self.out,)} if self.bias else shapes

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        # All products, but outputs are what is kept of them: each is one dot product, which its bias completes. The
        # same products as a convolution's gradient have no bias to wait for: there, what meets in the padding is
        # summed too, as it was multiplied.
        n, d1, *size = x
        _, d2, *outer = y
        kernel, stride, dilation = self._per_axis(len(size))
        reached = map(covered, size, kernel, stride, dilation)
        products = n * d1 * prod(size) * (d2 // self.groups) * prod(kernel)
        outputs = n * d2 * prod([minimum(o, reach) for o, reach in zip(outer, reached, strict=True)])
        return (dot(products, outputs), *bias_add(self.bias, outputs))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """The products of the forward pass once more for each gradient.

        That to the input is a convolution of dy, which is zero where the output was cropped; that to the weights a
        convolution of dy with x.
        """
        n, d1, *size = x
        _, d2, *_ = y
        weights = d1 * (d2 // self.groups) * prod(per_axis(self.kernel, len(size)))
        products = weights * n * prod(size)
        return (
            *to_input(0, dot(products, prod(x))),
            *to_weight("weight", dot(products, weights)),
            *bias_gradient(self.bias, prod(y), d2),
        )

    def _per_axis(self, rank: int) -> Any:
        return [per_axis(value, rank) for value in (self.kernel, self.stride, self.dilation)]
