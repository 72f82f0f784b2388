"""Attention, of the standard and as the runtime fuses it; rotary positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ....errors import OpError, show_shape
from ....op import Op, Work
from ....ops.linear import Linear
from ....ops.rotary import Rotary
from ....ops.sdpa import ScaledDotProduct, core
from ....ops.split import Split
from ....sizes import floor_div, minimum
from ..call import Call, Results
from ..values import UnreadError, Value
from ._rules import Rule


class Heads(Op, frozen=True, kw_only=True):
    """Scaled dot-product attention of heads side by side or on an axis of their own, earlier keys before them.

    q: (N, T, h·d) or (N, h, T, d)   k: (N, S, g·d) or (N, g, S, d)   v: as k   mask   ->   y: as q, with v's features
    """

    heads: int
    kv_heads: int
    causal: bool = False
    past: int = 0

    tag: ClassVar = "sdpa"
    arity: ClassVar[tuple[int, int | None]] = (3, 4)
    group: ClassVar = "attention"
    signature: ClassVar = "..., ..., ..., ... -> ..."

    def check(self, *x: Any) -> None:
        for shape, heads in zip(x[:3], (self.heads, self.kv_heads, self.kv_heads), strict=True):
            if len(shape) not in (3, 4):
                raise OpError(f"needs batch, tokens and features, not {show_shape(shape)}")
            if heads < 1 or (shape[2] % heads if len(shape) == 3 else shape[1] != heads):
                raise OpError(f"{show_shape(shape)} does not hold {heads} heads")
        ScaledDotProduct().check(*self._apart(*x))

    def infer(self, *x: Any) -> Any:
        n, h, t, dv = ScaledDotProduct().infer(*self._apart(*x))
        return (n, t, h * dv) if len(x[0]) == 3 else (n, h, t, dv)

    def work(self, *shapes: Any) -> Sequence[Work]:
        *x, _ = shapes
        (n, h, t, d), (_, _, s, _), (*_, dv), *mask = self._apart(*x)
        pairs = _causal_pairs(t, s - self.past) + t * self.past if self.causal else t * s
        return core(n * h, (t, s), pairs, (d, dv), masked=self.causal, added=bool(mask))

    def _apart(self, *x: Any) -> list[Any]:
        """The shapes with the heads on an axis of their own, and all keys."""
        q, k, v, *mask = x
        split = [
            (shape[0], heads, shape[1], shape[2] // heads) if len(shape) == 3 else tuple(shape)
            for shape, heads in ((q, self.heads), (k, self.kv_heads), (v, self.kv_heads))
        ]
        longer = [(n, h, s + self.past, d) for n, h, s, d in split[1:]]
        return [split[0], *longer, *mask]


def _causal_pairs(queries: Any, keys: Any) -> Any:
    """Pairs where the first query sees the first key, and each further query one key more, while there are any."""
    both = minimum(queries, keys)
    return floor_div(both * (both + 1), 2) + (queries - both) * keys


def attend(
    call: Call, q: Value, k: Value, v: Value, heads: int, kv_heads: int, causal: bool, mask: Value | None, past: int
) -> Value:
    """Attention's layer, once queries, keys and values are there."""
    given = [q, k, v, *([] if mask is None else [mask])]
    wide = Heads(heads=heads, kv_heads=kv_heads, causal=causal, past=past)
    # Where the heads have an axis of their own, and nothing came before, it is the attention that we have.
    apart = not past and all(len(x.shape) == 4 for x in given[:3]) and (not causal or q.shape[2] == k.shape[2])
    return call.layer(call.fitting(ScaledDotProduct(causal=causal), lambda: wide, *given) if apart else wide, *given)[0]


def _past(value: Value | None) -> int:
    return value.shape[2] if value is not None and len(value.shape) == 4 else 0


