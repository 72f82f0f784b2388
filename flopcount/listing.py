"""What there is to choose from: shipped specs, ops, conventions, formats and rewrites, each as a table."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import Struct

from .errors import UsageError, did_you_mean
from .payload import versioned
from .table import Cell, Column, Document, Table


def listing(kind: str) -> Document:
    """One list as a document.

    Args:
        kind: A key of `LISTINGS`.

    Raises:
        UsageError: There is no such list.

    Example:
        >>> [row[0] for row in listing("conventions").tables[0].rows][:4]
        ['lecture', 'macs', 'arithmetic', 'torch']
    """
    if kind not in LISTINGS:
        raise UsageError(f"there is no list of '{kind}'", hint=did_you_mean(kind, LISTINGS))
    tables = {kind: LISTINGS[kind](), **{name: table() for name, table in FURTHER.get(kind, {}).items()}}
    return Document(
        tuple(tables.values()),
        lambda: versioned("flopcount.list/1", **{name: _records(table) for name, table in tables.items()}),
    )


def _records(table: Table) -> list[dict[str, object]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def _specs() -> Table:
    from .sources import names_of, shipped_specs

    rows: list[tuple[Cell, ...]] = []
    for spec in shipped_specs():
        for name in names_of(spec):
            variant = spec.variants.get(name)
            expect = variant.expect if variant and variant.settings else spec.expect
            about = (variant.about if variant else "") or spec.about
            rows.append((name, expect.get("params"), expect.get("macs"), about, spec.path))
    columns = (
        Column("name", "spec", "text"), Column("params", "params"), Column("macs", "MACs"),
        Column("about", "what it is", "text"), Column("file", "file", "text"),
    )  # fmt: skip
    return Table("shipped specs", columns, tuple(sorted(rows, key=lambda row: str(row[0]))))


def _ops() -> Table:
    from .ops import OPS

    rows = [
        (op.group, tag, _fields(op), (op.__doc__ or "").partition("\n")[0].rstrip("."))
        for tag, op in sorted(OPS.items(), key=lambda item: (item[1].group, item[0]))
    ]
    columns = (
        Column("group", "group", "text"), Column("op", "op", "text"),
        Column("fields", "fields ([optional])", "text"), Column("about", "what it does", "text"),
    )  # fmt: skip
    return Table("ops", columns, tuple(rows))


COMMON = ("only", "skip")
"""The options that every rewrite has."""


def _fields(owner: type[Struct], hidden: Collection[str] = ()) -> str:
    """The names of its fields, the optional ones in brackets."""
    from .fields import REQUIRED, fields_of

    fields = fields_of(owner).items()
    return ", ".join(name if field.default is REQUIRED else f"[{name}]" for name, field in fields if name not in hidden)


def _rewrites() -> Table:
    from .registry import summaries
    from .rewriting import find_rewrite

    rows = [
        (name, _fields(find_rewrite(name).Options, COMMON), about.rstrip("."))
        for name, about in summaries("rewrites").items()
    ]
    columns = (
        Column("name", "rewrite", "text"), Column("options", "options ([optional])", "text"),
        Column("about", "what it does", "text"),
    )  # fmt: skip
    return Table("rewrites", columns, tuple(rows), caption=("each also takes only= and skip=: globs of layer names",))


def _conventions() -> Table:
    from .conventions import CONVENTIONS

    rows = tuple((each.name, each.unit, each.summary, each.source) for each in CONVENTIONS.values())
    columns = (
        Column("name", "convention", "text"), Column("unit", "unit", "text"),
        Column("summary", "what it prices", "text"), Column("source", "who counts this way", "text"),
    )  # fmt: skip
    return Table("conventions", columns, rows)


def _prices() -> Table:
    from .pricelist import pricelist

    return pricelist()


def _formats() -> Table:
    from .registry import summaries

    columns = (Column("name", "format", "text"), Column("about", "what it is", "text"))
    return Table("formats", columns, tuple(summaries("renderers").items()))


LISTINGS: dict[str, Callable[[], Table]] = {
    "specs": _specs,
    "ops": _ops,
    "conventions": _conventions,
    "formats": _formats,
    "rewrites": _rewrites,
}
FURTHER: dict[str, dict[str, Callable[[], Table]]] = {"conventions": {"prices": _prices}}
"""What stands below a list, by its name in data."""
