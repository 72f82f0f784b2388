"""Parts of a tensor: split, slice, select. They move data and compute nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Axis, Integer, Integers, Size, Sizes
from ..op import Shape, op
from ..sizes import ceil_div
from .axes import axis_of, check_axes, check_axis, replaced
from .moving import Moving

MAX_PARTS = 65_536
"""More parts than any network has, and few enough to list."""


@op
class Split(Moving, frozen=True, kw_only=True):
    """Cut into several outputs along one axis: equal parts, or parts of the sizes given.

    x: (N, D, ...)   ->   y1: (N, D1, ...)   y2: (N, D2, ...)   with D = D1 + D2

    Example:
        >>> Split(parts=3, axis=-1).infer((1, 197, 2304))
        [(1, 197, 768), (1, 197, 768), (1, 197, 768)]
        >>> Split(sizes=(16, 48)).infer((1, 64, 8, 8))
        [(1, 16, 8, 8), (1, 48, 8, 8)]
    """

    parts: Size | None = None
    sizes: Sizes | None = None
    axis: Axis = 1

    tag: ClassVar = "split"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))
        axis = axis_of(self.axis, len(x))
        if (self.parts is None) == (self.sizes is None):
            raise OpError(
                f"needs either parts or sizes, not {'both' if self.parts else 'neither'}",
                hint="`split: 3` makes three equal parts; `split: {sizes: [16, 48]}` two of these sizes",
            )
        if self.parts is not None and self.parts > MAX_PARTS:
            raise OpError(f"splits into {self.parts} parts; the limit is {MAX_PARTS}")
        if self.parts is not None and x[axis] % self.parts:
            raise OpError(
                f"axis {axis} of size {x[axis]} does not split into {self.parts} equal parts",
                hint="`axis: -1` splits the last axis; `sizes: [...]` makes unequal parts",
            )
        if self.sizes is not None and sum(self.sizes) != x[axis]:
            raise OpError(f"sizes {list(self.sizes)} sum to {sum(self.sizes)}, but axis {axis} is {x[axis]}")

    def infer(self, x: Any) -> Any:
        axis = axis_of(self.axis, len(x))
        sizes = self.sizes if self.sizes is not None else (x[axis] // self.parts,) * (self.parts or 0)
        return [replaced(x, axis, size) for size in sizes]


@op
class Slice(Moving, frozen=True, kw_only=True):
    """Elements `start` up to but not `end` of one axis, every `step`-th; negative places count from the end.

    x: (..., D, ...)   ->   y: (..., ⌈(end − start) / step⌉, ...)

    Example:
        >>> Slice(axis=1, start=1).infer((1, 197, 768))
        (1, 196, 768)
    """

    axis: Axis
    start: Integer = 0
    end: Integer | None = None
    step: Size = 1

    tag: ClassVar = "slice"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))
        axis = axis_of(self.axis, len(x))
        size = x[axis]
        for name, place in (("start", self.start), ("end", self.end)):
            if place is not None and not -size <= place <= size:
                raise OpError(f"{name} {place} lies outside axis {axis} of size {size}")
        start, end = self._range(size)
        if start >= end:
            raise OpError(f"keeps nothing of axis {axis}: from {start} up to {end} of {size}")

    def infer(self, x: Any) -> Any:
        axis = axis_of(self.axis, len(x))
        start, end = self._range(x[axis])
        return replaced(x, axis, ceil_div(end - start, self.step))

    def _range(self, size: Any) -> tuple[Any, Any]:
        end = size if self.end is None else self.end + size if self.end < 0 else self.end
        return self.start + size if self.start < 0 else self.start, end


@op
class StridedSlice(Moving, frozen=True, kw_only=True):
    """Several axes sliced at once, as numpy slices them: places beyond an end are held at it, steps may be negative.

    `ends` and `steps` are as long as `starts`; without `axes` they begin at the batch.

    Example:
        >>> StridedSlice(starts=(1, 0), ends=(197, 64), steps=(2, 1), axes=(1, 2)).infer((1, 197, 768))
        (1, 98, 64)
        >>> StridedSlice(starts=(-1,), ends=(-1000,), steps=(-1,), axes=(1,)).infer((1, 197, 768))
        (1, 197, 768)
    """

    starts: Integers
    ends: Integers
    axes: Integers | None = None
    steps: Integers | None = None

    tag: ClassVar = "strided_slice"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self._axes(), len(x))
        counts = {len(self.starts), len(self.ends), len(self._axes()), len(self._steps())}
        if len(counts) > 1:
            raise OpError(
                f"{len(self.starts)} starts, {len(self.ends)} ends, {len(self._axes())} axes and "
                f"{len(self._steps())} steps: there must be as many of each"
            )
        if 0 in self._steps():
            raise OpError("a step of 0 leads nowhere")

    def infer(self, x: Any) -> Any:
        y = list(x)
        for axis, start, end, step in zip(self._axes(), self.starts, self.ends, self._steps(), strict=True):
            y[axis] = len(range(*slice(start, end, step).indices(int(x[axis]))))
        return tuple(y)

    def _axes(self) -> tuple[int, ...]:
        return tuple(range(len(self.starts))) if self.axes is None else self.axes

    def _steps(self) -> tuple[int, ...]:
        return (1,) * len(self.starts) if self.steps is None else self.steps


@op
class Select(Moving, frozen=True, kw_only=True):
    """One element of one axis, which disappears: the class token, the last step of a sequence.

    x: (..., D, ...)   ->   y: (..., ...)

    Example:
        >>> Select(axis=1, index=0).infer((1, 197, 768))
        (1, 768)
    """

    axis: Axis
    index: Integer = 0

    tag: ClassVar = "select"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))
        size = x[self.axis]
        if not -size <= self.index < size:
            raise OpError(f"index {self.index} lies outside axis {axis_of(self.axis, len(x))} of size {size}")

    def infer(self, x: Any) -> Any:
        return replaced(x, axis_of(self.axis, len(x)))
