"""XLA's cost analysis: of a convolution, the products with real inputs alone; zeros of the padding are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..op import Work, dot
from ..ops.window import extent, per_axis
from ..sizes import prod
from . import Rule, Use, surveyed

DOTS = ("linear", "gemm", "matmul", "einsum", "attention", "sdpa")


def conv(use: Use) -> Sequence[Work]:
    """The taps that fall on the input."""
    n, d1, *size = (_exact(i) for i in use.x)
    window = _Window(use.op, len(size))
    outer = [_exact(o) for o in use.y[2:]]
    return window.work(n * (d1 // window.groups) * window.out, outer, size, window.before(size, outer))


def conv_transpose(use: Use) -> Sequence[Work]:
    """The taps that fall on the output, which the padding crops."""
    n, d1, *size = (_exact(i) for i in use.x)
    window = _Window(use.op, len(size))
    outer = [_exact(o) for o in use.y[2:]]
    return window.work(n * d1 * (window.out // window.groups), size, outer, window.before(size, outer))


def products(use: Use) -> Sequence[Work]:
    """Dot products, without what stands around them."""
    return [entry for entry in use.work if entry.kind == "dot"]


def meeting(steps: int, taps: int, size: int, stride: int, dilation: int, padding: int) -> int:
    """How many pairs of a step and a tap meet an element: `0 ≤ step·stride + tap·dilation − padding < size`.

    Example:
        >>> meeting(steps=32, taps=3, size=32, stride=1, dilation=1, padding=1)
        94
    """
    return _up_to(padding + size - 1, steps, taps, stride, dilation) - _up_to(
        padding - 1, steps, taps, stride, dilation
    )


class _Window:
    """A window's sizes, as integers: what is counted here has no formula."""

    def __init__(self, op: Any, rank: int) -> None:
        self.kernel, self.stride, self.dilation = (
            [_exact(size) for size in per_axis(value, rank)] for value in (op.kernel, op.stride, op.dilation)
        )
        self.out, self.groups = _exact(op.out), _exact(op.groups)
        self.padding = op.padding

    def before(self, size: Sequence[int], outer: Sequence[int]) -> list[int]:
        """How much padding stands before each axis."""
        if self.padding == "same":
            axes = zip(size, outer, self.kernel, self.stride, self.dilation, strict=True)
            return [max(0, (o - 1) * s + extent(f, d) - i) // 2 for i, o, f, s, d in axes]
        pads = per_axis(0 if self.padding == "valid" else self.padding, len(size))
        return [_exact(p[0] if isinstance(p, tuple) else p) for p in pads]

    def work(self, channels: int, steps: Sequence[int], size: Sequence[int], before: Sequence[int]) -> Sequence[Work]:
        """The products of so many pairs of channels."""
        axes = zip(steps, self.kernel, size, self.stride, self.dilation, before, strict=True)
        return (dot(channels * prod(meeting(*axis) for axis in axes), 0),)


def _up_to(last: int, steps: int, taps: int, stride: int, dilation: int) -> int:
    """How many pairs of `step < steps` and `tap < taps` have `step·stride + tap·dilation ≤ last`."""
    if last < 0:
        return 0
    whole = max(0, min(steps, (last - (taps - 1) * dilation) // stride + 1))
    end = min(steps - 1, last // stride)
    return whole * taps + _floor_sum(end - whole + 1, dilation, stride, last - end * stride) + max(0, end - whole + 1)


def _floor_sum(n: int, m: int, a: int, b: int) -> int:
    """`Σ ⌊(a·i + b) / m⌋` over i < n, in as many steps as Euclid's algorithm has."""
    total = 0
    while n > 0:
        total += n * (n - 1) // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        n, b = divmod(a * n + b, m)
        a, m = m, a
    return total


def _exact(size: Any) -> int:
    return int(getattr(size, "value", size))


RULES = (
    surveyed(("conv", "conv_transpose", *DOTS)),
    Rule("the products with real inputs alone, without the padding's zeros", ("conv",), conv),
    Rule("the products that are not cropped", ("conv_transpose",), conv_transpose),
    Rule("dot products alone", DOTS, products),
)
