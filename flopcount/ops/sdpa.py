"""Scaled dot-product attention of heads that lie on an axis of their own, as kernels take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Flag
from ..op import Op, Shape, Work, add, dot, mul, op, to_input
from ..sizes import maximum, prod
from .mask import pairs
from .softmax import softmax_back, softmax_work


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
        if k[:-2] != v[:-2] or any(not b or a % b for a, b in zip(q[:-2], k[:-2], strict=True)):
            raise OpError("heads or batches do not fit", facts=shapes)
        if self.causal and k[-2] < q[-2]:
            raise OpError(f"causal attention of {q[-2]} queries to {k[-2]} keys: the first queries would see none")

    def infer(self, q: Any, k: Any, v: Any, *mask: Any) -> Any:
        return (*q[:-1], v[-1])

    def work(self, q: Any, k: Any, v: Any, *rest: Any) -> Sequence[Work]:
        heads, t, s = prod(q[:-2]), q[-2], k[-2]
        seen = pairs(t, s, self.causal, None)
        return core(heads, (t, s), seen, (q[-1], v[-1]), masked=self.causal, added=len(rest) > 1)

    def backward(self, q: Any, k: Any, v: Any, *rest: Any) -> Sequence[Work]:
        """Attention's core back, and a mask's gradient: those of the scores, summed where it was stretched."""
        heads, t, s = prod(q[:-2]), q[-2], k[-2]
        let = pairs(t, s, self.causal, None)
        mask = to_input(3, add(maximum(0, heads * let - prod(rest[0])), part="mask")) if len(rest) > 1 else ()
        features, columns = (q[-1], v[-1]), prod(k[:-1])
        return (*core_back(heads, (t, s), let, features, columns, (0, 1, 2), masked=self.causal), *mask)


def core(heads: Any, tokens: Any, let: Any, features: Any, *, masked: bool, added: bool) -> Sequence[Work]:
    """The work of attention in so many heads: scores, softmax and values.

    Args:
        heads: How many, of all samples.
        tokens: Queries and keys.
        let: How many (query, key) pairs of one head the mask lets through.
        features: Of a query (and a key), and of a value.
        masked: Whether there is a mask that throws products away.
        added: Whether a mask is added to the scores.
    """
    (t, s), (key, value) = tokens, features
    seen, rows = heads * let, heads * t
    hidden = rows * s - seen
    return (
        dot(seen * key, seen, part="scores"),
        *((dot(hidden * key, hidden, role="masked", part="scores"),) if masked else ()),
        mul(seen, part="scale"),
        *((add(seen, part="mask"),) if added else ()),
        *softmax_work(seen, rows, part="softmax"),
        dot(seen * value, rows * value, part="values"),
        *((dot(hidden * value, 0, role="masked", part="values"),) if masked else ()),
    )


def core_back(
    heads: Any,
    tokens: Any,
    let: Any,
    features: Any,
    columns: Any,
    places: tuple[int | None, int | None, int | None],
    *,
    masked: bool,
) -> Sequence[Work]:
    """The work of the gradients of attention in so many heads, the softmax's outputs being there.

    With S the softmax's outputs: `dv = Sᵀ·dy`, `dS = dy·vᵀ`, then the softmax's and the scale's, and of their result D
    `dq = D·k` and `dk = Dᵀ·q`. Heads that share keys and values add up their gradients. Products with what the mask
    hides are zero; a dense kernel computes them.

    Args:
        heads: How many, of all samples.
        tokens: Queries and keys.
        let: How many (query, key) pairs of one head the mask lets through.
        features: Of a query (and a key), and of a value.
        columns: How many keys some query sees, of all samples and heads of keys.
        places: Of the inputs, queries, keys and values; None: the gradient goes on to what made them.
        masked: Whether there is a mask that throws products away.
    """
    (t, s), (key, value), (q, k, v) = tokens, features, places
    seen, rows = heads * let, heads * t
    hidden = rows * s - seen

    def product(size: Any, outputs: Any, part: str) -> tuple[Work, ...]:
        thrown = (dot(hidden * size, 0, role="masked", part=part),) if masked else ()
        return (dot(seen * size, outputs, part=part), *thrown)

    return (
        *to_input(v, *product(value, columns * value, "values")),
        *to_input(None, *product(value, seen, "values")),
        *to_input(None, *softmax_back(seen, rows, part="softmax"), mul(seen, part="scale")),
        *to_input(q, *product(key, rows * key, "scores")),
        *to_input(k, *product(key, columns * key, "scores")),
    )
