"""An explanation as a neutral document: one row a number, from its formula to the result."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import to_builtins

from .engine import Report
from .errors import show_shape
from .explain import Dominants, Explanation, Line
from .footer import provenance
from .payload import versioned
from .table import AtLeast, Cell, Column, Document, Share, Table

SCHEMA = "flopcount.explain/1"

_COLUMNS = (
    Column("what", "what", "text"),
    Column("formula", "formula", "formula"),
    Column("substitution", "with its numbers", "formula"),
    Column("result", "result"),
)


def explanation_document(explanation: Explanation) -> Document:
    """One layer, explained."""
    unit = f"{explanation.unit}s"
    rows = [_row(f"output {line.title}", line) for line in explanation.sizes]
    rows += [_row("parameters" if line.title == "all" else line.title, line) for line in explanation.params]
    rows += [_row("MACs", explanation.macs)] if explanation.macs else []
    rows += [_row(unit if line.title == "all" else f"{unit}: {line.title}", line) for line in explanation.count]
    shapes = f"{_shapes(explanation.inputs)} → {_shapes(explanation.outputs)}"
    letters = ", ".join(f"{letter.letter} {letter.meaning}" for letter in explanation.letters)
    caption = (
        f"{letters}" if letters else "",
        f"formula: {explanation.citation}",
        f"price: {explanation.convention}",
        explanation.where,
    )
    table = Table(
        f"{explanation.layer} ({explanation.op})  {shapes}",
        _COLUMNS,
        tuple(rows),
        notes=explanation.notes,
        caption=tuple(item for item in caption if item),
    )
    return Document((table,), lambda: versioned(SCHEMA, explanation=to_builtins(explanation)))


def dominants_document(report: Report, dominants: Dominants) -> Document:
    """The layers that dominate a count, and what share they hold."""
    total = dominants.total.value
    rows: list[tuple[Cell, ...]] = [
        (each.name, each.op, each.count, Share(each.count, total)) for each in dominants.layers
    ]
    whole = AtLeast(total) if dominants.total.unknown else total
    table = Table(
        f"{report.graph.name}: the layers that dominate",
        (
            Column("layer", "layer", "text"),
            Column("op", "op", "text"),
            Column("count", f"{dominants.unit}s"),
            Column("share", "share", "share"),
        ),
        tuple(rows),
        totals=(
            (f"these {len(rows)} of {len(report.layers)}", "", dominants.count, Share(dominants.count, total)),
            ("all layers", "", whole, Share(total, total)),
        ),
        caption=(*provenance(report), "`flopcount explain SOURCE LAYER` explains one"),
    )
    return Document((table,), lambda: versioned(SCHEMA, dominant=to_builtins(dominants)))


def _row(what: str, line: Line) -> tuple[Cell, ...]:
    return what, line.formula, line.substitution, line.result


def _shapes(shapes: Iterable[tuple[int, ...]]) -> str:
    return ", ".join(show_shape(shape) for shape in shapes)
