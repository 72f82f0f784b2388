"""Elements in another type."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import OpError, did_you_mean
from ..fields import Text
from ..graph import DTYPE_BYTES
from ..op import Shape, op
from .moving import Moving


@op
class Cast(Moving, frozen=True, kw_only=True):
    """The elements in another type. It computes nothing.

    x: (...)   ->   y: (...)

    Example:
        >>> Cast(to="int64").dtype("float32")
        'int64'
    """

    to: Text

    tag: ClassVar = "cast"
    group: ClassVar = "movement"

    def check(self, x: Shape) -> None:
        if self.to not in DTYPE_BYTES:
            raise OpError(f"unknown dtype '{self.to}'", hint=did_you_mean(self.to, DTYPE_BYTES))

    def infer(self, x: Any) -> Any:
        return x

    def dtype(self, *dtypes: str) -> str:
        return self.to
