"""Tensors that no layer computes: a learned parameter, a constant, and the output of a layer that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..fields import Sizes
from ..graph import INTEGER_DTYPES
from ..op import Op, Shape, Work, add, op, to_weight
from ..sizes import prod
from .axes import check_axis


class Source(Op, frozen=True, kw_only=True):
    """Takes only the batch size from its input."""

    group: ClassVar = "source"

    def check(self, *x: Shape) -> None:
        check_axis(0, len(x[0]))

    def dtype(self, *dtypes: str) -> str | None:
        # Beside token ids, a table of positions is still one of real numbers.
        return None if dtypes[0] in INTEGER_DTYPES else dtypes[0]


@op
class Parameter(Source, frozen=True, kw_only=True):
    """A learned tensor used as it is, the same for every sample: a class token, a position embedding.

    x: (N, ...)   weight: shape   ->   y: (N, *shape)

    Joined with the input that it is given: `branches: [[{parameter: {shape: [1, 768]}}], []]`, `join: concat`.

    Example:
        >>> token = Parameter(shape=(1, 768))
        >>> token.infer((8, 196, 768))
        (8, 1, 768)
        >>> token.weights((8, 196, 768))
        {'weight': (1, 768)}
    """

    shape: Sizes

    tag: ClassVar = "parameter"

    def infer(self, x: Any) -> Any:
        return (x[0], *self.shape)

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": self.shape}

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """Every sample of the batch has used it: their gradients are added."""
        return to_weight("weight", add(prod(y) - prod(self.shape)))


@op
class Constant(Source, frozen=True, kw_only=True):
    """A tensor that is kept and not learned, the same for every sample: sinusoidal positions.

    x: (N, ...)   value: shape   ->   y: (N, *shape)

    Example:
        >>> Constant(shape=(197, 768)).buffers((8, 197, 768))
        {'value': (197, 768)}
    """

    shape: Sizes

    tag: ClassVar = "constant"

    def infer(self, x: Any) -> Any:
        return (x[0], *self.shape)

    def buffers(self, x: Any) -> dict[str, Any]:
        return {"value": self.shape}

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return ()


@op
class Opaque(Source, frozen=True, kw_only=True):
    """A layer whose cost nobody knows: it has an output shape, so that what follows is still counted.

    x: (N, ...), ...   ->   y: (N, *out), its parameters and work unknown, which is never zero

    Example:
        >>> opaque = Opaque(out=(256, 14, 14))
        >>> opaque.infer((1, 3, 224, 224))
        (1, 256, 14, 14)
        >>> opaque.work((1, 3, 224, 224), (1, 256, 14, 14)) is None
        True
    """

    out: Sizes

    tag: ClassVar = "opaque"
    arity: ClassVar[tuple[int, int | None]] = (1, None)

    def infer(self, *x: Any) -> Any:
        return (x[0][0], *self.out)

    def work(self, *shapes: Any) -> None:
        return None
