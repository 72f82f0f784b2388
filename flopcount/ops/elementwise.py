"""Mathematical functions of one input, element by element; activations are a family of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Number
from ..op import Op, Shape, Work, cmp, op
from ..sizes import prod


class Pointwise(Op, frozen=True, kw_only=True):
    """Each element for itself.

    x: (...)   ->   y: (...), each of `kinds` once per element
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    group: ClassVar = "elementwise"

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return tuple(Work(kind, prod(y)) for kind in self.kinds)


@op
class Exp(Pointwise, frozen=True, kw_only=True):
    """Exponential function."""

    tag: ClassVar = "exp"
    kinds: ClassVar = ("special",)


@op
class Log(Pointwise, frozen=True, kw_only=True):
    """Natural logarithm."""

    tag: ClassVar = "log"
    kinds: ClassVar = ("special",)


@op
class Sqrt(Pointwise, frozen=True, kw_only=True):
    """Square root."""

    tag: ClassVar = "sqrt"
    kinds: ClassVar = ("special",)


@op
class Rsqrt(Pointwise, frozen=True, kw_only=True):
    """One divided by the square root."""

    tag: ClassVar = "rsqrt"
    kinds: ClassVar = ("special", "div")


@op
class Sin(Pointwise, frozen=True, kw_only=True):
    """Sine."""

    tag: ClassVar = "sin"
    kinds: ClassVar = ("special",)


@op
class Cos(Pointwise, frozen=True, kw_only=True):
    """Cosine."""

    tag: ClassVar = "cos"
    kinds: ClassVar = ("special",)


@op
class Pow(Pointwise, frozen=True, kw_only=True):
    """A constant power: one transcendental function, as for a general exponent (`square` is one multiplication)."""

    exponent: Number

    tag: ClassVar = "pow"
    kinds: ClassVar = ("special",)


@op
class Square(Pointwise, frozen=True, kw_only=True):
    """The element times itself."""

    tag: ClassVar = "square"
    kinds: ClassVar = ("mul",)


@op
class Reciprocal(Pointwise, frozen=True, kw_only=True):
    """One divided by the element."""

    tag: ClassVar = "reciprocal"
    kinds: ClassVar = ("div",)


@op
class Neg(Pointwise, frozen=True, kw_only=True):
    """Zero less the element."""

    tag: ClassVar = "neg"
    kinds: ClassVar = ("add",)


@op
class Abs(Pointwise, frozen=True, kw_only=True):
    """The greater of the element and its negative: a subtraction from zero and a comparison."""

    tag: ClassVar = "abs"
    kinds: ClassVar = ("add", "cmp")


@op
class Scale(Pointwise, frozen=True, kw_only=True):
    """Times a constant; times another tensor is `mul`.

    Example:
        >>> Scale(by=0.125).infer((1, 12, 197, 64))
        (1, 12, 197, 64)
    """

    by: Number

    tag: ClassVar = "scale"
    kinds: ClassVar = ("mul",)


@op
class Shift(Pointwise, frozen=True, kw_only=True):
    """Plus a constant; plus another tensor is `add`."""

    by: Number

    tag: ClassVar = "shift"
    kinds: ClassVar = ("add",)


@op
class Clamp(Pointwise, frozen=True, kw_only=True):
    """Held between `min` and `max`: a comparison per element with each that is given."""

    min: Number | None = None
    max: Number | None = None

    tag: ClassVar = "clamp"

    def check(self, x: Shape) -> None:
        if self.min is None and self.max is None:
            raise OpError("needs min, max or both", hint="`clamp: {min: 0, max: 6}`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise OpError(f"min {self.min} is greater than max {self.max}")

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        bounds = (self.min is not None) + (self.max is not None)
        return (cmp(bounds * prod(y)),)
