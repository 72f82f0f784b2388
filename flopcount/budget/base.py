"""The baseline of a pull request: the same models, as they were where its branch began."""

from __future__ import annotations

import glob
import os
import posixpath
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from ..errors import FlopcountError
from ..sources import find_spec
from .baseline import Baseline, Snapshot, snapshot
from .config import Config, read_config
from .git import Commit, matching, merge_base
from .models import ByHand, Model, Workshop, plan


def baseline_at(
    ref: str, config: Config, sources: Sequence[str], by_hand: ByHand, models: Iterable[Model]
) -> tuple[Baseline, list[str]]:
    """The models as they are at the merge base with another branch, and what their reader must know.

    Args:
        ref: The other branch: `origin/main`.
        config: Today's configuration; the one of that time is used where there was one.
        sources: What was named by hand.
        by_hand: See `plan`.
        models: Today's models, whose metrics are wanted.

    Raises:
        UsageError: There is no such commit.
    """
    commit = merge_base(ref)
    title = f"{ref} at {commit.name}"
    wanted = {limit.metric for model in models for limit in model.limits}
    with tempfile.TemporaryDirectory(prefix="flopcount-") as name:
        folder = Path(name).resolve()
        here = folder / commit.prefix
        here.mkdir(parents=True, exist_ok=True)
        then, notices = _config(commit, config, folder, here)
        patterns = [entry.path for entry in then.entries]
        _extract(commit, [posixpath.join(_seen(then.folder, here), path) for path in patterns] + [*sources], folder)
        # What was not there yet is new, which is no error of that time.
        then = replace(then, entries=tuple(entry for entry in then.entries if _was_there(entry.path, then.folder)))
        sources = [source for source in sources if _was_there(source, str(here))]
        if not (sources or then.entries):
            return Baseline(title, {}, strict=False), notices
        known = {}
        workshop = Workshop()
        try:
            planned = plan(then, [_moved(source, here) for source in sources], by_hand, workshop)
        except FlopcountError as error:
            return Baseline(title, {}, strict=False), [*notices, f"{title} cannot be planned: {_told(error, here)}"]
        for model in planned:
            if model.name.startswith(f"{folder}/"):
                model.name = os.path.relpath(model.name, here)
            try:
                known[model.name] = _snapshot(model, workshop, wanted, folder)
            except FlopcountError as error:
                notices.append(f"{model.name} at {title}: {_told(error, here)}")
    return Baseline(title, known, strict=False), [*notices, *_loosened(planned, models)]


def _loosened(then: Iterable[Model], now: Iterable[Model]) -> Iterator[str]:
    """What a reviewer would want to know: limits that were raised or dropped since."""
    today = {model.name: model.limits for model in now}
    for model in then:
        for old in model.limits:
            if old.rule != "max" or not old.mark or model.name not in today:
                continue
            same = [
                limit for limit in today[model.name]
                if (limit.metric, limit.rule, limit.level, limit.layer) == (old.metric, old.rule, old.level, old.layer)
            ]  # fmt: skip
            what = f"{model.name}: the limit on {old.metric}"
            if not same:
                yield f"{what}, {old.stated}, is gone"
            elif min(limit.bound for limit in same) > old.bound:  # type: ignore[type-var, operator]
                yield f"{what} was raised from {old.stated} to {same[0].stated}"


def _config(commit: Commit, config: Config, folder: Path, here: Path) -> tuple[Config, list[str]]:
    """The configuration of that time; today's where there was none or it cannot be read."""
    if not config.path:
        return config, []
    path = commit.path_of(config.path)
    commit.extract([path], folder)
    target = folder / path
    moved = str(target.parent)
    if not target.is_file():
        notices = [f"there was no {config.path} at {commit.name}: today's says what to compare"]
        return _with_folder(config, moved), notices
    try:
        return _with_folder(read_config(str(target)), moved), []
    except FlopcountError as error:
        notices = [f"the configuration at {commit.name} cannot be read, and today's is used: {_told(error, here)}"]
        return _with_folder(config, moved), notices


def _with_folder(config: Config, folder: str) -> Config:
    return replace(config, folder=folder)


def _extract(commit: Commit, sources: Iterable[str], folder: Path) -> None:
    """Put the files there that sources and patterns name."""
    wanted: list[str] = []
    for source in sources:
        path = commit.path_of(source.partition("#")[0])
        wanted += matching(commit.files, path) if glob.has_magic(path) else [path]
    commit.extract(wanted, folder)


def _was_there(source: str, folder: str) -> bool:
    """Whether a file or some file of a pattern was extracted; what cannot be a file stays what it is."""
    file = source.partition("#")[0]
    if glob.has_magic(file):
        return bool(glob.glob(file, root_dir=folder, recursive=True))  # noqa: PTH207
    return Path(folder, file).exists() or not Path(file).suffix


def _seen(folder: str, here: Path) -> str:
    """A folder of the past, seen from the working folder of the past."""
    return os.path.relpath(folder or here, here)


def _moved(source: str, here: Path) -> str:
    """A source named by hand, where it now lies; what is no file there keeps its name."""
    file = source.partition("#")[0]
    there = here / file
    is_file = there.exists() or Path(file).suffix or glob.has_magic(file)
    return f"{here}/{source}" if is_file and ":" not in file else source


def _snapshot(model: Model, workshop: Workshop, wanted: set[str], folder: Path) -> Snapshot:
    file = model.source.partition("#")[0]
    if not Path(file).is_relative_to(folder):
        find_spec(model.source)  # a shipped spec is the same at every commit; what else is no file was not extracted
    return snapshot(model, workshop.report(model), wanted)


def _told(error: FlopcountError, here: Path) -> str:
    place = f"{error.where}: " if error.where else ""
    return f"{place}{error.what}".replace(f"{here}/", "")
