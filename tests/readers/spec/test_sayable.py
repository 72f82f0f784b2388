from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from flopcount.conventions import CONVENTIONS
from flopcount.engine import count
from flopcount.graph import Graph, GraphBuilder, Tensor
from flopcount.op import Op, Work, dot
from flopcount.ops import find_op
from flopcount.ops.conv import Conv
from flopcount.ops.joining import Add
from flopcount.ops.linear import Linear
from flopcount.ops.norm import BatchNorm
from flopcount.ops.pool import MaxPool
from flopcount.readers.spec.convert import converted
from flopcount.readers.spec.plain import plain
from flopcount.readers.spec.sayable import sayable
from tests.graphs import graphs
from tests.readers.spec.test_convert import returned
from tests.samples import Sample, small

TOTALS = ("params", "trainable_params", "buffers", "macs", "count", "activations")


class Strange(Op, frozen=True, kw_only=True):
    """An op that the language does not have: two results, two weights, a cost."""

    tag = "strange"
    known: bool = True

    def infer(self, x: Any) -> Any:
        return [(*x[:-1], 7), (x[0],)]

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": (7, x[-1]), "scale": (3,)}

    def buffers(self, x: Any) -> dict[str, Any]:
        return {"mean": (5,)}

    def work(self, x: Any, *y: Any) -> tuple[Work, ...] | None:
        return (dot(x[0] * 7 * x[-1], x[0] * 7), Work("add", x[0], role="bias", part="late")) if self.known else None


def held(name: str, *shape: int, kind: str = "parameter", dtype: str = "float32", trainable: bool = True) -> Tensor:
    return Tensor(name, shape, dtype, kind, trainable and kind == "parameter")


def labels(graph: Graph) -> list[str]:
    return [node.label for node in sayable(graph).graph.nodes]


@given(graphs())
@settings(max_examples=100)
def test_what_is_in_the_languages_terms_stays_what_it_is(graph: Graph) -> None:
    said = sayable(graph)
    if said.graph.batch == graph.batch:
        assert said.graph == plain(graph)
        assert said.remarks == ()


def test_an_op_that_the_language_has_not_is_opaque_with_all_that_is_known() -> None:
    b = Sample("net", 2)
    one, _ = b.add(Strange(), [b.input("x", (2, 4))], name="odd", trainable=False)
    graph = b.build([b.then(one, "relu", "relu")])
    text = returned(graph, opaque=1)
    assert (
        "- opaque: {name: odd, out: [[7], []], costs: ['dot 28 of 7', 'add 1 in late as bias'], params: 31, kept: 5, "
        in text.replace("\n      ", " ")
    )
    assert "outputs: [odd_0, odd_1], trainable: false}" in text
    assert "# note: opaque, with its shapes, parameters and work: odd (the spec language has no op 'strange')\n" in text


def test_what_nobody_knows_stays_unknown() -> None:
    b = Sample("net")
    one, two = b.add(Strange(known=False), [b.input("x", (1, 4))], name="odd")
    text = returned(b.build([one, two]), opaque=1)
    assert "params" not in text
    assert "costs" not in text


def test_in_a_loop() -> None:
    b = Sample("net")
    one, _ = b.add(Strange(), [b.input("x", (1, 4))], name="odd", trips=5)
    (x,) = b.add(Linear(out=3), [one], name="fc", trips=2)
    text = returned(b.build([x]), opaque=1)
    assert text.count("trips: 5") == text.count("trips: 2") == 1


def test_in_a_loop_that_never_runs() -> None:
    b = Sample("net")
    (x,) = b.add(Linear(out=3), [b.input("x", (1, 4))], name="fc", trips=0)
    graph = b.build([x])
    assert "trips: 0" in returned(graph)
    for name in ("torch", "thop"):
        assert count(graph, CONVENTIONS[name]).totals["count"].value == 0


