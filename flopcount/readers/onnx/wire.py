"""The protobuf wire format, as much as a model file needs: fields by number, lengths skipped where they lie.

A message is a run of fields; a field is a tag (number and wire type) and a value. What is length-delimited comes as a
span of the file, so that skipping a gigabyte costs as much as skipping a byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap

from ...errors import SourceError

VARINT, FIXED64, SPAN, START_GROUP, END_GROUP, FIXED32 = range(6)

Buffer = bytes | mmap
Span = tuple[int, int]
Field = tuple[int, int, int | Span]
"""Number, wire type, and the value: an integer (of a fixed-width field, its offset), or a span."""


class WireError(SourceError):
    """Bytes that are no protobuf message.

    Args:
        what: What is wrong.
        offset: Where, from the file's beginning.
    """

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(f"{what} (at byte {offset:,})", hint="the file is damaged, cut short, or no ONNX model")
        self.offset = offset


def varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """An integer in base 128, and where it ends.

    Example:
        >>> varint(bytes([0xAC, 0x02]), 0, 2)
        (300, 2)
    """
    value = shift = 0
    start = at
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise WireError("a number of more than ten bytes", start)
    raise WireError("the file ends within a number", start)


def fields(data: Buffer, span: Span) -> Iterator[Field]:
    r"""The fields of the message that lies in a span.

    Raises:
        WireError: What is wrong, and at which byte.

    Example:
        >>> list(fields(b"\x08\x07\x12\x02hi", (0, 6)))
        [(1, 0, 7), (2, 2, (4, 6))]
    """
    at, end = span
    while at < end:
        start = at
        tag = data[at]  # almost every tag is one byte: look before calling
        at += 1
        if tag >= 0x80:
            tag, at = varint(data, start, end)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise WireError(f"field number {number}", start)
        if kind == SPAN:
            length, at = varint(data, at, end)
            if length > end - at:
                raise WireError(f"a field of {length:,} bytes where {end - at:,} are left", start)
            yield number, kind, (at, at + length)
            at += length
        elif kind == VARINT:
            value, at = varint(data, at, end)
            yield number, kind, value
        elif kind in (FIXED32, FIXED64):
            width = 4 if kind == FIXED32 else 8
            if width > end - at:
                raise WireError("the file ends within a number", start)
            yield number, kind, at
            at += width
        else:
            raise WireError(f"wire type {kind}", start)


def signed(value: int) -> int:
    """A varint as the 64-bit signed integer that it stands for.

    Example:
        >>> signed(2**64 - 1)
        -1
    """
    return value - (1 << 64) if value >> 63 else value


def text(data: Buffer, span: Span) -> str:
    """A span as text; bytes that are not UTF-8 become marks, so that a name stays a name."""
    return bytes(data[span[0] : span[1]]).decode("utf-8", "backslashreplace")


def float32(data: Buffer, at: int) -> float:
    """The number that lies in four bytes."""
    value: float = struct.unpack_from("<f", data, at)[0]
    return value


def packed_integers(data: Buffer, span: Span) -> Iterator[int]:
    """The signed integers that a packed field holds."""
    at, end = span
    while at < end:
        value, at = varint(data, at, end)
        yield signed(value)


def packed_floats(data: Buffer, span: Span) -> tuple[float, ...]:
    """The 32-bit numbers that a packed field holds."""
    start, end = span
    if (end - start) % 4:
        raise WireError(f"{end - start} bytes of 32-bit numbers", start)
    return struct.unpack(f"<{(end - start) // 4}f", data[start:end])
