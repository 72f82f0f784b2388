"""`flopcount explain`."""

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
    Settings,
    Source,
    kwargs_of,
    names_of,
    settings_of,
)


def explain(
    source: Source,
    layer: Annotated[
        str | None, typer.Argument(metavar="[LAYER]", help="The layer; without it, the handful that dominate.")
    ] = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    convention: ConventionName = "lecture",
    mode: ModeName = "eval",
    count: Counting = None,
    ignore: Ignoring = None,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Every number of one layer as its formula, the substitution and the result."""
    from ..api import analyze
    from ..explain import dominant_layers, explain_layer
    from ..explanation import dominants_document, explanation_document
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
    if layer is None:
        show(dominants_document(report, dominant_layers(report)), format, output)
    else:
        show(explanation_document(explain_layer(report, layer)), format, output)
