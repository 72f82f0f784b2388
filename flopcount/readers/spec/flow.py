"""Names, values and layers as YAML text: what needs quotes gets them, and long lines are broken between values."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from ...errors import SpecError
from .scalars import LIMIT, resolve

WIDTH = 120
"""How long a line should be. A name is never broken, however long."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TORN = re.compile(r":(?: |$)| #| $")
_MEANINGFUL = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
"""Words that some YAML reader, of this version or the last, takes for something else than text."""


def text_scalar(text: str) -> str:
    """A text that stays one: plain where nobody can mistake it, in quotes otherwise.

    Example:
        >>> print(*map(text_scalar, ["layer1.0.conv1", "0", "on", "nhtd,nhsd->nhts", "it's"]))
        layer1.0.conv1 '0' 'on' 'nhtd,nhsd->nhts' 'it''s'
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANINGFUL:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def prose(key: str, text: str) -> str:
    """`key: text` for a sentence, over several lines where it is long.

    Example:
        >>> print(prose("about", "Residual networks: 18 to 152 layers"))
        about: 'Residual networks: 18 to 152 layers'
    """
    plain = text.isprintable() and text[:1].isalpha() and not _TORN.search(text) and text.lower() not in _MEANINGFUL
    line = f"{key}: {text if plain else text_scalar(text)}"
    if not text.isprintable() or "  " in text or text != text.strip():
        return line  # of spaces, a line break stands for a single one alone
    return textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def comment(text: str) -> list[str]:
    r"""A sentence as lines of comment.

    Example:
        >>> comment("note: two\nlines")
        ['# note: two lines']
    """
    shown = "".join(character if character.isprintable() else " " for character in text)
    return textwrap.wrap(
        shown, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
    ) or ["#"]


def value_scalar(value: Any) -> str:
    """The value of an op's field, in one line.

    Raises:
        SpecError: The language has no such number.

    Example:
        >>> print(*map(value_scalar, [3, 1e-05, None, True, "same", ((1, 2), 0)]))
        3 1e-05 null true same [[1, 2], 0]
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text_scalar(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(value_scalar, value))}]"
    return _number(value)


def value_pieces(value: Any) -> list[str]:
    """The same, cut where a line may be broken."""
    return listed(map(value_scalar, value)) if isinstance(value, tuple | list) else [value_scalar(value)]


def listed(texts: Iterable[str]) -> list[str]:
    """A list of YAML texts, in pieces."""
    return braced(list(texts), "[]")


def braced(pieces: Sequence[str], brackets: str = "{}") -> list[str]:
    """Pieces inside brackets.

    Example:
        >>> braced(["a: 1", "b: 2"]), braced([])
        (['{a: 1', 'b: 2}'], ['{}'])
    """
    if not pieces:
        return [brackets]
    first, *rest = pieces
    *inner, last = [brackets[0] + first, *rest]
    return [*inner, last + brackets[1]]


def keyed(key: str, pieces: Sequence[str]) -> list[str]:
    """`key: value`, the value in pieces."""
    return [f"{key}: {pieces[0]}", *pieces[1:]]


def joined(pieces: Sequence[str], indent: str, width: int = WIDTH) -> str:
    """One line of pieces, or several where it would be too long."""
    line = ", ".join(pieces)
    if len(line) <= width:
        return line
    lines, current = [], pieces[0]
    for piece in pieces[1:]:
        if len(current) + len(piece) + 3 > width:
            lines.append(f"{current},")
            current = indent + piece
        else:
            current = f"{current}, {piece}"
    return "\n".join([*lines, current])


def _number(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and -LIMIT <= value <= LIMIT:
        return str(value)
    if isinstance(value, float) and isfinite(value):
        try:
            if float(resolve(repr(value))) == value:
                return repr(value)
        except SpecError:
            pass
    raise SpecError("a spec has no number like this one", hint="its numbers are finite, and go from 2^-128 to 2^128")


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