def test_a_readers_own_kind_of_an_op_is_the_languages_where_both_are_the_same() -> None:
    class Any_(MaxPool, frozen=True, kw_only=True):
        def check(self, x: Any) -> None: ...

    b = Sample("net")
    x = b.input("x", (1, 3, 8, 8))
    b.add(Any_(kernel=2, padding=1), [x], name="usual")
    b.add(Any_(kernel=2, padding=2), [x], name="wide")
    graph = b.build([])
    assert labels(graph) == ["usual (maxpool)", "wide (opaque)"]
    returned(graph, opaque=1)


def test_learned_tensors_that_are_read_as_they_are() -> None:
    positions = held("encoder.positions", 1, 5, 8)
    b = Sample("net")
    x = b.input("x", (1, 5, 8))
    (x,) = b.add(Add(), [x, positions], name="encoder.add", kept=[positions])
    (x,) = b.add(Add(), [x, positions], name="encoder.again", kept=[positions])
    graph = b.build([x])
    assert labels(graph) == ["encoder.positions (parameter)", "encoder.add (add)", "encoder.again (add)"]
    returned(graph)


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (
            held("frozen", 8, trainable=False),
            "parameter: {name: frozen, shape: [8], keep_batch: false, trainable: false}",
        ),
        (held("table", 8, kind="buffer"), "constant: {name: table, shape: [8], keep_batch: false}"),
        (held("mask", 8, kind="constant"), "constant: {name: mask, shape: [8], keep_batch: false, kept: false}"),
        (
            held("/index:0", 8, kind="buffer", dtype="int64"),
            "constant: {name: index_0, shape: [8], keep_batch: false, of: int64}",
        ),
        (held("none", 0, kind="constant"), "opaque: {name: none, out: [0], keep_batch: false, costs: [], from: []}"),
    ],
    ids=["frozen", "buffer", "constant", "integers", "empty"],
)
def test_tensors_that_no_layer_makes(tensor: Tensor, said: str) -> None:
    b = Sample("net")
    b.input("x", (1, 3, 8))
    kept = [tensor] if tensor.kind == "parameter" else []
    graph = b.build(b.add(find_op("stack")(axis=0), [tensor, tensor], name="both", kept=kept))
    assert f"- {said}\n  - stack: {{name: both, axis: 0, from: [" in converted(graph).text


def test_a_learned_tensor_read_in_another_shape() -> None:
    table = held("table", 6, 4)
    turned = held("table", 4, 6)
    b = Sample("net")
    x = b.input("x", (1, 6))
    (x,) = b.add(Linear(out=4, bias=False), [x], name="in", tied={"weight": turned})
    (x,) = b.add(find_op("matmul")(), [x, turned], name="out", kept=[turned])
    (x,) = b.add(Linear(out=6, bias=False), [b.input("z", (1, 4))], name="head", tied={"weight": table})
    graph = b.build([x])
    assert labels(graph) == [
        "in (linear)", "table (parameter)", "out (matmul)", "table_as_6x4 (reshape)", "head (linear)",
    ]  # fmt: skip
    text = returned(graph)
    assert "parameter: {name: table, shape: [4, 6], keep_batch: false, weight: in.weight}" in text
    assert "linear: {name: head, out: 6, bias: false, from: z, weight: table_as_6x4}" in text


def test_weights_that_are_not_learned_or_that_a_layer_makes() -> None:
    b = Sample("net")
    x = b.input("x", (1, 3, 8, 8))
    fixed, kept = held("sobel", 3, 1, 3, 3, kind="constant"), held("blur", 3, 1, 3, 3, kind="buffer")
    (y,) = b.add(Conv(out=3, kernel=3, groups=3, bias=False), [x], name="sobel", tied={"weight": fixed})
    (y,) = b.add(Conv(out=3, kernel=3, groups=3, bias=False), [y], name="blurring", tied={"weight": kept})
    (w,) = b.add(find_op("parameter")(shape=(3, 3, 1, 1), keep_batch=False), [], name="filters")
    w = b.then(w, "tanh", "squashed")
    (y,) = b.add(Conv(out=3, kernel=1, bias=False), [y], name="made", tied={"weight": w})
    text = returned(b.build([y]))
    assert "weight: squashed}" in text
    assert "- constant: {name: sobel_2, shape: [3, 1, 3, 3], keep_batch: false, kept: false}" in text
    assert "weight: blur}" in text


