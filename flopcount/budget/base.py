"""The baseline of a pull request: the same models, as they were where its branch began."""

from __future__ import annotations

import glob
import os
import posixpath
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ..errors import FlopcountError, SourceError
from ..readers.spec.document import MAX_BYTES
from ..sources import find_spec, is_torch
from .baseline import Baseline, Snapshot, snapshot
from .config import NAMES, PYPROJECT, Config, find_config, has_section, read_config
from .git import Commit, matching, merge_base
from .models import ByHand, Model, name_of, plan
from .places import below, is_file, parted, place_in, place_of
from .workshop import Workshop

NO_FILE = "nothing but files is read from git; `flopcount snapshot` and --baseline compare what is none"


class _Past(Struct):
    """A commit, and those of its files that are looked at, in a folder of their own.

    Attributes:
        commit: The commit.
        title: What it is to people.
        folder: Where the files are, at the paths that they have in the repository.
        here: The working folder in it.
        notices: What the reader must know.
    """

    commit: Commit
    title: str
    folder: str
    here: str
    notices: list[str]

    def extract(self, paths: Iterable[str]) -> None:
        """Put files there: paths and patterns, seen from the root of the repository."""
        wanted: list[str] = []
        for path in paths:
            pattern = path not in self.commit.files and glob.has_magic(path)
            wanted += matching(self.commit.files, path) if pattern else [path]
        self.commit.extract(wanted, Path(self.folder))

    def told(self, error: FlopcountError) -> str:
        place = f"{error.where}: " if error.where else ""
        return f"{place}{error.what}".replace(f"{self.here}/", "")

    def place(self, source: str) -> str:
        """Where a source of that time lies today."""
        if not source.startswith(f"{self.folder}/"):
            return source
        return place_in(self.commit.root, os.path.relpath(source, self.folder))

    def named(self, model: Model) -> str:
        if not model.name.startswith(f"{self.folder}/"):
            return model.name
        return os.path.relpath(model.name, self.here).replace(os.sep, "/")


def baseline_at(
    ref: str, config: Config, sources: Sequence[str], by_hand: ByHand, models: Sequence[Model]
) -> tuple[Baseline | None, list[str]]:
    """The models as they are at the merge base with another branch, and what their reader must know.

    Args:
        ref: The other branch: `origin/main`.
        config: Today's configuration; the one of that time is used where there was one.
        sources: What was named by hand.
        by_hand: See `plan`.
        models: Today's models. Each is looked for where it was, whether anything limited it then or not.

    Raises:
        UsageError: There is no such commit.
    """
    commit = merge_base(ref)
    if commit is None:
        return None, [f"growth is not checked: HEAD and '{ref}' have no commit in common"]
    with tempfile.TemporaryDirectory(prefix="flopcount-") as name:
        folder = str(Path(name).resolve())
        here = posixpath.normpath(posixpath.join(folder, commit.prefix))
        Path(here).mkdir(parents=True, exist_ok=True)
        past = _Past(commit, f"{ref} at {commit.name}", folder, here, [])
        if commit.unchanged:
            past.notices.append(
                f"HEAD has nothing that '{ref}' has not, so that nothing can have grown; "
                "after a merge, --base-ref HEAD^ compares with what was before it"
            )
        workshop = Workshop()
        planned = _planned(past, config, sources, by_hand, workshop)
        renames = _renames(past, models)
        planned += [model for model in _others(past, models, planned, renames) if _was_there_too(model, workshop)]
        wanted = {limit.metric for model in models for limit in model.limits}
        known: dict[str, Snapshot] = {}
        unreadable = set()
        for model in planned:
            model.name = past.named(model)
            try:
                known[model.name] = _snapshot(past, model, workshop, wanted)
            except FlopcountError as error:
                past.notices.append(f"{model.name} at {past.title}: {past.told(error)}")
                unreadable.add(past.place(model.source))
        places = {place_in(commit.root, old): place_in(commit.root, new) for old, new in renames.items()}
        limits = {model.name: model.limits for model in planned}
    return Baseline(past.title, known, False, places, limits, frozenset(unreadable)), past.notices


def _planned(past: _Past, config: Config, sources: Sequence[str], by_hand: ByHand, workshop: Workshop) -> list[Model]:
    """The models that were checked at that time."""
    then = _config(past, config)
    folder = os.path.relpath(then.folder or past.here, past.folder)
    past.extract(
        posixpath.normpath(posixpath.join(folder, parted(entry.path, config.folder)[0])) for entry in then.entries
    )
    moved = [_moved(past, source) for source in sources]
    files = [_moved(past, parted(source)[0]) for source in sources]
    past.extract(os.path.relpath(file, past.folder) for file in files if os.path.isabs(file))  # noqa: PTH117
    # What was not there yet is new, which is no error of that time.
    then = replace(then, entries=tuple(entry for entry in then.entries if _was_there(past, entry.path, then.folder)))
    moved = [source for source in moved if _was_there(past, source, past.here)]
    if not (then.entries if not sources else moved):
        return []

    def broken(source: str, error: FlopcountError) -> None:
        past.notices.append(f"the budget in {past.title} cannot be read: {past.told(error)}")

    try:
        return plan(then, moved, by_hand, workshop, broken)
    except FlopcountError as error:
        past.notices.append(f"{past.title} cannot be planned, and today's models are compared: {past.told(error)}")
        return []


