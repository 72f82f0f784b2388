from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import IncompleteError, SpecError, UsageError
from flopcount.graph import Graph, Tensor
from flopcount.ops import find_op
from flopcount.ops.conv import Conv
from flopcount.ops.joining import Add
from flopcount.ops.norm import BatchNorm
from flopcount.readers.spec.write import spec_text
from flopcount.rewriting import rewrite
from flopcount.torch import build
from tests.samples import Sample

POSITIONS = Tensor("positions", (8, 1, 1), kind="parameter", trainable=True)


def with_what_only_models_have() -> Graph:
    """A weight of another name, a frozen one among trained ones, a learned tensor that is added, a loop."""
    b = Sample("net")
    filters = Tensor("filters", (8, 3, 3, 3), kind="parameter")
    (x,) = b.add(Conv(out=8, kernel=3), [b.input("x", (1, 3, 8, 8))], name="conv", tied={"weight": filters})
    (x,) = b.add(BatchNorm(), [x], name="bn", trips=5)
    (x,) = b.add(Add(), [x, POSITIONS], name="add", kept=[POSITIONS])
    return b.build([b.then(x, "conv", "last", out=10, kernel=6)])


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("request_", ["width:factor=1", "separable:only=last", "transfer:classes=10,freeze=none"])
def test_what_is_not_rewritten_costs_what_it_did(request_: str, mode: str) -> None:
    graph = with_what_only_models_have()
    after = rewrite(graph, request_).after
    assert [(n.name, n.trips, n.weights) for n in after.nodes[:3]] == [
        (n.name, n.trips, n.weights) for n in graph.nodes[:3]
    ]
    assert count(after, mode=mode).layers[:2] == count(graph, mode=mode).layers[:2]


def test_frozen_weights_stay_frozen() -> None:
    graph = with_what_only_models_have()
    for freeze, frozen in (("none", {"filters"}), ("*", {"filters", "conv.bias", "bn.weight", "bn.bias", "positions"})):
        after = rewrite(graph, f"transfer:classes=3,freeze={freeze}").after
        assert {w.name for n in after.nodes for w in n.weights if w.kind == "parameter" and not w.trainable} == frozen


@pytest.mark.parametrize(
    "request_",
    [
        "separable", "bottleneck", "grouped:groups=2,skip=conv", "factorize", "low-rank:rank=0.5", "width:factor=0.5",
        "resolution:size=12", "fold-bn", "transfer:classes=3",
    ],
)  # fmt: skip
def test_layers_that_read_nothing_stay_in_every_rewrite(request_: str) -> None:
    b = Sample("net")
    (scale,) = b.add(find_op("parameter")(shape=(8, 1, 1), keep_batch=False), [], name="scale")
    b.add(find_op("constant")(shape=(4,), keep_batch=False, of="int64"), [], name="index")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=8, kernel=3, padding=1)
    x = b.then(b.then(x, "bn", "bn"), "mul", "scaled", scale)
    x = b.then(b.then(x, "global_avgpool", "pool"), "flatten", "flatten")
    graph = b.build([b.then(x, "linear", "fc", out=10)])
    after = rewrite(graph, request_).after
    assert {"scale", "index"} <= {node.name for node in after.nodes}
    spec_text(after)


def test_what_a_network_keeps_and_no_layer_makes_keeps_its_width() -> None:
    after = rewrite(with_what_only_models_have(), "width:factor=0.5").after
    assert [node.outputs[0].shape[1] for node in after.nodes] == [8, 8, 8, 10]


def test_loops_and_what_no_layer_makes_are_not_built() -> None:
    b = Sample("net")
    looped = b.build(b.add(BatchNorm(), [b.input("x", (1, 3, 8, 8))], name="bn", trips=5))
    assert "- bn: {name: bn, trips: 5}" in spec_text(looped)
    b = Sample("net")
    added = b.build(b.add(Add(), [b.input("x", (1, 8, 3, 3)), POSITIONS], name="add", kept=[POSITIONS]))
    with pytest.raises(SpecError, match="there is no layer that makes 'positions'"):
        spec_text(added)
    with pytest.raises(UsageError, match="cannot be built: it runs 5 times, in a loop"):
        build(looped)
    with pytest.raises(IncompleteError, match="cannot be built: it uses 'positions', which no layer makes"):
        build(added)
