from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import SourceError
from flopcount.readers.onnx.order import reads, sorted_nodes
from flopcount.readers.onnx.records import GraphRecord, NodeRecord, ValueRecord


def chain(length: int) -> list[NodeRecord]:
    return [NodeRecord("Relu", "", "", (f"v{i}",), (f"v{i + 1}",), {}, i) for i in range(length)]


def test_an_order_that_is_one_is_kept() -> None:
    nodes = chain(5)
    assert sorted_nodes(nodes) == nodes


@given(st.permutations(chain(8)))
def test_any_order_is_sorted(nodes: list[NodeRecord]) -> None:
    assert [node.index for node in sorted_nodes(nodes)] == list(range(8))


def test_two_makers_of_one_value() -> None:
    nodes = [NodeRecord("Relu", "", "", ("x",), ("y",), {}, 0), NodeRecord("Abs", "", "", ("x",), ("y",), {}, 1)]
    with pytest.raises(SourceError, match="two nodes make 'y': node 0 and node 1"):
        sorted_nodes(nodes)


def test_a_circle() -> None:
    nodes = [
        NodeRecord("Relu", "", "", ("x",), ("a",), {}, 0),
        NodeRecord("Add", "", "", ("a", "c"), ("b",), {}, 1),
        NodeRecord("Abs", "", "", ("b",), ("c",), {}, 2),
    ]
    with pytest.raises(SourceError) as caught:
        sorted_nodes(nodes)
    assert caught.value.what == "2 nodes wait for one another: node 1 (Add), node 2 (Abs)"
    assert caught.value.hint == "a graph must have no cycle"


def test_a_node_waits_for_what_its_body_reads() -> None:
    body = GraphRecord(
        "b", [NodeRecord("Relu", "", "", ("outer",), ("z",), {}, 0)], [], [], [ValueRecord("z", "", None)]
    )
    branch = NodeRecord("If", "", "", ("c",), ("y",), {"then_branch": body}, 0)
    assert set(reads(branch)) == {"c", "outer"}
    maker = NodeRecord("Abs", "", "", ("x",), ("outer",), {}, 1)
    assert sorted_nodes([branch, maker]) == [maker, branch]
