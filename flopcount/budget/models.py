"""Which models are checked: sources and patterns, each with its limits from every place that limits it."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ..api import analyze
from ..engine import Report
from ..errors import ConfigError, FlopcountError, UsageError
from ..sources import find_spec, parse_input
from .config import Config, Entry, Measurement
from .limits import Limit, Terms, grown
from .marks import Mark
from .reading import read_budget

SPEC_SUFFIXES = (".yaml", ".yml")


class Model(Struct):
    """One model to check.

    Attributes:
        name: What it is called.
        source: What is read, seen from the working folder.
        measurement: How.
        limits: What it may cost.
        terms: What holds for limits that do not say otherwise.
        mark: Where a configuration names it.
    """

    name: str
    source: str
    measurement: Measurement
    limits: tuple[Limit, ...] = ()
    terms: Terms = Terms()
    mark: Mark | None = None


class Workshop(Struct):
    """Reads each spec once, and counts each model once, however often they are asked for."""

    specs: dict[str, Any] = field(default_factory=dict)
    reports: dict[tuple[str, Measurement], Report | FlopcountError] = field(default_factory=dict)

    def spec(self, source: str) -> tuple[Any, str | None] | None:
        """The parsed spec and its variant; None where the source is of another kind.

        Raises:
            FlopcountError: It cannot be read.
        """
        if not is_spec(source):
            return None
        if source not in self.specs:
            file, _, variant = source.partition("#")
            if file in self.specs and Path(file).suffix in SPEC_SUFFIXES and not Path(source).exists():
                self.specs[source] = (self.specs[file][0], variant)
            else:
                self.specs[source] = find_spec(source)
        return self.specs[source]  # type: ignore[no-any-return]

    def report(self, model: Model) -> Report:
        """The model, counted.

        Raises:
            FlopcountError: It cannot be read.
        """
        key = (model.source, model.measurement)
        if key not in self.reports:
            try:
                self.reports[key] = self._count(model.source, model.measurement)
            except FlopcountError as error:
                self.reports[key] = error
        found = self.reports[key]
        if isinstance(found, FlopcountError):
            raise found
        return found

    def _count(self, source: str, measurement: Measurement) -> Report:
        settings = dict(measurement.settings)
        if (found := self.spec(source)) is None:
            return analyze(
                source, inputs=measurement.inputs or None, batch=measurement.batch,
                settings=settings or None, mode=measurement.mode,
            )  # fmt: skip
        from ..readers.spec import build

        spec, variant = found
        inputs = dict(map(parse_input, measurement.inputs))
        graph = build(spec, variant=variant, settings=settings, inputs=inputs, batch=measurement.batch)
        return analyze(graph, mode=measurement.mode)


def is_spec(source: str) -> bool:
    """Whether a source is a spec: a file, standard input or a shipped name."""
    file = source if source == "-" else source.partition("#")[0]
    return file == "-" or Path(file).suffix in SPEC_SUFFIXES or file.replace("_", "").replace("-", "").isalnum()


class ByHand(Struct, frozen=True):
    """What was asked for by hand, for every model: limits, how to measure, and what holds for the limits."""

    limits: tuple[Limit, ...] = ()
    measurement: Measurement = Measurement()
    terms: Terms = Terms()


def plan(config: Config, sources: Iterable[str], by_hand: ByHand, workshop: Workshop) -> list[Model]:
    """The models to check, each once, with its limits from the configuration, its own spec and the command line.

    Args:
        config: The configuration.
        sources: What was named by hand; without any, all of the configuration's models.
        by_hand: Limits for all of them.
        workshop: Reads specs, whose own `budget:` counts too.

    Raises:
        FlopcountError: A path that matches nothing; a budget that makes no sense.
    """
    models: dict[tuple[str, Measurement], Model] = {}

    def add(name: str, source: str, how: Measurement, limits: Iterable[Limit] = (), **more: Any) -> None:
        known = models.setdefault((_identity(source), how), Model(name, source, how, **more))
        known.limits = (*known.limits, *limits)

    named = [source for text in sources for source in _named(text) if _identity(source) != _identity(config.path)]
    wanted = set(map(_identity, named))
    configured: dict[str, str] = {}
    for entry in config.entries:
        for path, source in _expanded(config, entry):
            configured.setdefault(_identity(source), source)
            if not named or wanted & {_identity(source), _identity(source.partition("#")[0])}:
                name = entry.name or _name(path, entry.measurement)
                add(name, source, entry.measurement, entry.limits, mark=entry.mark, terms=entry.terms)
    for source in named or configured.values():
        for variant, limits in _own_limits(source, by_hand.terms, workshop):
            add(_name(variant, by_hand.measurement), variant, by_hand.measurement, limits)
    checked = {_identity(model.source.partition("#")[0]) for model in models.values()}
    for source in named:
        if by_hand.limits or by_hand.terms.increase or _identity(source.partition("#")[0]) not in checked:
            add(_name(source, by_hand.measurement), source, by_hand.measurement)
    for model in models.values():
        limits = grown(model.limits, model.terms)
        limits = grown((*limits, *by_hand.limits), by_hand.terms, besides=True)
        if by_hand.terms.partial:
            limits = tuple(replace(limit, partial=True) for limit in limits)
        model.limits = tuple(dict.fromkeys(limits))
    _refuse_doubles(models.values())
    return list(models.values())


def _own_limits(source: str, terms: Terms, workshop: Workshop) -> Iterator[tuple[str, tuple[Limit, ...]]]:
    """The budgets that a spec states for itself and its variants."""
    try:
        found = workshop.spec(source)
    except FlopcountError:
        return  # the model itself will say so
    if found is None:
        return
    spec, variant = found
    for name, node in spec.budgets(variant).items():
        limits = read_budget(spec.path, node, Terms(terms.convention, partial=terms.partial))
        yield (source if variant or not name else f"{source}#{name}"), limits


def _expanded(config: Config, entry: Entry) -> list[tuple[str, str]]:
    """The sources of a configuration's entry: as it writes them, and seen from the working folder."""
    file, hash_, variant = entry.path.partition("#")
    if not glob.has_magic(file):
        path = _below(config.folder, file)
        is_file = Path(path).exists() or Path(file).suffix in SPEC_SUFFIXES
        return [(entry.path, path + hash_ + variant if is_file else entry.path)]
    own = _identity(config.path)
    files = [found for found in _matches(file, config.folder) if _identity(_below(config.folder, found)) != own]
    if not files:
        raise ConfigError(f"the path '{entry.path}' matches no file", where=entry.mark.where)
    if entry.name and len(files) > 1:
        raise ConfigError(f"one name for the {len(files)} files of '{entry.path}'", where=entry.mark.where)
    return [(found + hash_ + variant, _below(config.folder, found) + hash_ + variant) for found in files]


