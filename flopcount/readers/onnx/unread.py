"""A node whose cost is not known, listed all the same."""

from __future__ import annotations

from typing import Any, ClassVar

from ...op import Op, Shape


class Unread(Op, frozen=True, kw_only=True):
    """A node that is not understood, or whose sizes the data decide: its outputs are what its file declares.

    One that only moves data is known to be free, whatever its size.
    """

    kind: str
    shapes: tuple[Shape, ...] = ()
    free: bool = False

    tag: ClassVar = "opaque"
    arity: ClassVar[tuple[int, int | None]] = (0, None)
    group: ClassVar = "source"

    def infer(self, *x: Any) -> Any:
        return list(self.shapes)

    def work(self, *shapes: Any) -> tuple[()] | None:
        return () if self.free else None

    def dtype(self, *dtypes: str) -> str | None:
        return dtypes[0] if dtypes else None
