"""Samples of an image at places that are computed, not fixed: each is interpolated from its neighbours.

A bilinear sample is three combinations of two values, `a + t·(b − a)`: 2 additions and 1 multiplication each, as in
`upsample`. Unlike there, the places are data, so finding them counts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError, show_shape
from ..fields import Flag, PerAxis, Size, Sizes
from ..op import Op, Shape, Work, add, cmp, div, dot, mul, op, to_input
from ..sizes import prod
from .window import check_axes, per_axis


@op
class GridSample(Op, frozen=True, kw_only=True):
    """An image sampled at the places that the second input, a grid of coordinates from −1 to 1, gives.

    x: (N, D, *I)   grid: (N, *O, rank)   ->   y: (N, D, *O)

    A coordinate takes a multiplication and an addition to become a place, a comparison to be rounded and an addition
    for its fraction; cubic interpolation then four weights, polynomials of the third degree by Horner's rule. Every
    output takes `1 + taps + ... + taps^(r−1)` combinations over r axes, as in `upsample`.

    Example:
        >>> GridSample().infer((1, 64, 56, 56), (1, 28, 28, 2))
        (1, 64, 28, 28)
    """

    mode: Literal["nearest", "bilinear", "bicubic"] = "bilinear"
    padding_mode: Literal["zeros", "border", "reflection"] = "zeros"
    align_corners: Flag = False

    tag: ClassVar = "grid_sample"
    group: ClassVar = "resampling"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "N D1 *1, ... -> N D1 *2"
    citation: ClassVar = "count of its definition's primitives; Jaderberg et al. 2015, arXiv 1506.02025"

    def check(self, x: Shape, grid: Shape) -> None:
        check_axes(x)
        if len(grid) != len(x) or grid[-1] != len(x) - 2 or grid[0] != x[0]:
            raise OpError(
                f"grid {show_shape(grid)} does not fit input {show_shape(x)}",
                hint=f"it has the batch, the output's {len(x) - 2} spatial axes, and {len(x) - 2} coordinates",
            )

    def infer(self, x: Any, grid: Any) -> Any:
        return (*x[:2], *grid[1:-1])

    def work(self, x: Any, grid: Any, y: Any) -> Sequence[Work]:
        coordinates, rank = prod(grid), len(y) - 2
        if self.mode == "nearest":
            return (mul(coordinates), add(coordinates), cmp(coordinates))
        taps, muls, adds, weights = (4, 4, 3, 12) if self.mode == "bicubic" else (2, 1, 2, 0)
        combinations = sum(taps**axis for axis in range(rank)) * prod(y)
        return (
            mul((1 + weights) * coordinates + muls * combinations),
            add((2 + weights) * coordinates + adds * combinations),
            cmp(coordinates),
        )

    def backward(self, x: Any, grid: Any, y: Any) -> Sequence[Work]:
        """Every combination taken back to its values and to its weights, as data: y = a + t·(b − a).

        To the image `t·dy` and `dy − t·dy` (cubic: four products), each added where its pixel lies. To the grid
        `dt = dy·(b − a)`, summed over all combinations of a coordinate and scaled as that was (cubic: the four weights'
        polynomials, differentiated).
        """
        coordinates, rank = prod(grid), len(y) - 2
        if self.mode == "nearest":
            return to_input(0, add(prod(y)))
        taps, muls, adds = (4, 4, 0) if self.mode == "bicubic" else (2, 1, 1)
        combinations = sum(taps**axis for axis in range(rank)) * prod(y)
        if self.mode == "bicubic":
            grid_work = (mul(4 * combinations + 12 * coordinates), add(4 * combinations + 7 * coordinates))
        else:
            grid_work = (mul(combinations), add(combinations - coordinates))
        return (
            *to_input(0, mul(muls * combinations), add(adds * combinations + taps**rank * prod(y))),
            *to_input(1, *grid_work, mul(coordinates)),
        )


@op
class AffineGrid(Op, frozen=True, kw_only=True):
    """The grid of places that an affine map, the input, takes the pixels of an output of this size to.

    x: (N, r, r + 1)   ->   y: (N, *size, r), each coordinate a dot product of r + 1 numbers

    Example:
        >>> AffineGrid(size=(28, 28)).infer((1, 2, 3))
        (1, 28, 28, 2)
    """

    size: Sizes

    tag: ClassVar = "affine_grid"
    group: ClassVar = "resampling"
    citation: ClassVar = "Jaderberg et al. 2015, arXiv 1506.02025; computed as a matrix product"

    def check(self, x: Shape) -> None:
        rank = len(self.size)
        if x[1:] != (rank, rank + 1):
            raise OpError(f"an affine map of {rank} axes is {rank}×{rank + 1} a sample, not {show_shape(x[1:])}")

    def infer(self, x: Any) -> Any:
        return (x[0], *self.size, len(self.size))

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        outputs = prod(y)
        return (dot((len(self.size) + 1) * outputs, outputs),)

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """Each number of the map takes the dot product of a coordinate's gradients with the pixels' places."""
        return to_input(0, dot((len(self.size) + 1) * prod(y), prod(x)))


@op
class RoIAlign(Op, frozen=True, kw_only=True):
    """Each region of an image resampled to one size: the mean (or maximum) of bilinear samples on a lattice in a bin.

    x: (N, D, H, W)   regions: (R, 4) or (R, 5)   ->   y: (R, D, *out)

    A bin has `samples` per axis. Without a number, it follows from each region's size, and nobody knows the work.
    The places are the same for all channels, and are not counted.

    Example:
        >>> RoIAlign(out=7, samples=2).infer((1, 256, 50, 68), (1000, 4))
        (1000, 256, 7, 7)
    """

    out: PerAxis
    samples: Size | None = None
    mode: Literal["avg", "max"] = "avg"

    tag: ClassVar = "roi_align"
    group: ClassVar = "resampling"
    arity: ClassVar = (2, 3)
    signature: ClassVar = "N D H W, R F, R -> R D H2 W2"
    citation: ClassVar = "He et al. 2017, arXiv 1703.06870"

    def check(self, x: Shape, regions: Shape, *batch: Shape) -> None:
        check_axes(x, (2,), out=self.out)
        if len(regions) != 2 or regions[1] not in (4, 5):
            raise OpError(f"regions are rows of four corners, or of five with the sample, not {show_shape(regions)}")

    def infer(self, x: Any, regions: Any, *batch: Any) -> Any:
        return (regions[0], x[1], *per_axis(self.out, 2))

    def work(self, *shapes: Any) -> Sequence[Work] | None:
        if self.samples is None:
            return None
        bins = prod(shapes[-1])
        samples = self.samples * self.samples * bins
        interpolated = (mul(3 * samples), add(6 * samples))
        if self.mode == "max":
            return (*interpolated, cmp(samples - bins))
        return (*interpolated, add(samples - bins), div(bins))

    def backward(self, *shapes: Any) -> Sequence[Work] | None:
        """A bin's gradient to its samples (their mean, or the largest alone), and of each to the four pixels around it.

        The regions are taken as they are: their corners get no gradient.
        """
        if self.samples is None:
            return None
        bins = prod(shapes[-1])
        reached = bins if self.mode == "max" else self.samples * self.samples * bins
        shared = () if self.mode == "max" else (div(bins),)
        return to_input(0, *shared, mul(3 * reached), add(7 * reached))
