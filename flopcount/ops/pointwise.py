"""Functions of each element by itself: declared by a formula in words and the primitives that it takes per element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from msgspec import defstruct

from ..op import Op, Work, op
from ..sizes import prod


class Pointwise(Op, frozen=True, kw_only=True):
    """A function of each element by itself.

    x: (...)   ->   y: (...)

    Class attributes:
        primitives: How many of each kind it takes per element.
    """

    primitives: ClassVar[Mapping[str, int]] = {}

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements = prod(y)
        return tuple(Work(kind, count * elements) for kind, count in self._per_element().items())

    def _per_element(self) -> Mapping[str, int]:
        return self.primitives


AnyPointwise = TypeVar("AnyPointwise", bound=Pointwise)


def declared(name: str, formula: str, base: type[AnyPointwise], **primitives: int) -> type[AnyPointwise]:
    """Declare the op `name.lower()` from its formula and its primitives per element.

    Args:
        name: The class's name.
        formula: y in terms of x.
        base: What it is a kind of; the op's module is the base's.
        **primitives: Work per element, by kind.
    """
    attributes = {
        "__doc__": f"Element by element: y = {formula}.",
        "tag": name.lower(),
        "citation": f"definition: y = {formula}",
        "primitives": primitives,
    }
    made = defstruct(name, (), bases=(base,), namespace=attributes, module=base.__module__, frozen=True, kw_only=True)
    return op(cast("type[AnyPointwise]", made))
