"""What the formats that show nothing but a check have in common."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from ..errors import UsageError
from ..table import Document
from ..verdict import SCHEMA, Check, decoded

_PLACE = re.compile(r"(.+?):(\d+)(?::(\d+))?", re.DOTALL)


def check_of(document: Document, format: str) -> Check:
    """The check that a document holds.

    Raises:
        UsageError: It holds something else.
    """
    data = document.data()
    if data.get("schema") != SCHEMA:
        raise UsageError(
            f"the format '{format}' shows the result of `flopcount check`, and nothing else",
            hint="`flopcount list formats` names the others",
        )
    return decoded(data)


class Place(NamedTuple):
    """A place in a file.

    Attributes:
        file: Seen from the repository's root.
        line, column: Counted from one; a line of Python has no column.
        written: The file as it was named, seen from the working folder.
    """

    file: str
    line: int
    column: int | None
    written: str

    @property
    def is_outside(self) -> bool:
        """Whether it is no file of the repository."""
        return self.file.startswith("../") or posixpath.isabs(self.file) or self.file[1:3] == ":/"


def place_of(where: str, folder: str = "") -> Place | None:
    r"""File, line and column of a place; None where it is no such place.

    Example:
        >>> place_of("nets/a.yaml:4:13", "research")
        Place(file='research/nets/a.yaml', line=4, column=13, written='nets/a.yaml')
        >>> place_of("..\\nets.py:7", "research").file, place_of("node 17")
        ('nets.py', None)
        >>> place_of("../a.yaml:1:1").is_outside, place_of("/tmp/a.yaml:1:1").is_outside, place_of("a:1:1").is_outside
        (True, True, False)
    """
    found = _PLACE.fullmatch(where)
    if not found:
        return None
    path = posixpath.normpath(posixpath.join(folder, found[1].replace("\\", "/")))
    return Place(path, int(found[2]), int(found[3]) if found[3] else None, found[1])
