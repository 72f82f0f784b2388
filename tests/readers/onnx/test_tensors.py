"""Tensors against what the onnx package and numpy read of the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from flopcount.readers.onnx import tensors
from flopcount.readers.onnx.dtypes import CODES
from flopcount.readers.onnx.records import TensorRecord
from flopcount.readers.onnx.tensors import TensorReader

SHAPES = st.lists(st.integers(0, 4), max_size=3)


def tensor_of(proto: Any) -> tuple[TensorRecord, Any]:
    data = proto.SerializeToString()
    parser = TensorReader(data)
    record = parser.tensor((0, len(data)))
    return record, parser.elements(record)


@given(st.sampled_from(sorted(CODES)), SHAPES)
def test_elements_are_numpys(dtype: str, shape: list[int]) -> None:
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    record, elements = tensor_of(numpy_helper.from_array(array, "t"))
    assert (record.name, record.shape, record.dtype) == ("t", tuple(shape), dtype)
    assert elements == tuple(array.reshape(-1).tolist())


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (TensorProto.FLOAT, [1.5, -2.0]), (TensorProto.INT64, [-1, 2**40]), (TensorProto.INT32, [-7, 7]),
        (TensorProto.DOUBLE, [0.1, 0.2]), (TensorProto.BOOL, [1, 0]), (TensorProto.UINT64, [1, 2]),
    ],
)  # fmt: skip
def test_elements_in_fields_of_their_own(code: int, values: list[Any]) -> None:
    _, elements = tensor_of(helper.make_tensor("t", code, [2], values))
    assert elements == tuple(values)


def test_elements_that_are_not_packed() -> None:
    data = b"\x08\x02\x10\x07\x38\x05\x38\x06"  # dims 2, int64, two values by themselves
    parser = TensorReader(data)
    assert parser.elements(parser.tensor((0, len(data)))) == (5, 6)
    data = b"\x08\x01\x10\x01\x25\x00\x00\x80\x3f"
    parser = TensorReader(data)
    assert parser.elements(parser.tensor((0, len(data)))) == (1.0,)


def test_what_is_large_or_elsewhere_or_does_not_fit_is_not_read() -> None:
    large = numpy_helper.from_array(np.zeros(tensors.MAX_ELEMENTS + 1, dtype=np.int64), "t")
    assert tensor_of(large)[1] is None
    short = TensorProto(name="t", data_type=TensorProto.INT64, dims=[3], raw_data=bytes(8))
    assert tensor_of(short)[1] is None
    outside = TensorProto(name="t", data_type=TensorProto.INT64, dims=[1], data_location=TensorProto.EXTERNAL)
    record, elements = tensor_of(outside)
    assert (record.external, elements) == (True, None)
