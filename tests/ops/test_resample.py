from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.resample import ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample
from tests import differentiating
from tests.counting import Number, backward_ledger, dot_product, indices, ledger, tallied
from tests.differentiating import Tape, Variable

MODES = {1: ["nearest", "linear"], 2: ["nearest", "bilinear", "bicubic"], 3: ["nearest", "trilinear"]}


def interpolate(mode: str, axes: int) -> Number:
    """One output, by the definition: along the last axis first, then along the one before."""
    if axes == 0:
        return Number()
    values = [interpolate(mode, axes - 1) for _ in range(4 if mode == "bicubic" else 2)]
    if mode == "bicubic":
        return dot_product(values, [Number() for _ in values])
    a, b = values
    return a + Number() * (b - a)


@st.composite
def upsamplings(draw: st.DrawFn) -> tuple[Upsample, tuple[int, ...]]:
    rank = draw(st.integers(1, 3))
    per_axis = st.integers(1, 3) | st.tuples(*[st.integers(1, 3)] * rank)
    field = draw(st.sampled_from(["scale", "size"]))
    arguments: dict[str, Any] = {field: draw(per_axis), "mode": draw(st.sampled_from(MODES[rank]))}
    return Upsample(**arguments), (1, 2, *(draw(st.integers(1, 4)) for _ in range(rank)))


@given(upsamplings())
def test_upsample_shapes_are_torchs(case: tuple[Upsample, tuple[int, ...]]) -> None:
    op, shape = case
    module = torch.nn.Upsample(op.size, op.scale, op.mode)
    op.check(shape)
    assert op.infer(shape) == tuple(module(torch.empty(shape)).shape)


@given(upsamplings())
def test_upsample_ledger_is_what_doing_it_performs(case: tuple[Upsample, tuple[int, ...]]) -> None:
    op, shape = case
    with tallied() as done:
        if op.mode != "nearest":
            for _ in indices(op.infer(shape)):
                interpolate(op.mode, len(shape) - 2)
    assert ledger(op, shape) == done


def test_the_definition_interpolates_as_torch_does() -> None:
    """Both linear steps, done by hand for one output, give torch's value: the definition that is counted is real."""
    image = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]])
    size = torch.nn.functional.interpolate(image, size=(3, 3), mode="bilinear", align_corners=True)
    rows = [a + 0.5 * (b - a) for a, b in image[0, 0].tolist()]
    assert rows[0] + 0.5 * (rows[1] - rows[0]) == size[0, 0, 1, 1].item()


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_pixel_shuffles_are_torchs(factor: int, d: int, h: int, w: int) -> None:
    deep, wide = (2, d * factor**2, h, w), (2, d, h * factor, w * factor)
    shuffle, unshuffle = PixelShuffle(factor=factor), PixelUnshuffle(factor=factor)
    assert shuffle.infer(deep) == tuple(torch.nn.PixelShuffle(factor)(torch.empty(deep)).shape) == wide
    assert unshuffle.infer(wide) == tuple(torch.nn.PixelUnshuffle(factor)(torch.empty(wide)).shape) == deep
    assert ledger(shuffle, deep) == ledger(unshuffle, wide) == {}


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_pixel_shuffles_over_any_spatial_axes_undo_each_other(rank: int, factor: int, d: int) -> None:
    deep = (1, d * factor**rank, *range(2, 2 + rank))
    wide = PixelShuffle(factor=factor).infer(deep)
    assert wide[1] == d
    assert PixelUnshuffle(factor=factor).infer(wide) == deep


