from __future__ import annotations

import pytest
import torch

from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.graph import Graph
from flopcount.rewriting import Rewriting, rewrite
from flopcount.sources import load
from tests.rewrites.running import folded_weights, random_weights, run
from tests.samples import Sample


def folded(rewriting: Rewriting) -> dict[str, str]:
    """The batch norms that are gone, each with the layer that does their work."""
    return {name: stand[0] for name, stand in rewriting.replaced.items() if stand != (name,)}


def test_resnet50() -> None:
    before = load("resnet50")
    rewriting = rewrite(before, "fold-bn")
    after = rewriting.after
    assert len(folded(rewriting)) == 53
    totals = [count(graph).totals for graph in (before, after)]
    assert [each["flops"].value for each in totals] == [8_167_254_528, 8_178_368_512]
    assert totals[1]["flops"].value == 2 * totals[1]["macs"].value
    assert totals[0]["params"].value - totals[1]["params"].value == 53_120 - 26_560
    biases = sum(work.count for layer in count(after).layers for work in layer.work or () if work.role == "bias")
    assert biases - 1000 == 11_113_984 == totals[1]["flops"].value - totals[0]["flops"].value
    assert not any(node.op.tag == "bn" for node in after.nodes)
    assert totals[1]["buffers"].value == 0


def test_under_arithmetic_the_batch_norms_work_is_saved() -> None:
    graph = load("resnet50")
    arithmetic = find_convention("arithmetic")
    before, after = (count(each, arithmetic).totals["count"].value for each in (graph, rewrite(graph, "fold-bn").after))
    norms = [layer for layer in count(graph, arithmetic).layers if layer.node.op.tag == "bn"]
    saved = sum(arithmetic.price(work, layer.node.op) for layer in norms for work in layer.work or ())
    assert before - after == saved - 11_113_984


def test_densenet121_keeps_62_of_121_with_reasons() -> None:
    rewriting = rewrite(load("densenet121"), "fold-bn")
    kept = rewriting.steps[0].result.kept
    assert (len(folded(rewriting)), len(kept)) == (59, 62)
    elsewhere = [reason for reason in kept.values() if reason.endswith("is used elsewhere")]
    others = [reason for reason in kept.values() if reason.startswith("the layer before it is ")]
    assert len(elsewhere) + len(others) == 62
    assert others


def test_names_stay_and_only_the_bias_is_new() -> None:
    graph = load("resnet18")
    after = rewrite(graph, "fold-bn").after
    assert [node.name for node in after.nodes] == [node.name for node in graph.nodes if node.op.tag != "bn"]
    assert all(getattr(node.op, "bias", True) for node in after.nodes)


def test_only_some() -> None:
    rewriting = rewrite(load("resnet18"), "fold-bn:only=layer1.*,skip=layer1.1.*")
    assert folded(rewriting) == {"layer1.0.bn1": "layer1.0.conv1", "layer1.0.bn2": "layer1.0.conv2"}


def convolutional() -> Graph:
    """Convolutions with and without bias, strides, groups, a residual, and a transposed convolution."""
    b = Sample("convolutional", 2)
    x = b.input("image", (2, 3, 9, 9))
    x = b.then(x, "conv", "conv1", out=6, kernel=3, stride=2, padding=1, bias=False)
    x = b.then(x, "bn", "bn1")
    x = b.then(x, "relu", "relu1")
    y = b.then(x, "conv", "conv2", out=6, kernel=3, padding=1, groups=3)
    y = b.then(y, "bn", "bn2", affine=False)
    x = b.then(y, "add", "add", x)
    x = b.then(x, "bn", "bn3")
    x = b.then(x, "conv_transpose", "up", out=4, kernel=2, stride=2, groups=2, bias=False)
    x = b.then(x, "bn", "bn4")
    return b.build([x])


def connected() -> Graph:
    """Fully connected layers, one of them read twice."""
    b = Sample("connected", 4)
    x = b.then(b.input("x", (4, 10)), "linear", "fc1", out=8, bias=False)
    x = b.then(x, "bn", "bn1")
    x = b.then(x, "linear", "fc2", out=8)
    y = b.then(x, "bn", "bn2")
    return b.build([b.then(y, "add", "add", x)])


@pytest.mark.parametrize("graph", [convolutional(), connected()], ids=lambda graph: graph.name)
def test_the_folded_network_computes_the_same(graph: Graph) -> None:
    """Checked on real numbers: the weights scaled, the bias shifted as the lecture's test-time formula says."""
    torch.manual_seed(0)
    rewriting = rewrite(graph, "fold-bn")
    assert rewriting.replaced
    weights = random_weights(graph)
    x = torch.randn(graph.inputs[0].shape, dtype=torch.float64)
    before = run(graph, weights, x)
    after = run(rewriting.after, folded_weights(graph, rewriting, weights), x)
    torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-5)
