"""Values put into files where others stood; the comments, anchors and quotes around them stay."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from yaml.nodes import MappingNode, ScalarNode

from ..errors import ConfigError, FlopcountError
from ..files import write_all
from ..readers.spec import document
from ..readers.spec.document import read_text, where
from . import toml
from .limits import LIMIT_KEYS
from .marks import Mark, Node
from .reading import TERMS

_ANCHOR = re.compile(r"&\S+\s+")


class Rewrite(Struct, frozen=True):
    """One limit rewritten.

    Attributes:
        mark: Where it stands.
        metric: What it limits.
        after: What stands there now.
    """

    mark: Mark
    metric: str
    after: str


def apply(changes: Iterable[Rewrite]) -> None:
    """Rewrite values where they stand, in all files or in none.

    Raises:
        ConfigError: A file has changed meanwhile, or more than these values would change in it.
        SourceError: A file cannot be written.
    """
    files: dict[str, list[Rewrite]] = {}
    for change in changes:
        files.setdefault(os.path.realpath(change.mark.path), []).append(change)
    write_all({file: _edited(file, some) for file, some in files.items()})


def _edited(file: str, changes: list[Rewrite]) -> str:
    """A file's new text."""
    before = after = read_text(file)
    path = changes[0].mark.path
    for change in sorted(changes, key=lambda change: -change.mark.start):
        after = _replaced(after, change)
    _Comparison(path, changes).compare(_composed(before, path), _composed(after, path))
    return ("\ufeff" if Path(file).read_bytes()[:3] == b"\xef\xbb\xbf" else "") + after


def _replaced(text: str, change: Rewrite) -> str:
    mark, after = change.mark, change.after
    stands = text[mark.start : mark.end]
    anchor = _ANCHOR.match(stands)
    start = mark.start + (anchor.end() if anchor else 0)
    stands = text[start : mark.end]
    quote = stands[:1] if stands[:1] in ("'", '"') else ""
    if stands != f"{quote}{mark.text}{quote}":
        raise ConfigError(
            f"the limit on {change.metric} cannot be rewritten: '{mark.text}' does not stand there plainly",
            where=mark.where, hint="write it as one plain value",
        )  # fmt: skip
    if not quote and _needs_quotes(mark.path, after):
        quote = '"'
    return f"{text[:start]}{quote}{after}{quote}{text[mark.end :]}"


def _needs_quotes(path: str, after: str) -> bool:
    """Whether a value that stood there unquoted needs quotes now: in TOML, what is no number."""
    return path.endswith(".toml") and not after.replace("_", "").isdigit()


def _composed(text: str, path: str) -> Node:
    return toml.compose(text, path) if path.endswith(".toml") else document.compose(text, path)


class _Comparison:
    """Two readings of a file, which may differ in the values that were to be rewritten and nowhere else.

    One value may stand for several by an alias. Where each of these is a limit, all of them follow; a width or the
    allowed growth that is the same value would change with them, and that is refused.
    """

    def __init__(self, path: str, changes: Iterable[Rewrite]) -> None:
        self.path = path
        self.changes = {change.mark.start: change for change in changes}
        self.seen: set[tuple[int, bool]] = set()

    def compare(self, old: Node, new: Node, limits: bool = False) -> None:
        """Compare what stands at the same place in both; `limits`: below a `budget`, at a limit."""
        if (id(old), limits) in self.seen:
            return
        self.seen.add((id(old), limits))
        if type(old) is not type(new):
            raise self.different(old)
        if type(old) is ScalarNode:
            change = self.changes.get(old.start_mark.index)
            if new.value != (change.after if change else old.value):
                raise self.different(old)
            if change and not limits:
                raise ConfigError(
                    f"the limit on {change.metric} cannot be rewritten: its value stands for something else too",
                    where=where(self.path, old), hint="write it as one plain value, without an alias elsewhere",
                )  # fmt: skip
        elif len(old.value) != len(new.value):
            raise self.different(old)
        elif type(old) is MappingNode:
            for (key, one), (new_key, other) in zip(old.value, new.value, strict=True):
                self.compare(key, new_key)
                self.compare(one, other, _holds_limits(key.value) or (limits and _may_hold(key.value)))
        else:
            for one, other in zip(old.value, new.value, strict=True):
                self.compare(one, other, limits)

    def different(self, node: Node) -> FlopcountError:
        return ConfigError("the limits cannot be rewritten: more than they would change", where=where(self.path, node))


def _holds_limits(key: object) -> bool:
    return key == "budget"


def _may_hold(key: object) -> bool:
    """Whether what stands at a key below a budget is a limit, or holds some: `max`, or a metric."""
    return key == "max" or key not in (*TERMS, *LIMIT_KEYS)
