"""What a reviewer would want to know of a branch: limits that it raised, weakened or dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .baseline import Baseline, Snapshot
from .comparing import Match
from .limits import Increase, Limit
from .models import Model
from .places import is_file, parted


def loosened(
    baseline: Baseline, models: Iterable[Model], matches: Mapping[str, Match], gone: Iterable[str] = ()
) -> Iterator[str]:
    """A sentence for each limit that held where the branch began and holds less now. A limit by hand is not its.

    Args:
        baseline: Where the branch began.
        models: Today's models.
        matches: What they are compared with.
        gone: The baseline's models that are not checked any more.
    """
    for left in gone:
        file, _ = parted(baseline.models[left].source)
        if is_file(file) and any(limit.mark for limit in baseline.limits.get(left, ())):
            yield f"{left}: it is still there, but nothing limits it any more"
    for model in models:
        name = matches.get(model.name, Match()).name
        then = [limit for limit in baseline.limits.get(name or "", ()) if limit.mark]
        for old in then:
            if change := _change(old, model.limits, baseline.models.get(name or "")):
                yield f"{model.name}: {_called(old)}{change}"
        if any(_partial_now(old, model.limits) for old in then):
            yield f"{model.name}: a count that leaves layers out passes now (allow_partial)"


def _change(old: Limit, limits: Iterable[Limit], base: Snapshot | None) -> str | None:
    same = _same(old, limits)
    if not same:
        return f", {old.stated}, is gone"
    strong = [limit for limit in same if limit.level == "error"]
    if old.level == "error" and not strong:
        return f", {old.stated}, only warns now"
    held = strong if old.level == "error" else same
    if all(_looser(limit, old, base) for limit in held):
        verb = "changed" if old.metric == "ops" else "was raised"
        return f" {verb} from {old.stated} to {held[0].stated}"
    return None


def _same(old: Limit, limits: Iterable[Limit]) -> list[Limit]:
    return [
        limit for limit in limits if (limit.metric, limit.rule, limit.layer) == (old.metric, old.rule, old.layer)
    ]  # fmt: skip


def _partial_now(old: Limit, limits: Iterable[Limit]) -> bool:
    same = _same(old, limits)
    return not old.partial and bool(same) and all(limit.partial for limit in same)


def _called(limit: Limit) -> str:
    if limit.metric == "ops":
        return f"the list of ops to {limit.rule}"
    return f"the limit on {'the growth of ' if limit.rule == 'max_increase' else ''}{limit.metric}"


def _looser(new: Limit, old: Limit, base: Snapshot | None) -> bool:
    if old.rule == "deny":
        return not set(old.bound) <= set(new.bound)  # type: ignore[arg-type]
    if old.rule == "allow":
        return not set(new.bound) <= set(old.bound)  # type: ignore[arg-type]
    if isinstance(new.bound, Increase) and isinstance(old.bound, Increase):
        before = base.totals.get(old.metric) if base else None
        if before is not None:  # in numbers, for a percentage and an amount can be told apart by nothing else
            return new.bound.allowed(before) > old.bound.allowed(before)
        return new.bound.relative > old.bound.relative or new.bound.absolute > old.bound.absolute
    return new.bound > old.bound  # type: ignore[operator]
