"""`flopcount advise`."""

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
    Kwargs,
    ModeName,
    Output,
    RewriteRequests,
    Settings,
    Source,
    kwargs_of,
    names_of,
    settings_of,
)


def advise(
    source: Source,
    rewrite: RewriteRequests = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    convention: ConventionName = "lecture",
    mode: ModeName = "eval",
    count: Counting = None,
    ignore: Ignoring = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Show so many layers, and the sum of the rest.")] = 10,
    format: Format = "table",
    output: Output = None,
) -> None:
    """What each layer would save by another design: separable, bottleneck, grouped, low-rank ..."""
    from ..advice import DESIGNS, advise
    from ..advisory import advice_document
    from ..api import analyze
    from .output import show

    report = analyze(
        source,
        inputs=input,
        batch=batch,
        settings=settings_of(set_),
        kwargs=kwargs_of(kwargs),
        convention=convention,
        mode=mode,
        counting=names_of(count),
        ignoring=names_of(ignore),
    )
    show(advice_document(advise(report, rewrite or DESIGNS), top), format, output)
