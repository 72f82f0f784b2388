from __future__ import annotations

import pytest

from flopcount import analyze
from flopcount.comparing.depth import depth
from flopcount.engine import Total, count
from flopcount.graph import Graph
from tests.samples import Sample, small


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("alexnet", 8), ("vgg16", 16), ("vgg19_bn", 19), ("googlenet", 22), ("resnet18", 18), ("resnet34", 34),
        ("resnet50", 50), ("resnet101", 101), ("resnet152", 152), ("densenet121", 121), ("densenet201", 201),
        ("mobilenet_v1", 28),
    ],
)  # fmt: skip
def test_networks_are_as_deep_as_their_names_or_papers_say(name: str, layers: int) -> None:
    assert depth(analyze(name)) == Total(layers)


def test_the_longest_path_counts() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    short = b.then(x, "linear", "short", out=8)
    long = b.then(b.then(b.then(x, "linear", "a", out=8), "relu", "b"), "linear", "c", out=8)
    aside = b.then(b.then(long, "linear", "d", out=8), "linear", "e", out=8)
    joined = b.then(short, "add", "add", long)
    assert depth(count(b.build([joined]))) == Total(2)
    assert depth(count(b.build([short]))) == Total(1)
    assert depth(count(b.build([joined, aside]))) == Total(4)


def test_products_without_parameters_do_not_count() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8, 8))
    scores = b.then(x, "matmul", "scores", x)
    assert depth(count(b.build([scores]))) == Total(0)
    weight = b.then(x, "parameter", "weight", shape=(8, 8))
    assert depth(count(b.build([b.then(scores, "matmul", "product", weight)]))) == Total(1)


def test_a_recurrent_layer_and_attention_are_one_each() -> None:
    assert depth(analyze("lstm_lm_small")) == Total(2 + 1)  # two LSTM layers and the head; an embedding is a look-up
    b = Sample("net")
    x = b.then(b.input("x", (1, 16, 8)), "attention", "attention", heads=2)
    assert depth(count(b.build([x]))) == Total(1)


def test_what_nobody_knows_may_be_deeper() -> None:
    assert depth(count(small(unknown=True))) == Total(4, 1)
    assert depth(count(Graph("empty", (), (), ()))) == Total(0)
