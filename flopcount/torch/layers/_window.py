"""Padding of sliding windows, as torch takes it and where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...op import Shape
from ...ops.window import extent, per_axis

Pads = tuple[tuple[int, int], ...]


def pads_of(x: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> Pads:
    """How many elements stand before and after each spatial axis; `same` by TensorFlow's rule: the odd one after."""
    size = x[2:]
    rank = len(size)
    if padding == "same":
        axes = zip(size, *(per_axis(value, rank) for value in (kernel, stride, dilation)), strict=True)
        wanted = [max(0, (-(-i // s) - 1) * s + extent(f, d) - i) for i, f, s, d in axes]
        return tuple((total // 2, total - total // 2) for total in wanted)
    ends = per_axis(0 if padding == "valid" else padding, rank)
    return tuple(end if isinstance(end, tuple) else (end, end) for end in ends)


def symmetric(pads: Pads) -> bool:
    """Whether torch's own layers can pad so."""
    return all(before == after for before, after in pads)


def reversed_pads(pads: Sequence[tuple[int, int]]) -> list[int]:
    """As `torch.nn.functional.pad` takes them: the last axis first."""
    return [end for pair in reversed(pads) for end in pair]
