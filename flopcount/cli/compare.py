"""`flopcount compare`."""

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


def compare(
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
    sort: Annotated[
        str, typer.Option("--sort", metavar="METRIC", help="Whose difference orders the rows, and is shared out.")
    ] = "count",
    top: Annotated[
        int | None, typer.Option("--top", help="Show so many rows, the largest, and the sum of the rest.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="NAMES", help="Which columns: layer,op,status,changes,macs,params.ratio."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 when a promised total is missed, 3 when a count is incomplete.")
    ] = False,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Networks side by side, and two of them layer by layer: what differs, and what it costs.

    --input and --batch hold for all; --set for the networks that have such a parameter.
    """
    from .. import api
    from ..comparison import comparison_document
    from .output import show

    comparison = api.compare(
        *sources,
        inputs=input,
        batch=batch,
        settings=settings_of(set_),
        convention=convention,
        mode=mode,
        counting=names_of(count),
        ignoring=names_of(ignore),
    )
    document = comparison_document(
        comparison, columns=names_of(columns) or None, depth=depth, by=by, sort=sort, top=top
    )
    show(document, format, output)
    if strict:
        for report in comparison.reports:
            api.require(report)
