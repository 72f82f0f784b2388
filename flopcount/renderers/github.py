"""Of a check: annotations for GitHub Actions, on the lines of the layers concerned, below its table."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ..errors import FlopcountError
from ..table import Document
from ..verdict import Check
from . import markdown, table
from ._check import check_of, place_of

SHOWS = "check"
MAX_ANNOTATIONS = 10
"""GitHub shows no more of a kind in a step."""

MAX_MESSAGE = 2_000
MAX_SUMMARY = 1_000_000
"""The summary of a job may have 1 MiB; what is larger is not shown at all."""


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document as a log: its tables, in which no command is obeyed, and then the annotations."""
    check = check_of(document, "github")
    text = table.render(document, color=color, width=width)
    token = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"::stop-commands::{token}\n{text}::{token}::\n{''.join(commands(check))}"


def commands(check: Check) -> Iterator[str]:
    """A line for each thing that is wrong, the failures first."""
    lines = list(_lines(check))
    yield from lines[:MAX_ANNOTATIONS]
    if len(lines) > MAX_ANNOTATIONS:
        yield f"… and {len(lines) - MAX_ANNOTATIONS} more, which `--format json` has\n"


def refusal(error: FlopcountError, folder: str) -> str:
    """The annotation for a check that could not begin, on the line that says why."""
    return _line("error", folder, error.where or "", "flopcount check", error.what)


def _lines(check: Check) -> Iterator[str]:
    for model in check.models:
        if model.problem:
            done = "compared" if model.problem.kind == "refused" else "checked"
            yield _line(
                "error", check.folder, model.problem.where, f"{model.name} cannot be {done}", model.problem.what
            )
    for level, some in (("error", check.failures), ("warning", check.warnings)):
        for model, verdict in some:
            yield _line(level, check.folder, verdict.culprit, f"{model.name}: {verdict.metric}", verdict.message)


def _line(level: str, folder: str, where: str, title: str, message: str) -> str:
    properties = {}
    if (place := place_of(where, folder)) and not place.is_outside:
        properties = {"file": place.file, "line": str(place.line)}
        if place.column:
            properties["col"] = str(place.column)
    properties["title"] = title[:200]
    text = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{level} {text}::{_escaped(message[:MAX_MESSAGE])}\n"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def summary(document: Document, room: int = MAX_SUMMARY) -> str:
    """A document as Markdown for the summary of a job, cut at the end of a line where it is too long."""
    return markdown.cut(markdown.whole(document), room, "a summary")
