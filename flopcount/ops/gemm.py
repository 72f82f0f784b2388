"""The general matrix product of the BLAS: scaled, with something added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Flag, Number
from ..op import Op, Shape, Work, add, dot, mul, op, to_input
from ..sizes import prod


@op
class Gemm(Op, frozen=True, kw_only=True):
    """y = α·A·B + β·C, each matrix transposed where asked; C broadcasts, and may be left out.

    a: (..., M, K)   b: (..., K, L)   c: (..., M, L)   ->   y: (..., M, L)

    A factor of 1 costs nothing. A fully connected layer, whose B and C are learned, is `linear`.

    Example:
        >>> Gemm(transpose_b=True).infer((197, 64), (10, 64), (10,))
        (197, 10)
    """

    transpose_a: Flag = False
    transpose_b: Flag = False
    alpha: Number = 1
    beta: Number = 1

    tag: ClassVar = "gemm"
    group: ClassVar = "linear"
    arity: ClassVar = (2, 3)
    signature: ClassVar = "... M K, ... K L, ... -> ... M L"
    citation: ClassVar = "Dongarra et al. 1990, A set of level 3 basic linear algebra subprograms"

    def check(self, a: Shape, b: Shape, *c: Shape) -> None:
        for shape in (a, b):
            if len(shape) < 2:
                raise OpError(f"multiplies matrices, not {show_shape(shape)}")
        if a[:-2] != b[:-2]:
            raise OpError(f"batch axes of {show_shape(a)} and {show_shape(b)} differ", hint="`matmul` broadcasts them")
        if self._rows(a)[1] != self._columns(b)[0]:
            raise OpError(f"inner sizes {self._rows(a)[1]} and {self._columns(b)[0]} differ")
        for shape in c:
            y = self.infer(a, b)
            pairs = zip(reversed(shape), reversed(y), strict=False)
            if len(shape) > len(y) or any(size not in (1, full) for size, full in pairs):
                raise OpError(f"cannot add {show_shape(shape)} to a product of {show_shape(y)}")

    def infer(self, a: Any, b: Any, *c: Any) -> Any:
        return (*a[:-2], self._rows(a)[0], self._columns(b)[1])

    def work(self, *shapes: Any) -> Sequence[Work]:
        a, _, *c, y = shapes
        outputs = prod(y)
        scaled = (self.alpha != 1) * outputs + sum((self.beta != 1) * prod(shape) for shape in c)
        return (
            dot(self._rows(a)[1] * outputs, outputs),
            *((mul(scaled),) if self.alpha != 1 or (c and self.beta != 1) else ()),
            *((add(outputs, role="bias"),) if c else ()),
        )

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """`da = α·dy·bᵀ`, `db = α·aᵀ·dy`, `dc = β·dy`, summed where it was stretched."""
        a, b, *c, y = shapes
        outputs = prod(y)
        products = self._rows(a)[1] * outputs
        return (
            *(to_input(None, mul(outputs)) if self.alpha != 1 else ()),
            *to_input(0, dot(products, prod(a))),
            *to_input(1, dot(products, prod(b))),
            *(to_input(2, add(outputs - prod(c[0]))) if c else ()),
            *(to_input(2, mul(prod(c[0]))) if c and self.beta != 1 else ()),
        )

    def _rows(self, a: Any) -> Any:
        return a[-2:][::-1] if self.transpose_a else a[-2:]

    def _columns(self, b: Any) -> Any:
        return b[-2:][::-1] if self.transpose_b else b[-2:]
