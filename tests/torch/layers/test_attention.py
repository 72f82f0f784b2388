from __future__ import annotations

import pytest
import torch
from hypothesis import given
from torch import Tensor

from flopcount.ops.attention import Attention
from tests.ops.test_attention import attentions
from tests.ops.test_mask import visible
from tests.torch.layers.running import assert_close, run_with

Shapes = tuple[tuple[int, ...], ...]


def attend(op: Attention, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention by its definition: each query and head by itself, over the keys that it sees."""
    shared = op.kv_heads or op.heads
    n, queries, _ = q.shape
    heads = [
        tensor.reshape(n, -1, count, tensor.shape[2] // count)
        for tensor, count in ((q, op.heads), (k, shared), (v, shared))
    ]
    out = torch.zeros(n, queries, op.heads, heads[2].shape[3])
    for sample in range(n):
        for head in range(op.heads):
            other = head // (op.heads // shared)
            for query in range(queries):
                seen = visible(queries, k.shape[1], query, op.causal, op.window)
                scores = heads[1][sample, seen, other] @ heads[0][sample, query, head] / heads[0].shape[3] ** 0.5
                out[sample, query, head] = scores.softmax(0) @ heads[2][sample, seen, other]
    return out.flatten(2)


@given(attentions())
def test_it_computes_its_definition(case: tuple[Attention, Shapes]) -> None:
    op, shapes = case
    x = [torch.randn(shape) for shape in shapes]
    y, module = run_with(op, *x)
    with torch.no_grad():
        q, k, v = (
            module.get_submodule(name)(tensor)
            for name, tensor in zip("qkv", (x[0], x[min(1, len(x) - 1)], x[-1]), strict=True)
        )
        reference = module.get_submodule("out")(attend(op, q, k, v))
    assert_close(y, reference)


def test_without_projections() -> None:
    op = Attention(heads=4, kv_heads=2, causal=True, window=3, project=False)
    q, k, v = torch.randn(2, 5, 12), torch.randn(2, 7, 6), torch.randn(2, 7, 10)
    y, module = run_with(op, q, k, v)
    assert_close(y, attend(op, q, k, v))
    assert list(module.parameters()) == []


@pytest.mark.parametrize("op", [Attention(heads=2), Attention(heads=2, bias=False)])
def test_it_is_torchs_multi_head_attention(op: Attention) -> None:
    """The same weights in torch's own layer, whose projections lie in one matrix, give the same."""
    x = torch.randn(2, 5, 8)
    y, module = run_with(op, x)
    theirs = torch.nn.MultiheadAttention(8, 2, bias=op.bias, batch_first=True)
    state = module.state_dict()
    merged = {"in_proj_weight": torch.cat([state[f"{name}.weight"] for name in "qkv"])}
    merged["out_proj.weight"] = state["out.weight"]
    if op.bias:
        merged["in_proj_bias"] = torch.cat([state[f"{name}.bias"] for name in "qkv"])
        merged["out_proj.bias"] = state["out.bias"]
    theirs.load_state_dict(merged)
    assert_close(y, theirs(x, x, x)[0].detach())
