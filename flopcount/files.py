"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import SourceError


def write_whole(path: str | Path, text: str) -> None:
    """Write a text file; whoever interrupts it leaves the old file as it was.

    A link stays a link, and what is no file (`/dev/stdout`, a named pipe) is written through.

    Raises:
        SourceError: The file cannot be written, or is read-only.
    """
    write_all({path: text})


def write_all(texts: Mapping[str | Path, str] | Mapping[str, str] | Mapping[Path, str]) -> None:
    """Write several text files, each as `write_whole` does, or none of them.

    All lie beside their targets in full before the first takes its place. What fails after that is undone; only a
    process that is killed between two of these renames, which take microseconds, leaves one of them new.

    Raises:
        SourceError: A file cannot be written; then all are as they were.
    """
    staged: list[tuple[str | Path, Path, Path]] = []
    before: dict[Path, bytes | None] = {}
    path: str | Path = ""
    try:
        for path, text in texts.items():
            target = Path(path)
            if target.exists() and not target.is_file():
                target.write_text(text, encoding="utf-8", newline="\n")
                continue
            target = target.resolve()
            staged.append((path, target, _staged(path, target, text.encode("utf-8", "replace"))))
            if len(texts) > 1:
                before[target] = target.read_bytes() if target.exists() else None
        for asked, target, temporary in staged:
            path = asked
            temporary.replace(target)
    except BaseException as error:
        for target, data in before.items():
            _restore(target, data)
        for _, _, temporary in staged:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SourceError(f"cannot write '{path}': {(error.strerror or str(error)).lower()}") from None
        raise


def _staged(path: str | Path, target: Path, data: bytes) -> Path:
    """A file beside another, with its permissions, to take its place."""
    old = target.stat() if target.exists() else None
    mode = old.st_mode & 0o777 if old else 0o666 & ~_umask()
    # Only its folder's permissions stand in the way of a rename, and root may write anything: what a file says of
    # itself is asked here.
    if old and not (mode & 0o222 and os.access(target, os.W_OK)):
        raise SourceError(f"cannot write '{path}': it is read-only")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if old and hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # root in a container gives the file back to whose it is
                os.chown(name, old.st_uid, old.st_gid)
        Path(name).chmod(mode)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _restore(target: Path, data: bytes | None) -> None:
    with contextlib.suppress(OSError, SourceError):
        if data is None:
            target.unlink(missing_ok=True)
        elif target.read_bytes() != data:
            _staged(target, target, data).replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
