"""Which gradients a training step needs. Layers are linear without bias, so that each gradient is one dot product."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import find_convention
from flopcount.engine import Layer, Report, count
from flopcount.errors import UsageError
from flopcount.graph import Graph, GraphBuilder, Tensor
from flopcount.op import Work
from flopcount.ops import OPS, find_op
from tests.samples import Sample, small


def linear(b: Sample, x: Tensor, name: str, *, trainable: bool = True, tied: dict[str, Tensor] | None = None) -> Tensor:
    op = find_op("linear")(out=8, bias=False)
    return b.add(op, [x], name=name, trainable=trainable, tied=tied)[0]


def trained(graph: Graph) -> dict[str, Layer]:
    return {layer.node.name: layer for layer in count(graph, mode="train").layers}


def gradients(layer: Layer) -> list[tuple[str, str, int | str]]:
    """Phase, part and owner of each gradient that a layer computes."""
    assert layer.work is not None
    return [(work.phase, work.part, work.to) for work in layer.work if work.phase != "forward"]


BOTH = [("grad_input", "", 0), ("grad_weight", "", "weight")]


def test_the_first_layer_needs_no_gradient_to_its_input() -> None:
    b = Sample("net")
    x = b.input("x", (2, 8))
    layers = trained(b.build([linear(b, linear(b, x, "first"), "second")]))
    assert gradients(layers["first"]) == BOTH[1:]
    assert gradients(layers["second"]) == BOTH


@pytest.mark.parametrize(("learns", "needed"), [(True, BOTH), (False, BOTH[1:])])
def test_what_nobody_knows_is_taken_to_learn_unless_it_is_frozen(learns: bool, needed: list[Any]) -> None:
    b = Sample("net")
    (x,) = b.add(find_op("opaque")(out=(8,)), [b.input("x", (2, 8))], name="magic", trainable=learns)
    assert gradients(trained(b.build([linear(b, x, "after")]))["after"]) == needed


def test_what_is_frozen_before_all_else_costs_nothing_backward() -> None:
    b = Sample("net")
    x = linear(b, b.input("x", (2, 8)), "frozen", trainable=False)
    x = b.then(x, "relu", "relu")
    x = linear(b, x, "trained")
    x = linear(b, x, "fixed", trainable=False)
    layers = trained(b.build([b.then(x, "relu", "last")]))
    assert gradients(layers["frozen"]) == gradients(layers["relu"]) == []
    assert gradients(layers["trained"]) == BOTH[1:]
    assert gradients(layers["fixed"]) == BOTH[:1]
    assert gradients(layers["last"]) == [("grad_input", "", 0)]


def test_nothing_trainable_is_a_forward_pass() -> None:
    b = Sample("net")
    graph = b.build([linear(b, b.input("x", (2, 8)), "frozen", trainable=False)])
    assert [layer.work for layer in count(graph, mode="train").layers] == [layer.work for layer in count(graph).layers]


def test_the_gradients_of_several_readers_are_added() -> None:
    b = Sample("net")
    x = linear(b, b.input("x", (2, 8)), "first")
    left, right = linear(b, x, "left"), linear(b, x, "right")
    y = b.then(left, "add", "sum", right, x)
    layers = trained(b.build([y, x]))
    assert layers["first"].work is not None
    # Four read it: left, right, sum, and whoever gets the network's second output.
    assert Work("add", 3 * 16, part="sum", phase="grad_input") in layers["first"].work
    assert gradients(layers["left"]) == BOTH
    assert ("grad_input", "sum", "") not in gradients(layers["left"])


def test_a_reader_that_leads_nowhere_gives_no_gradient() -> None:
    b = Sample("net")
    x = linear(b, b.input("x", (2, 8)), "first")
    b.then(linear(b, x, "dead"), "relu", "unused")
    layers = trained(b.build([linear(b, x, "alive")]))
    assert gradients(layers["dead"]) == gradients(layers["unused"]) == []
    assert gradients(layers["first"]) == BOTH[1:]
    assert gradients(layers["alive"]) == BOTH


def test_nothing_passes_through_a_question() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 3)), "linear", "fc", out=3)
    finite = b.build([b.then(x, "isfinite", "finite")])
    assert {work.phase for layer in count(finite, mode="train").layers for work in layer.work or ()} == {"forward"}


def test_integers_carry_no_gradient() -> None:
    b = Sample("net")
    x = linear(b, b.input("x", (2, 8)), "first")
    labels = b.then(x, "argmax", "argmax", axis=1)
    table = b.then(labels, "embedding", "embedding", vocab=8, dim=4)
    layers = trained(b.build([table]))
    assert gradients(layers["embedding"]) == [("grad_weight", "", "weight")]
    assert gradients(layers["argmax"]) == gradients(layers["first"]) == []


def test_the_gradients_of_several_users_of_a_weight_are_added() -> None:
    b = Sample("net")
    x = linear(b, b.input("x", (2, 8)), "first")
    (weight,) = b.nodes[0].weights
    x = linear(b, x, "second", tied={"weight": weight})
    layers = trained(b.build([linear(b, x, "third", tied={"weight": weight})]))
    summed = Work("add", 64, part="sum", phase="grad_weight", to="weight")
    assert [(layer.work or ()).count(summed) for layer in layers.values()] == [0, 1, 1]


def backward_of(graph: Graph) -> Counter[tuple[str, str]]:
    """The backward work of a whole network, by kind and role."""
    done: Counter[tuple[str, str]] = Counter()
    for layer in count(graph, mode="train").layers:
        for work in layer.work or ():
            if work.phase != "forward":
                done[work.kind, work.role] += work.count
    return +done


@pytest.mark.parametrize(
    ("tag", "shape", "fields"),
    [
        ("add", (5, 8), {}), ("add", (1, 1, 8), {}), ("mul", (5, 1), {}), ("div", (8,), {}), ("sub", (1,), {}),
        ("matmul", (2, 8, 3), {}), ("concat", (2, 4, 8), {"axis": 1}), ("maximum", (8,), {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("learns", [True, False])
def test_a_learned_tensor_that_is_read_as_it_is_costs_what_one_with_a_layer_does(
    tag: str, shape: tuple[int, ...], fields: dict[str, Any], learns: bool
) -> None:
    """Whoever reads it, once or twice, behind what is trained or not."""
    table = Tensor("table", shape, kind="parameter", trainable=learns)
    for trained in (True, False):
        found = []
        for direct in (True, False):
            b = Sample("net")
            x = linear(b, b.input("x", (2, 5, 8)), "first", trainable=trained)
            made = table
            if not direct:
                parameter = find_op("parameter")(shape=shape, keep_batch=False)
                (made,) = b.add(parameter, [], name="table", trainable=learns)
            op, kept = find_op(tag)(**fields), [table] if direct else []
            (y,) = b.add(op, [x, made], name="once", kept=kept)
            (z,) = b.add(op, [x, made], name="twice", kept=kept)
            found.append(backward_of(b.build([y, z])))
        assert found[0] == found[1]
        assert bool(found[0]) == (learns or trained) or tag in ("add", "concat")


def test_torch_does_as_many_products_for_a_learned_tensor_that_is_read_as_it_is() -> None:
    table = Tensor("table", (2, 8, 3), kind="parameter", trainable=True)
    b = Sample("net")
    (y,) = b.add(find_op("matmul")(), [b.input("x", (2, 5, 8)), table], name="out", kept=[table])
    weight = torch.rand(2, 8, 3, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        (torch.rand(2, 5, 8) @ weight).sum().backward()
    ours = count(b.build([y]), find_convention("torch"), "train").totals["flops"].value
    assert ours == counter.get_total_flops() == 2 * 2 * (2 * 5 * 8 * 3)


def test_a_weight_that_a_layer_makes_passes_its_gradient_on() -> None:
    b = Sample("net")
    (w,) = b.add(find_op("parameter")(shape=(6, 8), keep_batch=False), [], name="filters")
    w = b.then(w, "tanh", "squashed")
    op = find_op("linear")(out=6, bias=False)
    (y,) = b.add(op, [b.input("x", (2, 8))], name="once", tied={"weight": w})
    (z,) = b.add(op, [b.input("z", (2, 8))], name="twice", tied={"weight": w})
    layers = trained(b.build([y, z]))
    assert [gradients(layers[name]) for name in ("once", "twice")] == [[("grad_weight", "", "weight")]] * 2
    assert ("grad_input", "", 0) in gradients(layers["squashed"])
    assert ("grad_input", "sum", "") in gradients(layers["squashed"])
    assert "filters" in layers


def test_each_input_of_a_layer_has_its_own_gradient() -> None:
    b = Sample("net")
    x = b.input("x", (2, 8))
    layers = trained(b.build([b.then(linear(b, x, "first"), "mul", "gate", x)]))
    assert gradients(layers["gate"]) == [("grad_input", "", 0)]


def test_an_unknown_layer_is_unknown_only_where_a_gradient_passes() -> None:
    for passes in (True, False):
        b = Sample("net")
        x = b.input("x", (2, 8))
        x = linear(b, x, "first") if passes else x
        b.then(x, "opaque", "magic", out=(8,))
        graph = b.build([linear(b, x, "last")])
        assert [layer.node.name for layer in count(graph, mode="train").uncounted] == ["magic"]


def test_a_step_is_the_forward_pass_and_what_is_needed_of_the_backward_one() -> None:
    report = count(small(batch=2), mode="train")
    totals = {key: report.totals[key].value for key in ("forward", "grad_input", "grad_weight", "count")}
    assert totals["count"] == totals["forward"] + totals["grad_input"] + totals["grad_weight"]
    assert all(totals.values())
    assert count(small()).totals["forward"] == count(small()).totals["count"]


def test_there_are_two_modes() -> None:
    with pytest.raises(UsageError) as caught:
        count(small(), mode="training")
    assert (caught.value.what, caught.value.hint) == ("unknown mode 'training'", "did you mean 'train'?")


def step(tag: str, **fields: Any) -> Report:
    builder = GraphBuilder("net")
    x = builder.input("x", (2, 4, 6, 6))
    (x,) = builder.add(find_op("prelu")(), [x], name="before")
    return count(builder.build(builder.add(find_op(tag)(**fields), [x], name="layer")), mode="train")


def test_a_frozen_batch_norm_runs_as_at_test_time() -> None:
    builder = GraphBuilder("net")
    (x,) = builder.add(find_op("prelu")(), [builder.input("x", (2, 4, 6, 6))], name="before")
    graph = builder.build(builder.add(find_op("bn")(), [x], name="bn", trainable=False))
    forward = [work for work in trained(graph)["bn"].work or () if work.phase == "forward"]
    assert tuple(forward) == count(graph).layers[1].work
    assert {work.role for work in trained(graph)["bn"].work or ()} == {"main"}


def test_dropout_is_active() -> None:
    (_, dropout) = step("dropout").layers
    assert [(work.kind, work.phase) for work in dropout.work or ()] == [
        ("cmp", "forward"), ("mul", "forward"), ("mul", "grad_input"),
    ]  # fmt: skip


@pytest.mark.parametrize("tag", OPS)
def test_every_op_but_one_says_what_its_gradients_take(tag: str) -> None:
    from flopcount.op import Op

    assert (OPS[tag].backward is Op.backward) == (tag == "opaque")
