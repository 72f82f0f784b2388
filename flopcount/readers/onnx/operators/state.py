"""Attention without a softmax: a state that every token reads and renews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ....errors import OpError, show_shape
from ....op import Op, Shape, Work, add, dot, mul, special
from ..call import Call, Results
from ..values import UnreadError
from ._rules import Rule

RULES_OF_RENEWAL = ("linear", "gated", "delta", "gated_delta")


class LinearAttention(Op, frozen=True, kw_only=True):
    """Linear attention: S = decay·S + k ⊗ v and y = scale·Sᵀ·q, token by token.

    q: (N, T, h·d)   k: (N, T, g·d)   v: (N, T, g·dv)   past: (N, g, d, dv)   decay: (N, T, g·d) or (N, T, g)
    beta: (N, T, g) or (N, T, 1)   ->   y: (N, T, h·dv), state: (N, g, d, dv)

    The state is a dot product over the tokens, d·dv products for each, and is multiplied with a query in another d·dv
    products per head. A decay takes an exponential for each of its elements and d·dv multiplications; the delta rule
    takes the d·dv products of the state and the key, and dv subtractions and multiplications.
    """

    heads: int
    kv_heads: int
    update: Literal["linear", "gated", "delta", "gated_delta"]
    past: bool = False
    decays: int = 0
    """How many elements the decay has, for each token."""

    tag: ClassVar = "linear_attention"
    arity: ClassVar[tuple[int, int | None]] = (3, 6)
    group: ClassVar = "attention"
    citation: ClassVar = "ONNX operator LinearAttention; Katharopoulos et al. 2020, arXiv 2006.16236; Yang et al. 2024"

    def check(self, *x: Shape) -> None:
        if any(len(shape) != 3 for shape in x[:3]):
            raise OpError(f"needs batch, tokens and features, not {show_shape(x[0])}")
        for shape, heads in zip(x[:3], (self.heads, self.kv_heads, self.kv_heads), strict=True):
            if heads < 1 or shape[2] % heads:
                raise OpError(f"{show_shape(shape)} does not hold {heads} heads")
        q, k, v = x[:3]
        together = q[:2] == k[:2] == v[:2] and q[2] // self.heads == k[2] // self.kv_heads
        if not together or self.heads % self.kv_heads:
            raise OpError("queries, keys and values do not fit", facts={"shapes": ", ".join(map(show_shape, x[:3]))})

    def infer(self, *x: Any) -> Any:
        n, t, d, dv = self._sizes(x)
        return [(n, t, self.heads * dv), (n, self.kv_heads, d, dv)]

    def work(self, *shapes: Any) -> Sequence[Work]:
        n, t, d, dv = self._sizes(shapes)
        tokens = n * t * self.kv_heads
        state = tokens * d * dv
        first = 0 if self.past else n * self.kv_heads * d * dv
        work = [
            dot(state, first, part="state"),
            dot(n * t * self.heads * d * dv, n * t * self.heads * dv, part="output"),
            mul(n * t * self.heads * dv, part="scale"),
        ]
        if "gated" in self.update:
            work += [special(n * t * self.decays, part="decay"), mul(state, part="decay")]
        if "delta" in self.update:
            work += [
                dot(state, tokens * dv, part="delta"),
                add(tokens * dv, part="delta"),
                mul(tokens * dv, part="delta"),
            ]
        return tuple(work)

    def _sizes(self, x: Any) -> tuple[Any, Any, Any, Any]:
        (n, t, _), k, v = x[:3]
        return n, t, k[2] // self.kv_heads, v[2] // self.kv_heads


def _linear_attention(call: Call) -> Results:
    past, decay, beta = (call.optional(place) for place in (3, 4, 5))
    update = call.text("update_rule", "gated_delta")
    gated, delta = "gated" in update, "delta" in update
    if update not in RULES_OF_RENEWAL or (gated and decay is None) or (delta and beta is None):
        raise UnreadError(f"the update rule '{update}' without what it needs")
    op = LinearAttention(
        heads=call.integer("q_num_heads"),
        kv_heads=call.integer("kv_num_heads"),
        update=update,  # type: ignore[arg-type]
        past=past is not None,
        decays=decay.shape[2] if gated and decay is not None and len(decay.shape) == 3 else 0,
    )
    return call.layer(op, *call.given)


RULES: dict[str, Rule] = {"LinearAttention": _linear_attention}
