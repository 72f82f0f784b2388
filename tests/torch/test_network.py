from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch.nn import functional

from flopcount.engine import count
from flopcount.errors import IncompleteError, MissingExtraError, UsageError
from flopcount.graph import DISCRETE_DTYPES, Graph, GraphBuilder
from flopcount.ops import find_op
from flopcount.sources import load, shipped_names
from flopcount.torch import build, require_torch
from flopcount.torch.network import Network, example_inputs
from tests.samples import Sample, small
from tests.torch.drawn import networks, shapes_of


def one_layer(tag: str, shape: tuple[int, ...] = (2, 3, 8, 8), name: str = "layer", **fields: Any) -> Graph:
    b = Sample("one", shape[0])
    return b.build([b.then(b.input("x", shape), tag, name, **fields)])


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_spec_is_built_as_it_says(name: str) -> None:
    graph = load(name)
    network = build(graph, device="meta").eval()
    stated = {
        weight.name: weight.shape for node in graph.nodes for weight in node.weights if weight.kind == "parameter"
    }
    assert {name: tuple(weight.shape) for name, weight in network.named_parameters()} == stated
    with torch.no_grad():
        outputs = network(*example_inputs(graph))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert [tuple(y.shape) for y in outputs] == shapes_of(graph.outputs)


def test_weights_have_the_graphs_names() -> None:
    network = build(load("resnet18"), device="meta")
    state = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    assert state["layer1.0.conv1.weight"] == (64, 64, 3, 3)
    assert state["layer1.0.bn1.running_mean"] == (64,)
    assert state["layer1.0.bn1.num_batches_tracked"] == ()
    assert (state["fc.weight"], state["fc.bias"]) == ((1000, 512), (1000,))


def test_a_layer_may_stand_above_another_by_name_in_either_order() -> None:
    b = Sample("nested")
    x = b.input("x", (1, 4))
    x = b.then(x, "linear", "a.b.c", out=5)
    x = b.then(x, "linear", "a", out=6)
    x = b.then(x, "linear", "a.b", out=7)
    x = b.then(x, "linear", "a.b.c.d", out=8)
    network = build(b.build([x]))
    assert {name: tuple(w.shape) for name, w in network.named_parameters() if name.endswith("weight")} == {
        "a.b.c.weight": (5, 4), "a.weight": (6, 5), "a.b.weight": (7, 6), "a.b.c.d.weight": (8, 7),
    }  # fmt: skip
    assert network(torch.zeros(1, 4)).shape == (1, 8)


@pytest.mark.parametrize("name", ["train", "forward", "type", "weight", "a.half", "_modules", "0"])
def test_any_name_will_do(name: str) -> None:
    network = build(one_layer("conv", name=name, out=4, kernel=3))
    assert [key for key, _ in network.named_parameters()] == [f"{name}.weight", f"{name}.bias"]
    assert network.eval()(torch.zeros(2, 3, 8, 8)).shape == (2, 4, 6, 6)


def test_a_name_inside_a_layer_of_parts_is_refused() -> None:
    b = Sample("clash")
    x = b.then(b.input("x", (1, 5, 8)), "attention", "a", heads=2)
    x = b.then(x, "relu", "a.q")
    with pytest.raises(UsageError, match=r"'a\.q' is the name of a layer and of a part of the layer above it"):
        build(b.build([x]))


def test_a_layer_named_as_a_weight_of_the_layer_above_stands_beside_it() -> None:
    b = Sample("bias")
    x = b.input("x", (2, 4))
    made = b.add(find_op("parameter")(shape=(3,), keep_batch=False), [], name="a.bias")[0]
    x = b.add(find_op("linear")(out=3), [x], name="a", tied={"bias": b.nodes[0].weights[0]})[0]
    network = build(b.build([b.add(find_op("add")(), [x, made], name="sum")[0]]))
    assert {name: tuple(weight.shape) for name, weight in network.named_parameters()} == {
        "a.weight": (3, 4), "a.bias": (3,),
    }  # fmt: skip
    assert network.get_submodule("a.bias_").weight is network.get_parameter("a.bias")
    with torch.no_grad():
        network.get_parameter("a.weight").zero_()
        network.get_parameter("a.bias").fill_(2)
    assert torch.equal(network(torch.ones(2, 4)), torch.full((2, 3), 4.0))


def test_tied_weights_are_one_parameter() -> None:
    network = build(load("gpt2", settings={"length": 8}), device="meta")
    assert network.get_submodule("head").weight is network.get_submodule("tokens").weight
    assert "head.weight" not in dict(network.named_parameters())
    assert sum(weight.numel() for weight in network.parameters()) == 124_439_808


