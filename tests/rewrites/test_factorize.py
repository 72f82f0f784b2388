from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flopcount.ops.activation import ReLU
from flopcount.ops.conv import Conv
from flopcount.rewriting import rewrite
from tests.rewrites.layers import chain, cost, kept, one


def test_seven_by_seven_as_in_inception() -> None:
    graph = one(Conv(out=64, kernel=7, padding=3, bias=False), (1, 64, 17, 17))
    assert chain(rewrite(graph, "factorize:between=relu").after) == [
        ("layer.7x1", Conv(out=64, kernel=(7, 1), stride=(1, 1), padding=(3, 0), dilation=(1, 1), bias=False)),
        ("layer.relu", ReLU()),
        ("layer.1x7", Conv(out=64, kernel=(1, 7), stride=(1, 1), padding=(0, 3), dilation=(1, 1), bias=False)),
    ]
    assert cost(rewrite(graph, "factorize").after, "macs") * 7 == cost(graph, "macs") * 2


@given(st.data())
def test_the_output_has_the_same_size(data: st.DataObject) -> None:
    rank = data.draw(st.integers(2, 3))

    def axes(low: int, high: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(low, high)) for _ in range(rank))

    def padding() -> Any:
        pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
        return data.draw(st.sampled_from(["valid", 1]) | st.tuples(*[pair] * rank))

    op = Conv(out=8, kernel=axes(1, 3), stride=axes(1, 3), padding=padding(), dilation=axes(1, 2))
    graph = one(op, (1, 8, *axes(8, 10)))
    rewriting = rewrite(graph, "factorize")
    assert rewriting.after.outputs[0].shape == graph.outputs[0].shape
    assert cost(rewriting.after, "macs") <= cost(graph, "macs")


def test_same_padding_stays_so() -> None:
    graph = one(Conv(out=8, kernel=3, padding="same"), (1, 8, 9, 9))
    after = rewrite(graph, "factorize").after
    assert [node.op.padding for node in after.nodes] == ["same", "same"]  # type: ignore[attr-defined]
    assert after.outputs[0].shape == (1, 8, 9, 9)


def test_what_has_one_axis_is_not_meant_and_what_would_cost_more_stays() -> None:
    assert kept(one(Conv(out=8, kernel=(1, 7)), (1, 8, 9, 9)), "factorize") == {}
    assert kept(one(Conv(out=64, kernel=7, stride=2, padding=3), (1, 3, 224, 224)), "factorize") == {
        "layer": "it would not save: 393,379,840 MACs in place of 118,013,952"
    }
