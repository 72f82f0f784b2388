"""What an attention mask lets through: the pairs of T queries and S keys, the last query standing at the last key."""

from __future__ import annotations

from typing import Any

from ..sizes import floor_div, maximum, minimum


def pairs(queries: Any, keys: Any, causal: bool, window: Any | None) -> Any:
    """How many (query, key) pairs the mask lets through.

    Example:
        >>> pairs(4, 4, causal=True, window=None)
        10
    """
    if window is None:
        return floor_div(queries * (2 * keys - queries + 1), 2) if causal else queries * keys
    return causal_pairs(queries, keys, minimum(window, keys)) if causal else window_pairs(queries, window)


def keys_seen(queries: Any, keys: Any, causal: bool, window: Any | None) -> Any:
    """How many keys some query sees: all, but for the oldest beyond a causal window.

    Example:
        >>> keys_seen(1, 100, causal=True, window=16)
        16
    """
    return minimum(keys, queries + window - 1) if causal and window is not None else keys


def causal_pairs(queries: Any, keys: Any, window: Any) -> Any:
    """Pairs where each of T queries, ending with the keys, sees the last `window` of its keys, itself included.

    The first queries have fewer keys before them than the window is wide; the missing ones form a triangle.

    Example:
        >>> causal_pairs(4, 4, window=4)
        10
        >>> causal_pairs(4, 6, window=2)
        8
    """
    short = maximum(0, window - 1 - (keys - queries))
    return queries * window - floor_div(short * (short + 1), 2)


def window_pairs(tokens: Any, window: Any) -> Any:
    """Pairs where each of T tokens sees itself and the tokens at most `window // 2` away.

    Example:
        >>> window_pairs(5, window=3)
        13
    """
    side = minimum(floor_div(window, 2), tokens - 1)
    return tokens * (2 * side + 1) - side * (side + 1)
