"""Local response normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..fields import Number, Size
from ..op import Shape, Work, add, div, mul, op, special, to_input
from ..sizes import prod
from .norm import Norm, check_channels


@op
class LocalResponseNorm(Norm, frozen=True, kw_only=True):
    """Local response normalisation: `y = x / (k + α·Σ x²)^β`, the sum over `size` neighbouring channels.

    x: (N, D, *I)   ->   y: (N, D, *I)

    Every element is squared once; its sum takes `size − 1` additions (channels beyond the edge are zeros, counted as a
    convolution's padding is), then come a multiplication, an addition, a power and a division. The defaults are
    AlexNet's; torch's α is `size` times as large.
    """

    size: Size = 5
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Number = 2

    tag: ClassVar = "lrn"
    letters: ClassVar = {"size": "s"}
    citation: ClassVar = "Krizhevsky et al. 2012, ImageNet Classification with Deep CNNs, section 3.3"

    def check(self, x: Shape) -> None:
        check_channels(x, spatial=True)

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements = prod(y)
        return (mul(2 * elements), add(self.size * elements), special(elements), div(elements))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = dy / p − 2αβ·x·Σ (dy·y / t)` with t = k + α·Σ x², p = t^β, and the sum over the same neighbours.

        2αβ is one number. An element takes 3 multiplications, 2 divisions, `size − 1` additions and a subtraction.
        """
        elements = prod(y)
        return to_input(0, mul(3 * elements), div(2 * elements), add(self.size * elements))
