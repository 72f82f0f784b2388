"""`flopcount identify`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Batch, Format, Input, Kwargs, Output, Settings, Source, kwargs_of, settings_of


def identify(
    source: Source,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As it was printed: 4133742592, 4.13G, 4.1 GFLOPs.")],
    layer: Annotated[
        str, typer.Option("--layer", "-l", metavar="NAME", help="The layer or module whose number it is.")
    ] = "",
    convention: Annotated[
        list[str] | None,
        typer.Option("--convention", "-c", metavar="FILE", help="A convention of your own to try besides."),
    ] = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Which tool, convention, input size or mode gives a number for this network; exit 1 where none does."""
    from ..bridges.identify_table import identification_document
    from ..bridges.identifying import identify, require_match
    from ..conventions import find_convention
    from .output import show

    found = identify(
        source,
        number,
        layer=layer,
        inputs=input,
        batch=batch,
        settings=settings_of(set_),
        kwargs=kwargs_of(kwargs),
        conventions=[find_convention(name) for name in convention or ()],
    )
    show(identification_document(found), format, output)
    require_match(found)
