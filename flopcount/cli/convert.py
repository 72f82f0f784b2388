"""`flopcount convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import Batch, Input, Kwargs, Output, Settings, Source, kwargs_of, settings_of


def convert(
    source: Source,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    output: Output = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """A model of any kind as a spec to read and edit, which costs the same."""
    from ..readers.spec.convert import converted
    from ..sources import load
    from .output import complain, write

    if output is not None and not force and Path(output).is_file():
        raise UsageError(f"there is a file '{output}' already", hint="--force writes over it")
    graph = load(source, inputs=input, batch=batch, settings=settings_of(set_), kwargs=kwargs_of(kwargs))
    spec = converted(graph)
    write(spec.text, output)
    for remark in spec.remarks:
        complain(f"note: {remark}")
