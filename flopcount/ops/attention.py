"""Attention: multi-head, grouped-query, over one sequence or across two; causal and windowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from ..errors import OpError, show_shape
from ..fields import Flag, Size
from ..op import Op, Shape, Work, add, bias_add, bias_gradient, dot, op, to_input, to_weight
from ..sizes import prod
from .mask import keys_seen, pairs
from .sdpa import core, core_back


class Heads(Struct, frozen=True):
    """The sizes of an attention, all that its formulas need.

    Attributes:
        n: Batch.
        t, s: How many queries, and how many keys.
        dq, dk, dv: Features of the inputs that queries, keys and values come from.
        key, value: Features of one head's keys (and queries), and of its values.
    """

    n: Any
    t: Any
    s: Any
    dq: Any
    dk: Any
    dv: Any
    key: Any
    value: Any


@op
class Attention(Op, frozen=True, kw_only=True):
    """Scaled dot-product attention in several heads: softmax(q·kᵀ / √d)·v, with its projections.

    q: (N, T, D), or q and memory (N, S, Dk), or q, k and v   ->   y: (N, T, out)

    With fewer `kv_heads` than heads, several heads read the same keys and values (grouped-query attention): that saves
    projections, not products. `causal` lets a query see no later key, the last query standing at the last key. A
    `window` is how many keys a causal query sees, itself included; without `causal`, keys within half of it on either
    side. Products that a mask throws away are in the ledger, but marked. `project: false` leaves all projections out:
    the inputs are queries, keys and values, heads side by side.

    Example:
        >>> Attention(heads=12).infer((1, 197, 768))
        (1, 197, 768)
        >>> [entry.count for entry in Attention(heads=12).work((1, 197, 768), (1, 197, 768)) if entry.part == "scores"]
        [29805312]
    """

    heads: Size
    kv_heads: Size | None = None
    head_dim: Size | None = None
    out: Size | None = None
    bias: Flag = True
    out_bias: Flag | None = None
    causal: Flag = False
    window: Size | None = None
    project: Flag = True

    tag: ClassVar = "attention"
    arity: ClassVar = (1, 3)
    group: ClassVar = "attention"
    signature: ClassVar = "N T D, N S Dk, N S Dv -> N T Do"
    letters: ClassVar = {"heads": "h", "kv_heads": "g", "head_dim": "d", "window": "w"}
    citation: ClassVar = "Vaswani et al. 2017, arXiv 1706.03762; grouped queries Ainslie et al. 2023, arXiv 2305.13245"

    def check(self, *x: Shape) -> None:
        for shape in x:
            if len(shape) != 3:
                raise OpError(
                    f"needs batch, tokens and features, not {show_shape(shape)}",
                    hint="an image becomes tokens by flatten and permute: C×H×W -> C×HW -> HW×C",
                )
        query, key, value = _three(x)
        if len({query[0], key[0], value[0]}) > 1:
            raise OpError(f"batches differ: {', '.join(str(shape[0]) for shape in x)}")
        if key[1] != value[1]:
            raise OpError(f"{key[1]} keys, but {value[1]} values")
        self._check_heads(query[2], key[2], value[2])
        self._check_mask(query[1], key[1])

    def _check_heads(self, query: int, key: int, value: int) -> None:
        shared = self.heads if self.kv_heads is None else self.kv_heads
        if self.heads % shared:
            raise OpError(f"heads {self.heads} are not divisible by kv_heads {shared}")
        if self.project:
            if self.head_dim is None and query % self.heads:
                raise OpError(
                    f"features {query} are not divisible by heads {self.heads}",
                    hint="set head_dim where a head's size is not features / heads",
                )
            return
        if self.out is not None or self.out_bias is not None:
            raise OpError("out and out_bias belong to the output projection, which `project: false` leaves out")
        for name, features, heads in (("query", query, self.heads), ("key", key, shared), ("value", value, shared)):
            if features % heads:
                raise OpError(f"{name} features {features} are not divisible by its {heads} heads")
        sizes = {"query": query // self.heads, "key": key // shared}
        if self.head_dim is not None:
            sizes["head_dim"] = self.head_dim
        if len(set(sizes.values())) > 1:
            raise OpError(
                "a head's queries and keys differ in size: "
                + ", ".join(f"{name} {size}" for name, size in sizes.items()),
                hint="queries have heads × head_dim features, keys and values kv_heads × head_dim",
            )

    def _check_mask(self, queries: int, keys: int) -> None:
        if self.causal and keys < queries:
            raise OpError(
                f"causal attention of {queries} queries to {keys} keys: the first queries would see none",
                hint="the last query stands at the last key, so that there are at least as many keys",
            )
        if self.window is not None and not self.causal and keys != queries:
            raise OpError(
                f"a window on both sides needs as many keys as queries, not {keys} and {queries}",
                hint="causal: true makes it a window of past keys",
            )

    def infer(self, *x: Any) -> Any:
        sizes = self._sizes(*x)
        return (sizes.n, sizes.t, self._out(sizes) if self.project else self.heads * sizes.value)

    def weights(self, *x: Any) -> dict[str, Any]:
        if not self.project:
            return {}
        sizes = self._sizes(*x)
        shapes: dict[str, Any] = {}
        for name, features, out, bias in self._projections(sizes):
            shapes[f"{name}.weight"] = (out, features)
            if bias:
                shapes[f"{name}.bias"] = (out,)
        return shapes

    def work(self, *shapes: Any) -> Sequence[Work]:
        *x, _ = shapes
        sizes = self._sizes(*x)
        if not self.project:
            return self._core(sizes)
        q, k, v, out = (
            _projected(sizes.n * (sizes.s if name in "kv" else sizes.t), *projection, part=name)
            for name, *projection in self._projections(sizes)
        )
        return (*q, *k, *v, *self._core(sizes), *out)

    def _core(self, sizes: Heads) -> Sequence[Work]:
        """Scores, softmax and values: what remains without the projections."""
        return core(*self._heads(sizes), masked=self._masks, added=False)

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """Through the output projection, the products of the core, and the projections of queries, keys and values.

        The softmax's outputs are there, so that nothing is computed twice. Between the projections a gradient is one of
        the core's, whichever of its inputs or weights waits for it. Where one input serves several of them, it takes
        the sum of their gradients.
        """
        *x, _ = shapes
        sizes = self._sizes(*x)
        places = (0, min(1, len(x) - 1), len(x) - 1)
        if not self.project:
            return (*self._core_back(sizes, *places), *self._shares(x))
        *inner, out = (
            (sizes.n * (sizes.s if name in "kv" else sizes.t), name, *projection)
            for name, *projection in self._projections(sizes)
        )
        work = [*_projected_back(None, *out), *self._core_back(sizes, None, None, None)]
        for place, projection in zip(places, inner, strict=True):
            work += _projected_back(place, *projection)
        return (*work, *self._shares(x))

    def _core_back(self, sizes: Heads, *places: int | None) -> Sequence[Work]:
        """Gradients of what `_core` computes, to the queries, keys and values at these places of the inputs."""
        columns = sizes.n * self._shared * keys_seen(sizes.t, sizes.s, self.causal, self.window)
        q, k, v = places
        return core_back(*self._heads(sizes), columns, (q, k, v), masked=self._masks)

    def _heads(self, sizes: Heads) -> tuple[Any, Any, Any, Any]:
        """All heads, their tokens, the pairs of them that the mask lets through, and features, as `core` takes them."""
        let = pairs(sizes.t, sizes.s, self.causal, self.window)
        return sizes.n * self.heads, (sizes.t, sizes.s), let, (sizes.key, sizes.value)

    @property
    def _masks(self) -> bool:
        return self.causal or self.window is not None

    def _shares(self, x: Sequence[Any]) -> tuple[Work, ...]:
        """Three gradients for fewer inputs: those of one input are added."""
        return to_input(len(x) - 1, add((3 - len(x)) * prod(x[-1]), part="inputs"))

    def _sizes(self, *x: Any) -> Heads:
        (n, t, dq), (_, s, dk), (_, _, dv) = _three(x)
        if self.project:
            size = dq // self.heads if self.head_dim is None else self.head_dim
            return Heads(n, t, s, dq, dk, dv, size, size)
        return Heads(n, t, s, dq, dk, dv, dq // self.heads, dv // self._shared)

    def _projections(self, sizes: Heads) -> tuple[tuple[str, Any, Any, bool], ...]:
        """Name, input features, output features and bias of each."""
        out_bias = self.bias if self.out_bias is None else self.out_bias
        return (
            ("q", sizes.dq, self.heads * sizes.key, self.bias),
            ("k", sizes.dk, self._shared * sizes.key, self.bias),
            ("v", sizes.dv, self._shared * sizes.value, self.bias),
            ("out", self.heads * sizes.value, self._out(sizes), out_bias),
        )

    def _out(self, sizes: Heads) -> Any:
        return sizes.dq if self.out is None else self.out

    @property
    def _shared(self) -> Any:
        """How many heads of keys and values there are."""
        return self.heads if self.kv_heads is None else self.kv_heads


def _three(x: Sequence[Any]) -> tuple[Any, Any, Any]:
    """The shapes that queries, keys and values come from: one input serves all, a second serves keys and values."""
    return x[0], x[min(1, len(x) - 1)], x[-1]


def _projected(rows: Any, features: Any, out: Any, bias: bool, *, part: str) -> tuple[Work, ...]:
    return (dot(rows * features * out, rows * out, part=part), *bias_add(bias, rows * out, part=part))


def _projected_back(place: int | None, rows: Any, name: str, features: Any, out: Any, bias: bool) -> tuple[Work, ...]:
    products = rows * features * out
    return (
        *to_input(place, dot(products, rows * features, part=name)),
        *to_weight(f"{name}.weight", dot(products, features * out, part=name)),
        *bias_gradient(bias, rows * out, out, name=f"{name}.bias", part=name),
    )
