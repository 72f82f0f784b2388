from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flopcount.errors import OpError
from flopcount.ops.conv import Conv
from flopcount.ops.window import per_axis
from tests.counting import (
    Number,
    array,
    backward_ledger,
    backward_work,
    dot_product,
    indices,
    ledger,
    sizes_of,
    tallied,
)  # fmt: skip
from tests.differentiating import Tape, Variable, total
from tests.torchs import counted_backward, priced_backward


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


WANTED = st.sets(st.sampled_from([0, "weight", "bias"]), min_size=1)


def differentiate(op: Conv, shape: tuple[int, ...], wanted: set[int | str]) -> Counter[str]:
    """The gradients of a convolution by its definition: over the padded input, zeros and all."""
    tape = Tape()
    rank = len(shape) - 2
    kernel, stride, dilation = (per_axis(value, rank) for value in (op.kernel, op.stride, op.dilation))
    depth, filters = shape[1] // op.groups, op.out // op.groups
    weight = tape.array(op.weights(shape)["weight"], "weight" in wanted)
    bias = tape.array((op.out,), "bias" in wanted)
    x: dict[tuple[int, ...], Variable] = {}
    outputs = []
    for n, out, *place in indices(op.infer(shape)):
        products = []
        for d, *tap in indices((depth, *kernel)):
            spot = (i * s + j * e for i, s, j, e in zip(place, stride, tap, dilation, strict=True))
            index = (n, out // filters * depth + d, *spot)
            if index not in x:
                x[index] = tape.variable(0 in wanted)
            products.append(x[index] * weight[out, d, *tap])
        outputs.append(total(products) + bias[out,] if op.bias else total(products))
    return tape.backward(outputs)


@settings(max_examples=40)
@given(convolutions(), WANTED)
def test_gradients_are_what_differentiating_it_performs(
    case: tuple[Conv, tuple[int, ...]], wanted: set[int | str]
) -> None:
    op, shape = case
    shape = shape[:4]
    op = replace(op, **{name: getattr(op, name)[:2] for name in ("kernel", "stride", "padding", "dilation")})
    assert backward_ledger(op, shape, to=wanted) == differentiate(op, shape, wanted)


@given(convolutions(), st.booleans(), st.booleans())
def test_torch_prices_the_gradients_the_same(case: tuple[Conv, tuple[int, ...]], image: bool, weight: bool) -> None:
    """Those of groups too: torch counts a grouped weight gradient too high, and so does its convention."""
    assume(image or weight)
    op, shape = case
    kind: Any = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)[len(shape) - 3]
    module = kind(shape[1], op.out, op.kernel, op.stride, op.padding, op.dilation, op.groups, op.bias, device="meta")
    module.weight.requires_grad_(weight)
    counted = counted_backward(module, torch.empty(shape, device="meta", requires_grad=image))
    wanted: list[int | str] = [0] * image + ["weight"] * weight
    assert priced_backward(op, shape, to=wanted) == counted


def test_torchs_error_in_a_depthwise_weight_gradient() -> None:
    op, shape = Conv(out=8, kernel=3, groups=8, bias=False), (1, 8, 17, 17)
    (entry,) = [entry for entry in backward_work(op, shape) if entry.to == "weight"]
    assert 2 * entry.count * 8 == priced_backward(op, shape, to=["weight"]) == 259_200
    assert 2 * entry.count == 32_400
