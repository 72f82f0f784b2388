"""The product of two activations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Flag
from ..op import Op, Shape, Work, dot, op, to_input
from ..sizes import maximum, prod


@op
class Matmul(Op, frozen=True, kw_only=True):
    """The matrix product of two inputs: every output is a dot product of a row with a column.

    a: (..., M, K)   b: (..., K, L), or (..., L, K) with `transpose`   ->   y: (..., M, L)

    The axes before the last two broadcast as in numpy and torch; an input of one axis is a vector.

    Example:
        >>> Matmul(transpose=True).infer((1, 12, 197, 64), (1, 12, 197, 64))
        (1, 12, 197, 197)
        >>> Matmul().infer((197, 64), (8, 12, 64, 10))
        (8, 12, 197, 10)
    """

    transpose: Flag = False

    tag: ClassVar = "matmul"
    group: ClassVar = "linear"
    arity: ClassVar = (2, 2)
    signature: ClassVar = "... M K, ... K L -> ... M L"
    citation: ClassVar = "one dot product of length K per output (numpy.matmul's definition)"

    def check(self, a: Shape, b: Shape) -> None:
        both = {"shapes": f"{show_shape(a)} and {show_shape(b)}"}
        for shape in (a, b):
            if not shape:
                raise OpError("takes vectors and matrices, but an input is a scalar", facts=both, hint="use mul")
        if self.transpose and len(b) < 2:
            raise OpError(f"transposes its second input, but {show_shape(b)} has one axis", facts=both)
        inner = self._second(b)[0]
        if a[-1] != inner:
            raise OpError(
                f"inner sizes {a[-1]} and {inner} differ: {show_shape(a)} by {show_shape(b)}"
                + (" transposed" if self.transpose else ""),
                hint=self._advice(a, b),
            )
        for left, right in zip(a[-3::-1], b[-3::-1], strict=False):
            if left != right and 1 not in (left, right):
                raise OpError(
                    f"batch axes of {show_shape(a)} and {show_shape(b)} do not broadcast: {left} meets {right}",
                    hint="aligned from the right, two axes must be equal, or one of them 1",
                )

    def infer(self, a: Any, b: Any) -> Any:
        batch = broadcast(a[:-2], b[:-2])
        return (*batch, *a[-2:-1], *self._second(b)[1:])

    def work(self, a: Any, b: Any, y: Any) -> Sequence[Work]:
        outputs = prod(y)
        return (dot(a[-1] * outputs, outputs),)

    def backward(self, a: Any, b: Any, y: Any) -> Sequence[Work]:
        """`da = dy·bᵀ` and `db = aᵀ·dy`, each summed over the batch axes that it was stretched along."""
        products = a[-1] * prod(y)
        return (*to_input(0, dot(products, prod(a))), *to_input(1, dot(products, prod(b))))

    def _second(self, b: Any) -> Any:
        """The last two axes of the second operand as they are multiplied: (K, L), or (K,)."""
        return b[-2:][::-1] if self.transpose else b[-2:]

    def _advice(self, a: Shape, b: Shape) -> str | None:
        flipped = b[-1] if len(b) > 1 and not self.transpose else b[-2] if self.transpose else None
        return f"transpose: {'false' if self.transpose else 'true'} would fit" if a[-1] == flipped else None


def broadcast(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    """The shape of two that broadcast, aligned from the right.

    Example:
        >>> broadcast((12, 1), (8, 1, 5))
        (8, 12, 5)
    """
    pairs = zip_longest(reversed(a), reversed(b))
    return tuple(right if left is None else left if right is None else maximum(left, right) for left, right in pairs)[
        ::-1
    ]
