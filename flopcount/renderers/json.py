"""JSON in a versioned envelope: everything that was counted, as exact integers."""

from __future__ import annotations

from msgspec import json

from ..table import Document


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a document's data."""
    return json.format(json.encode(document.data()), indent=2).decode() + "\n"
