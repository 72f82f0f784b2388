from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, TensorProto

from flopcount.readers.onnx.wire import (
    FIXED32,
    FIXED64,
    SPAN,
    VARINT,
    WireError,
    fields,
    float32,
    packed_floats,
    packed_integers,
    signed,
    text,
    varint,
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_read_as_protobuf_writes_them(value: int) -> None:
    data = AttributeProto(i=value).SerializeToString()
    ((number, kind, held),) = fields(data, (0, len(data)))
    assert isinstance(held, int)
    assert (number, kind, signed(held)) == (3, VARINT, value)
    read, end = varint(data, 1, len(data))
    assert (signed(read), end) == (value, len(data))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_packed_integers(values: list[int]) -> None:
    data = TensorProto(int64_data=values).SerializeToString()
    ((number, kind, span),) = fields(data, (0, len(data)))
    assert isinstance(span, tuple)
    assert (number, kind, list(packed_integers(data, span))) == (7, SPAN, values)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1))
def test_packed_floats(values: list[float]) -> None:
    data = TensorProto(float_data=values).SerializeToString()
    ((number, kind, span),) = fields(data, (0, len(data)))
    assert isinstance(span, tuple)
    assert (number, kind, list(packed_floats(data, span))) == (4, SPAN, values)
    assert [float32(data, span[0] + 4 * place) for place in range(len(values))] == values


def test_every_kind_of_field() -> None:
    data = b"\x08\x07" + b"\x12\x02hi" + b"\x1d\x00\x00\x80\x3f" + b"\x21" + bytes(8) + b"\x82\x06\x01x"
    found = list(fields(data, (0, len(data))))
    assert found == [
        (1, VARINT, 7), (2, SPAN, (4, 6)), (3, FIXED32, 7), (4, FIXED64, 12), (96, SPAN, (23, 24)),
    ]  # fmt: skip
    assert text(data, (4, 6)) == "hi"
    assert float32(data, 7) == 1


def test_text_that_is_not_utf8_is_still_a_name() -> None:
    assert text(b"a\xffb", (0, 3)) == "a\\xffb"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a\x05hi", "a field of 5 bytes where 2 are left (at byte 0)"),
        (b"\x08", "the file ends within a number (at byte 1)"),
        (b"\x08\x80", "the file ends within a number (at byte 1)"),
        (b"\x08" + b"\xff" * 11, "a number of more than ten bytes (at byte 1)"),
        (b"\x0b", "wire type 3 (at byte 0)"),
        (b"\x00\x01", "field number 0 (at byte 0)"),
        (b"\x0d\x00", "the file ends within a number (at byte 0)"),
        (b"\x08\x01\x09\x00", "the file ends within a number (at byte 2)"),
    ],
)
def test_damage_is_named_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(WireError) as caught:
        list(fields(data, (0, len(data))))
    assert caught.value.what == message
    assert caught.value.hint == "the file is damaged, cut short, or no ONNX model"


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_wire_error(data: bytes) -> None:
    place = len(data)
    try:
        found = list(fields(data, (0, len(data))))
    except WireError as error:
        found, place = [], error.offset
    assert len(found) <= len(data)
    assert 0 <= place <= len(data)
