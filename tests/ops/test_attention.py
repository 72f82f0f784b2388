from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.errors import OpError
from flopcount.ops.attention import Attention
from flopcount.ops.linear import Linear
from tests import differentiating
from tests.counting import (
    Number,
    array,
    backward_in_letters,
    backward_ledger,
    dot_product,
    indices,
    ledger,
    ledger_in_letters,
    sizes_of,
    tallied,
    total,
)  # fmt: skip
from tests.differentiating import Tape, Variable, softmax
from tests.ops.test_mask import visible
from tests.torchs import counted_backward, priced_backward

Shapes = tuple[tuple[int, ...], ...]


def attend(op: Attention, n: int, queries: int, keys: int, key: int, value: int) -> None:
    """Attention by its definition, over the keys that each query sees."""
    for _ in range(n * op.heads):
        for query in range(queries):
            seen = visible(queries, keys, query, op.causal, op.window)
            scores = [dot_product(array([key]).values(), array([key]).values()) * Number() for _ in seen]
            most = scores[0]
            for score in scores[1:]:
                most = most.maximum(score)
            exps = [(score - most).special() for score in scores]
            norm = total(exps)
            shares = [exp / norm for exp in exps]
            for _ in range(value):
                dot_product(shares, array([len(seen)]).values())


@st.composite
def attentions(draw: st.DrawFn) -> tuple[Attention, Shapes]:
    kv_heads = draw(st.integers(1, 2))
    heads = kv_heads * draw(st.integers(1, 2))
    n, queries = draw(st.integers(1, 2)), draw(st.integers(1, 4))
    keys = queries + draw(st.integers(0, 3))
    causal = draw(st.booleans())
    op = Attention(
        heads=heads, kv_heads=kv_heads, head_dim=draw(st.none() | st.integers(1, 3)),
        out=draw(st.none() | st.integers(1, 4)), bias=draw(st.booleans()), out_bias=draw(st.none() | st.booleans()),
        causal=causal, window=draw(st.none() | st.integers(1, 5)) if causal or keys == queries else None,
    )  # fmt: skip
    query = (n, queries, heads * draw(st.integers(1, 3)))
    memory = (n, keys, draw(st.integers(1, 4)))
    if keys == queries and draw(st.booleans()):
        return op, (query,)
    return op, (query, memory) if draw(st.booleans()) else (query, memory, (n, keys, draw(st.integers(1, 4))))


