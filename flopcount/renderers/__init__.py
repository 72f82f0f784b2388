"""What a table can become: one file per output. A renderer turns a neutral document into text, and that is all."""

from __future__ import annotations

from typing import Protocol

from ..table import Document


class Renderer(Protocol):
    """The one function of a renderer's module, `render`. Its text ends with one newline."""

    def __call__(self, document: Document, *, color: bool = False, width: int | None = None) -> str:
        """Show a document.

        Args:
            document: What to show.
            color: Whether the reader is a terminal that wants colour.
            width: How many columns the reader has; None for as many as it takes.
        """
