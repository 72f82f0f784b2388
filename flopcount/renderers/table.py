"""A table for people, fitted to the terminal: exact numbers where there is room, rounded ones where there is not."""

# Lines are padded here, by column: rich's Table needs about a hundred times as long for a large network. From rich
# comes the width of characters.

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ..table import Cell, Column, Document, Kind, Share, Table
from ..units import UNKNOWN
from ._cells import is_zero, printable, show
from ._equations import stacked

GAP = "  "
NO_BREAK = "\N{NO-BREAK SPACE}"
QUANTITY = re.compile(r"(?<=\d) (?=(?:[KMGTPE]i?B?|B|%)(?![A-Za-z]))")
LEAST_TEXT = 8
PROSE = 32
LONGEST_BAR, SHORTEST_BAR = 12, 4
EIGHTHS = " ▏▎▍▌▋▊▉█"
STYLES = {"strong": "1", "quiet": "2", "warning": "33", "bar": "36"}


class Strip(NamedTuple):
    """A column as text: its heading, its cells (rows, then totals), and how wide it is."""

    column: Column
    cells: Sequence[Cell]
    texts: list[str]
    width: int


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document as aligned text."""
    return "\n".join("".join(line + "\n" for line in _lines(table, color, width)) for table in document.tables)


def _lines(table: Table, color: bool, width: int | None) -> Iterator[str]:
    table = stacked(table, width)
    strips, bar = _fitted(table, width)
    total = _width(strips) + (len(GAP) + bar if bar else 0)
    rule = _paint("─" * max(total, 0), "quiet", color)
    heads = [_pad(_elide(strip.column.title, strip.width), strip) for strip in strips]
    explains = any(column.kind == "formula" for column in table.columns)
    body = [_painted(strip, len(table.rows), color, explains and strip.column.numeric) for strip in strips]
    if bar:
        body.append(_bars(strips[-1].cells[: len(table.rows)], bar, color) + [""] * len(table.totals))
    lines = [GAP.join(cells) for cells in zip(*body, strict=True)]
    if not color:
        lines = [line.rstrip() for line in lines]
    yield _paint(printable(table.title), "strong", color)
    yield _paint(GAP.join(heads).rstrip(), "strong", color)
    yield rule
    yield from lines[: len(table.rows)]
    if table.totals:
        yield rule
        yield from lines[len(table.rows) :]
    yield from _footer(table, width or max(total, 80), color)


def _fitted(table: Table, width: int | None) -> tuple[list[Strip], int]:
    """Columns that fit, and how long the bar may be.

    First the bar goes, then a few names are elided, then numbers are rounded, then more names are elided.
    """
    strips = _strips(table, compact=False)
    if width is not None and _width(strips) > width:
        widths, elided = _narrowed(strips, width)
        if elided > 1 + len(table.rows) // 10 or sum(widths) > width - len(GAP) * (len(strips) - 1):
            strips = _strips(table, compact=True)
            widths, _ = _narrowed(strips, width)
        strips = [_cut(strip, limit) for strip, limit in zip(strips, widths, strict=True)]
    if not strips or strips[-1].column.kind != "share":
        return strips, 0
    bar = LONGEST_BAR if width is None else min(LONGEST_BAR, width - _width(strips) - len(GAP))
    return strips, bar if bar >= SHORTEST_BAR else 0


def _strips(table: Table, compact: bool) -> list[Strip]:
    columns = zip(*table.rows, *table.totals, strict=True) if table.rows or table.totals else [()] * len(table.columns)
    strips = []
    for column, cells in zip(table.columns, columns, strict=True):
        # Cells repeat, the more the larger the network, so that each text is made once.
        text_of = {cell: _text(cell, column.kind, compact) for cell in set(cells)}
        texts = [text_of[cell] for cell in cells]
        if column.kind == "bytes" or (compact and column.kind == "count"):
            texts = _units_aligned(texts)
        strips.append(_strip(column, cells, texts))
    return strips


def _text(cell: Cell, kind: Kind, compact: bool) -> str:
    return "–" if kind == "share" and is_zero(cell) else show(cell, kind, compact)


def _strip(column: Column, cells: Sequence[Cell], texts: list[str]) -> Strip:
    return Strip(column, cells, texts, max(map(cell_len, {column.title, *texts})))


def _units_aligned(texts: list[str]) -> list[str]:
    """Pads `64` beside `9.41 K`, so that the digits stand below one another."""
    suffixes = [len(text) - len(text.rstrip("BKMGTPEi ")) for text in texts]
    longest = max(suffixes, default=0)
    return [text + " " * (longest - suffix) for text, suffix in zip(texts, suffixes, strict=True)]


def _width(strips: Sequence[Strip]) -> int:
    return sum(strip.width for strip in strips) + len(GAP) * (len(strips) - 1)


def _narrowed(strips: list[Strip], width: int) -> tuple[list[int], int]:
    """Widths that take the excess from the columns of text, and how many cells they shorten: as few as can be."""
    lengths = {
        place: Counter(map(cell_len, strip.texts)) for place, strip in enumerate(strips) if strip.column.kind == "text"
    }
    widths = [strip.width for strip in strips]

    def shortened(place: int, limit: int) -> int:
        return sum(cells for length, cells in lengths[place].items() if length > limit)

    for _ in range(_width(strips) - width):
        places = [place for place in lengths if widths[place] > LEAST_TEXT]
        if not places:
            break
        # Prose gives way before names.
        widths[min(places, key=lambda p: (widths[p] <= PROSE, shortened(p, widths[p] - 1), -widths[p]))] -= 1
    return widths, sum(shortened(place, widths[place]) for place in lengths)


def _cut(strip: Strip, width: int) -> Strip:
    if width >= strip.width:
        return strip
    return strip._replace(texts=[_elide(text, width) for text in strip.texts], width=width)


def _elide(text: str, width: int) -> str:
    """Shortens a name in its middle: both ends of `layer1.0.branches.main.conv1` say something."""
    if cell_len(text) <= width:
        return text
    before, after = width // 2, width - 1 - width // 2
    head, tail = text[:before], text[-after:]
    while cell_len(head) > before:
        head = head[:-1]
    while cell_len(tail) > after:
        tail = tail[1:]
    return f"{head}…{tail}"


def _painted(strip: Strip, rows: int, color: bool, results: bool = False) -> list[str]:
    padded_of = {text: _pad(text, strip) for text in set(strip.texts)}
    padded = [padded_of[text] for text in strip.texts]
    if not color:
        return padded
    styles = [
        "warning" if text == UNKNOWN else "quiet" if is_zero(cell) else ""
        for cell, text in zip(strip.cells, strip.texts, strict=True)
    ]
    strong = 0 if results else rows
    styles[strong:] = ["strong"] * (len(styles) - strong)
    return [_paint(text, style, True) if style else text for text, style in zip(padded, styles, strict=True)]


def _pad(text: str, strip: Strip) -> str:
    if text.isascii():
        return text.rjust(strip.width) if strip.column.numeric else text.ljust(strip.width)
    space = " " * (strip.width - cell_len(text))
    return space + text if strip.column.numeric else text + space


def _bars(shares: Sequence[Cell], length: int, color: bool) -> list[str]:
    """A bar per share; the largest fills the length, whichever way it goes."""
    parts = [abs(share.part) if isinstance(share, Share) else 0 for share in shares]
    largest = max(parts, default=0) or 1
    bars = []
    for part in parts:
        full, rest = divmod(8 * length * part // largest, 8)
        bars.append("█" * full + EIGHTHS[rest].strip())
    return [_paint(bar, "bar", color) for bar in bars]


def _footer(table: Table, width: int, color: bool) -> Iterable[str]:
    from textwrap import wrap

    for note in table.notes:
        text = QUANTITY.sub(NO_BREAK, f"note: {printable(note)}")
        for line in wrap(text, width, subsequent_indent="      "):
            yield _paint(line.replace(NO_BREAK, " "), "warning", color)
    # Items stay whole where they are short enough.
    items = (item.replace(" ", NO_BREAK) if len(item) <= width // 2 else item for item in map(printable, table.caption))
    for line in wrap(" · ".join(items), width):
        yield _paint(line.replace(NO_BREAK, " "), "quiet", color)


def _paint(text: str, style: str, color: bool) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if color and text else text
