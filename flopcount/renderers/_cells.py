"""How a cell reads as plain text, shared by the renderers that people read."""

from __future__ import annotations

from typing import Any

from ..errors import show_shape
from ..table import AtLeast, Cell, Difference, Kind, Share
from ..units import UNKNOWN, at_least, decimal, grouped, human, human_bytes, percent, signed


def show(cell: Cell, kind: Kind, compact: bool = False) -> str:
    """A cell as text: numbers in full with separators, or in three significant digits.

    Example:
        >>> show(1_814_073_344, "count"), show(1_814_073_344, "count", compact=True), show(None, "count")
        ('1,814,073,344', '1.81 G', '?')
        >>> show(((1, 3, 224, 224),), "shape"), show(AtLeast(2048), "bytes"), show(Share(1, 3), "share")
        ('1×3×224×224', '≥ 2.00 KiB', '33.3 %')
        >>> show(Difference(-1234), "count"), show(Difference(2048), "bytes")
        ('−1,234', '+2.00 KiB')
    """
    if cell is None:
        return UNKNOWN
    if isinstance(cell, str):
        return printable(cell)
    if isinstance(cell, AtLeast):
        return at_least(show(cell.value, kind, compact))
    if isinstance(cell, Difference):
        return signed(cell.value, lambda size: show(size, kind, compact))
    if isinstance(cell, Share):
        return decimal(cell.part, cell.whole) if kind == "ratio" else percent(cell.part, cell.whole)
    if isinstance(cell, int):
        return human_bytes(cell) if kind == "bytes" else human(cell) if compact else grouped(cell)
    return ", ".join(map(show_shape, cell))


def printable(text: str) -> str:
    """Text without control characters, which would break a line or command a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def is_zero(cell: Any) -> bool:
    """Whether a cell says: nothing here."""
    return cell[0] == 0 if isinstance(cell, Share | Difference) else cell == 0
