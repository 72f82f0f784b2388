"""Where a command's result goes: rendered for a terminal, a pipe or a file."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..table import Document


def show(document: Document, format: str, output: str | None) -> None:
    """Render a document and print it, or write it to a file.

    Raises:
        UsageError: There is no such format.
        SourceError: The file cannot be written.
    """
    from .. import registry

    renderer = registry.load("renderers", format)
    text = renderer.render(document, color=output is None and _wants_color(), width=_width(output))
    write(inert(text) if format == "table" and output is None else text, output)


def write(text: str, output: str | None) -> None:
    """Print a text, or write it to a file.

    Raises:
        SourceError: The file cannot be written.
    """
    if output is None:
        _print(text)
    else:
        from ..files import write_whole

        write_whole(output, text)


def on_github() -> bool:
    """Whether this runs in a job of GitHub Actions, whose log obeys commands."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def inert(text: str) -> str:
    """A text for people, in which a job of GitHub Actions finds no command, whatever names it shows."""
    if not on_github():
        return text
    return re.sub(r"(^|[\r\n])([^\S\r\n]*):(?=:)", r"\1\2: ", text).replace("##[", "## [")


def complain(text: object) -> None:
    """Print to standard error."""
    with contextlib.suppress(BrokenPipeError):  # whoever has stopped listening changes no verdict
        print(inert(str(text)), file=sys.stderr)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError as error:  # a terminal that knows few characters shows ? for the others
        sys.stdout.write(text.encode(error.encoding, "replace").decode(error.encoding))


def _wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width(output: str | None) -> int | None:
    """The terminal's width; None, as wide as it takes, where nobody looks at one."""
    if columns := os.environ.get("COLUMNS", ""):
        return int(columns) if columns.isdigit() and int(columns) else None
    if output is not None or not sys.stdout.isatty():
        return None
    return os.get_terminal_size(sys.stdout.fileno()).columns or None
