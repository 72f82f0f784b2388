"""`flopcount report`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .options import (
    Batch,
    Counting,
    Format,
    Ignoring,
    Input,
    Kwargs,
    ModeName,
    OptionalConvention,
    Output,
    Over,
    Settings,
    Sources,
    Views,
    kwargs_of,
    names_of,
    over_of,
    settings_of,
)

if TYPE_CHECKING:
    from ..table import Document


def report(
    sources: Sources,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    convention: OptionalConvention = None,
    conventions: Annotated[
        str | None, typer.Option("--conventions", metavar="NAMES", help="Several, side by side: macs,torch,fvcore.")
    ] = None,
    mode: ModeName = "eval",
    count: Counting = None,
    ignore: Ignoring = None,
    views: Views = 1,
    over: Over = None,
    depth: Annotated[
        int | None, typer.Option("--depth", "-d", help="Fold layers to so many parts of their names.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="layer|module|op", help="What a row stands for.")] = "layer",
    sort: Annotated[str | None, typer.Option("--sort", metavar="COLUMN", help="Order the rows by a column.")] = None,
    top: Annotated[
        int | None, typer.Option("--top", help="Show so many rows, the largest, and the sum of the rest.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="NAMES", help="Which columns: layer,op,outputs,params,macs,bytes:int8."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 when a promised total is missed, 3 when the count is incomplete.")
    ] = False,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Output shapes, parameters, MACs and FLOPs of each layer, exactly."""
    from .output import show

    several = names_of(conventions)
    if several and (convention or over):
        raise UsageError(f"--conventions has a column for each, and --{'convention' if convention else 'over'} has one")
    asked: dict[str, Any] = {
        "inputs": input,
        "batch": batch,
        "settings": settings_of(set_),
        "kwargs": kwargs_of(kwargs),
        "convention": convention or (several or ["lecture"])[0],
        "mode": mode,
        "counting": names_of(count),
        "ignoring": names_of(ignore),
        "views": views,
    }
    rows: dict[str, Any] = {"columns": names_of(columns) or None, "depth": depth, "sort": sort, "top": top}
    if by != "layer":
        rows["by"] = by
    if several:
        rows["conventions"] = several
    document, refuse_gaps = _over(sources, over_of(over), asked, rows) if over else _reports(sources, asked, rows)
    show(document, format, output)
    if strict:
        refuse_gaps()


def _reports(sources: list[str], asked: dict[str, Any], rows: dict[str, Any]) -> tuple[Document, Callable[[], None]]:
    """A table a network, and what `--strict` requires of them."""
    from ..api import analyze, require
    from ..conventions import find_convention
    from ..summary import report_document

    reports = [analyze(source, **asked) for source in sources]
    if names := rows.pop("conventions", None):
        rows["conventions"] = [
            find_convention(name).adjusted(asked["counting"], asked["ignoring"]) for name in dict.fromkeys(names)
        ]

    def strict() -> None:
        for each in reports:
            require(each)

    return report_document(reports, **rows), strict


def _over(
    sources: list[str], over: dict[str, str], asked: dict[str, Any], rows: dict[str, Any]
) -> tuple[Document, Callable[[], None]]:
    """A table a network over its settings, and what `--strict` requires of them."""
    from ..sweeps.sweep import require_all, sweep
    from ..sweeps.table import sweep_document

    if given := next((name for name, value in rows.items() if value is not None), None):
        raise UsageError(f"--{given} is about layers, and a row of --over is a whole network")
    sweeps = [sweep(source, over, **asked) for source in sources]

    def strict() -> None:
        for each in sweeps:
            require_all(each)

    return sweep_document(sweeps), strict
