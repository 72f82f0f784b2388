"""The options that several commands share, and what their texts mean."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from ..errors import UsageError

WHAT_A_SOURCE_IS = (
    "A spec file, net.yaml#variant, a shipped name, or - for stdin; an ONNX model, net.onnx; "
    "or a torch model: package.module:callable, torchvision:NAME, timm:NAME, hf:CONFIG.json, FILE.pt2."
)


def read_batch(text: str | int) -> int | None:
    """A batch size, or `none` for inputs that have no batch.

    Raises:
        UsageError: It is neither.

    Example:
        >>> read_batch("8"), read_batch("none")
        (8, None)
    """
    if text == "none":
        return None
    if str(text).isascii() and str(text).isdigit() and int(text):
        return int(text)
    raise UsageError(f"cannot read --batch '{text}'", hint="a positive integer, or none where the input has no batch")


Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help=WHAT_A_SOURCE_IS),
]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help=WHAT_A_SOURCE_IS)]
Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="[NAME=]SIZES[:DTYPE]",
        help="One sample's shape: 3x224x224, tokens=128:int64; or package.module:function, for a torch model.",
    ),
]
Batch = Annotated[
    int | None,
    typer.Option("--batch", "-b", metavar="N|none", parser=read_batch, help="Samples in a batch, or none without one."),
]
Kwargs = Annotated[
    str | None,
    typer.Option("--kwargs", metavar="JSON", help='Arguments for what makes a torch model: {"num_classes": 10}.'),
]
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
_CONVENTION = typer.Option(
    "--convention", "-c", metavar="NAME", help="How work is priced: see `flopcount list conventions`; or a YAML file."
)
ConventionName = Annotated[str, _CONVENTION]
OptionalConvention = Annotated[str | None, _CONVENTION]
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

KWARGS_HINT = """write --kwargs '{"num_classes": 10}'"""


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


def kwargs_of(text: str | None) -> dict[str, Any]:
    """`'{"num_classes": 10}'` as a dictionary.

    Raises:
        UsageError: It is no JSON object.

    Example:
        >>> kwargs_of('{"num_classes": 10}')
        {'num_classes': 10}
    """
    if text is None:
        return {}
    try:
        kwargs = json.loads(text)
    except ValueError as error:
        raise UsageError(f"cannot read --kwargs: {error}", hint=KWARGS_HINT) from None
    if not isinstance(kwargs, dict):
        raise UsageError(f"--kwargs is a JSON object, not {text}", hint=KWARGS_HINT)
    return kwargs


def names_of(text: str | None) -> list[str]:
    """`"bn,relu"` as a list.

    Example:
        >>> names_of("bn, relu")
        ['bn', 'relu']
    """
    return [name.strip() for name in (text or "").split(",") if name.strip()]
