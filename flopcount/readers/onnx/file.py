"""The model file: mapped into memory, so that only what is looked at is ever read."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import SourceError
from .wire import Buffer, WireError, varint

ENDINGS = (".onnx",)
WEIGHTS = re.compile(r"(.+\.onnx)[._]data", re.IGNORECASE)
"""Files beside a model that hold its weights."""
POINTER = b"version https://git-lfs"
"""How a file begins that Git has not fetched yet."""


def is_model(path: Path) -> bool:
    """Whether a file is an ONNX model: by its ending, or where it has another, by its first bytes.

    A model begins with its format's version, a small number in field 1, and goes on with a text or a message; no text
    file does.
    """
    if path.suffix.lower() in ENDINGS or WEIGHTS.fullmatch(path.name):
        return True
    if path.suffix.lower() in (".yaml", ".yml"):
        return False
    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start[:1] != b"\x08":
            return False
        version, at = varint(start, 1, len(start))
        return 0 < version < 100 and start[at : at + 1] in (b"\x12", b"\x1a", b"\x22", b"\x28", b"\x3a", b"\x42")
    except (OSError, WireError):
        return False


@contextmanager
def mapped(path: str) -> Iterator[Buffer]:
    """The bytes of a file, none of them read before they are asked for.

    Raises:
        SourceError: It cannot be opened, is a directory, is empty, or stands for the model or its weights.
    """
    if model := WEIGHTS.fullmatch(Path(path).name):
        raise SourceError(
            "it holds a model's weights, which are not needed", where=path, hint=f"name the model itself: {model[1]}"
        )
    try:
        with Path(path).open("rb") as file:
            try:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:
                raise SourceError("the file is empty", where=path) from None
            try:
                if data[: len(POINTER)] == POINTER:
                    raise SourceError("it is Git's pointer to the model", where=path, hint="fetch it: git lfs pull")
                yield data
            finally:
                data.close()
    except OSError as error:
        raise SourceError(f"cannot read '{path}': {error.strerror or error}") from None
