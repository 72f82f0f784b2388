"""An explanation as a neutral document: one row a number, from its formula to the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import to_builtins
from msgspec.structs import replace

from .conventions import Convention
from .engine import Report
from .errors import show_shape
from .explain import Dominants, Explanation, Line, explain_layer
from .footer import provenance
from .metrics import METRICS, Figures
from .part import part_of
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


def side_by_side_document(report: Report, name: str, conventions: Sequence[Convention]) -> Document:
    """One layer under several conventions: a row for each, with its formula.

    Example:
        >>> from flopcount.api import analyze
        >>> from flopcount.conventions import CONVENTIONS
        >>> report = analyze("alexnet")
        >>> document = side_by_side_document(report, "conv1", [CONVENTIONS["macs"], CONVENTIONS["torch"]])
        >>> [row[0] + ": " + str(row[-1]) for row in document.tables[0].rows]
        ['macs: 105415200', 'torch: 210830400']
    """
    reports = [replace(report, convention=convention) for convention in conventions]
    explanations = [explain_layer(each, name) for each in reports]
    numbers = [Figures(part_of(each, name)).total(METRICS["count"]) for each in reports]
    rows: list[tuple[Cell, ...]] = [
        (
            convention.name, f"{convention.unit}s",
            *(_formula(explained.count[-1]) if explained.count else ("", "")),
            None if number.unknown else number.value,
        )
        for convention, explained, number in zip(conventions, explanations, numbers, strict=True)
    ]  # fmt: skip
    first = explanations[0]
    letters = {each.letter: each.meaning for explained in explanations for each in explained.letters}
    caption = (
        ", ".join(f"{letter} {meaning}" for letter, meaning in letters.items()),
        *(explained.convention for explained in explanations),
        first.where,
    )
    columns = (Column("convention", "convention", "text"), Column("unit", "unit", "text"), *_COLUMNS[1:])
    table = Table(
        f"{first.layer} ({first.op})  {_shapes(first.inputs)} → {_shapes(first.outputs)}",
        columns,
        tuple(rows),
        notes=tuple(dict.fromkeys(note for explained in explanations for note in explained.notes)),
        caption=tuple(item for item in caption if item),
    )
    return Document((table,), lambda: versioned(SCHEMA, explanations=to_builtins(explanations)))


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


def _formula(line: Line) -> tuple[str, str]:
    return line.formula, line.substitution


def _row(what: str, line: Line) -> tuple[Cell, ...]:
    return what, line.formula, line.substitution, line.result


def _shapes(shapes: Iterable[tuple[int, ...]]) -> str:
    return ", ".join(show_shape(shape) for shape in shapes)
