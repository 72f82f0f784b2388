"""Dropout and the identity."""

from __future__ import annotations

from torch import nn

MODULES = {
    "dropout": lambda op, x: nn.Dropout(op.p),
    "identity": lambda op, x: nn.Identity(),
}
