"""Which snapshot a model is compared with, and why not.

A model is known by its file and variant, not by its name. One whose file the baseline does not have was renamed where
git says so, or where it is or resembles what another was; else it is new.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ..engine import Report
from ..errors import ConfigError
from .baseline import ALWAYS, Baseline, Snapshot, snapshot
from .limits import Increase
from .measurement import Measurement
from .models import Model
from .places import is_file, parted, place_of

SIMILAR = 0.5
"""The part of its layers in which a model resembles another's to be that one renamed, as git has it for lines."""

MAX_PAIRS = 100_000
"""Of how many pairs it is asked whether one resembles the other."""


class Match(NamedTuple):
    """What a model is compared with: its snapshot and the name of that, or why there is none.

    Where its growth is limited and cannot be known, `error` says so.
    """

    base: Snapshot | None = None
    name: str | None = None
    note: str = ""
    error: ConfigError | None = None


class _Pair(NamedTuple):
    """A model and the name of a snapshot that it may be compared with; the lowest rank is the best."""

    rank: tuple[float, ...]
    model: Model
    name: str


def matched(
    models: Iterable[Model], reports: dict[str, Report], baseline: Baseline, *, some: bool = False
) -> dict[str, Match]:
    """A match for each model that could be counted.

    Where only `some` models are checked, another may have been renamed only if its file is gone.

    Raises:
        ConfigError: A baseline's file holds a model that was measured in another way.
    """
    now = {model.name: snapshot(model, reports[model.name]) for model in models if model.name in reports}
    models = [model for model in models if model.name in now]
    places = {base.source for base in baseline.models.values()}
    taken = {base.source for base in now.values()}
    found: dict[str, Match] = {}
    left = dict(baseline.models)

    def settle(pairs: Iterable[_Pair]) -> None:
        for pair in sorted(pairs, key=lambda pair: pair.rank):
            if pair.model.name not in found and pair.name in left:
                base = left.pop(pair.name)
                found[pair.model.name] = _match(pair.model, now[pair.model.name], pair.name, base, baseline)

    settle(_of_one_file(models, now, baseline))
    strangers = [model for model in models if now[model.name].source not in places]
    lost = {
        name: base for name, base in left.items()
        if base.source not in taken and (not some or _gone(base.source) or name in now)
    }  # fmt: skip
    settle(_renamed(strangers, now, lost, baseline))
    for model in models:
        if model.name not in found:
            found[model.name] = _unmatched(model, now[model.name], baseline)
    return found


def removed(models: Iterable[Model], matches: dict[str, Match], baseline: Baseline) -> tuple[str, ...]:
    """The baseline's models that are gone; one that cannot be read today is not."""
    compared = {match.name for match in matches.values()}
    unread = [model for model in models if model.name not in matches]
    kept = {model.name for model in unread} | {place_of(model.source) for model in unread}
    return tuple(
        name for name, base in baseline.models.items() if name not in compared and not kept & {name, base.source}
    )


def _of_one_file(models: Iterable[Model], now: dict[str, Snapshot], baseline: Baseline) -> Iterator[_Pair]:
    """Pairs of one file, those that were measured in one way first."""
    names: dict[str, list[str]] = {}
    for name, base in baseline.models.items():
        names.setdefault(base.source, []).append(name)
    for model in models:
        for name in names.get(now[model.name].source, ()):
            refused = _refusal(model, now[model.name], baseline.models[name]) is not None
            yield _Pair((refused, name != model.name), model, name)


