"""`flopcount report`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import (
    Batch,
    ConventionName,
    Counting,
    Format,
    Ignoring,
    Input,
    ModeName,
    Output,
    Settings,
    Sources,
    names_of,
    settings_of,
)


def report(
    sources: Sources,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    convention: ConventionName = "lecture",
    mode: ModeName = "eval",
    count: Counting = None,
    ignore: Ignoring = None,
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
    from ..api import analyze, require
    from ..summary import report_document
    from .output import show

    settings = settings_of(set_)
    reports = [
        analyze(
            source,
            inputs=input,
            batch=batch,
            settings=settings,
            convention=convention,
            mode=mode,
            counting=names_of(count),
            ignoring=names_of(ignore),
        )
        for source in sources
    ]
    document = report_document(reports, columns=names_of(columns) or None, depth=depth, by=by, sort=sort, top=top)
    show(document, format, output)
    if strict:
        for each in reports:
            require(each)
