"""Which models are checked: sources and patterns, each with its limits from every place that limits it."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ..errors import ConfigError, FlopcountError, UsageError
from .config import Config, Entry
from .limits import Limit, Terms, grown
from .marks import Mark
from .measurement import Measurement
from .places import SPEC_SUFFIXES, below, exists, is_file, parted, place_of, spelled
from .reading import read_budget
from .workshop import Workshop


class Model(Struct):
    """One model to check.

    Attributes:
        name: What it is called.
        source: What is read, seen from the working folder.
        measurement: How.
        limits: What it may cost.
        terms: What holds for limits that do not say otherwise, from each entry of the configuration that means it.
        mark: Where a configuration names it.
        named: Whether that gives it a name of its own.
    """

    name: str
    source: str
    measurement: Measurement
    limits: tuple[Limit, ...] = ()
    terms: tuple[Terms, ...] = ()
    mark: Mark | None = None
    named: bool = False


class ByHand(Struct, frozen=True):
    """What was asked for by hand, for every model: limits, how to measure, and what holds for the limits."""

    limits: tuple[Limit, ...] = ()
    measurement: Measurement = Measurement()
    terms: Terms = Terms()


def plan(
    config: Config,
    sources: Iterable[str],
    by_hand: ByHand,
    workshop: Workshop,
    broken: Callable[[str, FlopcountError], None] | None = None,
) -> list[Model]:
    """The models to check, each once, with its limits from the configuration, its own spec and the command line.

    Args:
        config: The configuration.
        sources: What was named by hand; without any, all of the configuration's models.
        by_hand: Limits for all of them.
        workshop: Reads specs, whose own `budget:` counts too.
        broken: Is told which spec's own budget makes no sense, if that is no reason to stop.

    Raises:
        FlopcountError: A path that matches nothing; a budget that makes no sense.
    """
    models: dict[tuple[str, Measurement], Model] = {}

    def add(name: str, source: str, how: Measurement, limits: Iterable[Limit] = (), entry: Entry | None = None) -> None:
        known = models.setdefault((place_of(source), how), Model(name, source, how))
        known.limits = (*known.limits, *limits)
        if entry:
            _state(known, entry, name)

    named = [source for text in sources for source in files_of(text) if place_of(source) != place_of(config.path)]
    wanted = set(map(place_of, named))
    configured: dict[str, str] = {}
    for entry in config.entries:
        for path, source in _expanded(config, entry):
            configured.setdefault(place_of(source), source)
            if not named or wanted & {place_of(source), place_of(parted(source)[0])}:
                name = entry.name or name_of(path, entry.measurement, config.folder)
                add(name, source, entry.measurement, entry.limits, entry)
    for source in named or configured.values():
        for variant, limits in _own_limits(source, by_hand.terms, workshop, broken):
            add(name_of(variant, by_hand.measurement), variant, by_hand.measurement, limits)
    checked = _with_files(place for place, _ in models)
    for source in named:
        if by_hand.limits or by_hand.terms.increase or place_of(source) not in checked:
            add(name_of(source, by_hand.measurement), source, by_hand.measurement)
    _refuse_unheard(
        config, named, by_hand.measurement, _with_files(p for p, how in models if how == by_hand.measurement)
    )
    for model in models.values():
        limits = model.limits
        for number, terms in enumerate(model.terms):  # a further entry's hold besides the first one's
            limits = grown(limits, terms, besides=number > 0 and terms.mark != config.terms.mark)
        limits = grown((*limits, *by_hand.limits), by_hand.terms, besides=True)
        if by_hand.terms.partial:
            limits = tuple(replace(limit, partial=True) for limit in limits)
        model.limits = tuple(dict.fromkeys(limits))
    _refuse_doubles(models.values())
    return list(models.values())


def _state(model: Model, entry: Entry, name: str) -> None:
    """Let an entry of the configuration say what it has to say of a model that another may have named already."""
    if entry.name and model.named:
        if entry.name == model.name:
            raise _two_called(entry.name, entry.mark)
        raise ConfigError(
            f"the model '{model.name}' is called '{entry.name}' here",
            where=entry.mark.where, hint="name it once; another model is measured in another way: input, batch, set",
        )  # fmt: skip
    if entry.name:
        model.name, model.named = name, True
    model.mark = model.mark or entry.mark
    if not (model.terms and entry.limits):  # which have their terms already
        model.terms = (*model.terms, entry.terms)


def _with_files(places: Iterable[str]) -> set[str]:
    """Places, and the files of which they are variants: a file is checked where one of its variants is."""
    found = set(places)
    return found | {parted(place)[0] for place in found}


def _refuse_unheard(config: Config, named: Iterable[str], how: Measurement, heard: set[str]) -> None:
    """A measurement given by hand holds for what is limited by hand or by its own spec, or is not configured at all."""
    for source in named:
        if how != Measurement() and place_of(source) not in heard:
            raise UsageError(
                f"{config.path} says how {source} is measured, so that '{how}' would go unheard",
                hint="leave it out, or limit by hand what is measured by hand: --max-params 5M, --max-increase 2%",
            )


def _own_limits(
    source: str, terms: Terms, workshop: Workshop, broken: Callable[[str, FlopcountError], None] | None
) -> Iterator[tuple[str, tuple[Limit, ...]]]:
    """The budgets that a spec states for itself and its variants."""
    try:
        found = workshop.spec(source)
    except FlopcountError:
        return  # the model itself will say so
    if found is None:
        return
    spec, variant = found
    for name, node in spec.budgets(variant).items():
        try:
            limits = read_budget(spec.path, node, Terms(terms.convention, partial=terms.partial))
        except FlopcountError as error:
            if broken is None:
                raise
            broken(source, error)
            limits = ()
        yield (source if variant or not name else f"{source}#{name}"), limits


def _expanded(config: Config, entry: Entry) -> list[tuple[str, str]]:
    """The sources of a configuration's entry: as it writes them, and seen from the working folder."""
    file, variant = parted(entry.path, config.folder)
    if not glob.has_magic(file):
        path = below(config.folder, file)
        a_file = exists(path) or Path(file).suffix in SPEC_SUFFIXES
        return [(entry.path, path + variant if a_file else entry.path)]
    own = place_of(config.path)
    files = [found for found in _matches(file, config.folder) if place_of(below(config.folder, found)) != own]
    if not files:
        raise ConfigError(f"the path '{entry.path}' matches no file", where=entry.mark.where)
    if entry.name and len(files) > 1:
        raise ConfigError(f"one name for the {len(files)} files of '{entry.path}'", where=entry.mark.where)
    return [(found + variant, below(config.folder, found) + variant) for found in files]


def files_of(text: str) -> list[str]:
    """A source named by hand: itself, or the files of a pattern that no shell has expanded."""
    file, variant = parted(text)
    if not glob.has_magic(file) or exists(text):
        return [text]
    if files := _matches(file, ""):
        return [found + variant for found in files]
    raise UsageError(f"the path '{text}' matches no file")


def _matches(pattern: str, folder: str) -> list[str]:
    found = glob.glob(pattern, root_dir=folder or None, recursive=True)  # noqa: PTH207 - root_dir keeps paths as written
    return sorted(name for name in found if is_file(below(folder, name)))


def name_of(source: str, measurement: Measurement, folder: str = "") -> str:
    """What a model is called that nobody named: its path, and how it is measured."""
    how = str(measurement)
    name = spelled(source, folder)
    return f"{name} ({how})" if how else name


def _refuse_doubles(models: Iterable[Model]) -> None:
    seen: dict[str, Model] = {}
    for model in models:
        other = seen.setdefault(model.name, model)
        if other is not model:
            raise _two_called(model.name, model.mark)


def _two_called(name: str, mark: Mark | None) -> ConfigError:
    return ConfigError(
        f"two models are called '{name}'",
        where=mark.where if mark else None,
        hint="give each a name of its own: name: small",
    )
