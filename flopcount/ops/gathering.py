"""Elements found and placed by index. Look-ups move data; what is computed when places are written twice is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError, show_shape
from ..fields import Axis, Count, Size
from ..op import Op, Shape, Work, add, mul, op, to_input
from ..sizes import prod
from .axes import axis_of, check_axis, replaced
from .moving import Moving

COMBINED = {"none": "", "add": "add", "mul": "mul", "max": "cmp", "min": "cmp"}
"""The primitive that joins what is written with what is there."""


class LookUp(Op, frozen=True, kw_only=True):
    """Elements of the first input, found by places."""

    def backward(self, x: Any, places: Any, y: Any) -> Sequence[Work]:
        """Every element's gradient is added to its place, whatever the places."""
        return to_input(0, add(prod(y)))


@op
class Gather(LookUp, frozen=True, kw_only=True):
    """Slices of one axis by their places, in any number and order: the second input is the places, of any shape.

    x: (..., D, ...)   places: (*I)   ->   y: (..., *I, ...)

    Example:
        >>> Gather(axis=1).infer((1, 197, 768), (5, 2))
        (1, 5, 2, 768)
    """

    axis: Axis = 0

    tag: ClassVar = "gather"
    group: ClassVar = "indexing"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "..., ... -> ..."

    def check(self, x: Shape, places: Shape) -> None:
        check_axis(self.axis, len(x))

    def infer(self, x: Any, places: Any) -> Any:
        return replaced(x, axis_of(self.axis, len(x)), *places)


@op
class GatherElements(LookUp, frozen=True, kw_only=True):
    """One element of an axis for each place: the output is as large as the places, the second input (torch.gather).

    Example:
        >>> GatherElements(axis=1).infer((1, 197, 768), (1, 49, 768))
        (1, 49, 768)
    """

    axis: Axis = 0

    tag: ClassVar = "gather_elements"
    group: ClassVar = "indexing"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "..., ... -> ..."

    def check(self, x: Shape, places: Shape) -> None:
        check_axis(self.axis, len(x))
        _check_rank(x, places)

    def infer(self, x: Any, places: Any) -> Any:
        return places


@op
class GatherND(LookUp, frozen=True, kw_only=True):
    """Slices by tuples of places: the last axis of the second input holds one place per leading axis of the first.

    The first `batch_axes` axes of both go together.

    Example:
        >>> GatherND().infer((8, 197, 768), (5, 2))
        (5, 768)
    """

    batch_axes: Count = 0

    tag: ClassVar = "gather_nd"
    group: ClassVar = "indexing"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "..., ... -> ..."

    def check(self, x: Shape, places: Shape) -> None:
        if not places or not self.batch_axes < len(places):
            raise OpError(f"places {show_shape(places)} have no axis of indices after {self.batch_axes} batch axes")
        if self.batch_axes + places[-1] > len(x):
            raise OpError(f"{places[-1]} indices a place, but the input has {len(x) - self.batch_axes} axes to index")
        if x[: self.batch_axes] != places[: self.batch_axes]:
            raise OpError(
                f"batch axes {show_shape(x[: self.batch_axes])} and {show_shape(places[: self.batch_axes])} differ"
            )

    def infer(self, x: Any, places: Any) -> Any:
        return (*places[:-1], *x[self.batch_axes + int(places[-1]) :])


class Scattering(Op, frozen=True, kw_only=True):
    """Updates, the third input, written at places of the first; `reduce` joins them with what is there."""

    reduce: Literal["none", "add", "mul", "max", "min"] = "none"

    group: ClassVar = "indexing"
    arity: ClassVar = (3, 3)
    signature: ClassVar = "..., ..., ... -> ..."

    def infer(self, x: Any, places: Any, updates: Any) -> Any:
        return x

    def work(self, x: Any, places: Any, updates: Any, y: Any) -> Sequence[Work]:
        return (Work(COMBINED[self.reduce], prod(updates)),) if self.reduce != "none" else ()

    def backward(self, x: Any, places: Any, updates: Any, y: Any) -> Sequence[Work]:
        """Written and added elements get their gradients back as they are.

        Of a product each factor takes the gradient times the other; of an extreme, times a mask of which it was.
        """
        if self.reduce in ("none", "add"):
            return ()
        return (*to_input(0, mul(prod(updates))), *to_input(2, mul(prod(updates))))


@op
class Scatter(Scattering, frozen=True, kw_only=True):
    """Elements written at places along one axis; with `reduce`, joined with what is there.

    Example:
        >>> Scatter(axis=1, reduce="add").infer((1, 197, 768), (1, 49, 768), (1, 49, 768))
        (1, 197, 768)
    """

    axis: Axis = 0

    tag: ClassVar = "scatter"

    def check(self, x: Shape, places: Shape, updates: Shape) -> None:
        check_axis(self.axis, len(x))
        _check_rank(x, places)
        if places != updates:
            raise OpError(f"{show_shape(places)} places for {show_shape(updates)} updates: the shapes must be equal")


@op
class ScatterND(Scattering, frozen=True, kw_only=True):
    """Slices written at tuples of places; with `reduce`, joined with what is there.

    Example:
        >>> ScatterND().infer((8, 197, 768), (5, 2), (5, 768))
        (8, 197, 768)
    """

    tag: ClassVar = "scatter_nd"

    def check(self, x: Shape, places: Shape, updates: Shape) -> None:
        if not places or places[-1] > len(x):
            raise OpError(f"places {show_shape(places)} do not index an input of {len(x)} axes")
        expected = (*places[:-1], *x[places[-1] :])
        if updates != expected:
            raise OpError(f"updates are {show_shape(updates)}, but the places ask for {show_shape(expected)}")


@op
class OneHot(Op, frozen=True, kw_only=True):
    """Each integer as a row of `depth` elements, one of them 1: a comparison per element.

    x: (...)   ->   y: (..., depth, ...), the new axis at `axis` of the output

    Example:
        >>> OneHot(depth=10).infer((1, 20))
        (1, 20, 10)
    """

    depth: Size
    axis: Axis = -1

    tag: ClassVar = "one_hot"
    group: ClassVar = "indexing"

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x) + 1, "the output")

    def infer(self, x: Any) -> Any:
        axis = axis_of(self.axis, len(x) + 1)
        return (*x[:axis], self.depth, *x[axis:])

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (Work("cmp", prod(y)),)

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """An integer has no gradient."""
        return ()


class Triangle(Moving, frozen=True, kw_only=True):
    """One triangle of the last two axes, zeros in the other. It copies and computes nothing."""

    group: ClassVar = "indexing"

    def check(self, x: Shape) -> None:
        if len(x) < 2:
            raise OpError(f"needs a matrix, not {show_shape(x)}")

    def infer(self, x: Any) -> Any:
        return x


@op
class Tril(Triangle, frozen=True, kw_only=True):
    """The lower triangle of the last two axes, zeros above. It copies and computes nothing."""

    tag: ClassVar = "tril"


@op
class Triu(Triangle, frozen=True, kw_only=True):
    """The upper triangle of the last two axes, zeros below. It copies and computes nothing."""

    tag: ClassVar = "triu"


def _check_rank(x: Shape, places: Shape) -> None:
    if len(x) != len(places):
        raise OpError(f"places {show_shape(places)} and input {show_shape(x)} must have as many axes")