def _below(folder: str, path: str) -> str:
    return str(Path(folder, path)) if folder else path


def _named(text: str) -> list[str]:
    """A source named by hand: itself, or the files of a pattern that no shell has expanded."""
    file, hash_, variant = text.partition("#")
    if not glob.has_magic(file) or Path(text).exists():
        return [text]
    if files := _matches(file, ""):
        return [found + hash_ + variant for found in files]
    raise UsageError(f"the path '{text}' matches no file")


def _matches(pattern: str, folder: str) -> list[str]:
    found = glob.glob(pattern, root_dir=folder or None, recursive=True)  # noqa: PTH207 - root_dir keeps paths as written
    return sorted(name for name in found if Path(folder, name).is_file())


def _identity(source: str) -> str:
    """The same for two ways of writing one file."""
    file, hash_, variant = source.partition("#")
    return (os.path.abspath(file) if Path(file).exists() else file) + hash_ + variant  # noqa: PTH100


def _name(source: str, measurement: Measurement) -> str:
    how = str(measurement)
    return f"{source} ({how})" if how else source


def _refuse_doubles(models: Iterable[Model]) -> None:
    seen: dict[str, Model] = {}
    for model in models:
        other = seen.setdefault(model.name, model)
        if other is not model:
            raise ConfigError(
                f"two models are called '{model.name}'",
                where=model.mark.where if model.mark else None,
                hint="give each a name of its own: name: small",
            )
