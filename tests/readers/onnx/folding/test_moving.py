from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.onnx.arrays import Array, scalar, vector
from flopcount.readers.onnx.folding import RefusedError, parts, reshaped
from tests.readers.onnx.folding.checking import SIZES, check, integers


@given(integers(), st.data())
def test_gather(array: Array, data: st.DataObject) -> None:
    if not array.shape:
        array = vector([4])
    axis = data.draw(st.integers(-len(array.shape), len(array.shape) - 1))
    size = array.shape[axis]
    places = data.draw(SIZES.flatmap(lambda sizes: st.lists(
        st.integers(-size, size - 1), min_size=int(np.prod(sizes)), max_size=int(np.prod(sizes))
    ).map(lambda items: Array(tuple(sizes), tuple(items)))))  # fmt: skip
    check("Gather", [array, places], axis=axis)


@given(integers([2, 3]), integers([2, 1]), integers([2, 2]))
def test_concat(a: Array, b: Array, c: Array) -> None:
    check("Concat", [a, b, c], axis=1)
    check("Concat", [a, b, c], axis=-1)


@given(integers([3, 4]), st.data())
def test_slice(array: Array, data: st.DataObject) -> None:
    axes = data.draw(st.lists(st.integers(0, 1), unique=True, min_size=1))
    kinds = (st.integers(-5, 5), st.integers(-5, 5), st.integers(-2, 2).filter(bool))
    starts, ends, steps = (vector([data.draw(kind) for _ in axes]) for kind in kinds)
    check("Slice", [array, starts, ends, vector(axes), steps])


def test_the_others() -> None:
    x = Array((2, 6), tuple(range(12)))
    check("Reshape", [x, vector([0, 3, -1])])
    check("Flatten", [x], axis=0)
    check("Transpose", [x], perm=[1, 0])
    check("Unsqueeze", [x, vector([0, -1])])
    check("Squeeze", [Array((1, 2, 1), (3, 4)), vector([0])])
    check("Expand", [Array((2, 1), (1, 2)), vector([3, 1, 4])])
    check("Tile", [x, vector([2, 1])])
    check("ConstantOfShape", [vector([2, 3])], value=vector([7]))
    check("Range", [scalar(3), scalar(11), scalar(2)])
    check("Range", [scalar(3), scalar(-4), scalar(-2)])
    check("Split", [x, vector([1, 5])], 2, axis=1)
    check("Split", [x], 3, axis=1, num_outputs=3)
    check("ScatterND", [x, Array((2, 1), (1, -2)), Array((2, 6), tuple(range(20, 32)))])


def test_helpers_refuse() -> None:
    for refused in (lambda: parts(3, 0), lambda: parts(3, 9), lambda: reshaped((6,), [4])):
        with pytest.raises(RefusedError):
            refused()
