"""Comparisons, logic, and choices that follow from them: a comparison per element, whatever is compared or combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from msgspec import defstruct

from ..op import Work, cmp, mul, op, to_input
from ..sizes import prod
from .joining import Join
from .pointwise import Pointwise


class Comparison(Join, frozen=True, kw_only=True):
    """Two inputs compared or combined element by element, with numpy's broadcasting; one input alone, with a constant.

    a, b: (...)   ->   y: (...) of truth values
    """

    arity: ClassVar = (1, 2)
    group: ClassVar = "logic"

    def work(self, *shapes: Any) -> Sequence[Work]:
        return (cmp(prod(shapes[-1])),)

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """A truth value has no gradient."""
        return ()

    def dtype(self, *dtypes: str) -> str:
        return "bool"


class Bitwise(Comparison, frozen=True, kw_only=True):
    """Two inputs combined bit by bit; one input alone, with a constant."""

    def dtype(self, *dtypes: str) -> str:
        return dtypes[0]


class Predicate(Pointwise, frozen=True, kw_only=True):
    """What holds of each element by itself."""

    group: ClassVar = "logic"
    primitives: ClassVar[Mapping[str, int]] = {"cmp": 1}

    def dtype(self, *dtypes: str) -> str:
        return "bool"


AnyJoin = TypeVar("AnyJoin", bound=Comparison)


def _joining(name: str, tag: str, formula: str, base: type[AnyJoin]) -> type[AnyJoin]:
    said = f"y = {formula}"
    attributes = {"__doc__": f"Element by element: {said}.", "tag": tag, "citation": f"definition: {said}"}
    made = defstruct(name, (), bases=(base,), namespace=attributes, module=__name__, frozen=True, kw_only=True)
    return op(cast("type[AnyJoin]", made))


Eq = _joining("Eq", "eq", "a = b", Comparison)
Ne = _joining("Ne", "ne", "a ≠ b", Comparison)
Gt = _joining("Gt", "gt", "a > b", Comparison)
Ge = _joining("Ge", "ge", "a ≥ b", Comparison)
Lt = _joining("Lt", "lt", "a < b", Comparison)
Le = _joining("Le", "le", "a ≤ b", Comparison)
LogicalAnd = _joining("LogicalAnd", "logical_and", "a and b", Comparison)
LogicalOr = _joining("LogicalOr", "logical_or", "a or b", Comparison)
LogicalXor = _joining("LogicalXor", "logical_xor", "either a or b", Comparison)
BitwiseAnd = _joining("BitwiseAnd", "bitwise_and", "a and b, bit by bit", Bitwise)
BitwiseOr = _joining("BitwiseOr", "bitwise_or", "a or b, bit by bit", Bitwise)
BitwiseXor = _joining("BitwiseXor", "bitwise_xor", "either a or b, bit by bit", Bitwise)
BitShift = _joining("BitShift", "bit_shift", "the bits of a moved by b places", Bitwise)


@op
class LogicalNot(Predicate, frozen=True, kw_only=True):
    """Element by element: y = not x."""

    tag: ClassVar = "logical_not"


@op
class BitwiseNot(Predicate, frozen=True, kw_only=True):
    """Element by element: y = not x, bit by bit."""

    tag: ClassVar = "bitwise_not"

    def dtype(self, *dtypes: str) -> str:
        return dtypes[0]


@op
class IsNaN(Predicate, frozen=True, kw_only=True):
    """Element by element: whether x is not a number, x ≠ x."""

    tag: ClassVar = "isnan"


@op
class IsInf(Predicate, frozen=True, kw_only=True):
    """Element by element: whether x is infinite, x = ∞ or x = −∞."""

    tag: ClassVar = "isinf"
    primitives: ClassVar = {"cmp": 3}


@op
class IsFinite(Predicate, frozen=True, kw_only=True):
    """Element by element: whether x is a finite number, −∞ < x and x < ∞."""

    tag: ClassVar = "isfinite"
    primitives: ClassVar = {"cmp": 3}


@op
class Where(Join, frozen=True, kw_only=True):
    """The second input where the first is true, elsewhere the third; what is left out is a constant.

    condition, a, b: (...)   ->   y: (...)

    Example:
        >>> Where().infer((1, 1, 197, 197), (1, 12, 197, 197), ())
        (1, 12, 197, 197)
    """

    tag: ClassVar = "where"
    arity: ClassVar = (1, 3)
    group: ClassVar = "logic"

    def work(self, *shapes: Any) -> Sequence[Work]:
        return (cmp(prod(shapes[-1])),)

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """Dy times a mask: where the input was chosen."""
        return to_input(place, mul(elements)) if place else ()

    def dtype(self, *dtypes: str) -> str | None:
        return dtypes[1] if len(dtypes) > 1 else None


@op
class MaskedFill(Join, frozen=True, kw_only=True):
    """A constant where the second input, a mask, is true; elsewhere the first input.

    x, mask: (...)   ->   y: (...)
    """

    tag: ClassVar = "masked_fill"
    kind: ClassVar = "cmp"
    arity: ClassVar = (2, 2)
    group: ClassVar = "logic"

    def _gradient(self, place: int, elements: Any) -> Sequence[Work]:
        """Dy times the mask."""
        return () if place else to_input(place, mul(elements))
