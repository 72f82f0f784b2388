from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.onnx.arrays import Array, scalar, vector
from flopcount.readers.onnx.folding import RefusedError, fold, parts, reshaped
from flopcount.readers.onnx.tensors import MAX_ELEMENTS
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


@pytest.mark.parametrize(
    ("op_type", "arrays", "attributes"),
    [
        ("Conv", [vector([1])], {}),
        ("Div", [vector([1]), vector([0])], {}),
        ("Gather", [vector([1]), scalar(1)], {}),
        ("Gather", [vector([1]), scalar(0)], {"axis": 3}),
        ("Add", [vector([1, 2]), vector([1, 2, 3])], {}),
        ("Reshape", [vector([1, 2]), vector([-1, -1])], {}),
        ("Reshape", [vector([1, 2]), vector([0, 0, 3])], {}),
        ("ConstantOfShape", [vector([MAX_ELEMENTS + 1])], {}),
        ("ConstantOfShape", [vector([2**40, 2**40])], {}),
        ("ConstantOfShape", [vector([-1])], {}),
        ("Expand", [scalar(1), vector([2**40])], {}),
        ("Tile", [vector([1]), vector([2**40])], {}),
        ("Range", [scalar(0), scalar(2**40), scalar(1)], {}),
        ("Range", [scalar(0), scalar(9), scalar(0)], {}),
        ("Mul", [scalar(2**62), scalar(4)], {}),
        ("Pow", [scalar(9), scalar(10**9)], {}),
        ("Split", [vector([1, 2])], {"#outputs": 5}),
        ("Slice", [vector([1, 2]), vector([0]), vector([1]), vector([0]), vector([0])], {}),
        ("Squeeze", [vector([1, 2]), vector([0])], {}),
        ("Log", [scalar(0.0, "float32")], {}),
        ("ArgMax", [Array((0,), ())], {}),
        ("ScatterND", [vector([1]), Array((1, 1), (5,)), vector([2])], {}),
    ],
)
def test_what_leads_nowhere_is_just_not_known(op_type: str, arrays: list[Array], attributes: Any) -> None:
    assert fold(op_type, arrays, attributes, 21) is None


def test_helpers_refuse() -> None:
    for refused in (lambda: parts(3, 0), lambda: parts(3, 9), lambda: reshaped((6,), [4])):
        with pytest.raises(RefusedError):
            refused()
