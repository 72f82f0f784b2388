"""`flopcount explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import UsageError
from .options import (
    Batch,
    Counting,
    Format,
    Ignoring,
    Input,
    Kwargs,
    ModeName,
    OptionalConvention,
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
    convention: OptionalConvention = None,
    vs: Annotated[
        str | None,
        typer.Option("--vs", metavar="NAME", help="Another convention: what lies between the two numbers, by cause."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="NAME", help="The convention that --vs starts from; else macs.")
    ] = None,
    per_layer: Annotated[
        bool, typer.Option("--per-layer", help="With --vs: a row for each layer in which the two differ.")
    ] = False,
    conventions: Annotated[
        str | None,
        typer.Option("--conventions", metavar="NAMES", help="The layer under several: macs,torch,own.yaml."),
    ] = None,
    mode: ModeName = "eval",
    count: Counting = None,
    ignore: Ignoring = None,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Every number of one layer as its formula, the substitution and the result.

    With --vs, why another counter's number of the network, or of one layer or module, is another.
    """
    from ..api import analyze
    from ..bridges.bridge import bridge
    from ..bridges.table import bridge_document
    from ..conventions import find_convention
    from ..explain import dominant_layers, explain_layer
    from ..explanation import dominants_document, explanation_document, side_by_side_document
    from .output import show

    if vs is None and (from_ is not None or per_layer):
        given = "--per-layer" if per_layer else "--from"
        raise UsageError(f"{given} is about two conventions", hint="name the other one: --vs thop")
    if from_ is not None and convention is not None:
        raise UsageError("--from and --convention both name the convention to start from", hint="leave out one")
    several = names_of(conventions)
    if several and (convention or vs or layer is None):
        what = "is about one layer" if layer is None else f"leaves no room for --{'vs' if vs else 'convention'}"
        raise UsageError(f"--conventions {what}", hint="flopcount explain SOURCE LAYER --conventions macs,torch")
    first = from_ or convention or ("lecture" if vs is None else "macs")
    report = analyze(
        source,
        inputs=input,
        batch=batch,
        settings=settings_of(set_),
        kwargs=kwargs_of(kwargs),
        convention=first,
        mode=mode,
        counting=names_of(count),
        ignoring=names_of(ignore),
    )
    if vs is not None:
        other = find_convention(vs).adjusted(names_of(count), names_of(ignore))
        spanned = bridge(report, report.convention, other, layer or "")
        show(bridge_document(spanned, per_layer=per_layer), format, output)
    elif several and layer is not None:
        chosen = [find_convention(name).adjusted(names_of(count), names_of(ignore)) for name in dict.fromkeys(several)]
        show(side_by_side_document(report, layer, chosen), format, output)
    elif layer is None:
        show(dominants_document(report, dominant_layers(report)), format, output)
    else:
        show(explanation_document(explain_layer(report, layer)), format, output)
