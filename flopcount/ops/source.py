"""Tensors that no layer computes: a learned parameter, a constant, and the output of a layer that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, did_you_mean
from ..fields import Flag, Sizes, Text
from ..graph import DISCRETE_DTYPES, DTYPE_BYTES
from ..op import Op, Shape, Work, add, op, to_weight
from ..sizes import prod
from .axes import check_axis


class Source(Op, frozen=True, kw_only=True):
    """Takes only the batch size from its input; with `keep_batch: false` not even that."""

    group: ClassVar = "source"
    arity: ClassVar[tuple[int, int | None]] = (0, 1)

    def dtype(self, *dtypes: str) -> str | None:
        # Beside token ids, a table of positions is still one of real numbers.
        return None if not dtypes or dtypes[0] in DISCRETE_DTYPES else dtypes[0]


class Held(Source, frozen=True, kw_only=True):
    """A tensor that the network holds, of the network's own type or, with `of: int64`, of another."""

    shape: Sizes
    keep_batch: Flag = True
    of: Text | None = None

    def check(self, *x: Shape) -> None:
        check_batch(x, self.keep_batch)
        if self.of is not None and self.of not in DTYPE_BYTES:
            raise OpError(f"unknown dtype '{self.of}'", hint=did_you_mean(self.of, DTYPE_BYTES))

    def infer(self, *x: Any) -> Any:
        return batched(x, self.shape, self.keep_batch)

    @property
    def holds(self) -> str | None:
        return self.of

    def dtype(self, *dtypes: str) -> str | None:
        return self.of or super().dtype(*dtypes)


def check_batch(x: Sequence[Shape], keep_batch: bool) -> None:
    """Refuse to take the batch size from nothing.

    Raises:
        OpError: No input, or one without axes.
    """
    if keep_batch and not x:
        raise OpError("takes the batch size from an input", hint="`keep_batch: false` has one shape in any batch")
    if keep_batch:
        check_axis(0, len(x[0]))


def batched(x: Sequence[Any], shape: Any, keep_batch: bool) -> Any:
    """A sample's shape with the batch of the first input before it, or the shape as it is."""
    return (x[0][0], *shape) if keep_batch else shape


@op
class Parameter(Held, frozen=True, kw_only=True):
    """A learned tensor used as it is, the same for every sample: a class token, a position embedding.

    x: (N, ...)   weight: shape   ->   y: (N, *shape), or with `keep_batch: false` shape

    Joined with the input that it is given: `branches: [[{parameter: {shape: [1, 768]}}], []]`, `join: concat`.

    Example:
        >>> token = Parameter(shape=(1, 768))
        >>> token.infer((8, 196, 768))
        (8, 1, 768)
        >>> token.weights((8, 196, 768))
        {'weight': (1, 768)}
    """

    tag: ClassVar = "parameter"

    def weights(self, *x: Any) -> dict[str, Any]:
        return {"weight": self.shape}

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """Every sample of the batch has used it: their gradients are added."""
        return to_weight("weight", add(prod(shapes[-1]) - prod(self.shape)))


@op
class Constant(Held, frozen=True, kw_only=True):
    """A tensor that is not learned, the same for every sample: sinusoidal positions, a table of indices.

    x: (N, ...)   value: shape   ->   y: (N, *shape), or with `keep_batch: false` shape

    The network keeps it as a buffer; with `kept: false` every pass makes it anew: a mask, the numbers of positions.

    Example:
        >>> Constant(shape=(197, 768)).buffers((8, 197, 768))
        {'value': (197, 768)}
    """

    kept: Flag = True

    tag: ClassVar = "constant"

    def buffers(self, *x: Any) -> dict[str, Any]:
        return {"value": self.shape} if self.kept else {}

    def backward(self, *shapes: Any) -> Sequence[Work]:
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
    keep_batch: Flag = True

    tag: ClassVar = "opaque"
    arity: ClassVar[tuple[int, int | None]] = (0, None)

    def check(self, *x: Shape) -> None:
        check_batch(x, self.keep_batch)

    def infer(self, *x: Any) -> Any:
        return batched(x, self.out, self.keep_batch)

    def work(self, *shapes: Any) -> None:
        return None
