"""Softmax and its logarithm."""

from __future__ import annotations

from torch import nn

MODULES = {
    "log_softmax": lambda op, x: nn.LogSoftmax(op.axis),
    "softmax": lambda op, x: nn.Softmax(op.axis),
}
