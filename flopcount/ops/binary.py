"""Functions of two inputs beyond the four kinds of arithmetic, element by element with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..op import Work, add, div, mul, op, special, to_input
from ..sizes import prod
from .joining import Join


class Binary(Join, frozen=True, kw_only=True):
    """A function of two inputs, element by element; of one input alone, with a constant beside it.

    a, b: (...)   ->   y: (...)

    Class attributes:
        primitives: How many of each kind it takes per element.
    """

    arity: ClassVar = (1, 2)
    primitives: ClassVar[Mapping[str, int]] = {}

    def work(self, *shapes: Any) -> Sequence[Work]:
        elements = prod(shapes[-1])
        return tuple(Work(kind, count * elements) for kind, count in self.primitives.items())


@op
class Power(Binary, frozen=True, kw_only=True):
    """The first input to the power of the second: y = a^b."""

    tag: ClassVar = "power"
    primitives: ClassVar = {"special": 1}

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """`da = dy·b·a^(b − 1)` and `db = dy·y·log(a)`."""
        return to_input(place, special(elements), mul(2 * elements), *(() if place else (add(elements),)))


@op
class Atan2(Binary, frozen=True, kw_only=True):
    """The angle of the point (b, a): y = arctan(a / b) in its quadrant."""

    tag: ClassVar = "atan2"
    primitives: ClassVar = {"special": 1, "div": 1}

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """`da = t·b` and `db = 0 − t·a` with `t = dy / (a·a + b·b)`."""
        if place:
            return to_input(1, mul(elements), add(elements))
        common = to_input(None, mul(2 * elements), add(elements), div(elements))
        return (*common, *to_input(0, mul(elements)))


@op
class FloorDivide(Binary, frozen=True, kw_only=True):
    """The quotient rounded down: y = ⌊a / b⌋, whose gradient is 0."""

    tag: ClassVar = "floor_divide"
    primitives: ClassVar = {"div": 1, "cmp": 1}


@op
class Remainder(Binary, frozen=True, kw_only=True):
    """What a division leaves over: y = a − ⌊a / b⌋ · b."""

    tag: ClassVar = "remainder"
    primitives: ClassVar = {"div": 1, "cmp": 1, "mul": 1, "add": 1}

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """`da = dy` and `db = 0 − dy·⌊a / b⌋`, the quotient being there."""
        return to_input(1, mul(elements), add(elements)) if place else ()


@op
class Fmod(Remainder, frozen=True, kw_only=True):
    """What a division rounded towards zero leaves over: y = a − trunc(a / b) · b."""

    tag: ClassVar = "fmod"
