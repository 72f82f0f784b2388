"""Softmax and its logarithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..fields import Axis
from ..op import Op, Shape, Work, add, cmp, div, mul, op, special, to_input
from ..sizes import prod
from .axes import axis_of, check_axis, replaced


def softmax_work(elements: Any, rows: Any, *, role: str = "main", part: str = "") -> Sequence[Work]:
    """The work of softmax over all `elements` in `rows`, wherever it stands: `exp(x − max) / Σ exp(x − max)`.

    A row of m takes m − 1 comparisons for its maximum, m subtractions, m exponentials, m − 1 additions and m divisions.

    Example:
        >>> [(work.kind, work.count) for work in softmax_work(elements=1000, rows=1)]
        [('cmp', 999), ('add', 1999), ('special', 1000), ('div', 1000)]
    """
    return (
        cmp(elements - rows, role=role, part=part),
        add(2 * elements - rows, role=role, part=part),
        special(elements, role=role, part=part),
        div(elements, role=role, part=part),
    )


def softmax_back(elements: Any, rows: Any, *, part: str = "") -> Sequence[Work]:
    """The work of its gradient: `dx = y·(dy − Σ dy·y)`, the sum over a row.

    A row of m takes m multiplications and m − 1 additions for the sum, then m subtractions and m multiplications.

    Example:
        >>> [(work.kind, work.count) for work in softmax_back(elements=1000, rows=1)]
        [('mul', 2000), ('add', 1999)]
    """
    return (mul(2 * elements, part=part), add(2 * elements - rows, part=part))


def rows_of(x: Any, axis: int) -> Any:
    """How many rows lie along an axis.

    Example:
        >>> rows_of((2, 197, 1000), -1)
        394
    """
    return prod(replaced(x, axis_of(axis, len(x))))


class AlongAxis(Op, frozen=True, kw_only=True):
    """An activation whose elements depend on each other along one axis."""

    axis: Axis = -1

    group: ClassVar = "activation"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any) -> Any:
        return x


@op
class Softmax(AlongAxis, frozen=True, kw_only=True):
    """Softmax along an axis: `exp(x − max) / Σ exp(x − max)`.

    x: (...)   ->   y: (...)

    Example:
        >>> Softmax().infer((1, 1000))
        (1, 1000)
    """

    tag: ClassVar = "softmax"
    citation: ClassVar = "definition: exp(x − max) / Σ exp(x − max)"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return softmax_work(prod(y), rows_of(y, self.axis))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return to_input(0, *softmax_back(prod(y), rows_of(y, self.axis)))


@op
class LogSoftmax(AlongAxis, frozen=True, kw_only=True):
    """The logarithm of softmax along an axis: `(x − max) − log Σ exp(x − max)`.

    x: (...)   ->   y: (...)

    As softmax, but for one logarithm a row and a subtraction an element in place of the division.

    Example:
        >>> LogSoftmax().infer((1, 1000))
        (1, 1000)
    """

    tag: ClassVar = "log_softmax"
    citation: ClassVar = "definition: (x − max) − log Σ exp(x − max)"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements, rows = prod(y), rows_of(y, self.axis)
        return (cmp(elements - rows), add(3 * elements - rows), special(elements + rows))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = dy − e·(Σ dy / Σ e)` with the e = exp(x − max) of the forward pass; a sum and a division a row."""
        elements, rows = prod(y), rows_of(y, self.axis)
        return to_input(0, add(2 * elements - rows), div(rows), mul(elements))
