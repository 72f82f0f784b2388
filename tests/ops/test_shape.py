from __future__ import annotations

from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.shape import Flatten, Permute, Reshape, Squeeze, Transpose, Unsqueeze
from tests.counting import ledger

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple)


def check(op: Any, shape: tuple[int, ...], expected: torch.Tensor) -> None:
    op.check(shape)
    assert op.infer(shape) == tuple(expected.shape)
    assert ledger(op, shape) == {}


def either_sign(data: st.DataObject, axes: list[int], rank: int) -> tuple[int, ...]:
    return tuple(axis - rank * data.draw(st.booleans()) for axis in axes)


@given(SHAPES, st.data())
def test_flatten_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape)
    ends = sorted(data.draw(st.integers(0, rank - 1)) for _ in range(2))
    start, end = either_sign(data, ends, rank)
    check(Flatten(start=start, end=end), shape, torch.empty(shape).flatten(start, end))


@given(SHAPES, st.booleans(), st.booleans(), st.data())
def test_reshape_is_torchs(shape: tuple[int, ...], keep_batch: bool, infer_one: bool, data: st.DataObject) -> None:
    source = shape[1:] if keep_batch else shape
    wanted = list(data.draw(st.permutations(source)))
    if len(wanted) > 1:
        a, b, *rest = wanted
        wanted = data.draw(st.sampled_from([[a * b, *rest], [a, 1, b, *rest], wanted]))
    if wanted and infer_one:
        wanted[data.draw(st.integers(0, len(wanted) - 1))] = -1
    full = [*shape[:1], *wanted] if keep_batch else wanted
    check(Reshape(shape=tuple(wanted), keep_batch=keep_batch), shape, torch.empty(shape).reshape(full))


@given(SHAPES, st.data())
def test_permute_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    order = either_sign(data, data.draw(st.permutations(range(len(shape)))), len(shape))
    check(Permute(order=order), shape, torch.empty(shape).permute(order))


@given(SHAPES.filter(lambda shape: len(shape) > 1), st.data())
def test_transpose_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    a, b = either_sign(data, data.draw(st.permutations(range(len(shape))))[:2], len(shape))
    check(Transpose(axes=(a, b)), shape, torch.empty(shape).transpose(a, b))


@given(SHAPES, st.data())
def test_unsqueeze_and_squeeze_undo_each_other(shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape) + data.draw(st.integers(1, 3))
    places = data.draw(st.permutations(range(rank)))[: rank - len(shape)]
    axes = either_sign(data, places, rank)
    expected = torch.empty(shape)
    for place in sorted(places):
        expected = expected.unsqueeze(place)
    check(Unsqueeze(axes=axes), shape, expected)
    check(Squeeze(axes=axes), tuple(expected.shape), expected.squeeze(tuple(places)))
    assert prod(expected.shape) == prod(shape)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Flatten(start=3, end=1), "start 3 comes after end 1 in an input of 4 axes"),
        (Flatten(start=4), "axis 4 is out of range: the input has 4 axes"),
        (Reshape(shape=(64, 50)), "64×50 holds 3200 elements, but one sample 64×7×7 holds 3136"),
        (Reshape(shape=(64, 49), keep_batch=False), "64×49 holds 3136 elements, but the input 2×64×7×7 holds 6272"),
        (Reshape(shape=(5, -1)), "64×7×7 (one sample: 3136 elements) does not divide into 5×?"),
        (Reshape(shape=(-1, -1)), "only one size may be -1, not 2 of [-1, -1]"),
        (Reshape(shape=(0, 4)), "a size must be positive, or -1 for what is left over, not 0"),
        (Permute(order=(0, 2, 1)), "order [0, 2, 1] names 3 axes, but the input has 4"),
        (Permute(order=(0, 1, 2, 2)), "axis 2 is named twice in [0, 1, 2, 2]"),
        (Permute(order=(0, 1, 2, 4)), "axis 4 is out of range: the input has 4 axes"),
        (Transpose(axes=(1,)), "swaps two axes, not [1]"),
        (Transpose(axes=(1, -3)), "axis 1 is named twice in [1, -3]"),
        (Squeeze(axes=(2,)), "axis 2 has size 7; only an axis of size 1 can be dropped"),
        (Unsqueeze(axes=(5,)), "axis 5 is out of range: the output has 5 axes"),
    ],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((2, 64, 7, 7))
    assert caught.value.what == message
