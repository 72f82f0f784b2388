from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import UsageError
from flopcount.ops.activation import ReLU
from flopcount.ops.conv import Conv
from flopcount.ops.norm import BatchNorm
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.rewrites.layers import chain, cost, kept, one, structure

GRAPH = one(Conv(out=64, kernel=3, stride=2, padding=1, bias=False), (1, 128, 14, 14))


def test_the_lectures_reduction_is_this_rewrite() -> None:
    """256 channels reduced to 128 before a 5×5 convolution (lecture, Pointwise convolution)."""
    rewritten = rewrite(load("lecture_inception_direct"), "bottleneck:reduce=0.5").after
    assert structure(rewritten) == structure(load("lecture_inception_reduce"))


def test_reduction() -> None:
    assert chain(rewrite(GRAPH, "bottleneck:reduce=0.25").after) == [
        ("layer.reduce", Conv(out=32, kernel=1, bias=False)),
        ("layer.conv", Conv(out=64, kernel=3, stride=2, padding=1, bias=False)),
    ]


def test_reduction_and_expansion_with_layers_between() -> None:
    assert chain(rewrite(GRAPH, "bottleneck:expand=true,between=bn,relu,reduce=0.25").after) == [
        ("layer.reduce", Conv(out=32, kernel=1, bias=False)),
        ("layer.bn1", BatchNorm()),
        ("layer.relu1", ReLU()),
        ("layer.conv", Conv(out=32, kernel=3, stride=2, padding=1, bias=False)),
        ("layer.bn2", BatchNorm()),
        ("layer.relu2", ReLU()),
        ("layer.expand", Conv(out=64, kernel=1, bias=False)),
    ]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 5), st.sampled_from(["0.1", "0.5", "0.9"]), st.booleans())
def test_it_saves_or_says_that_it_would_not(d1: int, d2: int, kernel: int, reduce: str, expand: bool) -> None:
    graph = one(Conv(out=d2, kernel=kernel, padding=1), (1, d1, 6, 6))
    request = f"bottleneck:reduce={reduce},expand={str(expand).lower()}"
    rewriting = rewrite(graph, request)
    assert rewriting.after.outputs[0].shape == graph.outputs[0].shape
    if rewriting.replaced:
        assert cost(rewriting.after, "macs") < cost(graph, "macs")
    else:
        assert kept(graph, request)["layer"].startswith("it would not save: ")


def test_the_reason_names_both_counts() -> None:
    graph = one(Conv(out=1, kernel=2), (1, 4, 3, 3))
    assert kept(graph, "bottleneck") == {"layer": "it would not save: 104 MACs in place of 64"}


def test_a_reduction_makes_fewer() -> None:
    with pytest.raises(UsageError, match=r"bottleneck: reduce must be less than 1, not 1\.5"):
        rewrite(GRAPH, "bottleneck:reduce=1.5")
