"""`flopcount schema`."""

from __future__ import annotations

from .options import Output


def schema(output: Output = None) -> None:
    """The JSON Schema of the spec language, so that editors complete and check specs."""
    from ..readers.spec.schema import spec_schema
    from ..table import Document
    from .output import show

    show(Document((), spec_schema), "json", output)
