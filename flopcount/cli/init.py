"""`flopcount init`."""

from __future__ import annotations

from typing import Annotated

import typer


def init(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE...]", help="The models to limit; without any, every spec here and below."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; flopcount.yaml without it.")
    ] = None,
) -> None:
    """Write a first flopcount.yaml: what models cost today, and 25 % more."""
    from ..budget.first import SPARE, write_first

    path, models = write_first(output, sources or ())
    typer.echo(
        f"wrote {path}: {models:,} model{'s'[: models != 1]}, each limited to today's params and MACs + {SPARE} %; "
        "`flopcount check` holds them to it",
        err=True,
    )
