from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.onnx.arrays import Array, scalar, vector
from tests.readers.onnx.folding.checking import check, integers


@given(st.sampled_from(["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"]), st.booleans(), st.data())
def test_reductions(op_type: str, keep: bool, data: st.DataObject) -> None:
    array = data.draw(integers([2, 3, 2]))
    axes = data.draw(st.lists(st.integers(-3, 2), unique_by=lambda axis: axis % 3, min_size=1))
    check(op_type, [array, vector(axes)], keepdims=int(keep))


@given(st.sampled_from(["ArgMax", "ArgMin"]), st.booleans(), st.integers(-2, 1))
def test_places_of_extremes(op_type: str, keep: bool, axis: int) -> None:
    check(op_type, [Array((2, 3), (3, 1, 2, 1, 9, 9))], axis=axis, keepdims=int(keep))


def test_places_and_running_sums() -> None:
    check("NonZero", [Array((2, 2), (0, 1, 2, 0))])
    check("CumSum", [vector([1, 2, 3]), scalar(0)])
    check("Size", [Array((2, 2), (0, 1, 2, 0))])
