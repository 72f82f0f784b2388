"""Functions of each element by itself: declared by a formula in words and the primitives that it takes per element.

So are their gradients. Whatever the forward pass has computed is there, also which side of a case was chosen: a mask,
so that the gradient of `max(x, 0)` is one multiplication, and no comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from msgspec import defstruct

from ..op import Op, Work, op, to_input
from ..sizes import prod


class Pointwise(Op, frozen=True, kw_only=True):
    """A function of each element by itself.

    x: (...)   ->   y: (...)

    Class attributes:
        primitives: How many of each kind it takes per element of the output.
        gradient: How many of each kind its gradient takes.
    """

    primitives: ClassVar[Mapping[str, int]] = {}
    gradient: ClassVar[Mapping[str, int]] = {}

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return _each(self._per_element(), prod(y))

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return to_input(0, *_each(self._gradient_per_element(), prod(y)))

    def _per_element(self) -> Mapping[str, int]:
        return self.primitives

    def _gradient_per_element(self) -> Mapping[str, int]:
        return self.gradient


def _each(primitives: Mapping[str, int], elements: Any) -> tuple[Work, ...]:
    return tuple(Work(kind, count * elements) for kind, count in primitives.items())


AnyPointwise = TypeVar("AnyPointwise", bound=Pointwise)


def declared(
    name: str, formula: str, base: type[AnyPointwise], *, back: tuple[str, Mapping[str, int]], **primitives: int
) -> type[AnyPointwise]:
    """Declare the op `name.lower()` from its formula and its primitives per element.

    Args:
        name: The class's name.
        formula: y in terms of x.
        base: What it is a kind of; the op's module is the base's.
        back: dx (of a gated one da and db) in terms of dy and of what the forward pass has computed, and its
            primitives per element.
        **primitives: Work per element, by kind.
    """
    gradient, gradient_primitives = back
    attributes = {
        "__doc__": f"Element by element: y = {formula}; backward, {gradient}.",
        "tag": name.lower(),
        "citation": f"definition: y = {formula}",
        "primitives": primitives,
        "gradient": gradient_primitives,
    }
    made = defstruct(name, (), bases=(base,), namespace=attributes, module=base.__module__, frozen=True, kw_only=True)
    return op(cast("type[AnyPointwise]", made))
