"""The options that several commands share, and what their texts mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from ..errors import UsageError

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="A spec file, net.yaml#variant, an ONNX model, a shipped name, or - for stdin."
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A spec file, net.yaml#variant, an ONNX model, a shipped name, or - for stdin."
    ),
]
Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input", "-i", metavar="[NAME=]SIZES[:DTYPE]", help="One sample's shape: 3x224x224, tokens=128:int64."
    ),
]
Batch = Annotated[int, typer.Option("--batch", "-b", min=1, help="Samples in a batch.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="NAME=VALUE",
        help="Set a parameter of the spec (width=0.5), or an open size of a model (seq=128).",
    ),
]
Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over",
        metavar="NAME=VALUES",
        help="A row for each value: input=3x160x160,3x224x224, width=0.5,1.0, batch=1,8.",
    ),
]
Views = Annotated[
    int, typer.Option("--views", min=1, help="Views (crops) of every sample at test time: 10 for ten-crop testing.")
]
ConventionName = Annotated[
    str,
    typer.Option("--convention", "-c", metavar="NAME", help="How work is priced; see `flopcount list conventions`."),
]
ModeName = Annotated[
    str,
    typer.Option("--mode", metavar="eval|train", help="The forward pass at test time, or one training step."),
]
OptionalMode = Annotated[
    str | None,
    typer.Option(
        "--mode", metavar="eval|train", help="As for report; without it, the one in which the rewrites show: eval."
    ),
]
Counting = Annotated[
    str | None, typer.Option("--count", metavar="OPS", help="Price every primitive of these ops too: bn,relu.")
]
Ignoring = Annotated[
    str | None, typer.Option("--ignore", metavar="PARTS", help="Price these ops, roles or kinds of work at 0: bias.")
]
RewriteRequests = Annotated[
    list[str] | None,
    typer.Option(
        "--rewrite", "-r", metavar="NAME[:OPTIONS]", help="A rewrite: separable:between=bn,relu; several in order."
    ),
]
Format = Annotated[
    str, typer.Option("--format", "-f", metavar="NAME", help="How to print it; see `flopcount list formats`.")
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of the terminal.")
]


def settings_of(texts: Iterable[str] | None) -> dict[str, str]:
    """`["width=0.5"]` as a dictionary.

    Raises:
        UsageError: One of them has no `=`, or a parameter is set twice.
    """
    return _named(texts, "--set", "width=0.5")


def over_of(texts: Iterable[str] | None) -> dict[str, str]:
    """`["width=0.5,1.0"]` as a dictionary.

    Raises:
        UsageError: One of them has no `=`, or a name is given twice.
    """
    return _named(texts, "--over", "width=0.5,1.0")


def _named(texts: Iterable[str] | None, option: str, example: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or not value:
            raise UsageError(f"cannot read {option} '{text}'", hint=f"write {option} {example}")
        if name in values:
            raise UsageError(f"{option} {name} is given twice")
        values[name] = value
    return values


def names_of(text: str | None) -> list[str]:
    """`"bn,relu"` as a list.

    Example:
        >>> names_of("bn, relu")
        ['bn', 'relu']
    """
    return [name.strip() for name in (text or "").split(",") if name.strip()]
