from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.conv import Conv
from tests.counting import Number, array, dot_product, indices, ledger, sizes_of, tallied


def convolve(op: Conv, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> None:
    """A 2-D convolution by its definition."""
    assert isinstance(op.kernel, tuple)
    depth = x_shape[1] // op.groups
    bias = Number()
    for _ in indices(y_shape):
        window = array((depth, *op.kernel))
        weight = array((depth, *op.kernel))
        out = dot_product(window.values(), weight.values())
        if op.bias:
            out + bias


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv, tuple[int, ...]]:
    rank = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 3))

    def axes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    op = Conv(
        out=groups * draw(st.integers(1, 3)),
        kernel=axes(1, 3), stride=axes(1, 3), padding=axes(0, 2), dilation=axes(1, 2),
        groups=groups, bias=draw(st.booleans()),
    )  # fmt: skip
    return op, (draw(st.integers(1, 2)), groups * draw(st.integers(1, 3)), *axes(5, 8))


@given(convolutions())
def test_shapes_and_parameters_are_torchs(case: tuple[Conv, tuple[int, ...]]) -> None:
    op, shape = case
    kind: Any = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)[len(shape) - 3]
    module = kind(shape[1], op.out, op.kernel, op.stride, op.padding, op.dilation, op.groups, op.bias, device="meta")
    op.check(shape)
    assert op.infer(shape) == tuple(module(torch.empty(shape, device="meta")).shape)
    assert op.weights(shape) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}


@given(convolutions())
def test_ledger_is_what_doing_it_performs(case: tuple[Conv, tuple[int, ...]]) -> None:
    op, shape = case
    if len(shape) != 4:
        return
    with tallied() as done:
        convolve(op, shape, op.infer(shape))
    assert ledger(op, shape) == done


def test_lecture_example_of_ten_filters() -> None:
    op = Conv(out=10, kernel=5)
    assert op.infer((1, 3, 32, 32)) == (1, 10, 28, 28)
    assert sizes_of(op.weights((1, 3, 32, 32))) == 760


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Conv(out=6, kernel=1, groups=3), "input channels 64 are not divisible by groups 3"),
        (Conv(out=6, kernel=1, groups=4), "output channels 6 are not divisible by groups 4"),
        (Conv(out=6, kernel=9), "kernel 9 is larger than its padded input 8"),
        (Conv(out=6, kernel=(3, 3, 3)), "kernel names 3 spatial axes, but the input has 2"),
    ],
)
def test_refuses(op: Conv, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 8, 8))
    assert caught.value.what == message
