"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Flag, Size
from ..op import Op, Shape, Work, bias_add, bias_gradient, dot, op, to_input, to_weight
from ..sizes import prod


@op
class Linear(Op, frozen=True, kw_only=True):
    """A fully connected layer over the last axis: every output is a dot product of all D1 features with one row.

    x: (..., D1)   weight: (D2, D1)   bias: (D2,)   ->   y: (..., D2)

    Every axis before the last is kept: of a sequence, each token is mapped by itself.

    Example:
        >>> linear = Linear(out=4096)
        >>> linear.infer((1, 9216))
        (1, 4096)
        >>> linear.weights((1, 9216))
        {'weight': (4096, 9216), 'bias': (4096,)}
    """

    out: Size
    bias: Flag = True

    tag: ClassVar = "linear"
    group: ClassVar = "linear"
    signature: ClassVar = "... D1 -> ... D2"
    letters: ClassVar = {"out": "D2"}
    citation: ClassVar = "lecture, Convolutional Neural Networks II: the FC layers; a dot product per output"

    def check(self, x: Shape) -> None:
        if not x:
            raise OpError("needs an axis of features, but its input is a scalar")

    def infer(self, x: Any) -> Any:
        return (*x[:-1], self.out)

    def weights(self, x: Any) -> dict[str, Any]:
        shapes = {"weight": (self.out, x[-1])}
        return {**shapes, "bias": (self.out,)} if self.bias else shapes

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        outputs = prod(y)
        return (dot(x[-1] * outputs, outputs), *bias_add(self.bias, outputs))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = dy·W` and `dW = dyᵀ·x`, the products of the forward pass once more for each."""
        outputs = prod(y)
        products = x[-1] * outputs
        return (
            *to_input(0, dot(products, prod(x))),
            *to_weight("weight", dot(products, x[-1] * self.out)),
            *bias_gradient(self.bias, outputs, self.out),
        )