def _cache(call: Call, made: Value, k: Value, heads: int, past: int) -> Value:
    """What keys or values become for the next call."""
    n, *rest = k.shape
    s, d = (rest[0], rest[1] // heads) if len(rest) == 2 else (rest[1], rest[2])
    return call.beside(made, (n, heads, past + s, d), k.dtype)


def _attention(call: Call) -> Results:
    q, k, v = (call.input(place) for place in range(3))
    heads = call.integer("q_num_heads") or (q.shape[1] if len(q.shape) == 4 else 0)
    kv_heads = call.integer("kv_num_heads") or (k.shape[1] if len(k.shape) == 4 else heads)
    if heads < 1 or kv_heads < 1:
        raise UnreadError("it does not say how many heads it has")
    past = _past(call.optional(4))
    made = attend(call, q, k, v, heads, kv_heads, bool(call.integer("is_causal")), call.optional(3), past)
    scores = (q.shape[0], heads, q.shape[-2] if len(q.shape) == 4 else q.shape[1], past + k.shape[-2])
    return (
        made,
        _cache(call, made, k, kv_heads, past),
        _cache(call, made, v, kv_heads, past),
        call.beside(made, scores, q.dtype),
    )


def _multi_head(call: Call) -> Results:
    q = call.input(0)
    heads = call.integer("num_heads")
    k, v = call.optional(1), call.optional(2)
    if k is None or v is None or any(len(value.shape) != 3 for value in (q, k, v)):
        raise UnreadError("packed queries, keys and values")
    if heads < 1:
        raise UnreadError("it does not say how many heads it has")
    past = _past(call.optional(6))
    made = attend(call, q, k, v, heads, heads, bool(call.integer("unidirectional")), call.optional(5), past)
    return (made, _cache(call, made, k, heads, past), _cache(call, made, v, heads, past))


def _packed(call: Call) -> Results:
    """com.microsoft.Attention: one matrix makes queries, keys and values."""
    x, w, b = call.input(0), call.input(1), call.optional(2)
    heads = call.integer("num_heads")
    if heads < 1 or len(w.shape) != 2:
        raise UnreadError("it does not say how many heads it has")
    out = w.shape[1]
    sizes = call.integers("qkv_hidden_sizes") or (out // 3,) * 3
    if len(sizes) != 3 or sum(sizes) != out or min(sizes) < 1:
        raise UnreadError("queries, keys and values of other sizes")
    (together,) = call.layer(Linear(out=out, bias=b is not None), x, part="qkv", weight=w, bias=b)
    q, k, v = call.layer(Split(sizes=sizes, axis=-1), together, part="split")
    past = call.optional(4)
    before = past.shape[3] if past is not None and len(past.shape) == 5 else 0
    made = attend(call, q, k, v, heads, heads, bool(call.integer("unidirectional")), call.optional(5), before)
    cache = (2, x.shape[0], heads, before + x.shape[1], sizes[1] // heads)
    return (made, call.beside(made, cache, x.dtype))


def _grouped(call: Call) -> Results:
    q, k, v = call.input(0), call.optional(1), call.optional(2)
    heads, kv_heads = call.integer("num_heads"), call.integer("kv_num_heads")
    if heads < 1 or kv_heads < 1:
        raise UnreadError("it does not say how many heads it has")
    if k is None or v is None:
        size = q.shape[-1] // (heads + 2 * kv_heads)
        q, k, v = call.layer(Split(sizes=(heads * size, kv_heads * size, kv_heads * size), axis=-1), q, part="split")
    if call.integer("do_rotary"):
        (q,) = call.layer(Rotary(), q, part="rotary_q")
        (k,) = call.layer(Rotary(), k, part="rotary_k")
    past = _past(call.optional(3))
    made = attend(call, q, k, v, heads, kv_heads, True, None, past)
    return (made, _cache(call, made, k, kv_heads, past), _cache(call, made, v, kv_heads, past))


def _rotary(call: Call) -> Results:
    x = call.input(0)
    size = call.integer("rotary_embedding_dim")
    heads = call.integer("num_heads") if len(x.shape) == 3 else 1
    turned = size * max(heads, 1) if size else None
    return call.layer(Rotary(turned=turned), x)


def _flexible(call: Call) -> Results:
    """FlexAttention: attention whose scores and probabilities graphs in attributes may change."""
    q, k, v = (call.input(place) for place in range(3))
    if any(len(x.shape) != 4 for x in (q, k, v)):
        raise UnreadError("its heads have no axis of their own")
    made = attend(call, q, k, v, q.shape[1], k.shape[1], False, None, 0)
    scores = call.beside(made, (*q.shape[:3], k.shape[2]), "float64" if q.dtype == "float64" else "float32")
    for part in ("score_mod", "prob_mod"):
        if part in call.attributes:
            call.host.inline(call, call.graph(part), [scores], 1, part)
    return (made,)


PREVIEW: dict[str, Rule] = {"FlexAttention": _flexible}
RULES: dict[str, Rule] = {"Attention": _attention, "RotaryEmbedding": _rotary}
CONTRIB: dict[str, Rule] = {
    "MultiHeadAttention": _multi_head,
    "Attention": _packed,
    "GroupQueryAttention": _grouped,
    "RotaryEmbedding": _rotary,
}
