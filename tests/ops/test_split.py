from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.fields import fields_of
from flopcount.ops.split import Select, Slice, Split, StridedSlice
from tests.counting import ledger

SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)


def axis_in(data: st.DataObject, shape: tuple[int, ...]) -> int:
    return data.draw(st.integers(-len(shape), len(shape) - 1))


@given(SHAPES, st.data())
def test_split_shapes_are_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = axis_in(data, shape)
    sizes = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    wide = tuple(sum(sizes) if i == axis % len(shape) else size for i, size in enumerate(shape))
    op = Split(sizes=sizes, axis=axis)
    op.check(wide)
    assert op.infer(wide) == [tuple(part.shape) for part in torch.split(torch.empty(wide), list(sizes), axis)]
    assert ledger(op, wide) == {}

    parts = data.draw(st.sampled_from([k for k in range(1, 7) if shape[axis] % k == 0]))
    equal = Split(parts=parts, axis=axis)
    equal.check(shape)
    assert equal.infer(shape) == [tuple(part.shape) for part in torch.empty(shape).chunk(parts, axis)]


@given(SHAPES, st.data())
def test_slice_shapes_are_pythons(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = axis_in(data, shape)
    size = shape[axis]
    start = data.draw(st.integers(-size, size))
    end = data.draw(st.none() | st.integers(-size, size))
    op = Slice(axis=axis, start=start, end=end, step=data.draw(st.integers(1, 3)))
    kept = len(range(size)[start : end : op.step])
    if not kept:
        with pytest.raises(OpError, match="keeps nothing"):
            op.check(shape)
        return
    op.check(shape)
    assert op.infer(shape) == tuple(kept if i == axis % len(shape) else s for i, s in enumerate(shape))
    assert ledger(op, shape) == {}


@given(SHAPES, st.data())
def test_select_shapes_are_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = axis_in(data, shape)
    op = Select(axis=axis, index=data.draw(st.integers(-shape[axis], shape[axis] - 1)))
    op.check(shape)
    assert op.infer(shape) == tuple(torch.empty(shape).select(axis, op.index).shape)
    assert ledger(op, shape) == {}


def test_its_short_form_is_the_number_of_equal_parts() -> None:
    fields = fields_of(Split)
    assert next(iter(fields)) == "parts"
    assert [fields["parts"].type.read(value) for value in (3, None)] == [3, None]


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Split(parts=3), "axis 1 of size 64 does not split into 3 equal parts"),
        (Split(sizes=(16, 32)), "sizes [16, 32] sum to 48, but axis 1 is 64"),
        (Split(parts=2**20), "splits into 1048576 parts; the limit is 65536"),
        (Split(), "needs either parts or sizes, not neither"),
        (Split(parts=2, sizes=(32, 32)), "needs either parts or sizes, not both"),
        (Split(parts=2, axis=3), "axis 3 is out of range: the input has 3 axes"),
        (Slice(axis=2, end=9), "end 9 lies outside axis 2 of size 8"),
        (Slice(axis=-1, start=-9), "start -9 lies outside axis 2 of size 8"),
        (Slice(axis=2, start=5, end=-4), "keeps nothing of axis 2: from 5 up to 4 of 8"),
        (Slice(axis=-4), "axis -4 is out of range: the input has 3 axes"),
        (Select(axis=-1, index=8), "index 8 lies outside axis 2 of size 8"),
        (Select(axis=3), "axis 3 is out of range: the input has 3 axes"),
    ],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 8))
    assert caught.value.what == message


@given(SHAPES, st.data())
def test_strided_slices_are_numpys(shape: tuple[int, ...], data: st.DataObject) -> None:
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1)))
    places = st.integers(-9, 9)
    steps = tuple(data.draw(st.integers(-3, 3).filter(bool)) for _ in axes)
    starts, ends = (tuple(data.draw(places) for _ in axes) for _ in range(2))
    index = [slice(None)] * len(shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[axis] = slice(start, end, step)
    op = StridedSlice(starts=starts, ends=ends, axes=axes, steps=steps)
    op.check(shape)
    assert op.infer(shape) == np.empty(shape)[tuple(index)].shape
    assert ledger(op, shape) == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"starts": (0,), "ends": (1,), "axes": (3,)}, "axis 3 is out of range: the input has 2 axes"),
        ({"starts": (0,), "ends": (1,), "steps": (0,)}, "a step of 0 leads nowhere"),
        (
            {"starts": (0,), "ends": (1, 2), "axes": (1,)},
            "1 starts, 2 ends, 1 axes and 1 steps: there must be as many of each",
        ),
    ],
)
def test_strided_slices_refuse(fields: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        StridedSlice(**fields).check((4, 5))
    assert caught.value.what == message
