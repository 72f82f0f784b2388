"""`flopcount check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FlopcountError, UsageError
from .options import Batch, Input, ModeName, Output, Settings, settings_of
from .output import complain, on_github, show

if TYPE_CHECKING:
    from ..budget.checking import Request
    from ..table import Document

BudgetSources = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SOURCE...]", help="Specs or patterns of files; without any, the configuration's models."),
]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="flopcount.yaml or pyproject.toml here, if nothing else is named."),
]
BudgetConvention = Annotated[
    str | None, typer.Option("--convention", "-c", metavar="NAME", help="How FLOPs are counted where no limit says so.")
]


def _limit(metric: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--max-{metric.replace('_', '-')}", metavar="QUANTITY", help=f"The most {metric.replace('_', ' ')} allowed."
    )
    return option


def check(
    sources: BudgetSources = None,
    config: ConfigFile = None,
    max_params: Annotated[list[str] | None, _limit("params")] = None,
    max_trainable_params: Annotated[list[str] | None, _limit("trainable_params")] = None,
    max_macs: Annotated[list[str] | None, _limit("macs")] = None,
    max_flops: Annotated[list[str] | None, _limit("flops")] = None,
    max_activations: Annotated[list[str] | None, _limit("activations")] = None,
    max_weight_bytes: Annotated[list[str] | None, _limit("weight_bytes")] = None,
    max_: Annotated[
        list[str] | None,
        typer.Option("--max", metavar="METRIC=QUANTITY", help="On any metric: bytes:int8=5MiB, share:macs=40%."),
    ] = None,
    max_increase: Annotated[
        str | None,
        typer.Option("--max-increase", metavar="AMOUNT", help="How much each may grow: 2%, or 'not worse'."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="FILE", help="Compare with what `snapshot` wrote.")
    ] = None,
    base_ref: Annotated[
        str | None, typer.Option("--base-ref", metavar="REF", help="Compare with where this branch left another.")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Lower the limits in their files to today's.")] = False,
    allow_increase: Annotated[bool, typer.Option("--allow-increase", help="Let --update raise limits too.")] = False,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Let a count pass in which layers are unknown.")
    ] = False,
    allow_unlimited: Annotated[
        bool, typer.Option("--allow-unlimited", help="Let pass what nothing limits, for hooks that name any spec.")
    ] = False,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    mode: ModeName = "eval",
    convention: BudgetConvention = None,
    format: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="NAME", help="table, json, markdown, junit, sarif, github ..."),
    ] = None,
    output: Output = None,
) -> int:
    """Hold models to their budgets: exit 1 when one is over, 3 when a count is incomplete."""
    from .. import registry
    from ..budget.checking import check as checked
    from ..budget.checking import request_for
    from ..budget.document import check_document

    named = {
        "params": max_params, "trainable_params": max_trainable_params, "macs": max_macs, "flops": max_flops,
        "activations": max_activations, "weight_bytes": max_weight_bytes,
    }  # fmt: skip
    limits = [(metric, text) for metric, texts in named.items() for text in texts or ()] + _any_limits(max_)
    format = format or ("github" if on_github() and output is None else "table")
    try:
        request = request_for(
            sources or (), limits=limits, settings=settings_of(set_), inputs=input or (), batch=batch, mode=mode,
            config=config, convention=convention, max_increase=max_increase, allow_partial=allow_partial,
            allow_unlimited=allow_unlimited, baseline=baseline, base_ref=base_ref, folder=_folder(),
        )  # fmt: skip
        if update:
            registry.load("renderers", format)  # an unknown format is found before anything is written
            _update(request, allow_increase)
        elif allow_increase:
            raise UsageError("--allow-increase belongs to --update")
        result = checked(request)
    except FlopcountError as error:
        if format == "github" and output is None:
            _annotate(error)
        raise
    document = check_document(result)
    for model in result.models:
        if model.problem:
            complain(model.problem.text)
    show(document, format, output)
    if format == "github":
        _summarize(document)
    return result.exit_status


def _any_limits(texts: list[str] | None) -> list[tuple[str, str]]:
    limits = []
    for text in texts or ():
        metric, equals, quantity = text.partition("=")
        if not equals or not metric.strip() or not quantity.strip():
            raise UsageError(f"cannot read --max '{text}'", hint="write --max bytes:int8=5MiB")
        limits.append((metric.strip(), quantity.strip()))
    return limits


def _update(request: Request, allow_increase: bool) -> None:
    from ..budget.update import update
    from ..renderers._cells import printable

    for change in update(request, allow_increase=allow_increase):
        complain(printable(f"{change.mark.where}: {change.metric} {change.mark.text} → {change.after}"))


def _folder() -> str:
    """The working folder, seen from the root of the repository that it lies in."""
    from ..budget.places import exists

    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if exists(str(folder / ".git"))), here)
    return "" if root == here else here.relative_to(root).as_posix()


def _annotate(error: FlopcountError) -> None:
    from ..renderers import github

    sys.stdout.write(github.refusal(error, _folder()))


def _summarize(document: Document) -> None:
    """Add the result to the summary of a GitHub job, as far as there is room."""
    from ..renderers import github

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        taken = os.stat(path).st_size if os.path.exists(path) else 0  # noqa: PTH110, PTH116 - a path from outside
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(github.summary(document, github.MAX_SUMMARY - taken) if taken < github.MAX_SUMMARY else "")
    except OSError as error:
        complain(f"note: the job's summary cannot be written: {error.strerror}")
