"""Blocks may use each other, but not in a circle: a static network would never end."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import SpecError
from .document import where
from .syntax import BranchesEntry, CallEntry, Entry, GroupEntry, Spec


def refuse_recursion(spec: Spec) -> None:
    """Find a circle of blocks.

    Raises:
        SpecError: With the circle: `a → b → a`.
    """
    finished: set[str] = set()
    for name in spec.blocks:
        _visit(spec, name, [], finished)


def _visit(spec: Spec, name: str, path: list[str], finished: set[str]) -> None:
    if name in finished:
        return
    if name in path:
        circle = " → ".join([*path[path.index(name) :], name])
        raise SpecError(f"blocks use each other in a circle: {circle}", where=where(spec.path, spec.blocks[name].node))
    if len(path) > 100:
        raise SpecError("blocks are nested more than 100 deep", where=where(spec.path, spec.blocks[name].node))
    path.append(name)
    for used in _used(spec.blocks[name].body):
        _visit(spec, used, path, finished)
    path.pop()
    finished.add(name)


def _used(body: tuple[Entry, ...]) -> Iterator[str]:
    for entry in body:
        if isinstance(entry, CallEntry):
            yield entry.block
        elif isinstance(entry, GroupEntry):
            yield from _used(entry.body)
        elif isinstance(entry, BranchesEntry):
            for _, branch in entry.branches:
                yield from _used(branch)
