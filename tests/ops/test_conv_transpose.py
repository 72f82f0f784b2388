from __future__ import annotations

import math
from collections import Counter
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.errors import OpError
from flopcount.ops.conv_transpose import ConvTranspose
from flopcount.ops.window import covered, per_axis
from tests.counting import Number, backward_ledger, indices, ledger, ledger_in_letters, tallied
from tests.differentiating import Tape, Variable, total
from tests.torchs import counted_backward, priced_backward

MODULES: Any = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)


@st.composite
def transposed(draw: st.DrawFn) -> tuple[ConvTranspose, tuple[int, ...]]:
    rank = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 3))

    def axes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    stride, dilation = axes(1, 3), axes(1, 2)
    op = ConvTranspose(
        out=groups * draw(st.integers(1, 3)),
        kernel=axes(1, 3), stride=stride, padding=axes(0, 1), dilation=dilation,
        output_padding=tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)),
        groups=groups, bias=draw(st.booleans()),
    )  # fmt: skip
    return op, (draw(st.integers(1, 2)), groups * draw(st.integers(1, 3)), *axes(3, 5))


def module_of(op: ConvTranspose, shape: tuple[int, ...]) -> Any:
    return MODULES[len(shape) - 3](
        shape[1], op.out, op.kernel, op.stride, op.padding, op.output_padding, op.groups, op.bias, op.dilation,
        device="meta",
    )  # fmt: skip


def scatter(op: ConvTranspose, shape: tuple[int, ...]) -> None:
    """A transposed convolution by its definition: each input times each tap, added in where it lands."""
    n, channels, *size = shape
    rank = len(size)
    kernel, stride, dilation = ((v,) * rank if isinstance(v, int) else v for v in (op.kernel, op.stride, op.dilation))
    y: dict[tuple[int, ...], Number] = {}
    filters, depth = op.out // op.groups, channels // op.groups
    for sample, channel, out in product(range(n), range(channels), range(filters)):
        for index in product(*map(range, size)):
            for tap in product(*map(range, kernel)):
                lands = tuple(i * s + j * d for i, s, j, d in zip(index, stride, tap, dilation, strict=True))
                place = (sample, channel // depth * filters + out, *lands)
                term = Number() * Number()
                y[place] = y[place] + term if place in y else term
    if op.bias:
        for number in y.values():
            number + Number()


@given(transposed())
def test_shapes_and_parameters_are_torchs(case: tuple[ConvTranspose, tuple[int, ...]]) -> None:
    op, shape = case
    module = module_of(op, shape)
    op.check(shape)
    assert op.infer(shape) == tuple(module(torch.empty(shape, device="meta")).shape)
    assert op.weights(shape) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}


@given(transposed())
def test_ledger_is_what_doing_it_performs(case: tuple[ConvTranspose, tuple[int, ...]]) -> None:
    op, shape = case
    whole = ConvTranspose(
        out=op.out, kernel=op.kernel, stride=op.stride, dilation=op.dilation, groups=op.groups, bias=op.bias
    )
    with tallied() as done:
        scatter(whole, shape)
    assert ledger(whole, shape) == done


@given(transposed())
def test_formulas_in_letters_count_the_same(case: tuple[ConvTranspose, tuple[int, ...]]) -> None:
    op, shape = case
    assert ledger_in_letters(op, shape) == ledger(op, shape)


@given(transposed())
def test_torch_prices_the_same(case: tuple[ConvTranspose, tuple[int, ...]]) -> None:
    op, shape = case
    with FlopCounterMode(display=False) as counter:
        module_of(op, shape)(torch.empty(shape, device="meta"))
    work = op.work(shape, op.infer(shape))
    assert sum(CONVENTIONS["torch"].price(entry, op) for entry in work) == counter.get_total_flops()


