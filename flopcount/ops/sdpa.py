"""Scaled dot-product attention of heads that lie on an axis of their own, as kernels take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Flag
from ..op import Op, Shape, Work, add, dot, mul, op
from ..sizes import floor_div, prod
from .softmax import softmax_work


@op
class ScaledDotProduct(Op, frozen=True, kw_only=True):
    """softmax(q·kᵀ / √d + mask)·v, the heads on an axis before the tokens; `attention` has its projections besides.

    q: (..., h, T, d)   k: (..., g, S, d)   v: (..., g, S, dv)   mask: any that broadcasts   ->   y: (..., h, T, dv)

    Fewer heads of keys and values serve several heads of queries each. `causal` lets a query see no later key, the last
    query standing at the last key; products that it throws away are in the ledger, but marked.

    Example:
        >>> ScaledDotProduct().infer((1, 12, 197, 64), (1, 12, 197, 64), (1, 12, 197, 64))
        (1, 12, 197, 64)
    """

    causal: Flag = False

    tag: ClassVar = "sdpa"
    group: ClassVar = "attention"
    arity: ClassVar = (3, 4)
    signature: ClassVar = "... h T d, ... g S d, ... g S dv, ... -> ... h T dv"
    citation: ClassVar = "Vaswani et al. 2017, arXiv 1706.03762; as torch.nn.functional.scaled_dot_product_attention"

    def check(self, q: Shape, k: Shape, v: Shape, *mask: Shape) -> None:
        shapes = {"shapes": f"q {show_shape(q)}, k {show_shape(k)}, v {show_shape(v)}"}
        if min(map(len, (q, k, v))) < 2 or len({len(q), len(k), len(v)}) > 1:
            raise OpError("needs queries, keys and values with tokens and features, of as many axes each", facts=shapes)
        if q[-1] != k[-1]:
            raise OpError(f"queries have {q[-1]} features, keys {k[-1]}", facts=shapes)
        if k[-2] != v[-2]:
            raise OpError(f"{k[-2]} keys, but {v[-2]} values", facts=shapes)
        if k[:-2] != v[:-2] or any(a % b for a, b in zip(q[:-2], k[:-2], strict=True)):
            raise OpError("heads or batches do not fit", facts=shapes)
        if self.causal and k[-2] < q[-2]:
            raise OpError(f"causal attention of {q[-2]} queries to {k[-2]} keys: the first queries would see none")

    def infer(self, q: Any, k: Any, v: Any, *mask: Any) -> Any:
        return (*q[:-1], v[-1])

    def work(self, q: Any, k: Any, v: Any, *rest: Any) -> Sequence[Work]:
        heads, t, s = prod(q[:-2]), q[-2], k[-2]
        seen = heads * (floor_div(t * (2 * s - t + 1), 2) if self.causal else t * s)
        hidden = heads * t * s - seen
        return (
            dot(seen * q[-1], seen, part="scores"),
            *((dot(hidden * q[-1], hidden, role="masked", part="scores"),) if self.causal else ()),
            mul(seen, part="scale"),
            *((add(seen, part="mask"),) if len(rest) > 1 else ()),
            *softmax_work(seen, heads * t, part="softmax"),
            dot(seen * v[-1], heads * t * v[-1], part="values"),
            *((dot(hidden * v[-1], 0, role="masked", part="values"),) if self.causal else ()),
        )