def test_statistics_that_layers_share() -> None:
    b = Sample("net")
    x = b.input("x", (1, 3, 8, 8))
    (x,) = b.add(BatchNorm(), [x], name="bn")
    shared = dict(zip(("weight", "bias", "running_mean", "running_var"), b.nodes[0].weights, strict=True))
    (x,) = b.add(BatchNorm(), [x], name="again", tied=shared)
    text = returned(b.build([x]))
    assert "running_mean: bn.running_mean" in text


def test_a_weight_that_an_opaque_layer_shares_has_a_layer_of_its_own() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    one, _ = b.add(Strange(), [x], name="odd", tied={"weight": held("w", 7, 4)})
    (y,) = b.add(Linear(out=7, bias=False), [x], name="fc", tied={"weight": held("w", 7, 4)})
    graph = b.build([one, y])
    assert labels(graph) == ["w (parameter)", "odd (opaque)", "fc (linear)"]
    returned(graph, opaque=1)


def test_layers_frozen_in_part_are_trained_in_a_spec() -> None:
    b = Sample("net")
    (x,) = b.add(Linear(out=4), [b.input("x", (1, 4))], name="fc", tied={"bias": held("b", 4, trainable=False)})
    graph = b.build([x])
    said = sayable(graph)
    assert said.remarks == ("frozen in part, and a spec trains or freezes whole layers: fc",)
    before, after = count(graph).totals, count(said.graph).totals
    assert [after[key] == before[key] for key in TOTALS] == [True, False, True, True, True, True]


def test_names_that_the_language_has_not() -> None:
    b = Sample("net")
    x = b.input("x:0", (1, 4))
    for name in ("a/b", "a:b", "a_b", "é", "a..b"):
        x = b.then(x, "relu", name)
    said = sayable(b.build([x]))
    assert [node.name for node in said.graph.nodes] == ["a_b_2", "a_b_3", "a_b", "layer", "a.b"]
    assert [tensor.name for tensor in said.graph.inputs] == ["x_0"]
    assert said.remarks == (
        "names that the language does not have: 'x:0' is x_0, 'a/b' is a_b_2, 'a:b' is a_b_3 and 2 more",
    )


def test_inputs_without_a_batch_beside_those_with_one() -> None:
    b = Sample("net", 2)
    x, mask = b.input("x", (2, 4)), b.input("mask", (4,))
    graph = b.build(b.add(Add(), [x, mask], name="add"))
    assert "--batch none" in returned(graph)


def test_an_input_that_is_a_single_number() -> None:
    b = GraphBuilder("net", 1)
    x, step = b.input("x", (1, 4)), b.input("step", ())
    text = returned(b.build(b.add(Add(), [x, step], name="add")))
    assert "  step: {shape: []}\n" in text


def test_a_first_layer_that_reads_nothing() -> None:
    b = GraphBuilder("net", 1)
    x, y = b.input("x", (1, 4)), b.input("y", (1, 4))
    (odd,) = b.add(find_op("opaque")(out=(4,), keep_batch=False, costs=("add 3",)), [], name="odd")
    returned(b.build(b.add(Add(), [x, y, odd], name="add")), opaque=1)


def test_what_is_stacked_outside_of_a_loop_has_no_maker_and_costs_nothing() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 4)), "relu", "loop.relu")
    steps = Tensor(f"{x.name}:steps", (10, 1, 4))
    graph = b.build(b.add(find_op("sum")(axes=(0,)), [steps], name="sum"))
    assert labels(graph)[1] == "loop.relu_steps (opaque)"


def test_of_another_type() -> None:
    builder = GraphBuilder("net")
    x = builder.input("x", (1, 4))
    weight = Tensor("w", (4, 4), "bfloat16", "parameter", True)
    graph = builder.build(builder.add(Linear(out=4, bias=False), [x], name="fc", tied={"weight": weight}))
    assert sayable(graph).remarks == ("of another type of elements, so that bytes may differ: fc",)
    returned(graph)


def test_a_graph_of_the_language_is_the_same() -> None:
    assert sayable(small()).graph == small()
