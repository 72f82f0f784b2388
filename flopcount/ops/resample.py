"""Resolution changed without weights: interpolation, and the shuffles that trade channels for pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError, show_shape
from ..fields import Flag, PerAxis, Size
from ..op import Op, Shape, Work, add, mul, op, to_input
from ..sizes import minimum, prod
from .conv import check_groups
from .moving import Moving
from .window import check_axes, per_axis

RANKS = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}
"""How many spatial axes a mode interpolates over."""


@op
class Upsample(Op, frozen=True, kw_only=True):
    """Interpolation to `scale` times the size, or to `size` (which may also be smaller).

    x: (N, D1, *I)   ->   y: (N, D1, *O)

    Every output stands for itself: it is interpolated along the last axis, the results along the axis before, and so
    on. `nearest` copies. The linear modes combine two values as `a + t·(b − a)`, 2 additions and 1 multiplication;
    `bicubic` four as a weighted sum, 4 multiplications and 3 additions. Over r axes an output takes
    `1 + taps + ... + taps^(r−1)` such combinations. The weights depend on the position alone, so they are made once
    for a size and not counted.

    Example:
        >>> Upsample(scale=2).infer((1, 256, 13, 13))
        (1, 256, 26, 26)
        >>> Upsample(size=(33, 65), mode="bilinear").infer((1, 19, 9, 17))
        (1, 19, 33, 65)
    """

    scale: PerAxis | None = None
    size: PerAxis | None = None
    mode: Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"] = "nearest"
    align_corners: Flag = False

    tag: ClassVar = "upsample"
    group: ClassVar = "resampling"
    signature: ClassVar = "N D1 *1 -> N D1 *2"
    citation: ClassVar = "count of its definition's primitives: separable interpolation, each output for itself"

    def check(self, x: Shape) -> None:
        check_axes(x, scale=self.scale, size=self.size)
        rank = len(x) - 2
        if (self.scale is None) == (self.size is None):
            raise OpError(
                f"needs either scale or size, not {'both' if self.scale else 'neither'}",
                hint="`upsample: 2` doubles every spatial axis; `upsample: {size: [33, 65]}` gives their sizes",
            )
        if RANKS.get(self.mode, rank) != rank:
            fitting = " or ".join(mode for mode, axes in RANKS.items() if axes == rank)
            raise OpError(
                f"mode {self.mode} interpolates over {RANKS[self.mode]} spatial axes, but the input has {rank}",
                hint=f"use {fitting}",
            )

    def infer(self, x: Any) -> Any:
        n, d1, *size = x
        if self.size is not None:
            return (n, d1, *per_axis(self.size, len(size)))
        return (n, d1, *(i * s for i, s in zip(size, per_axis(self.scale, len(size)), strict=True)))

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        if self.mode == "nearest":
            return ()
        _, muls, adds = self._combination()
        combinations = self._combinations(y)
        return (mul(muls * combinations), add(adds * combinations))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """The same weights the other way: a combination hands its gradient on to its values, and a pixel adds up all.

        Of `a + t·(b − a)`, b gets `t·dy` and a the rest, 1 multiplication and 1 subtraction; of a weighted sum, every
        value its weight times dy. Of n gradients for one pixel, n − 1 are added.
        """
        n, d1, *size = x
        _, _, *out = y
        taps, muls, _ = self._combination()
        reached = n * d1 * prod(minimum(i, taps * o) for i, o in zip(size, out, strict=True))
        summed = add(taps ** len(size) * prod(y) - reached)
        if self.mode == "nearest":
            return to_input(0, summed)
        combinations = self._combinations(y)
        differences = () if self.mode == "bicubic" else (add(combinations),)
        return to_input(0, mul(muls * combinations), *differences, summed)

    def _combination(self) -> tuple[int, int, int]:
        """How many values are combined along an axis, and by how many multiplications and additions."""
        return {"nearest": (1, 0, 0), "bicubic": (4, 4, 3)}.get(self.mode, (2, 1, 2))

    def _combinations(self, y: Any) -> Any:
        taps, _, _ = self._combination()
        return sum(taps**axis for axis in range(len(y) - 2)) * prod(y)


@op
class PixelShuffle(Moving, frozen=True, kw_only=True):
    """Depth to space: blocks of r channels per axis become pixels (sub-pixel convolution).

    x: (N, D1, *I)   ->   y: (N, D1 / r^rank, *(r·I))

    Example:
        >>> PixelShuffle(factor=2).infer((1, 256, 24, 24))
        (1, 64, 48, 48)
    """

    factor: Size

    tag: ClassVar = "pixel_shuffle"
    group: ClassVar = "resampling"
    signature: ClassVar = "N D1 *1 -> N D2 *2"
    letters: ClassVar = {"factor": "r"}

    def check(self, x: Shape) -> None:
        check_axes(x)
        rank = len(x) - 2
        if x[1] % self.factor**rank:
            raise OpError(f"input channels {x[1]} are not divisible by factor^{rank} = {self.factor**rank}")

    def infer(self, x: Any) -> Any:
        n, d1, *size = x
        return (n, d1 // self.factor ** len(size), *(i * self.factor for i in size))


@op
class PixelUnshuffle(Moving, frozen=True, kw_only=True):
    """Space to depth: blocks of r pixels per axis become channels.

    x: (N, D1, *I)   ->   y: (N, D1·r^rank, *(I / r))

    Example:
        >>> PixelUnshuffle(factor=2).infer((1, 3, 640, 640))
        (1, 12, 320, 320)
    """

    factor: Size

    tag: ClassVar = "pixel_unshuffle"
    group: ClassVar = "resampling"
    signature: ClassVar = "N D1 *1 -> N D2 *2"
    letters: ClassVar = {"factor": "r"}

    def check(self, x: Shape) -> None:
        check_axes(x)
        if any(i % self.factor for i in x[2:]):
            raise OpError(f"spatial size {show_shape(x[2:])} is not divisible by factor {self.factor}")

    def infer(self, x: Any) -> Any:
        n, d1, *size = x
        return (n, d1 * self.factor ** len(size), *(i // self.factor for i in size))


@op
class ChannelShuffle(Moving, frozen=True, kw_only=True):
    """Channels dealt out over the groups of the next convolution (ShuffleNet).

    Example:
        >>> ChannelShuffle(groups=3).infer((1, 240, 28, 28))
        (1, 240, 28, 28)
    """

    groups: Size

    tag: ClassVar = "channel_shuffle"
    group: ClassVar = "resampling"
    signature: ClassVar = "N D1 *1 -> N D1 *1"

    def check(self, x: Shape) -> None:
        check_axes(x)
        check_groups(x[1], x[1], self.groups)

    def infer(self, x: Any) -> Any:
        return x
