"""Several tensors joined into one: element by element with broadcasting, or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import zip_longest
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Axis
from ..op import Op, Shape, Work, add, div, mul, op, to_input
from ..sizes import prod
from .axes import axis_of, check_axis, replaced
from .matmul import broadcast
from .moving import Moving


class Join(Op, frozen=True, kw_only=True):
    """Element by element, with numpy's broadcasting: shapes are aligned at their last axes, and a size of 1 stretches.

    x1, x2, ...: (...)   ->   y: (...), k − 1 primitives per element for k inputs
    """

    kind: ClassVar = ""
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    group: ClassVar = "joining"
    signature: ClassVar = "..., ... -> ..."

    def check(self, *x: Shape) -> None:
        reduce(_check_joins, x)

    def infer(self, *x: Any) -> Any:
        return reduce(broadcast, x)

    def work(self, *shapes: Any) -> Sequence[Work]:
        *xs, y = shapes
        return (Work(self.kind, (len(xs) - 1) * prod(y)),)

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """What each input's gradient takes per element of the output; then, where it was stretched, the sums."""
        *xs, y = shapes
        elements = prod(y)
        return tuple(
            entry
            for place, x in enumerate(xs)
            for entry in (*self._gradient(place, elements), *to_input(place, add(elements - prod(x))))
        )

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """One input's gradient for every element of the output: without work, the output's own."""
        return ()


@op
class Add(Join, frozen=True, kw_only=True):
    """Sum of its inputs: a residual connection, a position embedding.

    Example:
        >>> Add().infer((1, 64, 56, 56), (1, 64, 56, 56))
        (1, 64, 56, 56)
    """

    tag: ClassVar = "add"
    kind: ClassVar = "add"


@op
class Mul(Join, frozen=True, kw_only=True):
    """Product of its inputs, element by element: a gate, squeeze-and-excitation.

    Example:
        >>> Mul().infer((1, 64, 56, 56), (1, 64, 1, 1))
        (1, 64, 56, 56)
    """

    tag: ClassVar = "mul"
    kind: ClassVar = "mul"

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """Of y = (x1·x2)·x3, `dx3 = dy·(x1·x2)`; then `d(x1·x2) = dy·x3`, of which x1 and x2 take theirs.

        So an input takes one multiplication; that which leads to the inputs before it, where there are several, is
        done for any of them.
        """
        passed_on = to_input(None, mul(elements)) if place > 1 else ()
        return (*to_input(place, mul(elements)), *passed_on)


@op
class Maximum(Join, frozen=True, kw_only=True):
    """Greatest of its inputs, element by element.

    Backward, an input's gradient is dy times a mask: where it was chosen.
    """

    tag: ClassVar = "maximum"
    kind: ClassVar = "cmp"

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        return to_input(place, mul(elements))


@op
class Minimum(Join, frozen=True, kw_only=True):
    """Least of its inputs, element by element.

    Backward, an input's gradient is dy times a mask: where it was chosen.
    """

    tag: ClassVar = "minimum"
    kind: ClassVar = "cmp"

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        return to_input(place, mul(elements))


@op
class Sub(Join, frozen=True, kw_only=True):
    """The first input less the second."""

    tag: ClassVar = "sub"
    kind: ClassVar = "add"
    arity: ClassVar = (2, 2)

    def backward(self, a: Any, b: Any, y: Any) -> Sequence[Work]:
        """`da = dy`; `db = 0 − dy`, where it was stretched less every one of its gradients."""
        return (*to_input(0, add(prod(y) - prod(a))), *to_input(1, add(prod(y))))


@op
class Div(Join, frozen=True, kw_only=True):
    """The first input divided by the second, element by element."""

    tag: ClassVar = "div"
    kind: ClassVar = "div"
    arity: ClassVar = (2, 2)

    def backward(self, a: Any, b: Any, y: Any) -> Sequence[Work]:
        """`da = dy / b`, which `db = 0 − da·y` needs too."""
        elements = prod(y)
        return (
            *to_input(None, div(elements)),
            *to_input(0, add(elements - prod(a))),
            *to_input(1, mul(elements), add(elements)),
        )


@op
class Concat(Moving, frozen=True, kw_only=True):
    """Inputs side by side along one axis: inception, dense and skip connections.

    x1: (N, D1, ...)   x2: (N, D2, ...)   ->   y: (N, D1 + D2, ...)

    Example:
        >>> Concat().infer((1, 64, 28, 28), (1, 128, 28, 28), (1, 32, 28, 28))
        (1, 224, 28, 28)
    """

    axis: Axis = 1

    tag: ClassVar = "concat"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    group: ClassVar = "joining"
    signature: ClassVar = "..., ... -> ..."

    def check(self, *x: Shape) -> None:
        first = x[0]
        check_axis(self.axis, len(first))
        joined = axis_of(self.axis, len(first))
        for other in x[1:]:
            if len(other) != len(first):
                raise OpError(
                    f"cannot concatenate {show_shape(first)} and {show_shape(other)}: "
                    f"{len(first)} axes against {len(other)}"
                )
            for axis, (a, b) in enumerate(zip(first, other, strict=True)):
                if a != b and axis != joined:
                    raise OpError(
                        f"cannot concatenate {show_shape(first)} and {show_shape(other)} along axis {joined}: "
                        f"axis {axis} is {a} against {b}",
                        hint="all axes but the joined one must be equal" + _strides_hint(axis),
                    )

    def infer(self, *x: Any) -> Any:
        axis = axis_of(self.axis, len(x[0]))
        return replaced(x[0], axis, sum(shape[axis] for shape in x))


@op
class Stack(Moving, frozen=True, kw_only=True):
    """Inputs of one shape, side by side along a new axis.

    x1, x2, ...: (...)   ->   y: (..., k, ...) for k inputs

    Example:
        >>> Stack(axis=1).infer((1, 64), (1, 64), (1, 64))
        (1, 3, 64)
    """

    axis: Axis = 1

    tag: ClassVar = "stack"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    group: ClassVar = "joining"
    signature: ClassVar = "..., ... -> ..."

    def check(self, *x: Shape) -> None:
        check_axis(self.axis, len(x[0]) + 1, "the output")
        for other in x[1:]:
            if other != x[0]:
                raise OpError(f"cannot stack {show_shape(x[0])} and {show_shape(other)}: the shapes must be equal")

    def infer(self, *x: Any) -> Any:
        axis = axis_of(self.axis, len(x[0]) + 1)
        return (*x[0][:axis], len(x), *x[0][axis:])


def _check_joins(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    for back, (i, j) in enumerate(zip_longest(reversed(a), reversed(b), fillvalue=1), start=1):
        if i != j and 1 not in (i, j):
            raise OpError(
                f"{show_shape(a)} and {show_shape(b)} do not join: axis {rank - back} is {i} against {j}",
                hint="sizes must be equal, or one of them 1" + _join_hint(a, b, rank - back),
            )
    return broadcast(a, b)


def _join_hint(a: Shape, b: Shape, axis: int) -> str:
    if len(a) != len(b):
        return "; shapes of different length are aligned at their last axes: unsqueeze the shorter one"
    if axis == 1 and len(a) > 2:
        return f"; a 1×1 convolution brings {b[1]} channels to {a[1]}: conv: {{out: {a[1]}, kernel: 1}}"
    return _strides_hint(axis)


def _strides_hint(axis: int) -> str:
    return "; do the strides and paddings of the branches agree?" if axis > 1 else ""
