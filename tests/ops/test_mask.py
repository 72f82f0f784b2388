from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from flopcount.ops.mask import causal_pairs, keys_seen, pairs, window_pairs

WINDOWS = st.none() | st.integers(1, 26)


def visible(queries: int, keys: int, query: int, causal: bool, window: int | None) -> list[int]:
    """The keys that one query sees."""
    here = keys - queries + query
    if causal:
        return [k for k in range(keys) if k <= here and (window is None or here - k < window)]
    return [k for k in range(keys) if window is None or abs(here - k) <= window // 2]


@given(st.integers(1, 12), st.integers(0, 12), st.booleans(), WINDOWS)
def test_pairs_and_the_keys_in_them(queries: int, cached: int, causal: bool, window: int | None) -> None:
    assume(causal or window is None or not cached)
    keys = queries + cached
    seen = [visible(queries, keys, query, causal, window) for query in range(queries)]
    assert pairs(queries, keys, causal, window) == sum(map(len, seen))
    assert keys_seen(queries, keys, causal, window) == len(set().union(*seen))


@given(st.integers(1, 12), st.integers(0, 12), st.integers(1, 26))
def test_causal_pairs(queries: int, cached: int, window: int) -> None:
    keys = queries + cached
    window = min(window, keys)
    seen = (visible(queries, keys, query, causal=True, window=window) for query in range(queries))
    assert causal_pairs(queries, keys, window) == sum(map(len, seen))


@given(st.integers(1, 12), st.integers(1, 26))
def test_window_pairs(tokens: int, window: int) -> None:
    seen = (visible(tokens, tokens, query, causal=False, window=window) for query in range(tokens))
    assert window_pairs(tokens, window) == sum(map(len, seen))
