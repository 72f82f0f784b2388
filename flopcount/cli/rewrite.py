"""`flopcount rewrite`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Batch, Input, Kwargs, Output, Settings, Source, kwargs_of, settings_of


def rewrite(
    source: Source,
    rewrites: Annotated[
        list[str],
        typer.Argument(metavar="NAME[:OPTIONS]...", help="What to do, in order; see `flopcount list rewrites`."),
    ],
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    output: Output = None,
) -> None:
    """The rewritten network as a spec, which reads back to the same counts.

    `flopcount compare SOURCE --rewrite NAME` shows what it costs.
    """
    from .. import rewriting
    from ..comparing.effect import remarks
    from ..readers.spec.sayable import sayable
    from ..readers.spec.write import spec_text
    from ..sources import load
    from .output import complain, write

    graph = load(source, inputs=input, batch=batch, settings=settings_of(set_), kwargs=kwargs_of(kwargs))
    rewritten = rewriting.rewrite(graph, rewrites)
    said = sayable(rewritten.after)
    write(spec_text(said.graph), output)
    for remark in (*remarks(rewritten), *said.remarks):
        complain(f"note: {remark}")