def _config(past: _Past, config: Config) -> Config:
    """The configuration of that time; today's where there was none or it cannot be read."""
    if not config.path:
        return config
    path = Path(past.commit.path_of(config.path))
    names = (*NAMES, PYPROJECT) if path.name in (*NAMES, PYPROJECT) else ()
    past.extract(str(path.with_name(name)) for name in (path.name, *names))
    target = Path(past.folder, path)
    if names and not _is_config(target) and (other := find_config(str(target.parent))):
        target = Path(other)  # which has moved to another of the files that are looked for
    then = config
    if not target.is_file():
        past.notices.append(f"there was no {config.path} at {past.commit.name}: today's says what to compare")
    else:
        try:
            then = read_config(str(target))
        except FlopcountError as error:
            past.notices.append(
                f"the configuration at {past.commit.name} cannot be read, and today's is used: {past.told(error)}"
            )
    return replace(then, folder=str(target.parent))


def _is_config(path: Path) -> bool:
    return path.is_file() and (path.name != PYPROJECT or has_section(str(path)))


def _moved(past: _Past, source: str) -> str:
    """A source named by hand, where it lies in the past; what is no file keeps its name."""
    file, variant = parted(source)
    a_file = is_file(file) or (Path(file).suffix and ":" not in file) or glob.has_magic(file)
    return f"{past.folder}/{past.commit.path_of(file)}{variant}" if a_file else source


def _was_there(past: _Past, source: str, folder: str) -> bool:
    """Whether a file or some file of a pattern was extracted; what cannot be a file stays what it is."""
    file, _ = parted(source, folder)
    path = os.path.normpath(below(folder, file))
    if Path(file).suffix and ":" not in file and not path.startswith(f"{past.folder}/"):
        return False  # it lies outside of the repository, and what is there now is not what was
    if glob.has_magic(file):
        return bool(glob.glob(file, root_dir=folder, recursive=True))  # noqa: PTH207
    return is_file(below(folder, file)) or ":" in file or not Path(file).suffix


def _was_there_too(model: Model, workshop: Workshop) -> bool:
    """Whether a spec had the variant that is asked for; what cannot be read will say so itself."""
    try:
        found = workshop.spec(model.source)
    except FlopcountError:
        return True
    return found is None or not found[1] or found[1] in found[0].variants


def _renames(past: _Past, models: Iterable[Model]) -> dict[str, str]:
    """The files that were renamed since, if any of today's was not there under its name."""
    paths = [path for _, path in _paths(past, models)]
    suffixes = {Path(path).suffix for path in paths if path not in past.commit.files}
    return past.commit.renames(suffixes) if suffixes else {}


def _others(past: _Past, models: Iterable[Model], planned: Iterable[Model], renames: dict[str, str]) -> Iterator[Model]:
    """Today's models that were there, though nothing limited them or their file had another name."""
    known = {past.place(model.source) for model in planned}
    origin = {new: old for old, new in renames.items()}
    for model, path in _paths(past, models):
        old = path if path in past.commit.files else origin.get(path)
        if old is None:
            if module := past.commit.module_of(path):
                past.notices.append(f"{model.name} lies in the submodule '{module}', whose past is not looked at")
            continue
        _, variant = parted(model.source)
        if f"{past.commit.root}/{old}{variant}" not in known:
            past.extract([old])
            source = f"{past.folder}/{old}{variant}"
            # A name that the configuration gives it now was another's then, or nobody's.
            name = model.name if old == path and not model.named else name_of(source, model.measurement)
            yield replace(model, name=name, source=source, limits=())


def _paths(past: _Past, models: Iterable[Model]) -> Iterator[tuple[Model, str]]:
    """Today's models that are files of this repository, and their paths in it."""
    for model in models:
        place = place_of(parted(model.source)[0])
        if place.startswith(f"{past.commit.root}/"):
            yield model, os.path.relpath(place, past.commit.root)


def _snapshot(past: _Past, model: Model, workshop: Workshop, wanted: set[str]) -> Snapshot:
    file, _ = parted(model.source)
    if file.startswith(f"{past.folder}/") and not is_file(file):
        raise SourceError(f"git has it as no plain file of at most {MAX_BYTES >> 20} MB")
    if not file.startswith(f"{past.folder}/"):
        if is_torch(model.source):
            raise SourceError(NO_FILE)
        find_spec(model.source)  # a shipped spec is the same at every commit; what else is no file was not extracted
    return replace(
        snapshot(model, workshop.report(model.source, model.measurement), wanted), source=past.place(model.source)
    )
