from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from flopcount.engine import count
from flopcount.op import Work
from flopcount.ops.sdpa import ScaledDotProduct
from flopcount.readers.onnx.operators.attention import Heads
from tests.counting import performed
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, value

SIZES = st.integers(1, 4)


def core(q: Any, k: Any, v: Any, causal: bool = False) -> Any:
    op = ScaledDotProduct(causal=causal)
    return performed(op.work(q, k, v, op.infer(q, k, v)))


@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.integers(0, 3))
def test_heads_side_by_side_are_heads_apart(g: int, group: int, t: int, s: int, d: int, past: int) -> None:
    h = g * group
    op = Heads(heads=h, kv_heads=g, past=past)
    apart = (2, h, t, d), (2, g, s, d), (2, g, s, d)
    beside = (2, t, h * d), (2, s, g * d), (2, s, g * d)
    op.check(*apart)
    op.check(*beside)
    assert op.infer(*apart) == (2, h, t, d)
    assert op.infer(*beside) == (2, t, h * d)
    longer = (2, g, s + past, d)
    expected = core(apart[0], longer, longer)
    assert performed(op.work(*apart, op.infer(*apart))) == performed(op.work(*beside, op.infer(*beside))) == expected


@given(SIZES, SIZES, SIZES, st.integers(0, 3))
def test_a_causal_query_sees_the_keys_up_to_its_own_and_earlier_ones(t: int, s: int, d: int, past: int) -> None:
    op = Heads(heads=1, kv_heads=1, causal=True, past=past)
    shapes = (1, 1, t, d), (1, 1, s, d), (1, 1, s, d)
    seen = sum(past + min(query + 1, s) for query in range(t))
    work: list[Work] = [*op.work(*shapes, op.infer(*shapes))]
    assert sum(entry.count for entry in work if entry.part == "scores" and entry.role == "main") == seen * d
    assert sum(entry.count for entry in work if entry.part == "scores") == t * (s + past) * d


def test_the_standards_attention_gives_out_its_cache(tmp_path: Path) -> None:
    attention = node(
        "Attention", ["q", "k", "v", "", "pk", "pv"], ["y", "nk", "nv"], name="attn", q_num_heads=4, kv_num_heads=2
    )
    inputs = [value(name, [1, 3, width]) for name, width in (("q", 32), ("k", 16), ("v", 16))]
    past = [value(name, [1, 2, 5, 8]) for name in ("pk", "pv")]
    graph = graph_of(model([attention], [*inputs, *past], outputs=["y", "nk", "nv"], opset=23), tmp_path)
    assert layers(graph) == [("attn", "sdpa", (1, 3, 32))]
    assert [tensor.shape for tensor in graph.outputs] == [(1, 3, 32), (1, 2, 8, 8), (1, 2, 8, 8)]
    assert dots(graph) == 2 * 4 * 3 * 8 * 8


def contrib(op_type: str, inputs: list[str], **attributes: Any) -> Any:
    return node(op_type, inputs, domain="com.microsoft", name="attn", **attributes)


@pytest.mark.parametrize(
    ("made", "shapes", "expected", "macs"),
    [
        (
            contrib("MultiHeadAttention", ["q", "k", "v"], num_heads=4),
            [[1, 3, 32], [1, 6, 32], [1, 6, 32]],
            ["sdpa"],
            2 * 4 * 3 * 6 * 8,
        ),
        (
            contrib("GroupQueryAttention", ["q", "k", "v"], num_heads=4, kv_num_heads=2, do_rotary=1),
            [[1, 3, 32], [1, 3, 16], [1, 3, 16]],
            ["rotary", "rotary", "sdpa"],
            2 * 4 * (1 + 2 + 3) * 8,
        ),
        (
            contrib("GroupQueryAttention", ["q"], num_heads=4, kv_num_heads=2),
            [[1, 3, 64]],
            ["split", "sdpa"],
            2 * 4 * (1 + 2 + 3) * 8,
        ),
        (
            contrib("Attention", ["q", "w", "b"], num_heads=4),
            [[1, 3, 32]],
            ["linear", "split", "sdpa"],
            3 * 32 * 96 + 2 * 4 * 3 * 3 * 8,
        ),
    ],
)
def test_the_runtimes_own(made: Any, shapes: Any, expected: list[str], macs: int, tmp_path: Path) -> None:
    inputs = [value(name, shape) for name, shape in zip("qkv", shapes, strict=False)]
    graph = graph_of(model([made], inputs, held("w", (32, 96)), held("b", (96,))), tmp_path)
    assert [kind for _, kind, _ in layers(graph)] == expected
    assert dots(graph) == macs
    assert count(graph).uncounted == ()


def test_flexible_attention_and_what_its_graphs_do(tmp_path: Path) -> None:
    scores = value("s", [1, 4, 6, 6])
    soft = helper.make_graph([node("Tanh", ["s"], ["z"], name="cap")], "score_mod", [scores], [value("z", None)])
    q, kv = value("q", [1, 4, 6, 8]), [value(name, [1, 2, 6, 8]) for name in ("k", "v")]
    plain = node("FlexAttention", ["q", "k", "v"], domain="ai.onnx.preview", name="a")
    capped = node("FlexAttention", ["q", "k", "v"], domain="ai.onnx.preview", name="a", score_mod=soft)
    assert layers(graph_of(model([plain], [q, *kv]), tmp_path)) == [("a", "sdpa", (1, 4, 6, 8))]
    graph = graph_of(model([capped], [q, *kv]), tmp_path)
    assert layers(graph) == [("a", "sdpa", (1, 4, 6, 8)), ("a.score_mod.cap", "tanh", (1, 4, 6, 6))]
    assert dots(graph) == 2 * 4 * 6 * 6 * 8
