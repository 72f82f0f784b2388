"""An HTML table that takes its colours from the page around it; notebooks show it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..table import Document, Row, Table
from ._cells import is_zero, printable, show

RULE = "border-top:1px solid currentColor"


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document as an HTML fragment."""
    return "".join(line + "\n" for table in document.tables for line in _lines(table))


def _lines(table: Table) -> Iterator[str]:
    yield '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
    yield f'<caption style="text-align:left;font-weight:bold">{_escape(table.title)}</caption>'
    yield f"<thead>{_row(table, tuple(column.title for column in table.columns), 'th')}</thead>"
    yield f'<tbody style="{RULE}">'
    yield from (_row(table, row) for row in table.rows)
    yield "</tbody>"
    if table.totals:
        yield f'<tfoot style="{RULE};font-weight:bold">'
        yield from (_row(table, row) for row in table.totals)
        yield "</tfoot>"
    yield "</table>"
    yield from (f"<p><strong>Note:</strong> {_escape(note)}</p>" for note in table.notes)
    if table.caption:
        yield f'<p style="opacity:.7">{_escape(" · ".join(table.caption))}</p>'


def _row(table: Table, row: Row, tag: str = "td") -> str:
    cells = []
    for cell, column in zip(row, table.columns, strict=True):
        style = f"text-align:{'right' if column.numeric else 'left'};padding:.1em .6em"
        style += ";opacity:.4" if is_zero(cell) else ""
        cells.append(f'<{tag} style="{style}">{_escape(show(cell, column.kind))}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>"


def _escape(text: str) -> str:
    return escape(printable(text))
