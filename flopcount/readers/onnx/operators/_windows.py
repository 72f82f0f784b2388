"""The attributes of windows that slide: per axis, padding, and the shortest way to say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..call import Call
from ..values import UnreadError


def listed(call: Call, name: str, rank: int, default: int) -> tuple[int, ...]:
    found = call.integers(name) or (default,) * rank
    if len(found) != rank or any(item < 0 for item in found):
        raise UnreadError(f"{name} {list(found)} for {rank} spatial axes")
    return found


def padding(call: Call, rank: int) -> Any:
    """Our padding: `same`, one number, one per axis, or a pair per axis; the shortest that says it."""
    mode = call.text("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        return "same"
    pads = (0,) * (2 * rank) if mode == "VALID" else call.integers("pads") or (0,) * (2 * rank)
    if len(pads) != 2 * rank:
        raise UnreadError(f"{len(pads)} pads for {rank} spatial axes")
    pairs = list(zip(pads[:rank], pads[rank:], strict=True))
    if any(before != after for before, after in pairs):
        return tuple(pairs)
    return short([before for before, _ in pairs])


def short(values: Sequence[int]) -> Any:
    """One number where all are equal."""
    return values[0] if len(set(values)) == 1 else tuple(values)
