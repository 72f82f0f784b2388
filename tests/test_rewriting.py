from __future__ import annotations

import pytest

from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.errors import FlopcountError, OpError, SpecError, UsageError
from flopcount.graph import Graph, Tensor
from flopcount.ops import find_op
from flopcount.readers.spec.write import spec_text
from flopcount.registry import entries, summaries
from flopcount.rewriting import find_rewrite, parse_request, rewrite
from flopcount.sources import load
from tests.rewrites.layers import structure
from tests.samples import Sample, small


def test_every_rewrite_says_what_it_does_and_what_it_is_meant_for() -> None:
    assert set(entries("rewrites")) == {
        "bottleneck", "factorize", "fold-bn", "grouped", "low-rank", "resolution", "separable", "transfer", "width",
    }  # fmt: skip
    for name, summary in summaries("rewrites").items():
        assert summary.endswith(".")
        assert find_rewrite(name).MEANT.startswith(("a ", "an "))


@pytest.mark.parametrize(
    ("request_", "name", "options"),
    [
        ("fold-bn", "fold-bn", {}),
        ("width:factor=0.75", "width", {"factor": ["0.75"]}),
        ("separable:between=bn,relu,skip=conv1", "separable", {"between": ["bn", "relu"], "skip": ["conv1"]}),
        ("x: only = a , b ,c=d", "x", {"only": ["a", "b"], "c": ["d"]}),
    ],
)
def test_a_comma_piece_without_an_equals_sign_continues_the_option(
    request_: str, name: str, options: dict[str, list[str]]
) -> None:
    assert parse_request(request_) == (name, options)


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        ("seperable", "unknown rewrite 'seperable'", "did you mean 'separable'?"),
        ("separable:betwen=bn", "separable has no option 'betwen'", "did you mean 'between'?"),
        ("separable:bn", "separable: 'bn' is no option", "write separable:option=value,option=value"),
        ("separable:only=a,only=b", "separable: only is given twice", "only=a,b names several"),
        ("separable:between=", "separable: between has an empty value", None),
        ("grouped", "grouped needs groups: a positive integer", "write grouped:groups=..."),
        ("grouped:groups=two", "grouped: groups must be a positive integer, not 'two'", None),
        ("grouped:groups=2,4", "grouped: groups must be a positive integer, not [2, 4]", None),
        ("bottleneck:expand=perhaps", "bottleneck: expand must be true or false, not 'perhaps'", None),
        ("separable:skip=steem.conv", "skip=steem.conv: small has no layer of this name", "did you mean 'stem.conv'?"),
        ("separable:only=nn*", "only=nn*: small has no layer of this name", None),
    ],
)
def test_what_is_asked_for_wrongly(request_: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        rewrite(small(), request_)
    assert caught.value.what == message
    if hint:
        assert caught.value.hint == hint


def test_a_layer_that_is_named_and_cannot_be_rewritten_is_an_error() -> None:
    with pytest.raises(OpError) as caught:
        rewrite(small(), "separable:only=stem.relu")
    assert str(caught.value) == (
        "error: small.yaml:1  stem.relu (relu)\n"
        "  it is not a standard convolution (groups 1, kernel larger than 1)\n"
        "  rewrite: separable:only=stem.relu"
    )
    with pytest.raises(OpError, match=r"the layer before it is block1.0.concat1"):
        rewrite(load("densenet121"), "fold-bn:only=block1.1.bn1")


def test_rewrites_compose_in_order() -> None:
    graph = load("resnet18")
    both = rewrite(graph, ["fold-bn", "separable"])
    assert [step.name for step in both.steps] == ["fold-bn", "separable"]
    assert both.replaced["layer1.0.conv1"] == ("layer1.0.conv1.depthwise", "layer1.0.conv1.pointwise")
    assert both.replaced["layer1.0.bn1"] == both.replaced["layer1.0.conv1"]
    second = rewrite(rewrite(graph, "fold-bn").after, "separable")
    assert structure(both.after) == structure(second.after)
    assert not any(node.op.tag == "bn" for node in both.after.nodes)
    # The other way round, the pointwise half takes the batch norm.
    other = rewrite(graph, ["separable", "fold-bn"])
    assert other.replaced["layer1.0.conv1"] == ("layer1.0.conv1.depthwise", "layer1.0.conv1.pointwise")
    assert [node.op.bias for node in other.after.nodes[:2]] == [False, True]  # type: ignore[attr-defined]


def test_the_graph_that_is_rewritten_stays_as_it_is() -> None:
    graph = load("resnet18")
    for request in ("separable", "fold-bn", "width:factor=0.5", "transfer:classes=2"):
        rewrite(graph, request)
    assert graph == load("resnet18")


def test_the_new_network_promises_nothing_and_says_what_it_is() -> None:
    after = rewrite(load("resnet18"), ["fold-bn", "separable:between=relu"]).after
    assert after.provenance.expect == {}
    assert after.provenance.about.endswith("; rewritten by fold-bn; rewritten by separable:between=relu")


def test_nothing_to_rewrite_is_no_error() -> None:
    rewriting = rewrite(load("vgg16"), "fold-bn")
    assert rewriting.replaced == {}
    assert structure(rewriting.after) == structure(rewriting.before)


def tied() -> Sample:
    """Two convolutions of one weight, and one of its own."""
    b = Sample("tied")
    x = b.then(b.input("x", (1, 8, 9, 9)), "conv", "a", out=8, kernel=3, padding=1, bias=False)
    weight = {"weight": b.nodes[0].weights[0]}
    (x,) = b.add(b.nodes[0].op, [x], name="b", tied=weight, trainable=False)
    b.then(x, "conv", "c", out=8, kernel=3)
    return b


def test_a_shared_weight_keeps_its_layers_as_they_are() -> None:
    b = tied()
    graph = b.build(b.nodes[-1].outputs)
    rewriting = rewrite(graph, "separable")
    assert set(rewriting.replaced) == {"c"}
    assert rewriting.steps[0].result.kept == {"a": "its weight is shared with b", "b": "its weight is shared with a"}
    first, second, *_ = rewriting.after.nodes
    assert first.weights == second.weights
    assert (first.trainable, second.trainable) == (True, False)
    assert count(rewriting.after).layers[1].shared == ("a.weight",)


def test_a_shared_weight_is_scaled_once() -> None:
    b = tied()
    graph = b.build(b.nodes[-1].outputs)
    first, second, *_ = rewrite(graph, "width:factor=2").after.nodes
    assert first.weights[0] is second.weights[0]


def looped() -> Graph:
    """A convolution that runs five times and uses a learned tensor besides its own, and a batch norm after it."""
    b = Sample("looped")
    x = b.then(b.input("x", (1, 8, 9, 9)), "conv", "a", out=8, kernel=3, padding=1)
    table = Tensor("table", (8,), kind="parameter", trainable=True)
    (x,) = b.add(find_op("conv")(out=8, kernel=3, padding=1), [x], name="b", kept=[table], trips=5)
    return b.build([b.then(x, "linear", "c", out=4)])


@pytest.mark.parametrize("request_", ["fold-bn", "width:factor=1", "separable:only=a", "transfer:classes=4"])
def test_loops_and_further_tensors_are_kept(request_: str) -> None:
    graph = looped()
    after = rewrite(graph, request_).after
    old, new = (next(node for node in each.nodes if node.name == "b") for each in (graph, after))
    assert (new.trips, new.weights) == (5, old.weights if request_[0] != "t" else new.weights)
    assert [weight.name for weight in new.weights] == ["b.weight", "b.bias", "table"]


def test_a_loop_is_rewritten_as_a_loop() -> None:
    graph = looped()
    before, after = (
        count(each, find_convention("macs")).totals["count"].value
        for each in (graph, rewrite(graph, "separable:only=b").after)
    )
    assert before - after == 5 * (8 * 8 * 9 - 8 * 9 - 8 * 8) * 81
    depthwise, pointwise = rewrite(graph, "separable:only=b").after.nodes[1:3]
    assert (depthwise.trips, pointwise.trips, pointwise.weights[-1].name) == (5, 5, "table")


def test_a_loops_gradients_are_a_loops() -> None:
    layer = count(looped(), find_convention("macs"), "train").layers[1]
    once = 8 * 8 * 9 * 81
    assert sum(work.count for work in layer.work or () if work.kind == "dot") == 5 * 3 * once


def test_a_tensor_that_a_layer_keeps_besides_its_own_is_no_spec() -> None:
    with pytest.raises(SpecError, match="its weights would read back otherwise") as caught:
        spec_text(looped())
    assert caught.value.facts["weights"].endswith(", table parameter 8 float32")
    assert caught.value.facts["read back"].endswith(", b.bias parameter 8 float32")


def test_the_batch_stays() -> None:
    after = rewrite(load("resnet18", batch=8), "separable").after
    assert (after.batch, after.outputs[0].shape) == (8, (8, 1000))


def test_errors_are_flopcounts_own() -> None:
    for request in ("grouped:groups=7", "transfer:classes=0", "width:factor=-1", ":", "", "x=1"):
        with pytest.raises(FlopcountError):
            rewrite(small(), request)
