"""Small arrays of plain numbers, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.onnx.arrays import (
    Array,
    combined,
    common_shape,
    joined,
    lines,
    picked,
    scalar,
    stretched,
    strides,
    taken,
    transposed,
    vector,
)

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
FULL = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def numbered(shape: tuple[int, ...]) -> tuple[Array, Any]:
    """The same numbers as ours and as numpy's."""
    found = np.arange(int(np.prod(shape))).reshape(shape)
    return Array(shape, tuple(found.reshape(-1).tolist())), found


def same(array: Array, expected: Any) -> bool:
    return (array.shape, array.items) == (expected.shape, tuple(expected.reshape(-1).tolist()))


@given(FULL)
def test_strides(shape: tuple[int, ...]) -> None:
    _, found = numbered(shape)
    assert [step // found.itemsize for step in found.strides] == strides(shape)


@given(FULL, st.randoms())
def test_axes_in_another_order(shape: tuple[int, ...], chance: Any) -> None:
    array, found = numbered(shape)
    order = list(range(len(shape)))
    chance.shuffle(order)
    assert same(transposed(array, order), found.transpose(order))


@given(st.lists(SHAPES, min_size=1, max_size=3))
def test_the_shape_that_all_broadcast_to(shapes: list[tuple[int, ...]]) -> None:
    try:
        expected: Any = np.broadcast_shapes(*shapes)
    except ValueError:
        expected = None
    assert common_shape(shapes) == expected


@given(FULL, st.data())
def test_broadcast(shape: tuple[int, ...], data: st.DataObject) -> None:
    narrow = tuple(data.draw(st.sampled_from((1, size))) for size in shape)[data.draw(st.integers(0, len(shape))) :]
    array, found = numbered(narrow)
    assert same(stretched(array, shape), np.broadcast_to(found, shape))
    other, numbers = numbered(shape)
    both = combined(lambda a, b: a + b, [array, other], "int64")
    assert both is not None
    assert same(both, found + numbers)


def test_what_does_not_broadcast() -> None:
    assert combined(lambda a, b: a, [vector([1, 2]), vector([1, 2, 3])], "int64") is None


@given(FULL, st.data())
def test_lines_joined_and_taken(shape: tuple[int, ...], data: st.DataObject) -> None:
    array, found = numbered(shape)
    axis = data.draw(st.integers(0, len(shape) - 1))
    moved = np.moveaxis(found, axis, -1).reshape(-1, shape[axis])
    assert sorted(lines(array, axis)) == sorted(map(tuple, moved.tolist()))
    assert same(joined([array, array], axis), np.concatenate([found, found], axis))
    places = data.draw(st.lists(st.integers(0, shape[axis] - 1), max_size=3))
    assert same(taken(array, places, axis, (len(places),)), np.take(found, np.array(places, dtype=int), axis))


def test_what_other_strides_meet() -> None:
    assert picked(vector([1, 2, 3, 4]), (2, 2), (1, 1), 1).items == (2, 3, 3, 4)


def test_integers_of_any_numbers() -> None:
    assert scalar(2.9, "float32").flat == [2]
    assert vector([True, False], "bool").flat == [1, 0]
