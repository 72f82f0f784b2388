"""Reductions that compute something of each element first: norms, variance, logarithms of sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..fields import Flag
from ..op import Work, add, cmp, div, mul, op, special, to_input
from ..sizes import prod
from .axes import axes_of
from .reduction import Reduction, kept, reductions


class Moment(Reduction, frozen=True, kw_only=True):
    """A reduction of something computed of each element.

    x: (..., K, ...)   ->   y: (..., ...)
    """

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        axes = axes_of(self.axes, len(x))
        return self._of(prod(x), kept(x, axes), reductions(x, axes))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        rows = prod(y)
        return to_input(0, *self._back(prod(x), rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """The work of the gradient."""
        raise NotImplementedError

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        """The work for all elements, in so many rows, `joined` being how often two numbers become one."""
        raise NotImplementedError


@op
class SumSquare(Moment, frozen=True, kw_only=True):
    """Sum of squares over axes: Σ x²."""

    tag: ClassVar = "sum_square"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        return (mul(elements), add(joined))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = (2·dy)·x`, the factor once a row."""
        return (mul(rows + elements),)


@op
class VectorNorm(Moment, frozen=True, kw_only=True):
    """Length over axes: √(Σ x²); `l1` is Σ |x|, with |x| = max(x, 0 − x)."""

    p: Literal["l2", "l1"] = "l2"

    tag: ClassVar = "norm"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        if self.p == "l1":
            return (add(elements + joined), cmp(elements))
        return (mul(elements), add(joined), special(rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = (dy / y)·x`; of `l1`, `dx = dy·(1 if x > 0 else −1)`."""
        return (mul(elements),) if self.p == "l1" else (div(rows), mul(elements))


@op
class LogSum(Moment, frozen=True, kw_only=True):
    """Logarithm of the sum over axes: log Σ x."""

    tag: ClassVar = "log_sum"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        return (add(joined), special(rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = dy / Σ x`, once a row."""
        return (div(rows),)


@op
class LogSumExp(Moment, frozen=True, kw_only=True):
    """Logarithm of the sum of exponentials over axes: max + log Σ exp(x − max)."""

    tag: ClassVar = "logsumexp"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        return (cmp(joined), add(elements + joined + rows), special(elements + rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = (dy / Σ e)·e` with the exponentials e of the forward pass."""
        return (div(rows), mul(elements))


@op
class Variance(Moment, frozen=True, kw_only=True):
    """Variance over axes: Σ (x − mean)² / K, or with `unbiased` / (K − 1).

    The mean takes K − 1 additions and a division; then come a subtraction and a square an element, K − 1 additions and
    a division.

    Example:
        >>> Variance(axes=(1,)).infer((8, 512))
        (8,)
    """

    unbiased: Flag = True

    tag: ClassVar = "var"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        return (add(elements + 2 * joined), mul(elements), div(2 * rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = (2/K·dy)·(x − mean)`: what the mean adds cancels."""
        return (mul(rows + elements),)


@op
class Deviation(Variance, frozen=True, kw_only=True):
    """Standard deviation over axes: the root of the variance."""

    tag: ClassVar = "std"

    def _of(self, elements: Any, rows: Any, joined: Any) -> Sequence[Work]:
        return (*super()._of(elements, rows, joined), special(rows))

    def _back(self, elements: Any, rows: Any) -> Sequence[Work]:
        """`dx = (dy / (K·y))·(x − mean)`."""
        return (mul(rows + elements), div(rows))
