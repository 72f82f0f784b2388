"""The arithmetic of sliding windows, shared by convolution and pooling.

The letters are the lecture's: a window of F elements (spread over `extent` when dilated) slides in steps of S over an
axis of I elements, P of padding at each end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import OpError, show_shape
from ..op import Shape
from ..sizes import ceil_div, floor_div, gcd, maximum, minimum, whole


def per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each spatial axis.

    Example:
        >>> per_axis(3, 2)
        (3, 3)
    """
    return value if isinstance(value, tuple) else (value,) * rank


def extent(kernel: Any, dilation: Any) -> Any:
    """How many input elements a dilated window spans: `d·(F − 1) + 1`.

    Example:
        >>> extent(3, 2)
        5
    """
    return dilation * (kernel - 1) + 1


def covered(size: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """How many positions `i·S + j·d` a window of F taps reaches from I places: those that meet count once.

    Two pairs meet where i differs by a multiple of d/g and j by one of S/g, with g the common divisor of S and d.

    Example:
        >>> covered(size=4, kernel=3, stride=2, dilation=1)
        9
        >>> covered(size=4, kernel=2, stride=3, dilation=1)
        8
    """
    common = gcd(stride, dilation)
    again = maximum(0, size - floor_div(dilation, common)) * maximum(0, kernel - floor_div(stride, common))
    return whole(size * kernel - again)


def padded(size: Any, padding: Any) -> Any:
    """An axis with its padding: `I + 2·P`, or `I + before + after`."""
    return size + padding[0] + padding[1] if isinstance(padding, tuple) else size + 2 * padding


def output_sizes(
    size: Sequence[Any], kernel: Any, stride: Any, padding: Any, dilation: Any = 1, ceil_mode: bool = False
) -> tuple[Any, ...]:
    """The output's spatial sizes: `⌊(I − F + 2·P) / S⌋ + 1` per axis (lecture, "How to calculate the spatial size").

    `same` padding gives `⌈I / S⌉` (TensorFlow's rule; with stride 1 also torch's), `valid` pads nothing. With
    `ceil_mode` the division rounds up, but no window starts beyond the input and its left padding (torch's rule).

    Example:
        >>> output_sizes((32, 32), kernel=5, stride=1, padding=0)
        (28, 28)
    """
    rank = len(size)
    kernels, strides, dilations = (per_axis(value, rank) for value in (kernel, stride, dilation))
    if padding == "same":
        return tuple(ceil_div(i, s) for i, s in zip(size, strides, strict=True))
    pads = per_axis(0 if padding == "valid" else padding, rank)
    if ceil_mode:
        return tuple(
            _ceil_size(i, extent(f, d), s, p)
            for i, f, d, s, p in zip(size, kernels, dilations, strides, pads, strict=True)
        )
    return tuple(
        floor_div(padded(i - extent(f, d), p), s) + 1
        for i, f, d, s, p in zip(size, kernels, dilations, strides, pads, strict=True)
    )


def _ceil_size(size: Any, span: Any, stride: Any, padding: Any) -> Any:
    before = padding[0] if isinstance(padding, tuple) else padding
    windows = ceil_div(padded(size - span, padding), stride) + 1
    # A window that starts in the right padding is dropped: starts are at most I + P - 1.
    return minimum(windows, floor_div(size + before - 1, stride) + 1)


def check_axes(x: Shape, ranks: Sequence[int] = (1, 2, 3), **fields: Any) -> None:
    """Refuse an input without spatial axes, and fields for another number of axes.

    Raises:
        OpError: With the numbers of axes.
    """
    rank = len(x) - 2
    if rank not in ranks:
        raise OpError(
            f"needs a batch, channels and 1 to 3 spatial axes, not {len(x)} axes",
            hint="the input of a spec is one sample, channels first: [3, 224, 224]",
        )
    for name, value in fields.items():
        if isinstance(value, tuple) and len(value) != rank:
            raise OpError(f"{name} names {len(value)} spatial axes, but the input has {rank}")


def check_window(
    x: Shape,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    ranks: Sequence[int] = (1, 2, 3),
    ceil_mode: bool = False,
) -> None:
    """Refuse an input without spatial axes, fields for another number of axes, and a window larger than its input.

    Raises:
        OpError: With the sizes and a hint.
    """
    check_axes(x, ranks, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    if padding == "same":
        return
    size = x[2:]
    rank = len(size)
    pads = per_axis(0 if padding == "valid" else padding, rank)
    windows = zip(size, *(per_axis(value, rank) for value in (kernel, stride, dilation)), pads, strict=True)
    for i, f, s, d, p in windows:
        # Rounding up lets the first window reach over the edge by less than a step.
        if extent(f, d) > padded(i, p) + (s - 1 if ceil_mode else 0):
            dilated = f" (dilated: spans {extent(f, d)})" if d != 1 else ""
            raise OpError(
                f"kernel {f}{dilated} is larger than its padded input {padded(i, p)}",
                facts={"spatial size": show_shape(size), "padding": str(padding)},
                hint="less stride or pooling before it, a smaller kernel, or padding",
            )
