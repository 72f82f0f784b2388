"""Matrix products: fully connected layers, matmul in its spellings, einsum."""

from __future__ import annotations

from typing import Any

from ..site import Site, Unmapped, is_held
from ..trace import Value
from .movement import reshaped
from .table import aten


@aten("linear")
def linear(site: Site, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """aten.linear(x, weight, bias): learned, or with a weight that another layer makes."""
    if is_held(weight) and len(weight.shape) == 2:
        own = bias if is_held(bias) else None
        y = site.layer("linear", x, held={"weight": weight, "bias": own}, out=weight.shape[0], bias=own is not None)
        return y if bias is own or bias is None else site.layer("add", y, bias)
    y = site.layer("matmul", x, weight, transpose=len(weight.shape) > 1)
    return y if bias is None else site.layer("add", y, bias)


@aten("matmul mm bmm mv dot vdot inner")
def matmul(site: Site, a: Value, b: Value, *_: Any) -> Value:
    """aten.matmul(a, b), and by the number of axes mm, bmm, mv, dot."""
    return site.layer("matmul", a, b)


@aten("addmm baddbmm addmv")
def addmm(site: Site, c: Value, a: Value, b: Value, *, beta: float = 1, alpha: float = 1, **_: Any) -> Value:
    """aten.addmm(c, a, b, beta, alpha) = beta·c + alpha·a·b."""
    y = site.layer("matmul", a, b)
    y = y if alpha == 1 else site.layer("scale", y, by=alpha)
    if beta == 0:
        return y
    return site.layer("add", y, c if beta == 1 else site.layer("scale", c, by=beta))


@aten("outer ger")
def outer(site: Site, a: Value, b: Value) -> Value:
    """aten.outer(a, b): every product of two vectors' elements."""
    return site.layer("mul", site.layer("unsqueeze", a, axes=(1,)), b)


@aten("einsum")
def einsum(site: Site, equation: str, inputs: list[Value], *, path: Any = None) -> Value:
    """aten.einsum(equation, inputs): contracted pairwise, left to right."""
    if path is not None:
        raise Unmapped
    return site.layer("einsum", *inputs, equation=equation.replace(" ", ""))


@aten("bilinear")
def bilinear(site: Site, a: Value, b: Value, weight: Value, bias: Value | None = None) -> Value:
    """aten.bilinear(a, b, weight, bias): b·W·a for every row of W."""
    y = site.layer("einsum", a, weight, b, equation="...i,oij,...j->...o")
    return y if bias is None else site.layer("add", y, bias)


@aten("embedding")
def embedding(site: Site, weight: Value, places: Value, *_: Any, **__: Any) -> Value:
    """aten.embedding(weight, places)."""
    if is_held(weight):
        vocab, dim = weight.shape
        return site.layer("embedding", places, held={"weight": weight}, vocab=vocab, dim=dim)
    return site.layer("gather", weight, places)


@aten("_embedding_bag _embedding_bag_forward_only embedding_bag")
def embedding_bag(
    site: Site, weight: Value, places: Value, offsets: Value, by_frequency: bool = False, mode: int = 0,
    sparse: bool = False, per_sample_weights: Value | None = None, *_: Any, **__: Any,
) -> list[Value | None]:  # fmt: skip
    """aten._embedding_bag(weight, indices, offsets, ...): rows looked up, and those of a bag reduced to one.

    How they are spread over the bags changes nothing: all but one of each bag are added.
    """
    bags = site.shape[0]
    if places.elements % bags:
        raise Unmapped("its bags are of different sizes")
    x = reshaped(site, places, (bags, places.elements // bags))
    x = embedding(site, weight, x)
    if per_sample_weights is not None:
        each = reshaped(site, per_sample_weights, (bags, places.elements // bags, 1))
        x = site.layer("mul", x, each)
    return [site.layer(("sum", "mean", "max")[mode], x, axes=(1,)), None, None, None]
