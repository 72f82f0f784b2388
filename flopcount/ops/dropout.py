"""Layers that pass their input on at test time: dropout and the identity."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Number
from ..op import Op, Shape, op


@op
class Dropout(Op, frozen=True, kw_only=True):
    """Dropout: training zeroes each element with probability `p`; at test time it does nothing.

    x: (...)   ->   y: (...)

    Example:
        >>> Dropout(p=0.5).work((1, 4096), (1, 4096))
        ()
    """

    p: Number = 0.5

    tag: ClassVar = "dropout"
    view: ClassVar = True
    group: ClassVar = "regularisation"
    citation: ClassVar = "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting"

    def check(self, x: Shape) -> None:
        if not 0 <= self.p <= 1:
            raise OpError(f"p must be a probability between 0 and 1, not {self.p}")

    def infer(self, x: Any) -> Any:
        return x


@op
class Identity(Op, frozen=True, kw_only=True):
    """The identity: a named place, or an empty branch.

    x: (...)   ->   y: (...)

    Example:
        >>> Identity().infer((1, 64, 56, 56))
        (1, 64, 56, 56)
    """

    tag: ClassVar = "identity"
    view: ClassVar = True
    group: ClassVar = "movement"

    def infer(self, x: Any) -> Any:
        return x
