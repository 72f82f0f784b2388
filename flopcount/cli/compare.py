"""`flopcount compare`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..errors import UsageError
from .options import (
    Batch,
    ConventionName,
    Counting,
    Format,
    Ignoring,
    Input,
    Kwargs,
    OptionalMode,
    Output,
    RewriteRequests,
    Settings,
    Sources,
    kwargs_of,
    names_of,
    settings_of,
)


def compare(
    sources: Sources,
    rewrite: RewriteRequests = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    convention: ConventionName = "lecture",
    mode: OptionalMode = None,
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

    With --rewrite, one network as it is and as the rewrites make it.
    --input and --batch hold for all; --set for the networks that have such a parameter, --kwargs for torch models.
    """
    from .. import api
    from .output import show

    options: dict[str, Any] = {
        "inputs": input, "batch": batch, "settings": settings_of(set_), "kwargs": kwargs_of(kwargs),
        "convention": convention, "counting": names_of(count), "ignoring": names_of(ignore),
    }  # fmt: skip
    shown: dict[str, Any] = {
        "columns": names_of(columns) or None, "depth": depth, "by": by, "sort": sort, "top": top,
    }  # fmt: skip
    if rewrite:
        from ..comparing.effect import effect_document

        if len(sources) > 1:
            raise UsageError("--rewrite takes one network, which it is compared with", hint="leave out the others")
        effect = api.compare_rewritten(sources[0], rewrite, mode=mode, **options)
        reports = effect.comparison.reports
        show(effect_document(effect, **shown), format, output)
    else:
        from ..comparing.comparison import comparison_document

        comparison = api.compare(*sources, mode=mode or "eval", **options)
        reports = comparison.reports
        show(comparison_document(comparison, **shown), format, output)
    if strict:
        for report in reports:
            api.require(report)
