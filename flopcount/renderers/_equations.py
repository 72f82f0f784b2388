"""Formulas that do not fit beside their numbers: stacked instead, since a formula is never shortened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len

from ..table import Cell, Column, Row, Table
from ._cells import show

GAP = 2
LEAST_FORMULA = 24
INDENT = "    "


def stacked(table: Table, width: int | None) -> Table:
    """The same table with its formulas below one another, where side by side they would not fit.

    A row goes over as many lines as its equation needs (`formula`, `= substitution`); its numbers stand in the last.

    Example:
        >>> columns = (Column("what", "what", "text"), Column("f", "formula", "formula"), Column("s", "", "formula"))
        >>> stacked(Table("t", columns, (("MACs", "(D1·F²)·D2·H2·W2", "(3·11²)·96·55·55"),)), width=30).rows
        (('MACs', '(D1·F²)·D2·H2·W2'), ('', '= (3·11²)·96·55·55'))
    """
    places = [place for place, column in enumerate(table.columns) if column.kind == "formula"]
    if not places or width is None or table.totals or sum(_widths(table)) + GAP * (len(table.columns) - 1) <= width:
        return table
    others = [size for place, size in enumerate(_widths(table)) if place not in places]
    room = max(width - sum(others) - GAP * len(others), LEAST_FORMULA)
    first = places[0]
    title = " = ".join(table.columns[place].title for place in places if table.columns[place].title)
    if cell_len(title) > room:
        title = table.columns[first].title
    columns = _merged(table.columns, places, Column(table.columns[first].key, title, "formula"))
    rows = tuple(line for row in table.rows for line in _stacked_row(table, row, places, room))
    return Table(table.title, columns, rows, notes=table.notes, caption=table.caption)


def _widths(table: Table) -> list[int]:
    cells = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    return [
        max(map(cell_len, (column.title, *(show(cell, column.kind) for cell in texts))))
        for column, texts in zip(table.columns, cells, strict=True)
    ]


def _merged(items: Sequence[Column], places: Sequence[int], one: Column) -> tuple[Column, ...]:
    return tuple(one if place == places[0] else item for place, item in enumerate(items) if place not in places[1:])


def _stacked_row(table: Table, row: Row, places: Sequence[int], room: int) -> Iterator[Row]:
    sides = [side for side, _ in groupby(show(row[place], "formula") for place in places)]
    lines = _lines(sides, room)
    for number, line in enumerate(lines):
        cells: list[Cell] = []
        for place, cell in enumerate(row):
            if place == places[0]:
                cells.append(line)
            elif place not in places:
                shown = number == len(lines) - 1 if table.columns[place].numeric else number == 0
                cells.append(cell if shown else "")
        yield tuple(cells)


def _lines(sides: Sequence[str], room: int) -> list[str]:
    """An equation in one line where there is room, else a line per side, each broken where it must be."""
    whole = " = ".join(sides)
    if cell_len(whole) <= room:
        return [whole]
    return [line for number, side in enumerate(sides) for line in _broken(f"= {side}" if number else side, room)]


def _broken(text: str, room: int) -> Iterator[str]:
    """Breaks before an operator, outside of as many brackets as possible."""
    while cell_len(text) > room:
        depth, places = 0, []
        for place, char in enumerate(text):
            depth += (char in "([⌊⌈") - (char in ")]⌋⌉")
            if len(INDENT) < place <= room and char == " " and text[place + 1 : place + 2] in ("+", "−"):
                places.append((depth, -place))
        if not places:
            break
        cut = -min(places)[1]
        yield text[:cut]
        text = INDENT + text[cut + 1 :]
    yield text
