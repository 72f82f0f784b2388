"""Files as they were where a branch began, read from git's own store: nothing is checked out."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from ..errors import SourceError, UsageError
from ..readers.spec.document import MAX_BYTES

SECONDS = 60
UNKNOWN = "fetch it first: git fetch origin main; in GitHub Actions, actions/checkout with fetch-depth: 0"


SHALLOW = "git fetch --unshallow origin; in GitHub Actions, actions/checkout with fetch-depth: 0"


class Commit(Struct, frozen=True):
    """A commit of the repository around the working folder.

    Attributes:
        name: Its abbreviated hash.
        root: The repository's folder.
        prefix: The working folder, seen from there.
        files: Every file in it, seen from the root.
        unchanged: Whether it is what lies in the working folder, so that nothing can have grown since.
    """

    name: str
    root: str
    prefix: str
    files: frozenset[str]
    unchanged: bool = False

    def path_of(self, path: str) -> str:
        """A path of the working folder, seen from the repository's root."""
        if Path(path).is_absolute():
            folder, name = os.path.split(path)
            return os.path.relpath(os.path.join(os.path.realpath(folder), name), self.root)  # noqa: PTH118
        return posixpath.normpath(posixpath.join(self.prefix, path))

    def extract(self, wanted: Iterable[str], folder: Path) -> None:
        """Write some of its files below a folder, at the paths that they have in the repository."""
        names = [name for name in sorted(set(wanted)) if name in self.files and "\n" not in name]
        data = _git(
            ["cat-file", "--batch", "--follow-symlinks"],
            self.root,
            "".join(f"{self.name}:{name}\n" for name in names).encode(),
        )
        place = 0
        for name in names:
            head, _, _ = data[place : place + 1000].partition(b"\n")
            place += len(head) + 1
            found = re.fullmatch(rb"(?:[0-9a-f]+ )?(\w+) (\d+)", head)  # without a hash: a link to somewhere else
            if not found:
                continue
            size = int(found[2])
            if found[1] == b"blob" and size <= MAX_BYTES:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data[place : place + size])
            place += size + 1

    def renames(self, suffixes: Iterable[str]) -> dict[str, str]:
        """Files that have other names in the working folder, as far as git knows of them: the old and the new one."""
        patterns = [f":(top)*{suffix}" for suffix in sorted(suffixes)]
        arguments = ["-M", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", "--no-textconv", self.name]
        data = _git(["--no-optional-locks", "diff", *arguments, "--", *patterns], self.root)
        parts = data.decode("utf-8", "surrogateescape").split("\0")
        return dict(zip(parts[1::3], parts[2::3], strict=False))

    def module_of(self, path: str) -> str | None:
        """The submodule that a path lies in."""
        return next((str(folder) for folder in Path(path).parents if str(folder) in self.files), None)


def merge_base(ref: str) -> Commit | None:
    """The commit at which the current branch left another; None where the two have nothing in common.

    A ref that git does not know, and a history that was not fetched, are errors and no missing base: else a slip of the
    pen would switch a gate off.

    Raises:
        UsageError: This is no repository, there is no such ref, or the clone is too shallow to tell.
        SourceError: There is no git.
    """
    root = _git(["rev-parse", "--show-toplevel"], None, failed=_no_repository).decode().rstrip("\n")
    prefix = _git(["rev-parse", "--show-prefix"], None).decode().rstrip("\n")
    tip = _git(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
        root, failed=lambda _: UsageError(f"git knows no commit '{ref}'", hint=UNKNOWN),
    ).decode().strip()  # fmt: skip
    try:
        base = _git(["merge-base", "HEAD", tip], root).decode().strip()
    except UsageError:
        if _git(["rev-parse", "--is-shallow-repository"], root).strip() != b"true":
            return None
        raise UsageError(
            f"this clone is too shallow to have the commit at which HEAD left '{ref}'", hint=SHALLOW
        ) from None
    names = _git(["ls-tree", "-r", "-z", "--name-only", base], root).decode("utf-8", "surrogateescape")
    unchanged = base == _git(["rev-parse", "HEAD"], root).decode().strip() and not _git(
        ["--no-optional-locks", "status", "--porcelain"], root
    )
    return Commit(base[:12], root, prefix, frozenset(names.split("\0")) - {""}, unchanged)


def matching(files: Iterable[str], pattern: str) -> list[str]:
    """The files that a pattern matches as `glob` does.

    Example:
        >>> matching(["a.yaml", "nets/b.yaml", "nets/old/c.yaml"], "nets/*.yaml")
        ['nets/b.yaml']
        >>> matching(["a.yaml", "nets/b.yaml", "nets/old/c.yaml"], "**/*.yaml")
        ['a.yaml', 'nets/b.yaml', 'nets/old/c.yaml']
    """
    parts = pattern.split("/")
    return [name for name in files if _matches(name.split("/"), parts)]


def _matches(names: list[str], parts: list[str]) -> bool:
    """Folder by folder, `**` being any number of them: what one pattern costs is bounded by how deep a file lies."""
    if not parts or not names:
        return not names and all(part == "**" for part in parts)
    if parts[0] == "**":
        return _matches(names, parts[1:]) or _matches(names[1:], parts)
    return fnmatchcase(names[0], parts[0]) and _matches(names[1:], parts[1:])


def _no_repository(message: str) -> UsageError:
    return UsageError("--base-ref needs a git repository", hint=f"git says: {message}" if message else None)


def _git(
    arguments: list[str],
    folder: str | None,
    stdin: bytes = b"",
    failed: Callable[[str], UsageError] = lambda message: UsageError(f"git failed: {message}"),
) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, input=stdin, capture_output=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise SourceError("--base-ref needs git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {arguments[0]} took more than {SECONDS} seconds") from None
    if done.returncode:
        raise failed(done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: "))
    return done.stdout
