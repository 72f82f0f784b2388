"""The neutral table between those who know and those who show: typed cells, no formatting.

A cell is raw: a string, an exact integer, a tuple of shapes, a `Share`, an `AtLeast` or a `Difference`; None is
unknown, which is never zero and prints as "?".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

Kind = Literal["text", "formula", "shape", "count", "share", "ratio", "bytes"]


class Share(NamedTuple):
    """A part of a whole, both exact."""

    part: int
    whole: int


class AtLeast(NamedTuple):
    """The sum of what is known where something is not: a lower bound."""

    value: int


class Difference(NamedTuple):
    """How much more (or less, below zero) something is than what it is compared with."""

    value: int


Shapes = tuple[tuple[int, ...], ...]
Cell = str | int | Shapes | Share | AtLeast | Difference | None
Row = tuple[Cell, ...]


class Column(Struct, frozen=True):
    """What the cells of one column are.

    Attributes:
        key: How data formats name it.
        title: How people read it.
        kind: What its cells hold. Text is a string, and so is a formula, which is never shortened; a shape cell is a
            tuple of shapes, as a layer may have several; a share and a ratio are both a `Share`, shown in percent and
            as a decimal number.
    """

    key: str
    title: str
    kind: Kind = "count"

    @property
    def numeric(self) -> bool:
        """Whether its cells align at their last digit."""
        return self.kind in ("count", "share", "ratio", "bytes")


class Table(Struct, frozen=True):
    """Rows of typed cells, and what a reader must know of them.

    Attributes:
        title: What it is about.
        columns: In the order in which they are shown.
        rows: A cell per column each.
        totals: Rows below the rule: the remainder that `--top` folded away, and the total.
        notes: What the reader must not miss: unknown layers, missed expectations.
        caption: Where the numbers come from, item by item.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()


def _no_data() -> Mapping[str, object]:
    return {}


class Document(Struct, frozen=True):
    """What a renderer gets.

    Attributes:
        tables: In order.
        data: Builds the JSON-ready payload; only a data format asks for it.
        marker: What machines find the text again by, hidden from people where a format can hide it.
        records: The tables as a format of rows has them, where people read less or read it in notes; none: the same.
    """

    tables: tuple[Table, ...]
    data: Callable[[], Mapping[str, object]] = _no_data
    marker: str = ""
    records: tuple[Table, ...] = ()