@given(transposed())
def test_the_bias_fills_each_dot_products_missing_addition(case: tuple[ConvTranspose, tuple[int, ...]]) -> None:
    op, shape = case
    assume(op.bias)
    prices = {
        name: sum(CONVENTIONS[name].price(entry, op) for entry in op.work(shape, op.infer(shape)))
        for name in ("lecture", "macs")
    }
    assert prices["lecture"] == 2 * prices["macs"]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_covered_positions(size: int, kernel: int, stride: int, dilation: int) -> None:
    assert covered(size, kernel, stride, dilation) == len(
        {i * stride + j * dilation for i in range(size) for j in range(kernel)}
    )


def test_peers_example() -> None:
    op = ConvTranspose(out=1, kernel=2, stride=2)
    work = op.work((1, 3, 2, 2), op.infer((1, 3, 2, 2)))
    assert sum(CONVENTIONS["macs"].price(entry, op) for entry in work) == 48
    assert sum(CONVENTIONS["lecture"].price(entry, op) for entry in work) == 96


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (ConvTranspose(out=6, kernel=1, groups=3), "input channels 64 are not divisible by groups 3"),
        (ConvTranspose(out=6, kernel=1, groups=4), "output channels 6 are not divisible by groups 4"),
        (ConvTranspose(out=6, kernel=(3, 3, 3)), "kernel names 3 spatial axes, but the input has 2"),
        (ConvTranspose(out=6, kernel=2, stride=2, output_padding=2),
         "output_padding 2 must be smaller than stride 2 or dilation 1"),
        (ConvTranspose(out=6, kernel=1, padding=4), "padding 4 crops the output to 0×0"),
    ],
)  # fmt: skip
def test_refuses(op: ConvTranspose, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 8, 8))
    assert caught.value.what == message


WANTED = st.sets(st.sampled_from([0, "weight", "bias"]), min_size=1)


def differentiate(op: ConvTranspose, shape: tuple[int, ...], wanted: set[int | str]) -> Counter[str]:
    """The gradients of a transposed convolution by its definition, the cropped outputs' zeros and all."""
    tape = Tape()
    rank = len(shape) - 2
    kernel, stride, dilation = (per_axis(value, rank) for value in (op.kernel, op.stride, op.dilation))
    filters, depth = op.out // op.groups, shape[1] // op.groups
    x, weight = tape.array(shape, 0 in wanted), tape.array(op.weights(shape)["weight"], "weight" in wanted)
    y: dict[tuple[int, ...], list[Variable]] = {}
    for (n, d, *place), value in x.items():
        for out, *tap in indices((filters, *kernel)):
            lands = (i * s + j * e for i, s, j, e in zip(place, stride, tap, dilation, strict=True))
            y.setdefault((n, d // depth * filters + out, *lands), []).append(value * weight[d, out, *tap])
    return tape.backward(total(products) for products in y.values())


@settings(max_examples=40)
@given(transposed(), WANTED)
def test_gradients_are_what_differentiating_it_performs(
    case: tuple[ConvTranspose, tuple[int, ...]], wanted: set[int | str]
) -> None:
    op, shape = case
    shape = shape[:4]
    names = ("kernel", "stride", "padding", "dilation", "output_padding")
    op = replace(op, **{name: getattr(op, name)[:2] for name in names})
    done = differentiate(op, shape, wanted)
    if op.bias and "bias" in wanted:
        # Every output, also one that no input reaches, has had its bias added.
        done["add"] += math.prod(op.infer(shape)) - op.out
    assert backward_ledger(op, shape, to=wanted) == +done


@given(transposed(), st.booleans(), st.booleans())
def test_torch_prices_the_gradients_the_same(
    case: tuple[ConvTranspose, tuple[int, ...]], image: bool, weight: bool
) -> None:
    """Those of groups too: torch counts a grouped weight gradient too high, and so does its convention."""
    assume(image or weight)
    op, shape = case
    module = module_of(op, shape)
    module.weight.requires_grad_(weight)
    counted = counted_backward(module, torch.empty(shape, device="meta", requires_grad=image))
    wanted: list[int | str] = [0] * image + ["weight"] * weight
    assert priced_backward(op, shape, to=wanted) == counted
