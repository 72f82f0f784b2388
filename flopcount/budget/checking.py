"""A check from its request to its verdicts, and the snapshot that a later check compares with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from .. import __version__
from ..collector import paused
from ..conventions import find_convention
from ..engine import Report
from ..errors import FlopcountError, UsageError
from ..verdict import Check, ModelCheck, Problem, status_of
from .base import baseline_at
from .baseline import FILE, Baseline, read_baseline, snapshot, written
from .comparing import Match, matched, removed
from .config import Config, load_config, unread_beside
from .judge import judge
from .limits import Increase, Terms, parse_increase, stated_limit
from .loosening import loosened
from .measurement import Measurement
from .models import ByHand, Model, plan
from .workshop import Workshop


class Request(Struct, frozen=True):
    """What is to be checked.

    Attributes:
        sources: Named by hand; none: all models of the configuration.
        config: Its file; None: the folder's own.
        limits: By hand, on every model: metric and quantity.
        measurement: How what is named by hand is measured.
        convention: How priced metrics are priced where no limit says so.
        max_increase: How much every limited metric may grow.
        allow_partial: Whether a partial count will do.
        allow_unlimited: Whether nothing needs to be limited.
        baseline: The file to compare with.
        base_ref: The branch to compare with, where it was left.
        folder: See `Check.folder`.
    """

    sources: tuple[str, ...] = ()
    config: str | None = None
    limits: tuple[tuple[str, str], ...] = ()
    measurement: Measurement = Measurement()
    convention: str | None = None
    max_increase: str | None = None
    allow_partial: bool = False
    allow_unlimited: bool = False
    baseline: str | None = None
    base_ref: str | None = None
    folder: str = ""

    def by_hand(self) -> ByHand:
        """What it asks of every model.

        Raises:
            UsageError: A limit makes no sense.
        """
        if self.convention is not None:
            find_convention(self.convention)
        if self.max_increase is not None:
            parse_increase(self.max_increase)
        terms = Terms(self.convention, increase=self.max_increase, partial=self.allow_partial)
        return ByHand(tuple(stated_limit(key, text, terms) for key, text in self.limits), self.measurement, terms)


class Work(Struct):
    """A check under way: what was planned and counted.

    Attributes:
        config: The configuration.
        by_hand: What was asked for by hand.
        models: What is checked.
        reports: The models that could be counted, by name.
        problems: Why others could not.
    """

    config: Config
    by_hand: ByHand
    models: list[Model]
    reports: dict[str, Report]
    problems: dict[str, FlopcountError]


def prepare(request: Request, config: Config | None = None) -> Work:
    """Plan a request and count its models.

    Args:
        request: What is asked.
        config: The configuration to use instead of the one that the request names.

    Raises:
        FlopcountError: The request or the configuration makes no sense.
    """
    if request.baseline is not None and not request.baseline.strip():
        raise UsageError("--baseline names no file", hint="--baseline flopcount.baseline.json")
    if request.baseline is not None and request.base_ref is not None:
        raise UsageError("--baseline and --base-ref are two ways to say one thing", hint="leave out one of the two")
    workshop = Workshop()
    by_hand = request.by_hand()
    if not request.sources and request.measurement != Measurement():
        raise UsageError(
            "--input, --batch, --set and --mode are for models named by hand",
            hint="a configuration says them for each of its models",
        )
    config = config or load_config(request.config, needed=not request.sources)
    reports: dict[str, Report] = {}
    problems: dict[str, FlopcountError] = {}
    with paused():
        models = plan(config, request.sources, by_hand, workshop)
        for model in models:
            try:
                reports[model.name] = workshop.report(model.source, model.measurement)
            except FlopcountError as error:
                problems[model.name] = error.located(model.mark.where if model.mark else None)
    return Work(config, by_hand, models, reports, problems)


def check(request: Request, config: Config | None = None) -> Check:
    """Hold models to their budgets; see `prepare` for the arguments.

    Raises:
        FlopcountError: The request, the configuration or the baseline makes no sense, or nothing limits anything.
    """
    return concluded(request, prepare(request, config))


def concluded(request: Request, work: Work) -> Check:
    """The verdicts on what was counted.

    Raises:
        FlopcountError: See `check`.
    """
    if not (request.allow_unlimited or work.problems or any(model.limits for model in work.models)):
        raise UsageError(
            "nothing limits what is checked",
            hint="write a `budget:` into the spec or the configuration, or say --max-params 5M, --max-increase 2%",
        )
    baseline, notices = _baseline(request, work)
    if request.config is None and work.config.path:
        notices = [
            f"{other} is not read, for there is {work.config.path}; put all of it into one of the two"
            for other in unread_beside(work.config.path)
        ] + notices
    matches = matched(work.models, work.reports, baseline, some=bool(request.sources)) if baseline else {}
    models = tuple(_judged(model, work, matches.get(model.name, Match())) for model in work.models)
    gone = removed(work.models, matches, baseline) if baseline and not request.sources else ()
    if baseline:
        notices += loosened(baseline, work.models, matches, gone)
    return Check(
        flopcount=__version__,
        models=models,
        baseline=baseline.title if baseline else "",
        removed=gone,
        notices=tuple(notices),
        folder=request.folder,
        exit_status=status_of(models),
    )


def _judged(model: Model, work: Work, match: Match) -> ModelCheck:
    try:
        if problem := work.problems.get(model.name):
            raise problem
        note = match.note or ("" if model.limits else "nothing limits it")
        found = judge(model, work.reports[model.name], match.base, note, match.name)
    except FlopcountError as error:
        return ModelCheck(model.name, model.source, problem=_problem(error))
    if match.error:  # its other limits hold all the same
        refused = _problem(match.error.located(model.mark.where if model.mark else None))
        verdicts = tuple(
            replace(verdict, message=match.note) if verdict.outcome == "not compared" else verdict
            for verdict in found.verdicts
        )
        return replace(found, verdicts=verdicts, problem=replace(refused, kind="refused"))
    return found


def _problem(error: FlopcountError) -> Problem:
    return Problem(error.what, error.where or "", str(error))


def _baseline(request: Request, work: Work) -> tuple[Baseline | None, list[str]]:
    if request.base_ref is not None:
        return baseline_at(request.base_ref, work.config, request.sources, work.by_hand, work.models)
    path = request.baseline
    if path is None and work.config.baseline:
        path = str(Path(work.config.folder, work.config.baseline))
    if path is None:
        grows = any(isinstance(limit.bound, Increase) for model in work.models for limit in model.limits)
        return None, ["growth is not checked: there is no baseline (--baseline FILE, --base-ref REF)"] if grows else []
    if (found := read_baseline(path)) is None:
        return None, [f"growth is not checked: there is no baseline '{path}' (`flopcount snapshot` writes one)"]
    return found, []


def snapshot_text(request: Request, output: str | None = None) -> tuple[str, str, int]:
    """The baseline of a request's models: the file to write, its text, and how many models it holds.

    Args:
        request: Which models.
        output: The file; without it, the configuration's.

    Raises:
        FlopcountError: A model cannot be read: a baseline holds all of them or is not written.
    """
    work = prepare(request)
    for error in work.problems.values():
        raise error
    path = output or (str(Path(work.config.folder, work.config.baseline)) if work.config.baseline else FILE)
    models = [(model.name, snapshot(model, work.reports[model.name])) for model in work.models]
    return path, written(models, str(Path(path).parent)), len(models)


def request_for(
    sources: Iterable[str | Path] = (),
    *,
    limits: Mapping[str, str | int] | Iterable[tuple[str, str | int]] | None = None,
    settings: Mapping[str, object] | None = None,
    inputs: Iterable[str] = (),
    batch: int | None = 1,
    mode: str = "eval",
    **options: str | bool | None,
) -> Request:
    """A request in the words of the library."""
    measurement = Measurement(
        (inputs,) if isinstance(inputs, str) else tuple(inputs), batch,
        tuple((name, str(value)) for name, value in (settings or {}).items()), mode,
    )  # fmt: skip
    pairs = limits.items() if isinstance(limits, Mapping) else limits or ()
    named = tuple((name, str(value)) for name, value in pairs)  # all of them are held, the same metric's too
    return Request(tuple(map(str, sources)), limits=named, measurement=measurement, **options)  # type: ignore[arg-type]
