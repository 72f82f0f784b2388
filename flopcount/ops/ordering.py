"""Order and running sums along an axis, and the boxes that suppression leaves.

How many comparisons a sort or a suppression takes depends on the algorithm and on the data; they are declared free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Axis, Flag, Size
from ..op import Op, Shape, Work, add, mul, op, to_input
from ..sizes import prod
from .axes import axis_of, check_axis, replaced
from .moving import Moving
from .softmax import rows_of

FREE = "declared free: how many comparisons it takes depends on the algorithm and the data"


@op
class TopK(Moving, frozen=True, kw_only=True):
    """The k greatest (or least) elements of an axis, and their places. Its comparisons are declared free.

    x: (..., D, ...)   ->   values, places: (..., k, ...)

    Example:
        >>> TopK(k=5).infer((1, 1000))
        [(1, 5), (1, 5)]
    """

    k: Size
    axis: Axis = -1

    tag: ClassVar = "topk"
    group: ClassVar = "ordering"
    citation: ClassVar = FREE

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))
        if self.k > x[self.axis]:
            raise OpError(f"asks for {self.k} of an axis of {x[self.axis]}")

    def infer(self, x: Any) -> Any:
        y = replaced(x, axis_of(self.axis, len(x)), self.k)
        return [y, y]

    def dtype(self, *dtypes: str) -> list[str]:
        return [dtypes[0], "int64"]


@op
class Sort(Moving, frozen=True, kw_only=True):
    """The elements of an axis in order, and their places. Its comparisons are declared free.

    Example:
        >>> Sort().infer((1, 1000))
        [(1, 1000), (1, 1000)]
    """

    axis: Axis = -1

    tag: ClassVar = "sort"
    group: ClassVar = "ordering"
    citation: ClassVar = FREE

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any) -> Any:
        return [x, x]

    def dtype(self, *dtypes: str) -> list[str]:
        return [dtypes[0], "int64"]


@op
class CumSum(Op, frozen=True, kw_only=True):
    """Running sums along an axis: one addition an element, but for the first of each row.

    Example:
        >>> [(entry.kind, entry.count) for entry in CumSum().work((2, 10), (2, 10))]
        [('add', 18)]
    """

    axis: Axis = -1

    tag: ClassVar = "cumsum"
    group: ClassVar = "ordering"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (add(prod(y) - rows_of(y, self.axis)),)

    def backward(self, x: Any, y: Any) -> Sequence[Work] | None:
        """The running sum of the output's gradient, from the other end."""
        return to_input(0, *self.work(x, y))


@op
class CumProd(CumSum, frozen=True, kw_only=True):
    """Running products along an axis: one multiplication an element, but for the first of each row."""

    tag: ClassVar = "cumprod"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (mul(prod(y) - rows_of(y, self.axis)),)

    def backward(self, x: Any, y: Any) -> None:
        """Nobody has stated it yet."""
        return


@op
class NMS(Moving, frozen=True, kw_only=True):
    """Non-maximum suppression: of many boxes, those that no better one overlaps. Its comparisons are declared free.

    boxes: (..., D, 4)   scores: (..., D)   ->   y: (kept,), or (kept, 3) with the sample and the class of each

    How many it keeps, the data decide: `kept` says what is reckoned with.

    Example:
        >>> NMS(kept=100).infer((8732, 4), (8732,))
        (100,)
    """

    kept: Size
    triples: Flag = False

    tag: ClassVar = "nms"
    group: ClassVar = "ordering"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "..., ... -> ..."
    citation: ClassVar = FREE

    def check(self, boxes: Shape, scores: Shape) -> None:
        if len(boxes) < 2 or boxes[-1] != 4 or not scores or boxes[-2] != scores[-1]:
            raise OpError(
                f"needs boxes of four numbers with a score each, not {show_shape(boxes)} and {show_shape(scores)}"
            )

    def infer(self, boxes: Any, scores: Any) -> Any:
        return (self.kept, 3) if self.triples else (self.kept,)

    def dtype(self, *dtypes: str) -> str:
        return "int64"
