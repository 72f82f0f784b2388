"""The arithmetic of shapes, against the ONNX project's reference implementation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from flopcount.readers.onnx.arrays import Array, scalar, vector
from flopcount.readers.onnx.folding import FOLDS, RefusedError, fold, parts, reshaped
from flopcount.readers.onnx.tensors import MAX_ELEMENTS
from tests.readers.onnx.models import model, node, value

SIZES = st.lists(st.integers(1, 3), max_size=3)


def to_numpy(array: Array) -> Any:
    return np.array(array.items, dtype=array.dtype).reshape(array.shape)


def to_array(found: Any) -> Array:
    return Array(found.shape, tuple(found.reshape(-1).tolist()), str(found.dtype))


def check(op_type: str, arrays: list[Array | None], outputs: int = 1, **attributes: Any) -> None:
    """Ours and the reference's, of these inputs."""
    names = [f"x{place}" if array is not None else "" for place, array in enumerate(arrays)]
    given = {name: to_numpy(array) for name, array in zip(names, arrays, strict=True) if array is not None}
    inputs = [
        value(name, None, helper.np_dtype_to_tensor_dtype(array.dtype)) for name, array in given.items()
    ]  # fmt: skip
    made = [f"y{place}" for place in range(outputs)]
    plain = {key: numpy_helper.from_array(to_numpy(held), key) if isinstance(held, Array) else held
             for key, held in attributes.items()}  # fmt: skip
    reference = ReferenceEvaluator(model([node(op_type, names, made, **plain)], inputs, outputs=made))
    expected = [to_array(np.asarray(each)) for each in reference.run(None, given)]
    found = fold(op_type, arrays, {**attributes, "#outputs": outputs}, 21)
    assert found == expected


def integers(shape: list[int] | None = None) -> st.SearchStrategy[Array]:
    shapes = SIZES if shape is None else st.just(shape)
    return shapes.flatmap(
        lambda sizes: st.lists(st.integers(-9, 9), min_size=int(np.prod(sizes)), max_size=int(np.prod(sizes))).map(
            lambda items: Array(tuple(sizes), tuple(items))
        )
    )


@st.composite
def broadcasting(draw: st.DrawFn, nonzero: bool = False) -> list[Array]:
    full = draw(SIZES)
    made = []
    for _ in range(2):
        sizes = [draw(st.sampled_from((size, 1))) for size in full[draw(st.integers(0, len(full))) :]]
        array = draw(integers(sizes))
        made.append(Array(array.shape, tuple(item or 1 for item in array.items)) if nonzero else array)
    return made


@given(st.sampled_from(["Add", "Sub", "Mul", "Max", "Min", "Equal", "Less", "Greater", "LessOrEqual"]), broadcasting())
def test_two_inputs(op_type: str, arrays: list[Array]) -> None:
    check(op_type, [*arrays])


@given(broadcasting(nonzero=True))
def test_division_of_integers_rounds_towards_zero(arrays: list[Array]) -> None:
    check("Mod", [*arrays])
    a, b = arrays
    (found,) = fold("Div", arrays, {}, 21) or [scalar(0)]
    expected = np.trunc(to_numpy(a) / to_numpy(b)).astype(np.int64)
    assert found == to_array(expected)


@given(st.sampled_from(["Neg", "Abs", "Sign", "Identity", "Size"]), integers())
def test_one_input(op_type: str, array: Array) -> None:
    check(op_type, [array])


@given(st.sampled_from(["Floor", "Ceil", "Round"]), st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=5))
def test_rounding(op_type: str, items: list[float]) -> None:
    check(op_type, [vector(items, "float32")])


@given(st.sampled_from([(1, "float32"), (7, "int64"), (6, "int32"), (9, "bool")]), st.lists(st.floats(0, 9, width=32)))
def test_cast(dtype: tuple[int, str], items: list[float]) -> None:
    check("Cast", [vector(items, "float32")], to=dtype[0])


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


def test_shapes_of_shapes() -> None:
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
    check("Where", [Array((2,), (True, False), "bool"), vector([1, 2]), scalar(9)])
    check("NonZero", [Array((2, 2), (0, 1, 2, 0))])
    check("CumSum", [vector([1, 2, 3]), scalar(0)])
    check("ScatterND", [x, Array((2, 1), (1, -2)), Array((2, 6), tuple(range(20, 32)))])
    check("Not", [Array((2,), (True, False), "bool")])
    for op_type in ("And", "Or", "Xor"):
        check(op_type, [Array((2,), (True, False), "bool"), Array((2,), (True, True), "bool")])


@given(st.sampled_from(["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"]), st.booleans(), st.data())
def test_reductions(op_type: str, keep: bool, data: st.DataObject) -> None:
    array = data.draw(integers([2, 3, 2]))
    axes = data.draw(st.lists(st.integers(-3, 2), unique_by=lambda axis: axis % 3, min_size=1))
    check(op_type, [array, vector(axes)], keepdims=int(keep))


@given(st.sampled_from(["ArgMax", "ArgMin"]), st.booleans(), st.integers(-2, 1))
def test_places_of_extremes(op_type: str, keep: bool, axis: int) -> None:
    check(op_type, [Array((2, 3), (3, 1, 2, 1, 9, 9))], axis=axis, keepdims=int(keep))


def test_a_few_more() -> None:
    x = vector([4.0, 0.25], "float32")
    for op_type in ("Sqrt", "Reciprocal"):
        check(op_type, [x])
    check("Sum", [vector([1, 2]), vector([3, 4]), scalar(5)])
    check("Pow", [vector([2, 3]), scalar(3)])
    check("Clip", [vector([-5, 3, 99]), scalar(0), scalar(9)])
    check("GreaterOrEqual", [vector([1, 2]), scalar(2)])
    assert fold("Exp", [scalar(0.0, "float32")], {}, 21) == [scalar(1.0, "float32")]
    assert fold("Log", [scalar(1.0, "float32")], {}, 21) == [scalar(0.0, "float32")]


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


def test_every_rule_is_tested() -> None:
    import inspect
    import sys

    source = inspect.getsource(sys.modules[__name__])
    assert [name for name in FOLDS if f'"{name}"' not in source] == []
