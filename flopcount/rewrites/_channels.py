"""Which channel counts of a network must change together: a size that several layers share is one width.

Every axis of every tensor is made of widths: a convolution's output channels are a width of its own, a residual
addition makes two widths one, a concatenation lays them side by side, flattening multiplies them. What the network
gives out, and whatever an op states in numbers, is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from ..graph import Node, Tensor


class Piece(NamedTuple):
    """A part of an axis: one width, times a constant (9 where channels of 3×3 pixels were flattened, ½ of a gate)."""

    width: int
    times: Fraction = Fraction(1)


Axis = tuple[Piece, ...] | None
"""The pieces of an axis, in order; None: its size is fixed."""

Axes = list[Axis]
"""The axes of one tensor."""


class Widths:
    """The widths of a network, those that must be equal joined into one.

    Attributes:
        axes: The axes of every tensor seen so far, by its name.
    """

    def __init__(self) -> None:
        self.axes: dict[str, Axes] = {}
        self._parent: list[int] = []
        self._sizes: list[int] = []
        self._multiples: list[int] = []
        self._scales: list[bool] = []
        self._fixed: list[str] = []

    def new(self, size: int, scales: bool = True, multiple: int = 1) -> int:
        """A width of its own.

        Args:
            size: What it is now.
            scales: Whether a layer makes it, so that it may be scaled; otherwise it only follows others.
            multiple: What it must stay divisible by.
        """
        self._parent.append(len(self._parent))
        self._sizes.append(size)
        self._multiples.append(multiple)
        self._scales.append(scales)
        self._fixed.append("")
        return len(self._parent) - 1

    def find(self, width: int) -> int:
        """The one that stands for all that are equal."""
        while self._parent[width] != width:
            self._parent[width] = self._parent[self._parent[width]]
            width = self._parent[width]
        return width

    def join(self, a: int, b: int) -> None:
        """Let two widths be equal."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        self._parent[b] = a
        self._multiples[a] = lcm(self._multiples[a], self._multiples[b])
        self._scales[a] |= self._scales[b]
        self._fixed[a] = self._fixed[a] or self._fixed[b]

    def fix(self, axis: Axis, reason: str) -> None:
        """Let an axis keep its size."""
        for piece in axis or ():
            width = self.find(piece.width)
            self._fixed[width] = self._fixed[width] or reason

    def divide(self, axis: Axis, by: int) -> None:
        """Let an axis stay divisible."""
        for piece in axis or ():
            width = self.find(piece.width)
            self._multiples[width] = lcm(self._multiples[width], by * piece.times.denominator)

    def equal(self, a: Axis, b: Axis, reason: str) -> Axis:
        """Let two axes of one size be equal, piece by piece; where their pieces differ, both are fixed."""
        if a is None or b is None:
            self.fix(a, reason)
            self.fix(b, reason)
            return None
        if [self._length(piece) for piece in a] != [self._length(piece) for piece in b]:
            self.fix((*a, *b), reason)
            return None
        for left, right in zip(a, b, strict=True):
            if left.times != right.times:
                self.fix((left, right), reason)
            self.join(left.width, right.width)
        return a

    def why_fixed(self, width: int) -> str:
        """Why a width keeps its size, or nothing."""
        width = self.find(width)
        return self._fixed[width] or ("" if self._scales[width] else "no layer makes it")

    def base(self, width: int) -> tuple[int, int]:
        """A width's present size, and what it must stay divisible by."""
        width = self.find(width)
        return self._sizes[width], self._multiples[width]

    def _length(self, piece: Piece) -> Fraction:
        return self._sizes[self.find(piece.width)] * piece.times

    def of(self, tensor: Tensor) -> Axes:
        """The axes of a tensor; those of one that no layer makes are fixed."""
        return [None] * len(tensor.shape) if tensor.is_held else self.axes[tensor.name]

    def fix_all(self, tensors: Iterable[Tensor], reason: str) -> None:
        """Let tensors keep all their sizes."""
        for tensor in tensors:
            for axis in self.of(tensor):
                self.fix(axis, reason)

    def fixed_axes(self, node: Node, reason: str) -> list[Axes]:
        """The outputs of a layer whose sizes are fixed, and with them its inputs'."""
        self.fix_all(node.inputs, reason)
        return [[None] * len(tensor.shape) for tensor in node.outputs]


def times(axis: Axis, factor: Fraction | int) -> Axis:
    """An axis of which every piece is so many times as long."""
    return axis and tuple(Piece(piece.width, piece.times * factor) for piece in axis)


def side_by_side(axes: Sequence[Axis], sizes: Sequence[int], widths: Widths) -> Axis:
    """Axes laid end to end; a fixed one among others is a width that nobody scales."""
    if not any(axes):
        return None
    pieces: list[Piece] = []
    for axis, size in zip(axes, sizes, strict=True):
        pieces += axis or (Piece(widths.new(size, scales=False)),)
    return tuple(pieces)
