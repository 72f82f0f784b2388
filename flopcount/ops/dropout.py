"""Layers that pass their input on at test time: dropout and the identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Number
from ..op import Op, Shape, Work, cmp, mul, op, to_input
from ..sizes import prod
from .moving import Moving


@op
class Dropout(Moving, frozen=True, kw_only=True):
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

    def in_training(self, trainable: bool) -> Op:
        return ActiveDropout(p=self.p) if self.p else self


class ActiveDropout(Dropout, frozen=True, kw_only=True):
    """Dropout in training: `y = x · (0 if r < p else 1 / (1 − p))` with a random number r for each element.

    A comparison, a multiplication of the mask with the scale, which is one number, and one of both with x. Drawing the
    random numbers is not priced. Backward, mask and scale are there: one multiplication an element.

    Example:
        >>> [(entry.kind, entry.count) for entry in ActiveDropout(p=0.5).work((1, 4096), (1, 4096))]
        [('cmp', 4096), ('mul', 8192)]
    """

    view: ClassVar = False

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (cmp(prod(y)), mul(2 * prod(y)))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return to_input(0, mul(prod(y)))


@op
class Identity(Moving, frozen=True, kw_only=True):
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
