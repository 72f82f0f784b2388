"""Pooling: every output is the largest element, or the mean, of a window of its channel.

One formula: `taps` elements enter the windows, all windows together, and `outputs` leave them. Finding the largest of
a window takes one comparison fewer than it has elements; its mean one addition fewer, and a division. What differs
between the ops is how the windows lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Flag, Padding, PerAxis
from ..op import Op, Shape, Work, add, cmp, div, op, to_input
from ..sizes import gcd, minimum, prod
from .window import check_axes, check_window, covered, output_sizes, per_axis


def largest(taps: Any, outputs: Any) -> Sequence[Work]:
    """The work of finding the largest element of each window: `F² − 1` comparisons for F² elements.

    Example:
        >>> largest(taps=9 * 100, outputs=100)
        (Work(kind='cmp', count=800),)
    """
    return (cmp(taps - outputs),)


def mean(taps: Any, outputs: Any) -> Sequence[Work]:
    """The work of averaging each window: `F² − 1` additions for F² elements, and one division.

    Example:
        >>> [(work.kind, work.count) for work in mean(taps=49 * 2048, outputs=2048)]
        [('add', 98304), ('div', 2048)]
    """
    return (add(taps - outputs), div(outputs))


def largest_back(taps: Any, outputs: Any, reached: Any) -> Sequence[Work]:
    """The gradient of the largest: it moves to the element that was chosen, where the windows' gradients are added.

    Which elements several windows chose, depends on their values. At most every output is added; none is where every
    one of the `reached` elements is in one window only.

    Example:
        >>> largest_back(taps=4 * 100, outputs=100, reached=400)[0].count
        0
    """
    return to_input(0, add(minimum(outputs, taps - reached)))


def mean_back(taps: Any, outputs: Any, reached: Any) -> Sequence[Work]:
    """The gradient of the mean: a division for each window, whose elements add up the shares of all their windows.

    Example:
        >>> [(work.kind, work.count) for work in mean_back(taps=9 * 100, outputs=100, reached=441)]
        [('div', 100), ('add', 459)]
    """
    return to_input(0, div(outputs), add(taps - reached))


class Pool(Op, frozen=True, kw_only=True):
    """Pooling channel by channel.

    Class attributes:
        averages: Whether it takes the mean of a window, not its largest element.
    """

    group: ClassVar = "pooling"
    signature: ClassVar = "N D *1 -> N D *2"
    averages: ClassVar[bool] = False

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (mean if self.averages else largest)(self._taps(x, y), prod(y))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        back = mean_back if self.averages else largest_back
        return back(self._taps(x, y), prod(y), self._reached(x, y))

    def _taps(self, x: Any, y: Any) -> Any:
        """How many elements all windows have together; of one window, that is all."""
        return prod(x)

    def _reached(self, x: Any, y: Any) -> Any:
        """How many elements are in a window."""
        return prod(x)


class WindowPool(Pool, frozen=True, kw_only=True):
    """Pooling over a window that slides like a convolution's, channel by channel.

    x: (N, D, *I)   ->   y: (N, D, *O)

    Windows are counted whole: an element in the padding, or beyond the edge in ceil mode, counts like any other, as a
    convolution's zeros do.
    """

    kernel: PerAxis
    stride: PerAxis | None = None
    padding: Padding = 0
    ceil_mode: Flag = False

    letters: ClassVar = {"kernel": "F", "stride": "S", "padding": "P"}

    def check(self, x: Shape) -> None:
        kernel, stride, padding, dilation = self._window()
        check_window(x, kernel, stride, padding, dilation, ceil_mode=self.ceil_mode)
        check_half(len(x) - 2, kernel, padding)

    def infer(self, x: Any) -> Any:
        n, d, *size = x
        return (n, d, *output_sizes(size, *self._window(), ceil_mode=self.ceil_mode))

    def _window(self) -> tuple[Any, Any, Any, Any]:
        return self.kernel, self.kernel if self.stride is None else self.stride, self.padding, 1

    def _taps(self, x: Any, y: Any) -> Any:
        return prod(y) * prod(per_axis(self.kernel, len(x) - 2))

    def _reached(self, x: Any, y: Any) -> Any:
        """How many elements are in a window, the padding's among them."""
        n, d, *size = y
        kernel, stride, _, dilation = (per_axis(value, len(size)) for value in self._window())
        return n * d * prod(map(covered, size, kernel, stride, dilation))


