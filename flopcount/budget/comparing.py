"""Which snapshot a model is compared with, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..engine import Report
from ..errors import ConfigError
from .baseline import Baseline, Snapshot, snapshot
from .limits import Increase
from .models import Model


class Match(NamedTuple):
    """What a model is compared with: its snapshot and the name of that, or why there is none."""

    base: Snapshot | None = None
    name: str | None = None
    note: str = ""


def matched(
    models: Iterable[Model], reports: dict[str, Report], baseline: Baseline, *, some: bool = False
) -> dict[str, Match]:
    """A match for each model that could be counted.

    A model whose name the baseline does not have is one that was renamed, where it is all that another was, or has the
    file name of one that is gone; else it is new. Where only `some` models are checked, one is gone if its file is.

    Raises:
        ConfigError: A baseline's file holds a model that was measured in another way.
    """
    models = list(models)
    names = {model.name for model in models}
    gone = {
        name: base for name, base in baseline.models.items()
        if name not in names and not (some and Path(name.partition("#")[0]).exists())
    }  # fmt: skip
    found: dict[str, Match] = {}
    for model in models:
        if model.name not in reports:
            continue
        report = reports[model.name]
        base, name, note = baseline.models.get(model.name), model.name, ""
        if base is None:
            renamed = _renamed(model, report, gone)
            if renamed is None:
                found[model.name] = Match(note=f"new: {baseline.title} does not have it")
                continue
            base, name, note = gone.pop(renamed), renamed, f"renamed from {renamed}"
        if reason := _refusal(model, report, base):
            if baseline.strict:
                raise ConfigError(
                    f"{model.name} cannot be compared with {baseline.title}: {reason}",
                    hint="`flopcount snapshot` writes the baseline anew",
                )
            found[model.name] = Match(note=f"not compared with {baseline.title}: {reason}", name=name)
        else:
            found[model.name] = Match(base, name, note)
    return found


def removed(models: Iterable[Model], matches: dict[str, Match], baseline: Baseline) -> tuple[str, ...]:
    """The baseline's models that are gone."""
    kept = {match.name for match in matches.values()} | {model.name for model in models}
    return tuple(name for name in baseline.models if name not in kept)


def _renamed(model: Model, report: Report, gone: dict[str, Snapshot]) -> str | None:
    if not gone:
        return None
    now = snapshot(model, report)
    same = [name for name, base in gone.items() if (base.totals, base.layers) == (now.totals, now.layers)]
    stem = Path(model.name).name
    return next(iter(same), None) or next((name for name in gone if Path(name).name == stem), None)


def _refusal(model: Model, report: Report, base: Snapshot) -> str | None:
    now = snapshot(model, report)
    for what, before, after in (
        ("input", ", ".join(base.inputs), ", ".join(now.inputs)),
        ("batch", base.batch, now.batch),
        ("mode", base.mode, now.mode),
        ("set", _settings(base), _settings(now)),
    ):
        if before != after:
            return f"{what} was {before}, and is {after}"
    for limit in model.limits:
        metric, _, convention = limit.metric.partition(":")
        if isinstance(limit.bound, Increase) and convention and limit.metric not in base.totals:
            others = [name.partition(":")[2] for name in base.totals if name.startswith(f"{metric}:")]
            if others:
                return f"{metric} was counted by '{others[0]}', and is counted by '{convention}'"
    return None


def _settings(snapshot: Snapshot) -> str:
    return ", ".join(f"{name}={value}" for name, value in snapshot.settings.items()) or "nothing"
