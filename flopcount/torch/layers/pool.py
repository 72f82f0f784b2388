"""Pooling."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.pool import AdaptivePool, AvgPool, GlobalPool, MaxPool
from ...ops.window import per_axis
from ._window import pads_of, reversed_pads, symmetric

MAX: Any = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
AVG: Any = (nn.AvgPool1d, nn.AvgPool2d)
ADAPTIVE_MAX: Any = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)
ADAPTIVE_AVG: Any = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)


class AvgPool3d(nn.AvgPool3d):
    """Averages axis by axis, which is the same: torch's own refuses a kernel beyond its unpadded input."""

    def forward(self, input: Tensor) -> Tensor:
        axes = zip(*(per_axis(value, 3) for value in (self.kernel_size, self.stride, self.padding)), strict=True)
        y = input
        for axis, (kernel, stride, padding) in enumerate(axes, start=2):
            moved = y.transpose(axis, -1)
            pooled = functional.avg_pool1d(
                moved.flatten(0, -2), kernel, stride, padding, self.ceil_mode, self.count_include_pad
            )
            y = pooled.reshape(*moved.shape[:-1], -1).transpose(axis, -1)
        return y


class PaddedPool(nn.Module):
    """Pooling after padding of unlike width before and after an axis, which torch's own layers do not know.

    Args:
        pool: Pools without padding; it has no parameters.
        pads: Elements before and after each axis.
        value: What they are.
        starts: How many windows an axis may have: none starts in the padding behind it.
        counts_pads: Whether a mean is over the padding too.
    """

    def __init__(self, pool: nn.Module, pads: list[int], value: float, starts: list[int], counts_pads: bool) -> None:
        super().__init__()
        self.pool = [pool]  # in a list: no submodule
        self.pads, self.value, self.starts, self.counts_pads = pads, value, starts, counts_pads

    def forward(self, x: Tensor) -> Tensor:
        y = self._pooled(x)
        return y if self.counts_pads else y / self._pooled(torch.ones_like(x))

    def _pooled(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool[0](functional.pad(x, self.pads, value=self.value))
        return y[(slice(None), slice(None), *map(slice, self.starts))]

    def extra_repr(self) -> str:
        return f"{self.pool[0]}, pads={self.pads}"


def _windowed(op: MaxPool | AvgPool, x: Shape, kind: Any, value: float, **fields: Any) -> nn.Module:
    rank = len(x) - 2
    kernel, stride, padding, dilation = op._window()
    pads = pads_of(x, kernel, stride, padding, dilation)
    own = symmetric(pads) and all(before <= f // 2 for (before, _), f in zip(pads, per_axis(kernel, rank), strict=True))
    if own:
        module: nn.Module = kind(kernel, stride, tuple(before for before, _ in pads), ceil_mode=op.ceil_mode, **fields)
        return module
    counts_pads = bool(fields.pop("count_include_pad", True))
    axes = zip(x[2:], pads, per_axis(stride, rank), strict=True)
    starts = [(i + before - 1) // s + 1 for i, (before, _), s in axes]
    pool = kind(kernel, stride, 0, ceil_mode=op.ceil_mode, **fields)
    return PaddedPool(pool, reversed_pads(pads), value, starts, counts_pads)


def maxpool(op: MaxPool, x: Shape) -> nn.Module:
    """Torch's own, where it can pad as the op does."""
    return _windowed(op, x, MAX[len(x) - 3], float("-inf"), dilation=op.dilation)


def avgpool(op: AvgPool, x: Shape) -> nn.Module:
    """Torch's own, where it can pad as the op does."""
    fits = all(f <= i for i, f in zip(x[2:], per_axis(op.kernel, len(x) - 2), strict=True))
    kinds = (*AVG, nn.AvgPool3d if fits else AvgPool3d)
    return _windowed(op, x, kinds[len(x) - 3], 0.0, count_include_pad=op.count_include_pad)


def adaptive_maxpool(op: AdaptivePool, x: Shape) -> nn.Module:
    """Torch's own."""
    module: nn.Module = ADAPTIVE_MAX[len(x) - 3](op.out)
    return module


def adaptive_avgpool(op: AdaptivePool, x: Shape) -> nn.Module:
    """Torch's own."""
    module: nn.Module = ADAPTIVE_AVG[len(x) - 3](op.out)
    return module


class Global(nn.Module):
    """A pool to one element a channel, without its spatial axes."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = [pool]

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool[0](x)
        return y.flatten(1)

    def extra_repr(self) -> str:
        return str(self.pool[0])


def _global(kinds: Any) -> Any:
    def build(op: GlobalPool, x: Shape) -> nn.Module:
        pool: nn.Module = kinds[len(x) - 3](1)
        return pool if op.keepdim else Global(pool)

    return build


MODULES: dict[str, Any] = {
    "adaptive_avgpool": adaptive_avgpool,
    "adaptive_maxpool": adaptive_maxpool,
    "avgpool": avgpool,
    "global_avgpool": _global(ADAPTIVE_AVG),
    "global_maxpool": _global(ADAPTIVE_MAX),
    "maxpool": maxpool,
}
