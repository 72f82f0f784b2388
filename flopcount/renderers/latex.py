"""A LaTeX table for papers, with the rules of the booktabs package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..table import Document, Row, Table
from ._cells import printable, show

ESCAPES = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "×": r"$\times$",
        "≥": r"$\geq$",
        "−": "$-$",
        "→": r"$\rightarrow$",
        "Δ": r"$\Delta$",
        "·": r"\textperiodcentered{}",
        "…": r"\dots{}",
    }
)


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    r"""Show a document as `tabular`s; the preamble needs `\usepackage{booktabs}`."""
    return "\n".join("".join(line + "\n" for line in _lines(table)) for table in document.tables)


def _lines(table: Table) -> Iterator[str]:
    yield f"% {printable(table.title)}"
    alignment = "".join("r" if column.numeric else "l" for column in table.columns)
    yield rf"\begin{{tabular}}{{{alignment}}}"
    yield r"\toprule"
    yield _line(escape(column.title) for column in table.columns)
    yield r"\midrule"
    yield from (_line(_texts(table, row)) for row in table.rows)
    if table.totals:
        yield r"\midrule"
        yield from (_line(_texts(table, row)) for row in table.totals)
    yield r"\bottomrule"
    for note in table.notes:
        yield rf"\multicolumn{{{len(table.columns)}}}{{l}}{{\footnotesize {escape(note)}}} \\"
    yield r"\end{tabular}"
    yield from (f"% {printable(item)}" for item in table.caption)


def _texts(table: Table, row: Row) -> Iterator[str]:
    return (escape(show(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True))


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def escape(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    Example:
        >>> print(escape("conv_1 50 %"))
        conv\_1 50 \%
    """
    return printable(text).translate(ESCAPES)
