"""Tensors: their names, shapes and types are read, and their elements only where they are few and somebody asks."""

from __future__ import annotations

import struct
from typing import Any

from .dtypes import CODES, dtype_of
from .reading import Reader
from .records import TensorRecord
from .wire import Span, WireError, fields, float32, packed_floats, packed_integers, signed

MAX_ELEMENTS = 16_384
"""The largest tensor whose elements are read; shapes and their arithmetic are far smaller."""
MAX_RANK = 64


class TensorReader(Reader):
    """Reads tensors, and skips what they hold."""

    def tensor(self, span: Span) -> TensorRecord:
        """A tensor's name, shape and type, and where its elements lie."""
        self.count(span)
        shape: list[int] = []
        name, code, external = "", 0, False
        sources: list[tuple[int, Span]] = []
        for number, kind, value in fields(self.data, span):
            if number == 1:
                shape += self.integers(kind, value)
                if len(shape) > MAX_RANK:
                    raise WireError(f"a tensor of more than {MAX_RANK} axes", span[0])
            elif number == 2:
                code = self.integer(kind, value)
            elif number == 8:
                name = self.text(kind, value)
            elif number in (4, 5, 7, 9, 10, 11) and isinstance(value, tuple):
                sources.append((number, value))
            elif number in (5, 7, 11) and len(sources) <= MAX_ELEMENTS and isinstance(value, int):
                sources.append((-number, (value, value)))  # one element by itself, not packed
            elif number == 4 and len(sources) <= MAX_ELEMENTS:
                place = self.fixed(kind, value)
                sources.append((-number, (place, place)))
            elif number == 14:
                external = self.integer(kind, value) == 1
        if any(size < 0 for size in shape):
            raise WireError(f"a tensor with an axis of size {min(shape)}", span[0])
        return TensorRecord(name, tuple(shape), dtype_of(code), tuple(sources), external)

    def elements(self, record: TensorRecord) -> tuple[Any, ...] | None:
        """The elements of a small tensor; None where it is large, lies elsewhere, or its bytes do not fit."""
        count = 1
        for size in record.shape:
            count *= size
        if count > MAX_ELEMENTS or record.external or record.dtype not in CODES:
            return None
        found: list[Any] = []
        for number, (start, end) in record.sources:
            if number == 9:
                code = CODES[record.dtype]
                if end - start == count * struct.calcsize(f"<{code}"):
                    found += struct.unpack(f"<{count}{code}", self.data[start:end])
            elif number == 4:
                found += packed_floats(self.data, (start, end))
            elif number in (5, 7, 11) and record.dtype != "float16" and end - start <= 10 * MAX_ELEMENTS:
                found += packed_integers(self.data, (start, end))
            elif number == 10 and not (end - start) % 8:
                found += struct.unpack(f"<{(end - start) // 8}d", self.data[start:end])
            elif number in (-5, -7, -11):
                found.append(signed(start))
            elif number == -4:
                found.append(float32(self.data, start))
        return tuple(found) if len(found) == count else None

    def sparse(self, span: Span) -> TensorRecord:
        """A sparse tensor: its values carry its name, its own dims are those of the whole."""
        shape: list[int] = []
        values = TensorRecord("", (), "float32")
        for number, kind, value in fields(self.data, span):
            if number == 1:
                values = self.tensor(self.span(kind, value))
            elif number == 3:
                shape += self.integers(kind, value)
        return TensorRecord(values.name, tuple(shape[:MAX_RANK]), values.dtype)
