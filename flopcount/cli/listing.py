"""`flopcount list`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Format, Output


def list_entries(
    kind: Annotated[str, typer.Argument(metavar="specs|ops|conventions|formats|rewrites", help="Which list.")],
    format: Format = "table",
    output: Output = None,
) -> None:
    """What there is to choose from: shipped specs, ops, conventions, output formats, rewrites."""
    from ..listing import listing
    from .output import show

    show(listing(kind), format, output)
