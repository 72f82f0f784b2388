from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.ops.activation import ReLU
from flopcount.ops.conv import Conv
from flopcount.ops.norm import BatchNorm
from flopcount.rewrites.separable import promised_ratio
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.rewrites.layers import chain, one, ratio, structure

Case = tuple[Conv, tuple[int, ...]]


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    """Standard convolutions over one to three axes, square and rectangular."""
    rank = draw(st.integers(1, 3))

    def axes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    kernel = draw(st.just((3,) * rank) | st.just(axes(1, 5)).filter(lambda sizes: prod(sizes) > 1))
    op = Conv(
        out=draw(st.integers(1, 9)), kernel=kernel, stride=axes(1, 3), padding=axes(0, 2), dilation=axes(1, 2),
        bias=draw(st.booleans()),
    )  # fmt: skip
    return op, (draw(st.integers(1, 2)), draw(st.integers(1, 9)), *axes(9, 12))


@given(convolutions())
def test_the_lectures_reduction_is_exact(case: Case) -> None:
    op, shape = case
    graph = one(op, shape)
    assert isinstance(op.kernel, tuple)
    d1, d2, f2 = shape[1], op.out, prod(op.kernel)
    promised = Fraction(1, d2) + Fraction(1, f2)
    assert promised_ratio(graph.nodes[0]) == promised
    assert ratio(graph, "separable", "macs") == promised
    without_bias = Fraction((2 * f2 - 1) * d1 + (2 * d1 - 1) * d2, (2 * d1 * f2 - 1) * d2)
    assert ratio(graph, "separable", "lecture") == (promised if op.bias else without_bias)


@given(convolutions())
def test_the_output_has_the_same_size_and_only_the_two_halves_are_there(case: Case) -> None:
    op, shape = case
    graph = one(op, shape)
    depthwise, pointwise = rewrite(graph, "separable").after.nodes
    assert pointwise.outputs[0].shape == graph.nodes[0].outputs[0].shape
    assert isinstance(depthwise.op, Conv)
    assert (depthwise.op.groups, depthwise.op.out) == (shape[1], shape[1])
    for name in ("kernel", "stride", "padding", "dilation", "bias"):
        assert getattr(depthwise.op, name) == getattr(op, name)
    assert pointwise.op == Conv(out=op.out, kernel=1, bias=op.bias)


def test_mobilenet_by_rewriting() -> None:
    """Howard et al. 2017: the full-convolution twin and MobileNet differ by this rewrite and by nothing else."""
    twin, mobilenet = load("mobilenet_v1_standard"), load("mobilenet_v1")
    rewritten = rewrite(twin, "separable:between=bn,relu,skip=stem.*").after
    assert structure(rewritten) == structure(mobilenet)
    totals = count(rewritten).totals
    assert (totals["params"].value, totals["macs"].value) == (4_231_976, 568_740_352)


def test_what_stands_between_moves_nothing_else() -> None:
    graph = load("mobilenet_v1_standard")
    after = rewrite(graph, "separable:between=bn,relu,only=block1.standard.conv1").after
    names = [node.name for node in after.nodes]
    place = names.index("block1.standard.conv1.depthwise")
    assert names[place : place + 4] == [
        f"block1.standard.conv1.{part}" for part in ("depthwise", "bn", "relu", "pointwise")
    ]
    others = [node.name for node in graph.nodes if node.name != "block1.standard.conv1"]
    assert names[:place] + names[place + 4 :] == others


@pytest.mark.parametrize(
    "op",
    [Conv(out=8, kernel=1), Conv(out=8, kernel=3, groups=2), Conv(out=4, kernel=3, groups=4), ReLU(), BatchNorm()],
    ids=repr,
)
def test_what_is_no_standard_convolution_stays(op: Any) -> None:
    graph = one(op, (1, 4, 9, 9))
    rewriting = rewrite(graph, "separable")
    assert (chain(rewriting.after), rewriting.replaced) == (chain(graph), {})


@pytest.mark.parametrize(
    ("between", "message", "hint"),
    [
        ("conv", "'conv' cannot stand between two layers: it needs out, kernel", "bn, relu, relu6, silu ..."),
        ("add", "'add' cannot stand between two layers: it takes 2 inputs", "bn, relu, relu6, silu ..."),
        ("rulu", "unknown op 'rulu'", "did you mean 'relu' or 'relu6' or 'prelu'?"),
    ],
)
def test_what_cannot_stand_between(between: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        rewrite(one(Conv(out=4, kernel=3), (1, 4, 9, 9)), f"separable:between={between}")
    assert (caught.value.what, caught.value.hint) == (message, hint)
