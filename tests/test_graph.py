from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from flopcount.engine import count
from flopcount.errors import OpError
from flopcount.graph import GraphBuilder, Tensor, with_batch
from flopcount.ops import find_op
from flopcount.ops.conv import Conv
from flopcount.ops.linear import Linear
from tests.samples import Sample, small


def test_nodes_stand_in_an_order_in_which_they_can_run() -> None:
    graph = small()
    made = {tensor.name for tensor in graph.inputs}
    for node in graph.nodes:
        assert {tensor.name for tensor in node.inputs} <= made
        made |= {tensor.name for tensor in node.outputs}
    assert {tensor.name for tensor in graph.outputs} <= made


def test_nodes_tensors_and_weights() -> None:
    bn = small().nodes[3]
    assert (bn.scope, bn.label, bn.where) == ("body", "body.bn (bn)", "small.yaml:3")
    assert [(w.name, w.kind, w.trainable, w.elements) for w in bn.weights] == [
        ("body.bn.weight", "parameter", True, 8),
        ("body.bn.bias", "parameter", True, 8),
        ("body.bn.running_mean", "buffer", False, 8),
        ("body.bn.running_var", "buffer", False, 8),
    ]


def test_graphs_travel() -> None:
    assert pickle.loads(pickle.dumps(small())) == small()


def test_several_outputs_have_names_of_their_own() -> None:
    builder = GraphBuilder("split")
    parts = builder.add(find_op("split")(parts=3), [builder.input("x", (1, 6))], name="qkv")
    assert [(part.name, part.shape) for part in parts] == [("qkv:0", (1, 2)), ("qkv:1", (1, 2)), ("qkv:2", (1, 2))]


def test_several_outputs_have_types_of_their_own() -> None:
    builder = GraphBuilder("sorted", dtype="float16")
    found = builder.add(find_op("topk")(k=4), [builder.input("x", (2, 6))], name="best")
    assert [part.dtype for part in found] == ["float16", "int64"]
    assert count(builder.build(found)).totals["activation_bytes"].value == 2 * 4 * (2 + 8)


def test_frozen_and_tied_weights() -> None:
    b = Sample("tied")
    x = b.input("x", (1, 8))
    (y,) = b.add(Linear(out=8), [x], name="a", trainable=False)
    b.add(Linear(out=8), [y], name="b", tied={"weight": b.nodes[0].weights[0]})
    assert [weight.name for weight in b.nodes[1].weights] == ["a.weight", "b.bias"]
    assert [weight.trainable for weight in (*b.nodes[0].weights, *b.nodes[1].weights)] == [False, False, False, True]


def taken(b: GraphBuilder, x: Tensor) -> None:
    b.add(Linear(out=2), [x], name="fc", where="n.yaml:1:1")
    b.add(Linear(out=2), [x], name="fc", where="n.yaml:2:1")


def tied_to_another_shape(b: GraphBuilder, x: Tensor) -> None:
    b.add(Linear(out=2), [x], name="a")
    b.add(Linear(out=3), [x], name="b", tied={"weight": b.nodes[0].weights[0]})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (taken, "error: n.yaml:2:1\n  the name 'fc' is taken (first at n.yaml:1:1)\n  hint: names are unique within"),
        (tied_to_another_shape, "its weight is 3×8, but 'a.weight', to which it is tied, is 2×8\n  input: 1×8"),
        (lambda b, x: b.add(Linear(out=2), [x], name="a", tied={"wieght": x}), "has no weight named 'wieght' to tie"),
        (lambda b, x: b.add(Linear(out=2), [x, x], name="a"), "takes 1 input, not 2"),
        (lambda b, x: b.add(find_op("add")(), [], name="a"), "takes at least "),
        (lambda b, x: b.add(Conv(out=2, kernel=3), [x], name="c", where="n.yaml:3:1"), "error: n.yaml:3:1  c (conv)"),
        (lambda b, x: b.input("huge", (2**40, 2**40)), "has 2^63 elements or more"),
        (lambda b, x: b.add(Linear(out=2**40), [b.input("y", (2**30, 1))], name="a"), "has 2^63 elements or more"),
    ],
)
def test_refuses(build: Callable[[GraphBuilder, Tensor], object], message: str) -> None:
    builder = GraphBuilder("bad")
    x = builder.input("x", (1, 8))
    with pytest.raises(OpError) as caught:
        build(builder, x)
    assert message in str(caught.value)


def test_batch_is_the_first_axis_where_there_is_one() -> None:
    assert (with_batch([3, 4], 2), with_batch([3, 4], None)) == ((2, 3, 4), (3, 4))