@op
class MaxPool(WindowPool, frozen=True, kw_only=True):
    """Max pooling; without a stride, windows lie side by side.

    Example:
        >>> MaxPool(kernel=3, stride=2, padding=1).infer((1, 64, 112, 112))
        (1, 64, 56, 56)
        >>> MaxPool(kernel=3, stride=2).infer((1, 64, 112, 112))
        (1, 64, 55, 55)
    """

    dilation: PerAxis = 1

    tag: ClassVar = "maxpool"
    letters: ClassVar = {**WindowPool.letters, "dilation": "d"}

    def _window(self) -> tuple[Any, Any, Any, Any]:
        kernel, stride, padding, _ = super()._window()
        return kernel, stride, padding, self.dilation


@op
class AvgPool(WindowPool, frozen=True, kw_only=True):
    """Average pooling; without a stride, windows lie side by side.

    `count_include_pad` says what a window at the edge is divided by; it changes values, never the count.

    Example:
        >>> AvgPool(kernel=2).infer((1, 64, 56, 56))
        (1, 64, 28, 28)
    """

    count_include_pad: Flag = True

    tag: ClassVar = "avgpool"
    averages: ClassVar = True


class AdaptivePool(Pool, frozen=True, kw_only=True):
    """Pooling to a size: output o is taken from inputs ⌊o·I/O⌋ up to ⌈(o + 1)·I/O⌉.

    x: (N, D, *I)   ->   y: (N, D, *O)
    """

    out: PerAxis

    def check(self, x: Shape) -> None:
        check_axes(x, out=self.out)

    def infer(self, x: Any) -> Any:
        n, d, *size = x
        return (n, d, *per_axis(self.out, len(size)))

    def _taps(self, x: Any, y: Any) -> Any:
        n, d, *size = x
        _, _, *out = y
        return n * d * prod(window_total(i, o) for i, o in zip(size, out, strict=True))


@op
class AdaptiveMaxPool(AdaptivePool, frozen=True, kw_only=True):
    """Max pooling to a size.

    Example:
        >>> AdaptiveMaxPool(out=7).infer((1, 512, 14, 14))
        (1, 512, 7, 7)
    """

    tag: ClassVar = "adaptive_maxpool"


@op
class AdaptiveAvgPool(AdaptivePool, frozen=True, kw_only=True):
    """Average pooling to a size.

    Example:
        >>> AdaptiveAvgPool(out=(6, 6)).infer((1, 256, 13, 13))
        (1, 256, 6, 6)
    """

    tag: ClassVar = "adaptive_avgpool"
    averages: ClassVar = True


class GlobalPool(Pool, frozen=True, kw_only=True):
    """Pooling each channel whole.

    x: (N, D, *I)   ->   y: (N, D, 1, ...), or (N, D)
    """

    keepdim: Flag = True

    def check(self, x: Shape) -> None:
        check_axes(x)

    def infer(self, x: Any) -> Any:
        n, d, *size = x
        return (n, d, *(1 for _ in size)) if self.keepdim else (n, d)

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """No element is in two windows."""
        return to_input(0, div(prod(y))) if self.averages else ()


@op
class GlobalMaxPool(GlobalPool, frozen=True, kw_only=True):
    """The largest element of each channel; `keepdim: false` drops the spatial axes.

    Example:
        >>> GlobalMaxPool().infer((1, 512, 7, 7))
        (1, 512, 1, 1)
    """

    tag: ClassVar = "global_maxpool"


@op
class GlobalAvgPool(GlobalPool, frozen=True, kw_only=True):
    """The mean of each channel; `keepdim: false` drops the spatial axes.

    Example:
        >>> GlobalAvgPool(keepdim=False).infer((1, 2048, 7, 7))
        (1, 2048)
    """

    tag: ClassVar = "global_avgpool"
    averages: ClassVar = True


def window_total(size: Any, out: Any) -> Any:
    """How many elements all windows of an adaptive axis hold together: `I + O − gcd(I, O)`.

    The windows cover the axis once, and two neighbours share one element wherever their border o·I/O falls inside an
    element: at all of the O − 1 borders but the gcd(I, O) − 1 whole ones.

    Example:
        >>> window_total(14, 7), window_total(13, 6)
        (14, 18)
    """
    return size + out - gcd(size, out)


def check_half(rank: int, kernel: Any, padding: Any) -> None:
    """Refuse padding of more than half a kernel (torch's rule): a window could hold nothing but padding.

    Raises:
        OpError: With the most padding that would do.
    """
    if padding in ("same", "valid"):
        return
    for f, p in zip(per_axis(kernel, rank), per_axis(padding, rank), strict=True):
        if max(p if isinstance(p, tuple) else (p,)) > f // 2:
            raise OpError(
                f"padding {p} is more than half of kernel {f}",
                hint=f"at most {f // 2} here; a `pad` layer before it pads as much as you like",
            )
