"""Comma-separated values: one line per row, exact numbers, for spreadsheets and scripts."""

from __future__ import annotations

from csv import writer
from io import StringIO

from ..errors import show_shape
from ..table import AtLeast, Cell, Difference, Document, Share
from ..units import ratio


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document's rows; several tables share a header and say in a first column whose row it is.

    Totals are left out, so that a sum over a column is right. The unknown is empty, a share a fraction of 1.
    """
    tables = document.records or document.tables
    keys = list(dict.fromkeys(column.key for table in tables for column in table.columns))
    several = len(tables) > 1
    text = StringIO()
    lines = writer(text, lineterminator="\n")
    lines.writerow(["model", *keys] if several else keys)
    for table in tables:
        places = {column.key: place for place, column in enumerate(table.columns)}
        order = [places.get(key) for key in keys]
        for row in table.rows:
            cells = ["" if place is None else _raw(row[place]) for place in order]
            lines.writerow([table.title, *cells] if several else cells)
    return text.getvalue()


def _raw(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, str | int):
        return cell
    if isinstance(cell, Share):
        return ratio(cell.part, cell.whole)
    if isinstance(cell, AtLeast | Difference):
        return cell.value
    return " ".join(show_shape(shape).replace("×", "x") for shape in cell)
