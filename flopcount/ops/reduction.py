"""Axes reduced to one number each: sum, mean, product, extremes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..fields import Axis, Flag, Integers
from ..op import Op, Shape, Work, cmp, div, mul, op, to_input
from ..sizes import prod
from .axes import axes_of, axis_of, check_axes, check_axis, replaced


class Reduction(Op, frozen=True, kw_only=True):
    """Over `axes` (every one but the batch, unless named), which disappear or stay with size 1.

    x: (..., K, ...)   ->   y: (..., ...), K − 1 primitives per output
    """

    axes: Integers | None = None
    keepdim: Flag = False

    kind: ClassVar = ""
    group: ClassVar = "reduction"

    def check(self, x: Shape) -> None:
        check_axes(self.axes, len(x))

    def infer(self, x: Any) -> Any:
        gone = frozenset(axes_of(self.axes, len(x)))
        if self.keepdim:
            return tuple(1 if axis in gone else size for axis, size in enumerate(x))
        return tuple(size for axis, size in enumerate(x) if axis not in gone)

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (Work(self.kind, reductions(x, axes_of(self.axes, len(x)))),)

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """Of a sum, the output's gradient is that of each element; of an extreme, that of the element chosen."""
        return ()


@op
class Sum(Reduction, frozen=True, kw_only=True):
    """Sum over axes."""

    tag: ClassVar = "sum"
    kind: ClassVar = "add"


@op
class Mean(Reduction, frozen=True, kw_only=True):
    """Mean over axes: a sum, and one division per output.

    Example:
        >>> Mean(axes=(2, 3)).infer((1, 2048, 7, 7))
        (1, 2048)
        >>> Mean(axes=(1,), keepdim=True).infer((1, 196, 768))
        (1, 1, 768)
    """

    tag: ClassVar = "mean"
    kind: ClassVar = "add"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (*super().work(x, y), div(kept(x, axes_of(self.axes, len(x)))))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return to_input(0, div(prod(y)))


@op
class Prod(Reduction, frozen=True, kw_only=True):
    """Product over axes."""

    tag: ClassVar = "prod"
    kind: ClassVar = "mul"

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = dy·y / x`: a multiplication per output and a division per input."""
        return to_input(0, mul(prod(y)), div(prod(x)))


@op
class Max(Reduction, frozen=True, kw_only=True):
    """Greatest element over axes."""

    tag: ClassVar = "max"
    kind: ClassVar = "cmp"


@op
class Min(Reduction, frozen=True, kw_only=True):
    """Least element over axes."""

    tag: ClassVar = "min"
    kind: ClassVar = "cmp"


@op
class AnyTrue(Reduction, frozen=True, kw_only=True):
    """Whether any element over axes is true."""

    tag: ClassVar = "any"
    kind: ClassVar = "cmp"

    def dtype(self, *dtypes: str) -> str:
        return "bool"


@op
class AllTrue(AnyTrue, frozen=True, kw_only=True):
    """Whether all elements over axes are true."""

    tag: ClassVar = "all"


class Place(Op, frozen=True, kw_only=True):
    """Where along one axis an element stands, as an integer."""

    axis: Axis = 1
    keepdim: Flag = False

    group: ClassVar = "reduction"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any) -> Any:
        return replaced(x, axis_of(self.axis, len(x)), *((1,) if self.keepdim else ()))

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (cmp(reductions(x, (axis_of(self.axis, len(x)),))),)

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """A place has no gradient."""
        return ()

    def dtype(self, *dtypes: str) -> str:
        return "int64"


@op
class Argmax(Place, frozen=True, kw_only=True):
    """Place of the greatest element of one axis, as an integer.

    Example:
        >>> Argmax().infer((1, 19, 512, 1024))
        (1, 512, 1024)
    """

    tag: ClassVar = "argmax"


@op
class Argmin(Place, frozen=True, kw_only=True):
    """Place of the least element of one axis, as an integer."""

    tag: ClassVar = "argmin"


def reductions(x: Any, axes: Sequence[int]) -> Any:
    """How often two numbers become one when each row of K along these axes is reduced: K − 1 times.

    Example:
        >>> reductions((1, 2048, 7, 7), (2, 3))
        98304
    """
    return (prod(x[axis] for axis in axes) - 1) * kept(x, axes)


def kept(x: Any, axes: Sequence[int]) -> Any:
    """How many rows there are along these axes: the product of the other sizes.

    Example:
        >>> kept((1, 2048, 7, 7), (2, 3))
        2048
    """
    gone = frozenset(axes)
    return prod(size for axis, size in enumerate(x) if axis not in gone)
