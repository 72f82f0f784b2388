"""Axes by number: counted with the batch as axis 0, from the end where negative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import OpError, show_shape
from ..op import Shape
from ..sizes import prod


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Example:
        >>> axis_of(-1, 4)
        3
    """
    return axis + rank if axis < 0 else axis


def axes_of(axes: Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Several axes counted from the front; None means every axis but the batch.

    Example:
        >>> axes_of(None, 4)
        (1, 2, 3)
    """
    return tuple(range(1, rank)) if axes is None else tuple(axis_of(axis, rank) for axis in axes)


def check_axis(axis: int, rank: int, of: str = "the input") -> None:
    """Refuse an axis that a shape of this rank does not have.

    Raises:
        OpError: With the axes that there are.
    """
    if not -rank <= axis < rank:
        raise OpError(
            f"axis {axis} is out of range: {of} has {rank} {'axis' if rank == 1 else 'axes'}",
            hint=f"the batch is axis 0, the last is {rank - 1} or -1" if rank else None,
        )


def check_axes(axes: Sequence[int] | None, rank: int, of: str = "the input") -> None:
    """Refuse axes out of range, and one named twice.

    Raises:
        OpError: With the axis.
    """
    for axis in axes or ():
        check_axis(axis, rank, of)
    seen: set[int] = set()
    for axis in axes_of(axes or (), rank):
        if axis in seen:
            raise OpError(f"axis {axis} is named twice in {list(axes or ())}")
        seen.add(axis)


def check_same_elements(x: Shape, y: Shape, of: str = "the input") -> None:
    """Refuse a change of shape that would lose or invent elements.

    Raises:
        OpError: With both counts.
    """
    if prod(x) != prod(y):
        raise OpError(f"{show_shape(y)} holds {prod(y)} elements, but {of} {show_shape(x)} holds {prod(x)}")


def replaced(x: Any, axis: int, *sizes: Any) -> tuple[Any, ...]:
    """The shape with other sizes (or none) in the place of one axis, counted from the front.

    Example:
        >>> replaced((1, 6, 8), 1, 2, 3)
        (1, 2, 3, 8)
    """
    return (*x[:axis], *sizes, *x[axis + 1 :])
