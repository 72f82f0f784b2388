"""Between real numbers and the small integers that stand for them: `x ≈ scale · (q − zero)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..errors import OpError, did_you_mean
from ..fields import Text
from ..graph import DTYPE_BYTES
from ..op import Shape, op
from .pointwise import Pointwise


class Quantization(Pointwise, frozen=True, kw_only=True):
    """A change between real numbers and integers, element by element."""

    to: Text = "int8"

    group: ClassVar = "quantisation"
    citation: ClassVar = "Jacob et al. 2018, arXiv 1712.05877"

    def check(self, x: Shape) -> None:
        if self.to not in DTYPE_BYTES:
            raise OpError(f"unknown dtype '{self.to}'", hint=did_you_mean(self.to, DTYPE_BYTES))

    def dtype(self, *dtypes: str) -> str:
        return self.to


@op
class Quantize(Quantization, frozen=True, kw_only=True):
    """Element by element: q = min(max(round(x / scale) + zero, low), high)."""

    tag: ClassVar = "quantize"
    primitives: ClassVar = {"div": 1, "cmp": 3, "add": 1}


@op
class Dequantize(Quantization, frozen=True, kw_only=True):
    """Element by element: x = scale · (q − zero)."""

    to: Text = "float32"

    tag: ClassVar = "dequantize"
    primitives: ClassVar[Mapping[str, int]] = {"add": 1, "mul": 1}


@op
class FakeQuantize(Pointwise, frozen=True, kw_only=True):
    """Rounded as if quantised and back again: x ≈ scale · (q − zero), in the type that it has."""

    tag: ClassVar = "fake_quantize"
    group: ClassVar = "quantisation"
    citation: ClassVar = "Jacob et al. 2018, arXiv 1712.05877"
    primitives: ClassVar = {"div": 1, "cmp": 3, "add": 2, "mul": 1}
