"""Elements repeated, shifted or padded: pad, expand, tile, roll. They move data and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError, show_shape
from ..fields import Axis, Flag, Integers, Number, Pads, Size
from ..op import Shape, Work, op
from .axes import axis_of, check_axes, check_axis, replaced
from .moving import Moving, Repeating
from .window import padded, per_axis


@op
class Pad(Repeating, frozen=True, kw_only=True):
    """Elements added at the ends of axes: an integer pads every spatial axis, a list the last axes, in their order.

    An entry of the list is an integer (both ends) or a pair [before, after]. With `keep_batch: false` the list may
    begin at the batch.

    Example:
        >>> Pad(padding=3).infer((1, 3, 224, 224))
        (1, 3, 230, 230)
        >>> Pad(padding=((0, 1), (0, 1))).infer((1, 3, 224, 224))
        (1, 3, 225, 225)
    """

    padding: Pads
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant"
    value: Number = 0
    keep_batch: Flag = True

    tag: ClassVar = "pad"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        if isinstance(self.padding, int):
            if len(x) < 3:
                raise OpError(
                    f"padding {self.padding} pads every spatial axis, but {show_shape(x)} has none",
                    hint="a list pads the last axes: `padding: [1]`",
                )
        elif len(self.padding) > len(x):
            raise OpError(f"padding names {len(self.padding)} axes, but the input has {len(x)}")
        elif self.keep_batch and len(self.padding) == len(x) and self.padding[0] not in (0, (0, 0)):
            raise OpError(
                f"padding names {len(self.padding)} axes, and the first of them is the batch",
                hint="one entry an axis, each a number or a pair: [[left, right]], [[top, bottom], [left, right]]",
            )
        # A reflection needs one element beside the mirrored edge; a wrapped axis gives out after one turn.
        spare = {"reflect": 1, "circular": 0}.get(self.mode)
        pads = self._pads(len(x))
        for axis, (size, pad) in enumerate(zip(x[-len(pads) :], pads, strict=True), start=len(x) - len(pads)):
            most = max(pad) if isinstance(pad, tuple) else pad
            if spare is not None and most > size - spare:
                raise OpError(
                    f"padding {most} is too much for mode {self.mode} on axis {axis} of size {size}",
                    hint=f"at most {size - spare}; `mode: replicate` or `constant` has no limit",
                )

    def infer(self, x: Any) -> Any:
        pads = self._pads(len(x))
        fixed = len(x) - len(pads)
        return (*x[:fixed], *(padded(size, pad) for size, pad in zip(x[fixed:], pads, strict=True)))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        # A constant at the edge stands for no element.
        return () if self.mode == "constant" else super().backward(x, y)

    def _pads(self, rank: int) -> tuple[Any, ...]:
        return per_axis(self.padding, rank - 2)


@op
class Expand(Repeating, frozen=True, kw_only=True):
    """Axes of size 1 stretched to one sample's `shape` without copying; -1 leaves an axis as it is.

    With `keep_batch: false` the shape is that of all axes, and may have further axes in front.

    Example:
        >>> Expand(shape=(64, -1, 56)).infer((1, 64, 56, 1))
        (1, 64, 56, 56)
        >>> Expand(shape=(8, 12, 1, 64), keep_batch=False).infer((12, 1, 64))
        (8, 12, 1, 64)
    """

    shape: Integers
    keep_batch: Flag = True

    tag: ClassVar = "expand"
    view: ClassVar = True
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        kept = int(self.keep_batch)
        if self.keep_batch and len(self.shape) != len(x) - 1:
            raise OpError(
                f"shape {list(self.shape)} names {len(self.shape)} axes, but one sample has {len(x) - 1}",
                hint="the batch is left out; `unsqueeze` adds axes of size 1",
            )
        if len(self.shape) < len(x) - kept:
            raise OpError(f"shape {list(self.shape)} names {len(self.shape)} axes, but the input has {len(x)}")
        new = len(self.shape) - (len(x) - kept)
        for axis, (size, wanted) in enumerate(zip(x[kept:], self.shape[new:], strict=True), start=kept):
            if wanted < 1 and wanted != -1:
                raise OpError(f"a size must be positive, or -1 to leave an axis as it is, not {wanted}")
            if wanted not in (-1, size) and size != 1:
                raise OpError(
                    f"axis {axis} of size {size} cannot be expanded to {wanted}; only a size of 1 can",
                    hint="`tile` repeats an axis of any size",
                )
        if any(wanted < 1 for wanted in self.shape[:new]):
            raise OpError(f"a new axis needs a positive size, not {min(self.shape[:new])}")

    def infer(self, x: Any) -> Any:
        kept, sizes = (x[:1], x[1:]) if self.keep_batch else ((), x)
        new = len(self.shape) - len(sizes)
        stretched = (size if wanted == -1 else wanted for size, wanted in zip(sizes, self.shape[new:], strict=True))
        return (*kept, *self.shape[:new], *stretched)


@op
class Tile(Repeating, frozen=True, kw_only=True):
    """One axis repeated.

    x: (..., D, ...)   ->   y: (..., D·repeats, ...)

    Example:
        >>> Tile(repeats=4).infer((1, 8, 128, 64))
        (1, 32, 128, 64)
    """

    repeats: Size
    axis: Axis = 1

    tag: ClassVar = "tile"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any) -> Any:
        axis = axis_of(self.axis, len(x))
        return replaced(x, axis, x[axis] * self.repeats)


@op
class Roll(Moving, frozen=True, kw_only=True):
    """Elements shifted along axes; what leaves at one end enters at the other (Swin's shifted windows).

    Example:
        >>> Roll(shifts=(-3, -3), axes=(1, 2)).infer((1, 56, 56, 96))
        (1, 56, 56, 96)
    """

    shifts: Integers
    axes: Integers = (2, 3)

    tag: ClassVar = "roll"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x))
        if len(self.shifts) not in (1, len(self.axes)):
            raise OpError(f"{len(self.shifts)} shifts {list(self.shifts)} for {len(self.axes)} axes {list(self.axes)}")

    def infer(self, x: Any) -> Any:
        return x


@op
class Flip(Moving, frozen=True, kw_only=True):
    """Elements in reverse order along axes.

    Example:
        >>> Flip(axes=(1,)).infer((1, 10, 64))
        (1, 10, 64)
    """

    axes: Integers

    tag: ClassVar = "flip"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x))

    def infer(self, x: Any) -> Any:
        return x
