from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.fields import fields_of
from flopcount.ops.movement import Expand, Flip, Pad, Roll, Tile
from tests.counting import backward_ledger, ledger

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple)


def check(op: Any, shape: tuple[int, ...], expected: torch.Tensor) -> None:
    op.check(shape)
    assert op.infer(shape) == tuple(expected.shape)
    assert ledger(op, shape) == {}


@given(SHAPES, st.data())
def test_pad_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    assume(len(shape) > 1)
    ends = st.integers(0, 3)
    pads = data.draw(st.lists(ends | st.tuples(ends, ends), min_size=1, max_size=len(shape) - 1))
    sides = [pad if isinstance(pad, tuple) else (pad, pad) for pad in pads]
    last_axis_first = [end for side in reversed(sides) for end in side]
    check(Pad(padding=tuple(pads)), shape, torch.nn.functional.pad(torch.empty(shape), last_axis_first))


def test_pad_leaves_the_batch_alone() -> None:
    with pytest.raises(OpError, match="padding names 4 axes, and the first of them is the batch"):
        Pad(padding=(1, 2, 3, 4)).check((1, 3, 8, 8))
    Pad(padding=(0, 2, 3, 4)).check((1, 3, 8, 8))


@given(st.integers(1, 3), st.sampled_from(["reflect", "replicate", "circular"]), st.integers(0, 5), st.data())
def test_pad_refuses_exactly_what_torch_refuses(rank: int, mode: Any, padding: int, data: st.DataObject) -> None:
    shape = (1, 2, *(data.draw(st.integers(1, 5)) for _ in range(rank)))
    op = Pad(padding=padding, mode=mode)
    try:
        expected = torch.nn.functional.pad(torch.empty(shape), [padding] * (2 * rank), mode)
    except RuntimeError:
        with pytest.raises(OpError, match=f"is too much for mode {mode}"):
            op.check(shape)
    else:
        check(op, shape, expected)


@given(SHAPES, st.data())
def test_expand_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    wanted = tuple(
        data.draw(st.sampled_from((-1, size)) if size > 1 else st.sampled_from((-1, 1, 4))) for size in shape[1:]
    )
    check(Expand(shape=wanted), shape, torch.empty(shape).expand(-1, *wanted))


@given(SHAPES, st.integers(1, 4), st.data())
def test_tile_is_torchs(shape: tuple[int, ...], repeats: int, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    check(Tile(repeats=repeats, axis=axis), shape, torch.empty(shape).repeat_interleave(repeats, axis))


def test_roll_and_flip_keep_the_shape() -> None:
    shape = (1, 56, 56, 96)
    check(Roll(shifts=(-3, -3), axes=(1, 2)), shape, torch.empty(shape).roll((-3, -3), (1, 2)))
    check(Flip(axes=(1,)), shape, torch.empty(shape).flip(1))


def test_reads_padding_from_a_spec() -> None:
    read = fields_of(Pad)["padding"].type.read
    assert read(2) == 2
    assert read([1, [0, 2]]) == (1, (0, 2))
    for bad in (-1, [], [[1, 2, 3]], "same", [1, [0, -1]]):
        with pytest.raises(OpError, match="must be a non-negative integer, or a list of one"):
            read(bad)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Pad(padding=(1, 1, 1, 1)), "padding names 4 axes, but the input has 3"),
        (Pad(padding=8, mode="reflect"), "padding 8 is too much for mode reflect on axis 2 of size 8"),
        (Expand(shape=(4,)), "shape [4] names 1 axes, but one sample has 2"),
        (Expand(shape=(64, 16)), "axis 2 of size 8 cannot be expanded to 16; only a size of 1 can"),
        (Expand(shape=(64, 0)), "a size must be positive, or -1 to leave an axis as it is, not 0"),
        (Tile(repeats=2, axis=3), "axis 3 is out of range: the input has 3 axes"),
        (Roll(shifts=(1, 2, 3), axes=(1, 2)), "3 shifts [1, 2, 3] for 2 axes [1, 2]"),
        (Roll(shifts=(1,), axes=(2, 3)), "axis 3 is out of range: the input has 3 axes"),
        (Flip(axes=(2, -1)), "axis 2 is named twice in [2, -1]"),
    ],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 8))
    assert caught.value.what == message


def test_an_integer_needs_spatial_axes_to_pad() -> None:
    with pytest.raises(OpError) as caught:
        Pad(padding=1).check((1, 64))
    assert caught.value.what == "padding 1 pads every spatial axis, but 1×64 has none"


@given(SHAPES, st.integers(1, 4), st.data())
def test_gradients_of_what_is_repeated_are_added(shape: tuple[int, ...], repeats: int, data: st.DataObject) -> None:
    wanted = tuple(data.draw(st.sampled_from((-1, size) if size > 1 else (-1, 1, 4))) for size in shape[1:])
    axis = data.draw(st.integers(0, len(shape) - 1))
    mode: Any = data.draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    cases: list[tuple[Any, Callable[[torch.Tensor], torch.Tensor]]] = [
        (Expand(shape=wanted), lambda x: x.expand(-1, *wanted)),
        (Tile(repeats=repeats, axis=axis), lambda x: x.repeat_interleave(repeats, axis)),
        (Roll(shifts=(1,), axes=(axis,)), lambda x: x.roll(1, axis)),
        (Flip(axes=(axis,)), lambda x: x.flip(axis)),
    ]
    if len(shape) in (3, 4, 5) and min(shape[2:]) > 1:
        pad = [1] * (2 * (len(shape) - 2))
        cases.append(
            (
                Pad(padding=1, mode=mode),
                lambda x: torch.nn.functional.pad(x, pad, mode, *([-1] if mode == "constant" else [])),
            )
        )
    numbers = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
    for op, function in cases:
        copies = torch.bincount(function(numbers).flatten().add(1).int())[1:]
        assert backward_ledger(op, shape)["add"] == sum(int(count) - 1 for count in copies)


@given(SHAPES, st.lists(st.integers(1, 3), max_size=2), st.data())
def test_expand_to_a_whole_shape_is_torchs(shape: tuple[int, ...], new: list[int], data: st.DataObject) -> None:
    wanted = tuple(data.draw(st.sampled_from((-1, size, 4)[: 3 if size == 1 else 2])) for size in shape)
    op = Expand(shape=(*new, *wanted), keep_batch=False)
    check(op, shape, torch.empty(shape).expand(*new, *wanted))


def test_pad_may_begin_at_the_batch_where_it_is_told() -> None:
    check(Pad(padding=(1, (0, 2)), keep_batch=False), (2, 3), torch.nn.functional.pad(torch.empty(2, 3), [0, 2, 1, 1]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5), "shape [4, 5] names 2 axes, but the input has 3"),
        ((-1, 1, 64, 8), "a new axis needs a positive size, not -1"),
        ((2, 1, 32, 8), "axis 1 of size 64 cannot be expanded to 32; only a size of 1 can"),
    ],
)
def test_expand_refuses(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(OpError) as caught:
        Expand(shape=shape, keep_batch=False).check((1, 64, 8))
    assert caught.value.what == message
