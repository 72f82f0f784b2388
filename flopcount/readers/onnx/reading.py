"""The fields of a message as what they should be, and how much of them one file may have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ...errors import SourceError
from .wire import (
    FIXED32,
    SPAN,
    VARINT,
    Buffer,
    Span,
    WireError,
    float32,
    packed_floats,
    packed_integers,
    signed,
    text,
)

MAX_NODES = 500_000
"""Nodes, attributes, tensors and values that one file may have together with all its subgraphs, each."""
MAX_LIST = 1 << 20
"""How many numbers one attribute may hold."""


class Reader:
    """Reads fields from a file's bytes, and counts what it reads, so that no file is endless.

    Whatever is of another kind than it should be raises `WireError`, with its place.
    """

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self._read = 0

    def count(self, span: Span) -> None:
        """Count one more message, and refuse too many."""
        self._read += 1
        if self._read > 4 * MAX_NODES:
            raise SourceError(f"more than {4 * MAX_NODES:,} nodes, attributes and tensors (at byte {span[0]:,})")

    def text(self, kind: int, value: int | Span) -> str:
        """A text."""
        return text(self.data, self.span(kind, value))

    def span(self, kind: int, value: int | Span) -> Span:
        """Where a message or text lies."""
        if isinstance(value, tuple):
            return value
        raise WireError(f"wire type {kind} where a message or text is due", 0)

    def integer(self, kind: int, value: int | Span) -> int:
        """An integer."""
        if kind == VARINT and isinstance(value, int):
            return signed(value)
        raise WireError(f"wire type {kind} where an integer is due", value[0] if isinstance(value, tuple) else value)

    def fixed(self, kind: int, value: int | Span) -> int:
        """Where a 32-bit number lies."""
        if kind == FIXED32 and isinstance(value, int):
            return value
        raise WireError(f"wire type {kind} where a 32-bit number is due", value[0] if isinstance(value, tuple) else 0)

    def floats(self, kind: int, value: int | Span) -> tuple[float, ...]:
        """Numbers, packed or one by itself."""
        if isinstance(value, int):
            return (float32(self.data, self.fixed(kind, value)),)
        if value[1] - value[0] > 4 * MAX_LIST:
            raise WireError(f"an attribute of more than {MAX_LIST:,} numbers", value[0])
        return packed_floats(self.data, value)

    def integers(self, kind: int, value: int | Span) -> Iterator[int]:
        """Integers, packed or one by itself."""
        if kind == SPAN and isinstance(value, tuple):
            return islice(packed_integers(self.data, value), MAX_LIST)
        return iter([self.integer(kind, value)])
