"""What the formats that show nothing but a check have in common."""

from __future__ import annotations

import re

from ..errors import UsageError
from ..table import Document
from ..verdict import SCHEMA, Check, decoded

_PLACE = re.compile(r"(.+):(\d+):(\d+)")


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


def place_of(where: str, folder: str = "") -> tuple[str, int, int] | None:
    """File, line and column of a place, the file seen from the repository's root; None where it is no such place.

    Example:
        >>> place_of("nets/a.yaml:4:13", "research"), place_of("")
        (('research/nets/a.yaml', 4, 13), None)
    """
    found = _PLACE.fullmatch(where)
    if not found:
        return None
    import posixpath

    path = found[1].replace("\\", "/")
    return posixpath.normpath(posixpath.join(folder, path)), int(found[2]), int(found[3])
