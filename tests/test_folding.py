from __future__ import annotations

import pytest

from flopcount.folding import unfoldable
from flopcount.readers.spec import read
from flopcount.sources import load
from tests.samples import Sample


@pytest.mark.parametrize(
    ("name", "stay", "norms"), [("resnet50", 0, 53), ("mobilenet_v1", 0, 27), ("densenet121", 62, 121)]
)
def test_shipped_networks(name: str, stay: int, norms: int) -> None:
    graph = load(name)
    assert sum(node.op.tag == "bn" for node in graph.nodes) == norms
    assert len(unfoldable(graph)) == stay


@pytest.mark.parametrize("tag", ["conv", "conv_transpose"])
def test_folds_into_a_layer_that_nobody_else_reads(tag: str) -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 3, 8, 8)), tag, "linear", out=4, kernel=1)
    assert unfoldable(b.build([b.then(x, "bn", "bn")])) == {}


def test_stays_where_another_layer_reads_what_it_normalises() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=4, kernel=1)
    y = b.then(x, "bn", "bn")
    assert unfoldable(b.build([b.then(y, "add", "add", x)])) == {"bn": "the output of conv (conv) is used elsewhere"}


def test_stays_where_the_network_gives_out_what_it_normalises() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=4, kernel=1)
    assert [*unfoldable(b.build([b.then(x, "bn", "bn"), x]))] == ["bn"]


def test_stays_behind_what_is_not_linear() -> None:
    b = Sample("net")
    x = b.then(b.then(b.input("x", (1, 3, 8, 8)), "relu", "relu"), "bn", "bn")
    assert unfoldable(b.build([x])) == {"bn": "the layer before it is relu (relu)"}


def test_stays_where_it_uses_the_statistics_of_the_batch() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=4, kernel=1)
    reasons = unfoldable(b.build([b.then(x, "bn", "bn", track=False)]))
    assert reasons == {"bn": "it uses the statistics of the batch even at test time"}


def test_stays_where_it_normalises_another_axis_than_the_linear_layer_computes() -> None:
    b = Sample("net")
    x = b.then(b.input("x", (1, 5, 8)), "linear", "linear", out=4)
    assert unfoldable(b.build([b.then(x, "bn", "bn")])) == {
        "bn": "it normalises axis 1, but linear (linear) computes the last"
    }


def test_stays_behind_a_layer_that_shares_its_weight() -> None:
    graph = read(
        "{input: [4, 8, 8], layers: [{conv: {name: a, out: 4, kernel: 1}}, bn,"
        " {conv: {name: b, out: 4, kernel: 1, weight: a.weight}}, bn]}",
        "net.yaml",
    )
    assert unfoldable(graph) == {
        "bn1": "the weight of a (conv) is used elsewhere",
        "bn2": "the weight of b (conv) is used elsewhere",
    }
