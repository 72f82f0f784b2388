"""JSON in a versioned envelope: everything that was counted, as exact integers."""

from __future__ import annotations

from ..table import Document
from ._json import text_of


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document's data."""
    return text_of(document.data())