def test_a_tied_recurrent_weight_is_the_one_that_computes() -> None:
    b = Sample("tied")
    x = b.input("x", (1, 3, 4))
    first = b.then(x, "gru", "a", hidden=4)
    source = b.nodes[0].weights[0]
    tied = b.add(find_op("gru")(hidden=4), [first], name="b", tied={"weight_ih_l0": source})[0]
    network = build(b.build([tied]))
    alone = network.get_submodule("a")(torch.ones(1, 3, 4))
    with torch.no_grad():
        network.get_parameter("a.weight_ih_l0").zero_()
    assert not torch.equal(network.get_submodule("b")(torch.ones(1, 3, 4)), alone)
    b_module: Any = network.get_submodule("b")
    assert b_module._flat_weights[0] is network.get_parameter("a.weight_ih_l0")


def test_frozen_layers_need_no_gradient() -> None:
    b = Sample("frozen")
    x = b.input("x", (2, 4))
    x = b.add(find_op("linear")(out=4), [x], name="fixed", trainable=False)[0]
    x = b.then(x, "linear", "free", out=2)
    network = build(b.build([x]))
    assert {name: weight.requires_grad for name, weight in network.named_parameters()} == {
        "fixed.weight": False, "fixed.bias": False, "free.weight": True, "free.bias": True,
    }  # fmt: skip
    network(torch.randn(2, 4)).sum().backward()
    assert network.get_parameter("fixed.weight").grad is None
    assert network.get_parameter("free.weight").grad is not None


def test_on_the_meta_device_weights_take_no_memory() -> None:
    network = build(one_layer("linear", (1, 2**20), out=2**20), device="meta")
    assert all(weight.is_meta for weight in network.parameters())


def test_weights_have_the_networks_dtype() -> None:
    builder = GraphBuilder("half", dtype="bfloat16")
    outputs = builder.add(find_op("bn")(), [builder.input("x", (2, 3, 4, 4))], name="bn")
    network = build(builder.build(outputs))
    assert {name: str(tensor.dtype) for name, tensor in network.state_dict().items()} == {
        "bn.weight": "torch.bfloat16", "bn.bias": "torch.bfloat16", "bn.running_mean": "torch.bfloat16",
        "bn.running_var": "torch.bfloat16", "bn.num_batches_tracked": "torch.int64",
    }  # fmt: skip
    assert network(*example_inputs(builder.build(outputs), "cpu")).dtype == torch.bfloat16


def test_tensors_of_another_type_than_the_network() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    (index,) = b.add(find_op("constant")(shape=(5, 2), of="int64", keep_batch=False), [], name="index")
    (table,) = b.add(find_op("parameter")(shape=(3, 4), keep_batch=False), [], name="table")
    (mask,) = b.add(find_op("constant")(shape=(3,), of="bool", kept=False, keep_batch=False), [], name="mask")
    (scale,) = b.add(find_op("parameter")(shape=(4,), of="float64", keep_batch=False), [], name="scale")
    rows = b.then(table, "gather", "rows", index, axis=0)
    network = build(b.build([b.then(x, "mul", "scaled", scale), rows, mask]))
    scaled, rows_, mask_ = network(*example_inputs(b.build([x]), device="cpu"))
    assert (rows_.shape, rows_.dtype, mask_.dtype, scaled.dtype) == (
        (5, 2, 4),
        torch.float32,
        torch.bool,
        torch.float64,
    )
    buffers = {name: buffer.dtype for name, buffer in network.named_buffers() if buffer.numel()}
    assert buffers == {"index.value": torch.int64}
    assert "mask.like" not in network.state_dict()
    assert {name: value.dtype for name, value in network.named_parameters()} == {
        "table.weight": torch.float32, "scale.weight": torch.float64,
    }  # fmt: skip
    rows_.sum().backward()
    assert network.get_parameter("table.weight").grad is not None


def test_a_weight_that_a_layer_makes_is_refused() -> None:
    b = Sample("net")
    (w,) = b.add(find_op("parameter")(shape=(6, 8), keep_batch=False), [], name="filters")
    w = b.then(w, "tanh", "squashed")
    linear = find_op("linear")(out=6, bias=False)
    graph = b.build(b.add(linear, [b.input("x", (2, 8))], name="fc", tied={"weight": w}))
    with pytest.raises(UsageError, match="cannot be built: a layer makes its weight") as caught:
        build(graph)
    assert caught.value.layer == "fc (linear)"


def test_a_constant_that_no_pass_keeps_has_the_networks_dtype() -> None:
    builder = GraphBuilder("wide", dtype="float64")
    made = builder.add(find_op("constant")(shape=(3,), keep_batch=False, kept=False), [], name="mask")
    network = build(builder.build(made))
    assert (network().dtype, network.half()().dtype, network.to("meta")().is_meta) == (
        torch.float64, torch.float16, True,
    )  # fmt: skip


def test_integer_weights_are_refused() -> None:
    builder = GraphBuilder("quantised", dtype="int8")
    outputs = builder.add(find_op("linear")(out=2), [builder.input("x", (2, 3))], name="fc")
    with pytest.raises(UsageError, match="in floating point, and those of quantised are int8"):
        build(builder.build(outputs))


def test_the_one_name_that_will_not_do() -> None:
    with pytest.raises(UsageError, match="torch cannot have a layer named 'training'"):
        build(one_layer("relu", name="training"))