def _renamed(
    models: Sequence[Model], now: dict[str, Snapshot], lost: dict[str, Snapshot], baseline: Baseline
) -> Iterator[_Pair]:
    """Pairs of two files: those that git or their name tells, then what is the same, then what resembles the other."""
    origins = {new: old for old, new in baseline.renames.items()}
    places = _index(lost, lambda base: base.source)
    tails = _index(lost, lambda base: _tail(base.source))
    totals = _index(lost, _totals)
    layers = {name: _layers(base) for name, base in lost.items()} if len(models) * len(lost) <= MAX_PAIRS else {}
    for model in models:
        mine = now[model.name]
        own = _layers(mine)
        same = [name for name in totals.get(_totals(mine), ()) if lost[name].layers == mine.layers][: len(models)]
        likes = {name: _likeness(own, others) for name, others in layers.items()}
        ranks: dict[str, tuple[float, ...]] = {name: (5, -like) for name, like in likes.items() if like >= SIMILAR}
        ranks |= dict.fromkeys(tails.get(_tail(mine.source), [])[: len(models)], (4,))
        ranks |= dict.fromkeys(same, (3,))
        ranks |= {model.name: (2,)} if model.name in lost else {}
        ranks |= dict.fromkeys(places.get(origins.get(mine.source, ""), ()), (1,))
        for name, rank in ranks.items():
            refused = _refusal(model, mine, lost[name]) is not None
            if not (refused and rank[0] == 5):  # nothing but a resemblance, and measured in another way
                yield _Pair((rank[0], refused, *rank[1:]), model, name)


def _index(lost: dict[str, Snapshot], key: Callable[[Snapshot], Hashable]) -> dict[Hashable, list[str]]:
    found: dict[Hashable, list[str]] = {}
    for name, base in lost.items():
        found.setdefault(key(base), []).append(name)
    return found


def _totals(of: Snapshot) -> Hashable:
    """What two snapshots have in common that hold the same, whatever else their budgets limit."""
    return tuple(of.totals.get(name) for name in ALWAYS)


def _match(model: Model, now: Snapshot, name: str, base: Snapshot, baseline: Baseline) -> Match:
    if reason := _refusal(model, now, base):
        return _refused(model, name, reason, baseline)
    note = f"renamed from {name}"
    if model.name == name:
        moved = _gone(base.source) and os.path.isabs(base.source) and _tail(base.source) != _tail(now.source)  # noqa: PTH117
        note = f"its file was {os.path.relpath(base.source)}" if moved else ""
    elif base.source == now.source and _is_path(name, base) and _is_path(model.name, now):
        note = ""  # another spelling of the same path
    return Match(base, name, note)


def _unmatched(model: Model, now: Snapshot, baseline: Baseline) -> Match:
    if now.source in baseline.unreadable:
        return Match(note=f"not compared: it cannot be counted in {baseline.title}")
    by_hand = model.mark is None and model.measurement != Measurement()
    for name, base in baseline.models.items():
        if by_hand and base.source == now.source and (reason := _refusal(model, now, base)):
            return _refused(model, name, reason, baseline)
    return Match(note=f"new: {baseline.title} does not have it")


def _refused(model: Model, name: str, reason: str, baseline: Baseline) -> Match:
    other = baseline.title if name == model.name else f"'{name}' in {baseline.title}"
    error = ConfigError(
        f"{model.name} cannot be compared with {other}: {reason}",
        hint="`flopcount snapshot` writes the baseline anew" if baseline.strict
        else "where that is meant, leave `max_increase` out of this one change; what it may cost at most still holds",
    )  # fmt: skip
    if baseline.strict:
        raise error
    grows = any(limit.rule == "max_increase" and limit.level == "error" for limit in model.limits)
    return Match(name=name, note=f"not compared with {other}: {reason}", error=error if grows else None)


def _layers(of: Snapshot) -> Counter[tuple[str, str]]:
    return Counter((name, str(layer.get("op"))) for name, layer in of.layers.items())


def _likeness(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> float:
    return (one & other).total() / max(one.total(), other.total(), 1)


def _gone(place: str) -> bool:
    """Whether a file was here that is not; what was no file is never gone."""
    file, _ = parted(place)
    return ":" not in file and bool(os.path.splitext(file)[1]) and not is_file(file)  # noqa: PTH122


def _tail(place: str) -> str:
    return os.path.basename(place)  # noqa: PTH119


def _is_path(name: str, of: Snapshot) -> bool:
    """Whether a model is called by its path, besides how it is measured."""
    return _tail(name.partition(" (")[0]) == _tail(of.source)


def _refusal(model: Model, now: Snapshot, base: Snapshot) -> str | None:
    if base.inputs != now.inputs:
        return f"it was counted on {', '.join(base.inputs)}, and is counted on {', '.join(now.inputs)}"
    for what, before, after in (
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
