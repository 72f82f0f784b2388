from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import SpecError
from flopcount.graph import Graph, Tensor
from flopcount.op import Op
from flopcount.ops.linear import Linear
from flopcount.ops.norm import BatchNorm
from flopcount.ops.source import Constant, Parameter
from flopcount.readers.spec import read
from flopcount.readers.spec.plain import plain
from flopcount.readers.spec.write import spec_text
from tests.samples import Sample, small


def learned(name: str, *shape: int, trainable: bool = True) -> Tensor:
    return Tensor(name, shape, kind="parameter", trainable=trainable)


def alone(op: Op, **tied: Tensor) -> Graph:
    """A network of one layer, whose weights have the names that their source gave them."""
    b = Sample("net")
    return b.build(b.add(op, [b.input("x", (1, 3))], name="fc", tied=tied))


def assert_same_counts(graph: Graph) -> str:
    text = spec_text(graph)
    again = read(text, "again.yaml", batch=graph.batch)
    for mode in ("eval", "train"):
        before, after = count(graph, mode=mode), count(again, mode=mode)
        assert [layer.work for layer in after.layers] == [layer.work for layer in before.layers]
        assert after.totals == before.totals
    return text


def test_a_graph_of_the_language_is_plain_already() -> None:
    assert plain(small()) == small()


def test_a_weight_is_named_after_the_layer_that_has_it_first() -> None:
    b = Sample("net")
    x = b.input("x", (1, 3))
    table, shift = learned("embed.table", 3, 3), learned("a.bias", 3)
    (y,) = b.add(Linear(out=3), [x], name="a", tied={"weight": table, "bias": learned("offset", 3)})
    (z,) = b.add(Linear(out=3), [y], name="b", tied={"weight": table, "bias": shift})
    graph = b.build([z])
    assert [[weight.name for weight in node.weights] for node in plain(graph).nodes] == [
        ["a.weight", "a.bias"], ["a.weight", "b.bias"],
    ]  # fmt: skip
    assert "weight: a.weight}" in assert_same_counts(graph)


def test_sources_that_are_called_like_their_layers() -> None:
    kept = Tensor("positions", (1, 3), kind="buffer")
    assert "fc" in assert_same_counts(alone(Parameter(shape=(1, 3)), weight=learned("class_token", 1, 3)))
    assert "fc" in assert_same_counts(alone(Constant(shape=(1, 3)), value=kept))


def test_a_layer_is_frozen_where_all_of_its_own_weights_are() -> None:
    weight, bias = learned("w", 2, 3, trainable=False), learned("b", 2, trainable=False)
    assert "trainable: false" in assert_same_counts(alone(Linear(out=2), weight=weight, bias=bias))
    assert "trainable" not in assert_same_counts(alone(Linear(out=2), weight=learned("w", 2, 3), bias=learned("b", 2)))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            alone(Linear(out=2), weight=learned("w", 2, 3, trainable=False)),
            "its weight is frozen, and the layer is not",
        ),
        (
            alone(BatchNorm(), weight=learned("w", 3, trainable=False), bias=learned("b", 3, trainable=False)),
            "its weight is frozen, and the layer is not",
        ),
        (
            alone(Linear(out=2), weight=Tensor("w", (2, 3), kind="constant")),
            "its weight is constant, and the layer is not",
        ),
        (
            alone(Constant(shape=(1, 3)), value=Tensor("index", (1, 3), "int64", kind="buffer")),
            "its weights would read back otherwise",
        ),
    ],
    ids=["half frozen", "its statistics are not frozen", "not learned", "of another type"],
)
def test_what_would_cost_something_else_is_refused(graph: Graph, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec_text(graph)
