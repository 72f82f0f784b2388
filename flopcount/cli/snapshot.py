"""`flopcount snapshot`."""

from __future__ import annotations

from typing import Annotated

import typer

from .check import BudgetConvention, BudgetSources, ConfigFile
from .options import Batch, Input, ModeName, Settings, settings_of


def snapshot(
    sources: BudgetSources = None,
    config: ConfigFile = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    mode: ModeName = "eval",
    convention: BudgetConvention = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; else the configuration's `baseline`."),
    ] = None,
) -> None:
    """Write what models cost today, as a baseline that `check --baseline` compares with."""
    from ..budget.checking import request_for, snapshot_text
    from ..files import write_whole

    request = request_for(
        sources or (), settings=settings_of(set_), inputs=input or (), batch=batch, mode=mode,
        config=config, convention=convention,
    )  # fmt: skip
    path, text, models = snapshot_text(request, output)
    write_whole(path, text)
    typer.echo(f"wrote {path}: {models:,} model{'s'[: models != 1]}", err=True)
