"""Tensors that no layer computes: a learned parameter, a constant, and the output of a layer that no op describes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

from msgspec.structs import replace

from ..errors import OpError, did_you_mean
from ..fields import Count, Flag, Shapes, Sizes, Text, Texts
from ..graph import DISCRETE_DTYPES, DTYPE_BYTES
from ..op import KINDS, ROLES, Op, Shape, Work, add, op, to_weight
from ..sizes import prod
from .axes import check_axis


class Source(Op, frozen=True, kw_only=True):
    """Takes only the batch size from its input; with `keep_batch: false` not even that.

    Its elements are of the network's own type or, with `of: int64`, of another.
    """

    group: ClassVar = "source"
    arity: ClassVar[tuple[int, int | None]] = (0, 1)

    def check(self, *x: Shape) -> None:
        op: Any = self  # the fields' order is that of the ops, whose first one the short form sets
        check_batch(x, op.keep_batch)
        if op.of is not None and op.of not in DTYPE_BYTES:
            raise OpError(f"unknown dtype '{op.of}'", hint=did_you_mean(op.of, DTYPE_BYTES))

    def dtype(self, *dtypes: str) -> str | None:
        op: Any = self
        # Beside token ids, a table of positions is still one of real numbers.
        return op.of or (None if not dtypes or dtypes[0] in DISCRETE_DTYPES else dtypes[0])


class Held(Source, frozen=True, kw_only=True):
    """A tensor that the network holds."""

    shape: Sizes
    keep_batch: Flag = True
    of: Text | None = None

    def infer(self, *x: Any) -> Any:
        return batched(x, self.shape, self.keep_batch)

    @property
    def is_alone(self) -> bool:
        return not self.keep_batch

    @property
    def holds(self) -> str | None:
        return self.of


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
    """A layer that no op describes: its outputs' shapes are stated, so that what follows is still counted.

    x: (N, ...), ...   ->   y: (N, *out), or of a list of shapes several; with `keep_batch: false` without the N

    Its parameters and work are unknown, which is never zero, unless `costs` says what one sample takes (with
    `keep_batch: false`, the whole batch): each entry a kind of primitive and how many, of dot products also `of` how
    many results, then `in` which part, `as` which role: `[dot 36864 of 4096, add 4096 as bias]`; `[]` is known to cost
    nothing. `params` are then its learned numbers, `kept` its buffers'.

    Example:
        >>> opaque = Opaque(out=(256, 14, 14))
        >>> opaque.infer((1, 3, 224, 224))
        (1, 256, 14, 14)
        >>> opaque.work((1, 3, 224, 224), (1, 256, 14, 14)) is None
        True
        >>> Opaque(out=(8,), costs=("dot 24 of 8", "add 8 as bias")).work((2, 3), (2, 8))
        (Work(kind='dot', count=48, outputs=16), Work(kind='add', count=16, role='bias'))
    """

    out: Shapes
    keep_batch: Flag = True
    of: Text | None = None
    costs: Texts | None = None
    params: Count = 0
    kept: Count = 0

    tag: ClassVar = "opaque"
    arity: ClassVar[tuple[int, int | None]] = (0, None)

    def check(self, *x: Shape) -> None:
        super().check(*x)
        for cost in self.costs or ():
            _read_cost(cost)
        if self.costs is None and (self.params or self.kept):
            raise OpError("has parameters or buffers, but no costs", hint="`costs: []` is known to cost nothing")

    def infer(self, *x: Any) -> Any:
        if self.out and isinstance(self.out[0], tuple):
            return [batched(x, shape, self.keep_batch) for shape in self.out]
        return batched(x, self.out, self.keep_batch)

    def weights(self, *x: Any) -> dict[str, Any]:
        return {"weight": (self.params,)} if self.params else {}

    def buffers(self, *x: Any) -> dict[str, Any]:
        return {"value": (self.kept,)} if self.kept else {}

    def work(self, *shapes: Any) -> Sequence[Work] | None:
        if self.costs is None:
            return None
        samples = shapes[0][0] if self.keep_batch else 1
        entries = map(_read_cost, self.costs)
        return tuple(
            replace(entry, count=entry.count * samples, outputs=entry.outputs and entry.outputs * samples)
            for entry in entries
        )


def cost_text(work: Work) -> str:
    """An entry of the ledger as `costs` says it.

    Example:
        >>> cost_text(Work("dot", 36864, 4096, part="scores")), cost_text(add(64, role="bias"))
        ('dot 36864 of 4096 in scores', 'add 64 as bias')
    """
    of = f" of {work.outputs}" if work.kind == "dot" else ""
    part = f" in {work.part}" if work.part else ""
    role = f" as {work.role}" if work.role != "main" else ""
    return f"{work.kind} {work.count}{of}{part}{role}"


_COST = re.compile(
    r"(?P<kind>[a-z]+) (?P<count>\d{1,40})(?: of (?P<of>\d{1,40}))?(?: in (?P<part>\w+))?(?: as (?P<role>[a-z]+))?",
    re.A,
)


@cache
def _read_cost(text: str) -> Work:
    found = _COST.fullmatch(text)
    if found is None or (found["kind"] == "dot") != (found["of"] is not None):
        raise OpError(
            f"cannot read the cost '{text}'", hint="dot 36864 of 4096, add 4096 as bias, special 64 in softmax"
        )
    kind, role = found["kind"], found["role"] or "main"
    if kind not in KINDS:
        raise OpError(f"unknown kind of work '{kind}'", hint=did_you_mean(kind, KINDS))
    if role not in ROLES:
        raise OpError(f"unknown role of work '{role}'", hint=did_you_mean(role, ROLES))
    return Work(kind, int(found["count"]), int(found["of"] or 0), role, found["part"] or "")