def test_channel_shuffle_keeps_the_shape() -> None:
    assert ChannelShuffle(groups=3).infer((1, 240, 28, 28)) == (1, 240, 28, 28)
    assert ledger(ChannelShuffle(groups=3), (1, 240, 28, 28)) == {}


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Upsample(), "needs either scale or size, not neither"),
        (Upsample(scale=2, size=4), "needs either scale or size, not both"),
        (Upsample(scale=(2, 2, 2)), "scale names 3 spatial axes, but the input has 2"),
        (Upsample(size=(2,)), "size names 1 spatial axes, but the input has 2"),
        (Upsample(scale=2, mode="linear"), "mode linear interpolates over 1 spatial axes, but the input has 2"),
        (PixelShuffle(factor=3), "input channels 64 are not divisible by factor^2 = 9"),
        (PixelUnshuffle(factor=2), "spatial size 8×7 is not divisible by factor 2"),
        (ChannelShuffle(groups=3), "input channels 64 are not divisible by groups 3"),
    ],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 8, 7))
    assert caught.value.what == message


@pytest.mark.parametrize("op", [Upsample(scale=2), PixelShuffle(factor=2), PixelUnshuffle(factor=2)])
def test_refuses_an_input_without_spatial_axes(op: Any) -> None:
    with pytest.raises(OpError, match="needs a batch, channels and 1 to 3 spatial axes, not 2 axes"):
        op.check((1, 64))


def test_names_the_mode_that_fits() -> None:
    with pytest.raises(OpError) as caught:
        Upsample(scale=2, mode="trilinear").check((1, 64, 8, 8))
    assert caught.value.hint == "use bilinear or bicubic"


def sources(op: Upsample, size: int, out: int) -> list[list[int]]:
    """Which elements of an axis each output is made of, as torch's gradient shows."""
    if op.mode == "nearest":
        return [[o * size // out] for o in range(out)]
    taps = range(-1, 3) if op.mode == "bicubic" else range(2)
    found = []
    for o in range(out):
        place = math.floor((o + Fraction(1, 2)) * size / out - Fraction(1, 2))
        first = place if op.mode == "bicubic" else max(place, 0)
        found.append([min(max(first + tap, 0), size - 1) for tap in taps])
    return found


@settings(max_examples=30)
@given(upsamplings())
def test_gradients_are_what_differentiating_it_performs(case: tuple[Upsample, tuple[int, ...]]) -> None:
    op, shape = case
    out = op.infer(shape)[2:]
    # Where the output is smaller, elements at its edge may be read twice instead of their neighbours.
    assume(all(o >= i for o, i in zip(out, shape[2:], strict=True)))
    per_axis = [sources(op, size, o) for size, o in zip(shape[2:], out, strict=True)]
    tape = Tape()
    x = tape.array(shape)

    def weighted(values: list[Variable]) -> Variable:
        if op.mode == "bicubic":
            return differentiating.total([0.5 * value for value in values])
        a, b = values
        return a + 0.5 * (b - a)

    def at(n: int, d: int, place: tuple[int, ...]) -> Variable:
        def along(axis: int, index: tuple[int, ...]) -> Variable:
            if axis == len(place):
                return x[n, d, *index]
            values = [along(axis + 1, (*index, i)) for i in per_axis[axis][place[axis]]]
            return values[0] if op.mode == "nearest" else weighted(values)

        return along(0, ())

    outputs = [copied(tape, at(n, d, tuple(place))) for n, d, *place in indices(op.infer(shape))]
    assert backward_ledger(op, shape) == tape.backward(outputs)


def copied(tape: Tape, x: Variable) -> Variable:
    """An element that stands in another place too."""
    return tape.record([x], lambda gradients: [(x, lambda: gradients[0], False)])[0]


def test_a_smaller_output_leaves_elements_out() -> None:
    assert backward_ledger(Upsample(size=2), (1, 1, 8)) == {}
    assert backward_ledger(Upsample(size=2, mode="linear"), (1, 1, 8)) == {"mul": 2, "add": 2}


def test_shuffles_move_gradients_back() -> None:
    shape = (1, 8, 4, 4)
    for op in (PixelShuffle(factor=2), PixelUnshuffle(factor=2), ChannelShuffle(groups=2)):
        assert backward_ledger(op, shape) == {}
