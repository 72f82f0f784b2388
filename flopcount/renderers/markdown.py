"""A Markdown table, as GitHub and most documentation tools read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..table import Document, Row, Table
from ._cells import printable, show

SPECIAL = re.compile(r"[\\`*|<>&$~\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
REFERENCE = re.compile(
    r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=gh-)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)"
    r"|(?<=:)(?=[\w+-]{0,40}[a-z_+-][\w+-]{0,40}:|100:|1234:)",
    re.IGNORECASE | re.ASCII,
)
"""Where GitHub would mention somebody, link an issue or an address, or draw an emoji (line 100 is one of them): it does
so after Markdown, so that no backslash helps."""

MAX_COMMENT = 65_536
"""How long a comment at GitHub may be."""

NOTHING = "\N{ZERO WIDTH SPACE}"


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document as Markdown; what is to be the body of a comment is no longer than one may be."""
    text = whole(document)
    return cut(text, MAX_COMMENT, "a comment") if document.marker else text


def whole(document: Document) -> str:
    """A document as Markdown, however long."""
    text = "\n".join("".join(line + "\n" for line in _lines(table)) for table in document.tables)
    return f"<!-- {document.marker} -->\n{text}" if document.marker else text


def cut(text: str, room: int, place: str) -> str:
    """A text of so many bytes, cut at the end of a line where it is longer.

    Args:
        text: What is shown.
        room: How many bytes it may have.
        place: What it is too long for, in words.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= room:
        return text
    shown = data[: max(room - 100, 0)]
    end = shown.rfind(b"\n") + 1
    return f"{shown[:end].decode()}\n… the rest is too long for {place}\n"


def _lines(table: Table) -> Iterator[str]:
    yield f"### {escape(table.title)}"
    yield ""
    yield _line(column.title for column in table.columns)
    yield _line("---:" if column.numeric else ":---" for column in table.columns)
    for row in table.rows:
        yield _line(_texts(table, row))
    for row in table.totals:
        yield _line(f"**{text}**" if text else "" for text in _texts(table, row))
    for note in table.notes:
        yield ""
        yield f"**Note:** {escape(note)}"
    if table.caption:
        yield ""
        yield escape(" · ".join(table.caption))


def _texts(table: Table, row: Row) -> Iterator[str]:
    return (escape(show(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape(text: str) -> str:
    r"""Text that Markdown leaves as it is.

    Example:
        >>> escape("a|b *c* layer_1 __init__")
        'a\\|b \\*c\\* layer_1 \\_\\_init\\_\\_'
        >>> escape("@team fixes #12, a&lt;b").replace(NOTHING, "·")
        '@·team fixes #·12, a\\&lt;b'
    """
    return SPECIAL.sub(r"\\\g<0>", REFERENCE.sub(NOTHING, printable(text)))