def test_inputs_by_order_and_by_name() -> None:
    b = Sample("two", 2)
    left, right = b.input("left", (2, 3)), b.input("right", (2, 3))
    network = build(b.build([b.then(left, "sub", "sub", right)]))
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    for made in (network(x, y), network(x, right=y), network(left=x, right=y)):
        assert torch.equal(made, x - y)
    for wrong in ({"middle": y}, {"left": y}):
        with pytest.raises(TypeError, match="takes left, right, not 1 tensors and"):
            network(x, **wrong)


def test_several_outputs_come_as_a_tuple() -> None:
    b = Sample("split", 1)
    parts = b.add(find_op("split")(parts=2), [b.input("x", (1, 4))], name="split")
    first, second = build(b.build(list(parts)))(torch.arange(4.0)[None])
    assert (first.tolist(), second.tolist()) == ([[0, 1]], [[2, 3]])


def test_values_are_kept_only_while_somebody_reads_them() -> None:
    steps = build(small(), device="meta")._steps
    assert steps[0].frees == ("image",)
    assert [name for step in steps for name in step.frees] == [
        "image", "stem.conv", "stem.relu", "body.depthwise", "body.bn", "body.pointwise", "flatten",
    ]  # fmt: skip


def test_a_layer_may_be_replaced() -> None:
    network = build(one_layer("relu"))
    network._modules["layer"] = torch.nn.Identity()
    assert network(-torch.ones(2, 3, 8, 8)).sum() < 0


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_it_copies_and_pickles(clone: Any) -> None:
    network = build(load("inception_module"))
    x = torch.randn(1, *load("inception_module").inputs[0].shape[1:])
    assert torch.equal(clone(network)(x), network(x))


def test_it_trains() -> None:
    torch.manual_seed(0)
    network = build(small(batch=8)).train()
    x, labels = torch.randn(8, 3, 8, 8), torch.arange(8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = functional.cross_entropy(network(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


def test_train_and_eval_do_what_they_do_in_torch() -> None:
    torch.manual_seed(0)
    dropout = build(one_layer("dropout", p=0.5))
    x = torch.ones(2, 3, 8, 8)
    assert set(dropout.train()(x).unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropout.eval()(x), x)
    bn = build(one_layer("bn"))
    state: dict[str, Any] = dict(bn.named_buffers())
    bn.eval()(x)
    assert state["layer.running_mean"].tolist() == [0, 0, 0]
    bn.train()(x)
    assert state["layer.running_mean"].tolist() == pytest.approx([0.1, 0.1, 0.1])


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(networks())
def test_random_networks_run_and_give_every_trainable_weight_a_gradient(graph: Graph) -> None:
    network = build(graph).eval()  # batch norms of one value refuse to train
    outputs = network(*example_inputs(graph, "cpu"))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert [tuple(y.shape) for y in outputs] == shapes_of(graph.outputs)
    floats = [y for y in outputs if y.requires_grad]
    if floats:
        torch.stack([y.sum() for y in floats]).sum().backward()
    reached = {tensor.name for tensor in graph.outputs}
    for node in reversed(graph.nodes):
        passes = any(tensor.name in reached and tensor.dtype not in DISCRETE_DTYPES for tensor in node.outputs)
        if passes:
            if node.op.group != "source":  # they take only the batch size
                reached |= {tensor.name for tensor in node.inputs}
            for weight in node.weights:
                if weight.kind == "parameter":
                    grad = network.get_parameter(weight.name).grad
                    assert (grad is not None) == weight.trainable, weight.name


def test_an_opaque_layer_cannot_be_built() -> None:
    with pytest.raises(IncompleteError) as caught:
        build(small(unknown=True))
    assert str(caught.value).splitlines() == [
        "error: small.yaml:5  body.magic (opaque)",
        "  cannot be built: nobody knows what an opaque layer computes",
        "  hint: replace it by the layers that it stands for",
    ]


def test_what_torch_refuses_names_the_layer() -> None:
    with pytest.raises(UsageError) as caught:
        build(one_layer("hardtanh", low=1, high=1))
    assert str(caught.value).startswith("error: one.yaml:0  layer (hardtanh)\n  torch refuses it")


def test_an_error_while_it_runs_names_the_layer() -> None:
    network = build(small())
    with pytest.raises(RuntimeError) as caught:
        network(torch.zeros(1, 4, 8, 8))
    assert caught.value.__notes__ == ["in layer stem.conv"]


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError) as caught:
        require_torch("building a torch module")
    assert str(caught.value).splitlines() == [
        "error: building a torch module needs the extra 'torch'",
        '  hint: install it with: pip install "flopcount[torch]"',
    ]


def test_buffers_and_parameters_are_the_reports() -> None:
    graph = small()
    totals = count(graph).totals
    network = Network(graph)
    assert sum(weight.numel() for weight in network.parameters()) == totals["params"].value
    assert sum(buffer.numel() for buffer in network.buffers()) == totals["buffers"].value + 1
