from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.ops.conv import Conv
from flopcount.ops.linear import Linear
from flopcount.rewriting import rewrite
from tests.rewrites.layers import chain, kept, one


def test_a_fully_connected_layer() -> None:
    graph = one(Linear(out=4096), (1, 9216))
    after = rewrite(graph, "low-rank:rank=512").after
    assert chain(after) == [("layer.reduce", Linear(out=512, bias=False)), ("layer.expand", Linear(out=4096))]
    assert count(after).totals["params"].value == 9216 * 512 + 512 * 4096 + 4096


def test_a_convolution_keeps_its_window_in_the_first() -> None:
    op = Conv(out=64, kernel=3, stride=2, padding="valid", dilation=2)
    after = rewrite(one(op, (1, 64, 9, 9)), "low-rank:rank=0.25").after
    first = Conv(out=16, kernel=3, stride=2, padding="valid", dilation=2, bias=False)
    assert chain(after) == [("layer.reduce", first), ("layer.expand", Conv(out=64, kernel=1))]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 40))
def test_a_matrix_of_rank_r_is_the_product_of_two(features: int, out: int, rank: int) -> None:
    graph = one(Linear(out=out), (3, features))
    rewriting = rewrite(graph, f"low-rank:rank={rank}")
    assert rewriting.after.outputs[0].shape == (3, out)
    saves = rank < min(features, out) and rank * (features + out) < features * out
    assert bool(rewriting.replaced) == saves


def test_why_a_layer_stays() -> None:
    graph = one(Linear(out=10), (1, 20))
    assert kept(graph, "low-rank:rank=10") == {"layer": "its full rank is 10"}
    assert kept(graph, "low-rank:rank=9") == {"layer": "it would not save: 270 MACs in place of 200"}
    assert kept(one(Conv(out=4, kernel=3, groups=2), (1, 4, 9, 9)), "low-rank:rank=1") == {}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("low-rank", "low-rank needs rank: a positive number"),
        ("low-rank:rank=0", "low-rank: rank must be a positive number, not 0"),
        ("low-rank:rank=many", "low-rank: rank must be a positive number, not 'many'"),
        ("low-rank:rank=2.5", "low-rank: rank must be an integer, or a share of the full rank below 1, not 2.5"),
    ],
)
def test_refuses(request_: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        rewrite(one(Linear(out=10), (1, 20)), request_)
    assert caught.value.what == message


def test_a_source_that_reads_nothing_stays() -> None:
    from flopcount.graph import GraphBuilder
    from flopcount.ops.joining import Add
    from flopcount.ops.source import Parameter

    builder = GraphBuilder("network")
    x = builder.input("x", (1, 20))
    (positions,) = builder.add(Parameter(shape=(1, 20), keep_batch=False), [], name="positions")
    added = builder.add(Add(), [x, positions], name="add")
    graph = builder.build(builder.add(Linear(out=10), added, name="fc"))
    assert [name for name, _ in chain(rewrite(graph, "low-rank:rank=2").after)] == [
        "positions", "add", "fc.reduce", "fc.expand",
    ]  # fmt: skip
