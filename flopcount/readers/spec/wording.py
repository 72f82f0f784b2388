"""Words that several messages share."""

from __future__ import annotations

TORN_HINT = (
    "inside {...} and [...] YAML cuts at commas, brackets and braces: put an expression that has them in quotes, "
    'like "max(8, c)" or "depths[0]"'
)

MAX_DEPTH = 100
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


def cut(text: str, limit: int = 60) -> str:
    """As much of a text as a message can hold.

    Example:
        >>> cut("9" * 100, 5)
        '99999...'
    """
    return text if len(text) <= limit else f"{text[:limit]}..."
