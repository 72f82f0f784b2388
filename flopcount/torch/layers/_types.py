"""Torch's types of elements."""

from __future__ import annotations

import torch

STORED = {
    "float8": "float8_e4m3fn", "float4": "float16", "int4": "int8", "int2": "int8", "uint4": "uint8", "uint2": "uint8",
}  # fmt: skip
"""Types that torch does not compute with, or has under another name, and what holds their values."""


def torch_dtype(name: str) -> torch.dtype:
    """Torch's type of this name."""
    found: torch.dtype = getattr(torch, STORED.get(name, name))
    return found