@given(attentions())
def test_ledger_is_what_doing_it_performs(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    query, key, value = shapes[0], shapes[min(1, len(shapes) - 1)], shapes[-1]
    size = op.head_dim or query[2] // op.heads
    shared = (op.kv_heads or op.heads) * size
    out_bias = op.bias if op.out_bias is None else op.out_bias
    merged = (*query[:2], op.heads * size)
    with tallied() as done:
        attend(op, query[0], query[1], key[1], size, size)
    projections = [
        ledger(Linear(out=op.heads * size, bias=op.bias), query),
        ledger(Linear(out=shared, bias=op.bias), key),
        ledger(Linear(out=shared, bias=op.bias), value),
        ledger(Linear(out=op.out or query[2], bias=out_bias), merged),
    ]
    assert ledger(op, *shapes) == sum(projections, start=Counter(done))
    assert op.infer(*shapes) == (*query[:2], op.out or query[2])


@given(attentions(), st.integers(1, 3), st.integers(1, 3))
def test_without_projections_only_the_core_is_left(case: tuple[Attention, Shapes], key: int, value: int) -> None:
    drawn, shapes = case
    kv_heads = drawn.kv_heads or drawn.heads
    n, queries, keys = shapes[0][0], shapes[0][1], shapes[-1][1]
    op = Attention(heads=drawn.heads, kv_heads=kv_heads, causal=drawn.causal, window=drawn.window, project=False)
    inputs = ((n, queries, drawn.heads * key), (n, keys, kv_heads * key), (n, keys, kv_heads * value))
    with tallied() as done:
        attend(op, n, queries, keys, key, value)
    assert ledger(op, *inputs) == done
    assert op.infer(*inputs) == (n, queries, drawn.heads * value)
    assert op.weights(*inputs) == {}


@given(attentions())
def test_masked_and_visible_work_make_the_dense_kernels(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    dense = Attention(heads=op.heads, kv_heads=op.kv_heads, head_dim=op.head_dim, out=op.out)

    def products(which: Attention, part: str) -> int:
        return sum(entry.count for entry in which.work(*shapes, ()) if entry.kind == "dot" and entry.part == part)

    assert [products(op, part) for part in ("scores", "values")] == [
        products(dense, part) for part in ("scores", "values")
    ]
    roles = {entry.role for entry in op.work(*shapes, ())}
    assert ("masked" in roles) == (op.causal or op.window is not None)


@given(attentions())
def test_formulas_in_letters_count_the_same(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    assert ledger_in_letters(op, *shapes) == ledger(op, *shapes)


@given(st.integers(1, 12), st.integers(0, 12))
def test_a_causal_mask_is_a_window_of_all_keys(queries: int, cached: int) -> None:
    shapes = ((1, queries, 4), (1, queries + cached, 4))
    plain, windowed = Attention(heads=2, causal=True), Attention(heads=2, causal=True, window=queries + cached)
    assert plain.work(*shapes, ()) == windowed.work(*shapes, ())


@given(st.integers(1, 3), st.integers(1, 3), st.booleans(), st.none() | st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_shapes_and_parameters_are_torchs(heads: int, size: int, bias: bool, memory: tuple[int, int] | None) -> None:
    dim = heads * size
    kdim, vdim = memory or (dim, dim)
    module = torch.nn.MultiheadAttention(dim, heads, bias=bias, kdim=kdim, vdim=vdim, batch_first=True, device="meta")
    shapes = ((2, 5, dim), (2, 7, kdim), (2, 7, vdim))
    y, _ = module(*(torch.empty(shape, device="meta") for shape in shapes))
    op = Attention(heads=heads, bias=bias)
    op.check(*shapes)
    assert op.infer(*shapes) == tuple(y.shape)
    assert sizes_of(op.weights(*shapes)) == sum(weight.numel() for weight in module.parameters())


@given(attentions())
def test_torch_prices_the_same(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    assume(op.kv_heads == op.heads)
    n, queries, keys = shapes[0][0], shapes[0][1], shapes[-1][1]
    inputs = ((n, queries, op.heads * 4), (n, keys, op.heads * 4), (n, keys, op.heads * 4))
    q, k, v = (torch.empty(b, t, op.heads, 4, device="meta").transpose(1, 2) for b, t, _ in inputs)
    with FlopCounterMode(display=False) as counter:
        torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=op.causal)
    bare = Attention(heads=op.heads, causal=op.causal, project=False)
    priced = sum(CONVENTIONS["torch"].price(entry, op) for entry in bare.work(*inputs, ()))
    assert priced == counter.get_total_flops() == 4 * n * op.heads * queries * keys * 4


def test_vit_b_16() -> None:
    """The published 17,563,828,224 multiply-accumulates of torchvision's ViT-B/16 include scores and values."""
    tokens = (1, 197, 768)

    def macs(op: Any, *shapes: tuple[int, ...]) -> int:
        return sum(CONVENTIONS["macs"].price(entry, op) for entry in op.work(*shapes, op.infer(*shapes)))

    mlp = macs(Linear(out=3072), tokens) + macs(Linear(out=768), (1, 197, 3072))
    patches, head = macs(Linear(out=768), (1, 196, 3 * 16 * 16)), macs(Linear(out=1000), (1, 768))
    assert patches + 12 * (macs(Attention(heads=12), tokens) + mlp) + head == 17_563_828_224


def test_grouped_queries_save_projections_but_no_products() -> None:
    tokens = (1, 16, 64)
    shapes = Attention(heads=8, kv_heads=2, bias=False).weights(tokens)
    assert shapes == {"q.weight": (64, 64), "k.weight": (16, 64), "v.weight": (16, 64), "out.weight": (64, 64)}
    for part in ("scores", "values"):
        grouped, full = (
            [entry for entry in op.work(tokens, tokens) if entry.part == part]
            for op in (Attention(heads=8, kv_heads=2), Attention(heads=8))
        )
        assert grouped == full


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (Attention(heads=5), ((1, 9, 64),), "features 64 are not divisible by heads 5"),
        (Attention(heads=8, kv_heads=3), ((1, 9, 64),), "heads 8 are not divisible by kv_heads 3"),
        (Attention(heads=8), ((1, 64, 7, 7),), "needs batch, tokens and features, not 1×64×7×7"),
        (Attention(heads=8), ((1, 9, 64), (2, 5, 64)), "batches differ: 1, 2"),
        (Attention(heads=8), ((1, 9, 64), (1, 5, 64), (1, 6, 64)), "5 keys, but 6 values"),
        (Attention(heads=8, causal=True), ((1, 9, 64), (1, 5, 64)),
         "causal attention of 9 queries to 5 keys: the first queries would see none"),
        (Attention(heads=8, window=3), ((1, 9, 64), (1, 12, 64)),
         "a window on both sides needs as many keys as queries, not 12 and 9"),
        (Attention(heads=8, project=False, out=64), ((1, 9, 64),),
         "out and out_bias belong to the output projection, which `project: false` leaves out"),
        (Attention(heads=8, project=False), ((1, 9, 60),), "query features 60 are not divisible by its 8 heads"),
        (Attention(heads=8, project=False), ((1, 9, 64), (1, 9, 64), (1, 9, 60)),
         "value features 60 are not divisible by its 8 heads"),
        (Attention(heads=8, kv_heads=2, project=False), ((1, 9, 64),),
         "a head's queries and keys differ in size: query 8, key 32"),
        (Attention(heads=8, head_dim=4, project=False), ((1, 9, 64),),
         "a head's queries and keys differ in size: query 8, key 8, head_dim 4"),
    ],
)  # fmt: skip
def test_refuses(op: Attention, shapes: Shapes, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert caught.value.what == message


Table = dict[tuple[int, ...], Variable]
"""Numbers by sample, head, token and feature."""


def differentiated(op: Attention, q: Table, k: Table, v: Table, n: int, queries: int, keys: int) -> list[Variable]:
    """Scaled dot-product attention by its definition, over the keys that each query sees."""
    sharing = op.heads // (op.kv_heads or op.heads)
    key, value = (1 + max(index[3] for index in table) for table in (k, v))
    outputs: list[Variable] = []
    for sample, head, query in indices((n, op.heads, queries)):
        seen = visible(queries, keys, query, op.causal, op.window)
        h = head // sharing
        scores = [
            0.5 * differentiating.total(q[sample, head, query, f] * k[sample, h, s, f] for f in range(key))
            for s in seen
        ]
        shares = softmax(scores)
        columns = ([v[sample, h, s, f] for s in seen] for f in range(value))
        outputs += [differentiating.dot_product(shares, column) for column in columns]
    return outputs


@settings(max_examples=40)
@given(attentions(), st.integers(1, 3), st.integers(1, 3))
def test_gradients_of_the_core_are_what_differentiating_it_performs(
    case: tuple[Attention, Shapes], key: int, value: int
) -> None:
    drawn, shapes = case
    kv_heads = drawn.kv_heads or drawn.heads
    n, queries, keys = shapes[0][0], shapes[0][1], shapes[-1][1]
    op = Attention(heads=drawn.heads, kv_heads=kv_heads, causal=drawn.causal, window=drawn.window, project=False)
    inputs = ((n, queries, drawn.heads * key), (n, keys, kv_heads * key), (n, keys, kv_heads * value))
    tape = Tape()
    q, k, v = (
        tape.array((n, heads, tokens, size))
        for heads, tokens, size in ((op.heads, queries, key), (kv_heads, keys, key), (kv_heads, keys, value))
    )
    assert backward_ledger(op, *inputs) == tape.backward(differentiated(op, q, k, v, n, queries, keys))


@settings(max_examples=40)
@given(attentions())
def test_gradients_are_those_of_the_core_and_of_the_projections(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    (n, queries, dq), (_, keys, dk), (_, _, dv) = (shapes[0], shapes[min(1, len(shapes) - 1)], shapes[-1])
    size, shared = op.head_dim or dq // op.heads, op.kv_heads or op.heads
    core = Attention(heads=op.heads, kv_heads=shared, causal=op.causal, window=op.window, project=False)
    out_bias = op.bias if op.out_bias is None else op.out_bias
    parts = [
        backward_ledger(core, (n, queries, op.heads * size), *[(n, keys, shared * size)] * 2),
        backward_ledger(Linear(out=op.heads * size, bias=op.bias), (n, queries, dq)),
        backward_ledger(Linear(out=shared * size, bias=op.bias), (n, keys, dk)),
        backward_ledger(Linear(out=shared * size, bias=op.bias), (n, keys, dv)),
        backward_ledger(Linear(out=op.out or dq, bias=out_bias), (n, queries, op.heads * size)),
        # One input has three gradients, or the second two; they are added.
        Counter(add=(3 - len(shapes)) * n * keys * dv),
    ]
    assert backward_ledger(op, *shapes) == +sum(parts, start=Counter())


@given(attentions())
def test_torch_prices_the_gradients_the_same(case: tuple[Attention, Shapes]) -> None:
    """On the CPU torch keeps the softmax's outputs, and computes no scores again."""
    op, shapes = case
    assume(op.kv_heads == op.heads)
    n, queries, keys = shapes[0][0], shapes[0][1], shapes[-1][1]
    inputs = ((n, queries, op.heads * 4), (n, keys, op.heads * 4), (n, keys, op.heads * 4))
    q, k, v = (torch.empty(b, op.heads, t, 4, device="meta", requires_grad=True) for b, t, _ in inputs)
    core = torch.nn.functional.scaled_dot_product_attention
    bare = Attention(heads=op.heads, causal=op.causal, window=op.window, project=False)
    assert priced_backward(bare, *inputs) == counted_backward(core, q, k, v)


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("wanted", [(), (0,), (0, 1)])
def test_torch_prices_the_gradients_of_a_whole_module_the_same(memory: bool, wanted: tuple[int, ...]) -> None:
    op = Attention(heads=4)
    shapes = ((2, 5, 16), (2, 7, 16)) if memory else ((2, 5, 16),)
    x = [torch.empty(shape, device="meta", requires_grad=i in wanted) for i, shape in enumerate(shapes)]
    module = torch.nn.MultiheadAttention(16, 4, batch_first=True, device="meta")
    counted = counted_backward(lambda *x: module(x[0], x[-1], x[-1], need_weights=False)[0], *x)
    assert priced_backward(op, *shapes, to=[*wanted, *op.weights(*shapes)]) == counted


@given(attentions())
def test_gradients_in_letters_count_the_same(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    assert backward_in_letters(op, *shapes) == backward_ledger(op, *shapes)
