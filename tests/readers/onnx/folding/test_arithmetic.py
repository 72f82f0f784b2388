from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.onnx.arrays import Array, scalar, vector
from flopcount.readers.onnx.folding import fold
from tests.readers.onnx.folding.checking import broadcasting, check, integers, to_array, to_numpy


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


def test_choices_and_truth() -> None:
    check("Where", [Array((2,), (True, False), "bool"), vector([1, 2]), scalar(9)])
    check("Not", [Array((2,), (True, False), "bool")])
    for op_type in ("And", "Or", "Xor"):
        check(op_type, [Array((2,), (True, False), "bool"), Array((2,), (True, True), "bool")])


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
