"""The same elements under another shape: flatten, reshape, permute, squeeze. They compute nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Axis, Flag, Integers
from ..op import Shape, op
from ..sizes import prod
from .axes import axes_of, axis_of, check_axes, check_axis, check_same_elements
from .moving import Moving


@op
class Flatten(Moving, frozen=True, kw_only=True):
    """Axes `start` to `end`, both included, become one.

    x: (N, D, H, W)   ->   y: (N, D·H·W)

    Example:
        >>> Flatten().infer((1, 256, 6, 6))
        (1, 9216)
        >>> Flatten(start=2).infer((1, 768, 14, 14))
        (1, 768, 196)
    """

    start: Axis = 1
    end: Axis = -1

    tag: ClassVar = "flatten"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        rank = len(x)
        check_axis(self.start, rank)
        check_axis(self.end, rank)
        if axis_of(self.start, rank) > axis_of(self.end, rank):
            raise OpError(f"start {self.start} comes after end {self.end} in an input of {rank} axes")

    def infer(self, x: Any) -> Any:
        start, end = axis_of(self.start, len(x)), axis_of(self.end, len(x)) + 1
        return (*x[:start], prod(x[start:end]), *x[end:])


@op
class Reshape(Moving, frozen=True, kw_only=True):
    """The elements in their order under another shape: one sample's, or with `keep_batch: false` that of all axes.

    One size may be -1: what is left over.

    Example:
        >>> Reshape(shape=(3, -1, 64)).infer((1, 196, 192))
        (1, 3, 196, 64)
        >>> Reshape(shape=(-1, 49, 96), keep_batch=False).infer((1, 8, 7, 8, 7, 96))
        (64, 49, 96)
    """

    shape: Integers
    keep_batch: Flag = True

    tag: ClassVar = "reshape"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        if bad := [size for size in self.shape if size < 1 and size != -1]:
            raise OpError(f"a size must be positive, or -1 for what is left over, not {bad[0]}")
        if self.shape.count(-1) > 1:
            raise OpError(f"only one size may be -1, not {self.shape.count(-1)} of {list(self.shape)}")
        if self.keep_batch:
            check_axis(0, len(x))
        source, of = (x[1:], "one sample") if self.keep_batch else (x, "the input")
        known = prod(size for size in self.shape if size != -1)
        if -1 in self.shape and prod(source) % known:
            raise OpError(
                f"{show_shape(source)} ({of}: {prod(source)} elements) does not divide into "
                f"{show_shape('?' if size == -1 else size for size in self.shape)}"
            )
        if -1 not in self.shape:
            check_same_elements(source, self.shape, of)

    def infer(self, x: Any) -> Any:
        kept, source = (x[:1], x[1:]) if self.keep_batch else ((), x)
        known = prod(size for size in self.shape if size != -1)
        return (*kept, *(prod(source) // known if size == -1 else size for size in self.shape))


@op
class Permute(Moving, frozen=True, kw_only=True):
    """All axes in another order, the batch among them: axis i of the output is axis `order[i]` of the input.

    Example:
        >>> Permute(order=(0, 2, 3, 1)).infer((1, 96, 56, 56))
        (1, 56, 56, 96)
    """

    order: Integers

    tag: ClassVar = "permute"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.order, len(x))
        if len(self.order) != len(x):
            raise OpError(
                f"order {list(self.order)} names {len(self.order)} axes, but the input has {len(x)}",
                hint="name every axis once, the batch (0) too; `transpose: [1, 2]` swaps two",
            )

    def infer(self, x: Any) -> Any:
        return tuple(x[axis] for axis in self.order)


@op
class Transpose(Moving, frozen=True, kw_only=True):
    """Two axes swapped.

    Example:
        >>> Transpose(axes=(1, 2)).infer((1, 768, 196))
        (1, 196, 768)
    """

    axes: Integers = (1, 2)

    tag: ClassVar = "transpose"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x))
        if len(self.axes) != 2:
            raise OpError(f"swaps two axes, not {list(self.axes)}", hint="`permute` orders all axes")

    def infer(self, x: Any) -> Any:
        a, b = sorted(axes_of(self.axes, len(x)))
        return (*x[:a], x[b], *x[a + 1 : b], x[a], *x[b + 1 :])


@op
class Squeeze(Moving, frozen=True, kw_only=True):
    """Axes of size 1 dropped.

    Example:
        >>> Squeeze(axes=(2, 3)).infer((1, 2048, 1, 1))
        (1, 2048)
    """

    axes: Integers

    tag: ClassVar = "squeeze"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x))
        for axis in axes_of(self.axes, len(x)):
            if x[axis] != 1:
                raise OpError(
                    f"axis {axis} has size {x[axis]}; only an axis of size 1 can be dropped",
                    hint="`select` keeps one element of an axis, `mean` averages over it",
                )

    def infer(self, x: Any) -> Any:
        dropped = frozenset(axes_of(self.axes, len(x)))
        return tuple(size for axis, size in enumerate(x) if axis not in dropped)


@op
class Unsqueeze(Moving, frozen=True, kw_only=True):
    """New axes of size 1, at these places of the output.

    Example:
        >>> Unsqueeze(axes=(2, 3)).infer((1, 2048))
        (1, 2048, 1, 1)
    """

    axes: Integers

    tag: ClassVar = "unsqueeze"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x) + len(self.axes), "the output")

    def infer(self, x: Any) -> Any:
        rank = len(x) + len(self.axes)
        new, sizes = frozenset(axes_of(self.axes, rank)), iter(x)
        return tuple(1 if axis in new else next(sizes) for axis in range(rank))
