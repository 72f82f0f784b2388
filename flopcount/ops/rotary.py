"""Rotary position embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Size
from ..op import Op, Shape, Work, add, mul, op, to_input
from ..sizes import prod


@op
class Rotary(Op, frozen=True, kw_only=True):
    """Pairs of features turned by an angle that grows with the position: (a·cos − b·sin, a·sin + b·cos).

    x: (..., D)   ->   y: (..., D), 2 multiplications and 1 addition for each of the `turned` features (else all)

    Sines and cosines depend on the position alone: they are made once and not counted.

    Example:
        >>> [(entry.kind, entry.count) for entry in Rotary().work((1, 8, 64), (1, 8, 64))]
        [('mul', 1024), ('add', 512)]
    """

    turned: Size | None = None

    tag: ClassVar = "rotary"
    group: ClassVar = "attention"
    citation: ClassVar = "Su et al. 2021, arXiv 2104.09864"

    def check(self, x: Shape) -> None:
        if not x or (self.turned is not None and self.turned > x[-1]):
            raise OpError(f"turns {self.turned or 'all'} features of {x[-1] if x else 'a scalar'}")

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        turned = prod(y[:-1]) * (y[-1] if self.turned is None else self.turned)
        return (mul(2 * turned), add(turned))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """Turned back by the same angle."""
        return to_input(0, *self.work(x, y))
